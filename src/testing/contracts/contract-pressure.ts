/** The part of the contract of transports about peers that do not read. */
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { Batch } from '../../transport/batch.js';
import { EncodedPacket } from '../../transport/encoded-packet.js';
import { batchOf, type Cases, type Trial } from './contract-subject.js';

const PIECE_BYTES = 50_000;
const PIECES_MAX = 2_000;
const UNRELIABLE = 'what a peer does not read is lost';

/** Sends until the transport takes no more, and gives the count of units. */
async function fill({ transport, settle }: Trial): Promise<number> {
  let count = 0;
  while (transport.writable && count < PIECES_MAX) {
    transport.send(Batch.of(new EncodedPacket(`4${String(count).padEnd(PIECE_BYTES, '.')}`)));
    count += 1;
    await settle();
  }
  ok(count < PIECES_MAX, `took ${count * PIECE_BYTES} bytes for a peer that does not read`);
  return count;
}

/** The cases of this part. */
export const PRESSURE: Cases = {
  'is not writable when its peer does not read, and says when it is again': async (trial) => {
    const { transport, peer, settle, witness } = trial;
    if (!transport.carries.reliable) return UNRELIABLE;
    peer.pause();
    const count = await fill(trial);
    const before = witness.writableCount;
    await settle();
    ok(!transport.writable, 'is writable again although nothing was read');
    strictEqual(witness.writableCount, before, 'onWritable was called although nothing was read');
    peer.resume();
    await settle();
    ok(transport.writable, 'is not writable although its peer read everything');
    ok(witness.writableCount > before, 'onWritable was not called');
    deepStrictEqual(
      peer.received.map((unit) => Number.parseInt(String(unit).slice(1), 10)),
      Array.from({ length: count }, (_, index) => index),
    );
    strictEqual(transport.bufferedBytes, 0);
    return undefined;
  },
  'still hears a peer that does not read': async (trial) => {
    const { transport, peer, settle, witness } = trial;
    if (!transport.carries.reliable) return UNRELIABLE;
    peer.pause();
    await fill(trial);
    peer.send('4still here');
    await settle();
    deepStrictEqual(witness.units, ['4still here']);
    return undefined;
  },
  'ends at once when it is aborted although its peer does not read': async (trial) => {
    const { transport, peer, settle, witness } = trial;
    peer.pause();
    if (transport.carries.reliable) await fill(trial);
    transport.abort();
    await settle();
    deepStrictEqual([witness.closes.length, transport.writable], [1, false]);
  },
  'sends many small batches to a peer that reads slowly, without a loss': async (trial) => {
    const { transport, peer, settle } = trial;
    if (!transport.carries.reliable) return UNRELIABLE;
    let count = 0;
    for (let turn = 0; turn < 20; turn += 1) {
      peer.pause();
      for (let piece = 0; piece < 10 && transport.writable; piece += 1) {
        transport.send(batchOf([`4${count}`]));
        count += 1;
      }
      peer.resume();
      await settle();
    }
    ok(count >= 20, 'was hardly ever writable');
    deepStrictEqual(
      peer.received,
      Array.from({ length: count }, (_, index) => `4${index}`),
    );
    return undefined;
  },
};
