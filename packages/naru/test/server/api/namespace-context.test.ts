import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../testing/src/index.js';
import type { StateListener } from '../../../src/backplane/backplane.js';
import { memoryBackplane } from '../../../src/backplane/memory.js';
import { UnavailableError } from '../../../src/base/errors.js';
import { ListenerErrors } from '../../../src/namespace/socket/listener-errors.js';
import { createNamespaceContext } from '../../../src/server/api/namespace-context.js';
import { readServerOptions } from '../../../src/server/options/options.js';

function create(options: Parameters<typeof readServerOptions>[0]) {
  const clock = new FakeClock();
  const settings = readServerOptions({ ...options, clock });
  const reports: string[] = [];
  const services = {
    server: {},
    listenerErrors: new ListenerErrors(),
    onLogError: (error: unknown, namespace: string) => reports.push(`${namespace}: ${(error as Error).message}`),
  };
  return {
    reports,
    services,
    context: createNamespaceContext(settings, services, {
      find: () => undefined,
      all: () => [],
      requests: () => undefined,
      explain: () => ({ node: '', facts: [], sent: [], live: [] }),
      whenDelivered: () => undefined,
      onError: () => undefined,
    }),
  };
}

describe('the context of namespaces', () => {
  it('has the services of the server and the limits of the options', () => {
    const { services, context } = create({ acksMax: 7, roomsPerSocketMax: 8 });
    expect(context).toMatchObject({ ...services, acksMax: 7, roomsPerSocketMax: 8 });
    expect(Object.isFrozen(context)).toBe(true);
  });

  it('has a configured log, or one in memory for recovery, or none', () => {
    const backplane = memoryBackplane(new FakeClock(), { ageMs: 1_000, bytes: 1_000 });
    expect(create({ backplane }).context.backplane).toBe(backplane);
    expect(create({ connectionStateRecovery: {} }).context.backplane?.name).toBe('memory');
    expect(create({}).context.backplane).toBeUndefined();
  });

  it('reports why the home of the log cannot be reached: at the start, and when it is away', async () => {
    const memory = memoryBackplane(new FakeClock(), { ageMs: 1_000, bytes: 1_000 });
    const told: StateListener[] = [];
    const backplane = {
      ...memory,
      ready: () => Promise.reject(new UnavailableError('CONNECT_FAILED', 'refused')),
      onState: (listener: StateListener) => {
        told.push(listener);
        return () => undefined;
      },
    };
    const { reports } = create({ backplane });
    await new Promise((resolve) => setImmediate(resolve));
    for (const listener of told) {
      listener('slow');
      listener('away', new UnavailableError('CONNECT_FAILED', 'still refused'));
      listener('up');
    }
    expect(reports).toEqual(['all namespaces: refused', 'all namespaces: still refused']);
  });

  it('stores the content of a durable store before clients learn of it, at the end of each turn', () => {
    const backplane = memoryBackplane(new FakeClock(), { ageMs: 1_000, bytes: 1_000 });
    let flushCount = 0;
    const flush = (): void => {
      flushCount += 1;
    };
    const countOf = (isDurable: boolean): number => {
      const store = Object.assign(Object.create(backplane.store), { isDurable, flush });
      create({ backplane: { ...backplane, store } }).context.outbox.flush();
      return flushCount;
    };
    expect([countOf(false), countOf(true)]).toEqual([0, 1]);
  });

  it('shares presence only over a store that other processes can read', () => {
    expect(create({ connectionStateRecovery: {} }).context.sharedPresence).toBeUndefined();
  });
});
