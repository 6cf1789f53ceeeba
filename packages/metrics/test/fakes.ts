/** A server with numbers that a test sets, and the metrics of it. */
import { counters } from 'naru/taps';
import { onTestFinished } from 'vitest';
import type { Metric, Sample } from '../src/metric.js';
import { type MeasuredServer, Reader } from '../src/reading.js';
import { Recorder } from '../src/recorder.js';

/** A server whose numbers can be changed. */
export function fakeServer() {
  const totals = {
    sockets: 1,
    late: 2,
    held: 3,
    disconnected: 4,
    droppedEvents: 5,
    droppedBytes: 6,
    conflatedEvents: 7,
  };
  const traffic = {
    batchesHeard: 1,
    recordsHeard: 2,
    bytesHeard: 3,
    reads: 4,
    appends: 5,
    recordsAppended: 6,
    bytesAppended: 7,
    messagesHeard: 8,
    messagesSent: 9,
  };
  const readers = [{ bytes: 30 }, { bytes: 12 }];
  return {
    engine: {
      clientsCount: 2,
      clients: { a: { transport: { name: 'sse' } }, b: { transport: { name: 'pigeon' } } },
      slow: () => ({ count: 2, readers: readers as never, totals }),
    },
    backplane: {
      state: 'up' as 'up' | 'away',
      counts: {
        ...traffic,
        messagesLost: { unsaid: 1, unreadable: 2, later: 3, outdated: 4, incomplete: 5 },
        namespaces: {},
      },
      flights: [3, 1],
    },
    _nsps: new Map([
      ['/', { sockets: { size: 2 }, adapter: { rooms: { size: 3 } } }],
      ['/a', { sockets: { size: 0 }, adapter: { rooms: { size: 0 } } }],
    ]),
    health: () => ({ isReady: false, reasons: ['delay'], delayMs: 250 }),
  } satisfies MeasuredServer;
}

/** Sets how many sessions the process has had, until the test ends. */
export function setSessions(sessions: number): void {
  const before = counters.sessions;
  Object.assign(counters, { sessions });
  onTestFinished(() => void Object.assign(counters, { sessions: before }));
}

/** Records metrics of servers until the test ends. */
export function record(metrics: readonly Metric[], servers: readonly MeasuredServer[] = []): Recorder {
  const recorder = new Recorder(new Reader(servers), metrics, servers);
  onTestFinished(() => recorder.close());
  return recorder;
}

/** Returns the numbers by label values, without those that are 0. */
export function numbersOf(samples: readonly Sample[]): Record<string, number> {
  const risen = samples.filter(({ value }) => value !== 0);
  return Object.fromEntries(risen.map(({ labels, value }) => [Object.values(labels).join(' '), value]));
}
