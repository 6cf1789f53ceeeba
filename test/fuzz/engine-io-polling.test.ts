/**
 * Sends polling transports every kind of request, in any order and cut anywhere. FUZZ_MINUTES sets how long; a failure
 * prints its seed.
 */
import { Buffer } from 'node:buffer';
import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { waitsOf } from '../../packages/naru/src/base/deadlines.js';
import { nodeInternalsFor } from '../../packages/naru/src/node-internals/choose.js';
import { EncodedPacket, type EngineProtocol } from '../../packages/naru/src/transport/encoded-packet.js';
import { PacketList } from '../../packages/naru/src/transport/packet-list.js';
import type { PollingSettings } from '../../packages/naru/src/transport/polling/settings.js';
import { type PollingRequest, PollingTransport } from '../../packages/naru/src/transport/polling/transport.js';
import { FakeClock } from '../../packages/testing/src/fake-clock.js';
import { fc } from '../kit/fast-check.js';
import { fuzzTimeMs, fuzzTimeoutMs } from '../kit/fuzz-time.js';

const options = {
  numRuns: Number.MAX_SAFE_INTEGER,
  interruptAfterTimeLimit: fuzzTimeMs,
  markInterruptAsFailure: false,
};
const BODY_BYTES_MAX = 100;
const TIMEOUT_MS = 5_000;
const SLOTS = 3;

/** A request and its response as node:http gives them, strict about what may be called when. */
class Exchange {
  readonly request: EventEmitter;
  readonly response: EventEmitter;
  status = 0;
  isEnded = false;
  isClosed = false;
  isRead = false;

  constructor(method: string, headers: Record<string, string>) {
    this.request = Object.assign(new EventEmitter(), { method, headers, httpVersionMajor: 1 });
    const exchange = this;
    this.response = Object.assign(new EventEmitter(), {
      req: this.request,
      get headersSent() {
        return exchange.status !== 0;
      },
      get destroyed() {
        return exchange.isClosed;
      },
      writeHead: (status: number) => {
        expect(this.status, 'a head is written once').toBe(0);
        this.status = status;
      },
      flushHeaders: () => expect(this.status).not.toBe(0),
      write: () => {
        expect(this.isEnded, 'nothing is written after the end').toBe(false);
        expect(this.status).not.toBe(0);
      },
      end: () => {
        expect(this.isEnded, 'a response ends once').toBe(false);
        expect(this.status).not.toBe(0);
        this.isEnded = true;
        queueMicrotask(() => this.close());
      },
      destroy: () => queueMicrotask(() => this.close()),
    });
  }

  feed(chunk: Buffer): void {
    if (!this.isRead && !this.isClosed) this.request.emit('data', chunk);
  }

  finish(): void {
    if (this.isRead || this.isClosed) return;
    this.isRead = true;
    this.request.emit('end');
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.response.emit('close');
  }
}

/** A transport, the events that it reported, and the requests that it was given. */
class Trial {
  readonly clock = new FakeClock({ quietTurns: 1 });
  readonly exchanges: Exchange[] = [];
  readonly slots: (Exchange | undefined)[] = new Array(SLOTS).fill(undefined);
  readonly transport: PollingTransport;
  closes = 0;
  late = 0;
  delivered = 0;

  constructor(protocol: EngineProtocol, query: Record<string, string>) {
    const settings: PollingSettings = {
      bodyBytesMax: BODY_BYTES_MAX,
      packetsMax: 3,
      bufferedBytesMax: 64_000_000,
      bodyDeadlines: waitsOf(this.clock, TIMEOUT_MS),
      closeDeadlines: waitsOf(this.clock, TIMEOUT_MS),
      compressionThreshold: 1_000,
      clock: this.clock,
      addHeaders: () => undefined,
      nodeInternals: nodeInternalsFor(true),
    };
    const handler = {
      onData: (_transport: unknown, unit: unknown) => {
        this.delivered += 1;
        if (this.closes > 0) this.late += 1;
        if (unit === '4fail') this.transport.close(1002);
        if (unit === '4close') this.transport.close();
        if (unit === '4abort') this.transport.abort();
        if (unit === '4echo' && this.transport.writable) this.send('4a');
      },
      onWritable: () => expect(this.transport.writable).toBe(true),
      onClose: () => {
        this.closes += 1;
      },
    };
    this.transport = new PollingTransport(
      settings,
      protocol,
      handler,
      { _query: query } as unknown as PollingRequest,
      'SID',
    );
  }

  send(unit: string): void {
    this.transport.send(PacketList.of(new EncodedPacket(unit)));
  }

  start(slot: number, method: string, headers: Record<string, string>): void {
    const exchange = new Exchange(method, headers);
    this.exchanges.push(exchange);
    this.slots[slot] = exchange;
    this.transport.onRequest(exchange.request as never, exchange.response as never);
  }

  async end(): Promise<void> {
    for (const exchange of this.exchanges) exchange.close();
    this.transport.abort();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

type Step = (trial: Trial) => void | Promise<void>;

const slot = fc.nat(SLOTS - 1);
const bodies = fc.oneof(
  fc.constantFrom(
    '4a',
    '4a\x1e4b',
    '4a\x1e1\x1e4b',
    '1',
    '4echo',
    '4a\x1e4fail\x1e4b',
    '4close\x1e4b',
    '4abort\x1e4b',
    '4a\x1e2\x1e3\x1e4b',
    '',
    'bA',
  ),
  fc.constantFrom(
    '2:4a',
    '0:',
    '1:12:4b',
    '6:b4AQID',
    'd=2:4a',
    'd=%',
    '4'.repeat(BODY_BYTES_MAX),
    '4'.repeat(BODY_BYTES_MAX + 1),
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
);
const types = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom<Record<string, string>>({}, { 'content-type': 'text/plain' }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Record<string, string>>(
      { 'content-type': 'application/octet-stream' },
      { 'content-length': '101' },
    ),
  },
);
const described = (text: string, run: Step): Step => Object.assign(run, { [fc.toStringMethod]: () => text });

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .tuple(slot, fc.boolean())
      .map(([at, gzip]) =>
        described(`poll ${at} ${gzip}`, (trial) => trial.start(at, 'GET', gzip ? { 'accept-encoding': 'gzip' } : {})),
      ),
  },
  {
    weight: 8,
    arbitrary: fc.tuple(slot, types, bodies).map(([at, headers, text]) =>
      described(`whole post ${at} ${JSON.stringify([headers, text])}`, (trial) => {
        trial.start(at, 'POST', headers);
        trial.slots[at]?.feed(Buffer.from(text));
        trial.slots[at]?.finish();
      }),
    ),
  },
  {
    weight: 5,
    arbitrary: fc
      .tuple(slot, types)
      .map(([at, headers]) =>
        described(`post ${at} ${JSON.stringify(headers)}`, (trial) => trial.start(at, 'POST', headers)),
      ),
  },
  {
    weight: 8,
    arbitrary: fc.tuple(slot, bodies, fc.boolean()).map(([at, text, isLast]) =>
      described(`feed ${at} ${JSON.stringify(text)} ${isLast}`, (trial) => {
        const exchange = trial.slots[at];
        exchange?.feed(Buffer.from(text));
        if (isLast) exchange?.finish();
      }),
    ),
  },
  { weight: 2, arbitrary: slot.map((at) => described(`drop ${at}`, (trial) => trial.slots[at]?.close())) },
  {
    weight: 5,
    arbitrary: fc.boolean().map((isLong) =>
      described(`send ${isLong}`, (trial) => {
        if (trial.transport.writable) trial.send(isLong ? `4${'x'.repeat(2_000)}` : '4a');
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constant(described('turn', () => new Promise<void>((resolve) => setImmediate(() => resolve())))),
  },
  { weight: 1, arbitrary: fc.constant(described('wait', (trial) => trial.clock.advance(3_000) as Promise<void>)) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('close', 'retire', 'abort')
      .map((how) => described(how, (trial) => trial.transport[how as 'close']())),
  },
);

describe('polling under random requests', () => {
  it(
    'ends once, delivers nothing afterwards, and leaves neither timers nor unanswered requests',
    async () => {
      let delivered = 0;
      const property = fc.asyncProperty(
        fc.constantFrom<EngineProtocol>(3, 4, 4),
        fc.constantFrom<Record<string, string>>({}, {}, { b64: '1' }, { j: '0' }),
        fc.array(step, { minLength: 1, maxLength: 20 }),
        async (protocol, query, steps) => {
          const trial = new Trial(protocol, query);
          for (const run of steps) {
            await run(trial);
            const waiting = trial.exchanges.filter(
              (exchange) => !exchange.isEnded && !exchange.isClosed && exchange.status === 0,
            );
            // At most one GET and one POST are open, and none after the end, except for an answer that is being
            // compressed.
            const countMax = trial.closes === 0 ? 2 : trial.transport.bufferedBytes > 0 ? 1 : 0;
            expect(waiting.length).toBeLessThanOrEqual(countMax);
          }
          await trial.end();
          expect(trial.closes).toBe(1);
          expect(trial.late).toBe(0);
          expect(trial.transport.writable).toBe(false);
          expect(trial.clock.timerCount).toBe(0);
          delivered += trial.delivered;
        },
      );
      // These run however slow the machine is.
      await fc.assert(property, { numRuns: 30 });
      await fc.assert(property, options);
      // Otherwise the test would have tried nothing.
      expect(delivered).toBeGreaterThan(0);
    },
    fuzzTimeoutMs(),
  );
});
