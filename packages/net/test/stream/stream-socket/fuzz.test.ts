/**
 * Sends and receives in pieces of every size, and cancels at any time. FUZZ_MINUTES sets how long; a failure prints its
 * seed.
 */

import { expect, it } from 'vitest';
import { fc } from '../../../../../test/kit/fast-check.js';
import { fuzzTimeMs, fuzzTimeoutMs } from '../../../../../test/kit/fuzz-time.js';
import type { UnavailableError } from '../../../../naru/src/base/errors.js';
import type { StreamSocket } from '../../../src/stream/stream-socket.js';
import { openPair } from '../../pair.js';

const SIZES = [0, 1, 2, 1000, 65_535, 65_536, 200_000];

const send = fc.record({ size: fc.constantFrom(...SIZES), isAwaited: fc.boolean(), isGivenUp: fc.boolean() });
const recv = fc.record({
  bytesMax: fc.option(fc.constantFrom(1, 7, 1000, 65_536), { nil: undefined }),
  isGivenUp: fc.boolean(),
});

/** Consecutive numbers, so that a lost, doubled or moved piece is noticed. */
function fill(size: number, start: number): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  for (let index = 0; index < size; index += 1) bytes[index] = (start + index) % 251;
  return bytes;
}

async function sendAll(
  socket: StreamSocket,
  plan: readonly { size: number; isAwaited: boolean; isGivenUp: boolean }[],
) {
  let start = 0;
  let previous: Promise<void> = Promise.resolve();
  for (const { size, isAwaited, isGivenUp } of plan) {
    const controller = new AbortController();
    // A send after another one that still waits has not begun, so it can be cancelled.
    const canGiveUp = isGivenUp && socket.sendBytesWaiting > 0;
    const sent = socket.send(fill(size, start), controller);
    if (canGiveUp) {
      controller.abort();
      await sent.catch((error: UnavailableError) => expect(error.code).toBe('ABORTED'));
    } else {
      start += size;
      previous = sent;
      if (isAwaited) await sent;
    }
  }
  await previous;
  await socket.shutdown();
  return start;
}

it('receives the bytes that were sent, in order', { timeout: fuzzTimeoutMs() }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(send, { maxLength: 12 }),
      fc.array(recv, { minLength: 1, maxLength: 8 }),
      fc.constantFrom(1, 1000, 65_536),
      fc.constantFrom('tcp://127.0.0.1:0', 'tcp://[::1]:0'),
      async (sends, recvs, recvBytesMax, endpoint) => {
        const { client, server, listener } = await openPair(endpoint, { recvBytesMax });
        const sending = sendAll(client, sends);
        let received = 0;
        for (let turn = 0; ; turn += 1) {
          const { bytesMax, isGivenUp } = recvs[turn % recvs.length] ?? { isGivenUp: false, bytesMax: undefined };
          const controller = new AbortController();
          const receiving = server.recv({
            bytesMax: bytesMax && bytesMax * (1 + (turn >> 6)),
            signal: controller.signal,
          });
          if (isGivenUp && turn < 50) controller.abort();
          const chunk = await receiving.catch((error: UnavailableError) => {
            if (error.code !== 'ABORTED') throw error;
            return undefined;
          });
          if (chunk === null) break;
          if (chunk === undefined) continue;
          expect(chunk.byteLength).toBeGreaterThan(0);
          expect(chunk.equals(fill(chunk.byteLength, received))).toBe(true);
          received += chunk.byteLength;
        }
        expect(received).toBe(await sending);
        await Promise.all([client.close(), server.close(), listener.close()]);
      },
    ),
    { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: fuzzTimeMs, markInterruptAsFailure: false },
  );
});
