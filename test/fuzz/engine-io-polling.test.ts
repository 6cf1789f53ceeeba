/** Throws requests of every kind at polling transports, in any order, cut off anywhere. FUZZ_MINUTES sets how long; a failure prints its seed. */
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EngineProtocol } from '../../src/transport/encoded-packet.js';
import { PollingBench } from '../transport/polling/open-polling.js';

const TIME_MS = (Number(process.env.FUZZ_MINUTES) || 0.03) * 60_000;
const options = { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: TIME_MS, markInterruptAsFailure: false };

type Step =
  | {
      readonly kind: 'request';
      readonly head: string;
      readonly body: string;
      readonly cutAt: number;
      readonly socket: number;
    }
  | { readonly kind: 'destroy' | 'end'; readonly socket: number }
  | { readonly kind: 'send' | 'sendLong' | 'close' | 'fail' | 'retire' | 'abort' | 'wait' | 'turn' };

const SOCKETS = 3;
const isClose = (event: string) => event.startsWith('close');
const body = fc.oneof(
  fc.constantFrom(
    '4a',
    '4a\x1e4b',
    '1',
    '4a\x1e1\x1e4b',
    '',
    'bA',
    '2:4a',
    '0:',
    '6:b4AQID',
    'd=2:4a',
    'x',
    '\x1e',
    '4'.repeat(150),
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
);
const head = fc.constantFrom(
  'GET / HTTP/1.1\r\n',
  'GET / HTTP/1.1\r\nAccept-Encoding: gzip\r\n',
  'POST / HTTP/1.1\r\n',
  'POST / HTTP/1.1\r\nContent-Type: application/octet-stream\r\n',
  'POST / HTTP/1.1\r\nConnection: close\r\n',
  'PUT / HTTP/1.1\r\n',
);
const socket = fc.nat(SOCKETS - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('request' as const),
      head,
      body,
      cutAt: fc.oneof(fc.constant(9_999), fc.nat(120)),
      socket,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('destroy' as const, 'end' as const), socket }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom('send' as const, 'sendLong' as const, 'wait' as const, 'turn' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('close' as const, 'fail' as const, 'retire' as const, 'abort' as const),
    }),
  },
);

async function perform(bench: PollingBench, sockets: (Socket | undefined)[], next: Step): Promise<void> {
  if (next.kind === 'request') {
    let open = sockets[next.socket];
    if (!open || open.destroyed || !open.writable) {
      open = await bench.connect();
      open.on('error', () => undefined);
      open.resume();
      sockets[next.socket] = open;
    }
    const isPost = next.head.startsWith('POST');
    const bytes = Buffer.from(isPost ? next.body : '');
    const whole = Buffer.concat([
      Buffer.from(`${next.head}Host: x\r\n${isPost ? `Content-Length: ${bytes.length}\r\n` : ''}\r\n`),
      bytes,
    ]);
    open.write(whole.subarray(0, next.cutAt));
  } else if (next.kind === 'destroy') sockets[next.socket]?.destroy();
  else if (next.kind === 'end') sockets[next.socket]?.end();
  else if (next.kind === 'send' || next.kind === 'sendLong') {
    if (bench.transport.writable) bench.send(next.kind === 'send' ? '4a' : `4${'x'.repeat(2_000)}`);
  } else if (next.kind === 'close') bench.transport.close();
  else if (next.kind === 'fail') bench.transport.close(1002);
  else if (next.kind === 'retire') bench.transport.retire();
  else if (next.kind === 'abort') bench.transport.abort();
  else if (next.kind === 'wait') await bench.clock.advance(3_000);
  else await new Promise((resolve) => setImmediate(resolve));
}

describe(`polling under ${TIME_MS} ms of random requests`, () => {
  it(
    'ends once, delivers nothing after its end, and leaves no timer and no response behind',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom<EngineProtocol>(3, 4),
          fc.boolean(),
          fc.array(step, { minLength: 1, maxLength: 15 }),
          async (protocol, isJsonp, steps) => {
            let late = 0;
            const bench = await new PollingBench({
              protocol,
              query: isJsonp ? { j: '0' } : {},
              bodyBytesMax: 100,
              bodyTimeoutMs: 5_000,
              closeTimeoutMs: 5_000,
              onData: () => {
                if (bench.events.some(isClose)) late += 1;
              },
            }).listen();
            const sockets: (Socket | undefined)[] = [];
            for (const next of steps) await perform(bench, sockets, next);
            for (const open of sockets) {
              if (!open || open.destroyed) continue;
              open.destroy();
              await once(open, 'close');
            }
            await bench.stop();
            bench.transport.abort();
            expect(bench.events.filter(isClose)).toHaveLength(1);
            expect(late).toBe(0);
            expect(bench.transport.writable).toBe(false);
            expect(bench.clock.timerCount).toBe(0);
          },
        ),
        options,
      );
    },
    TIME_MS + 30_000,
  );
});
