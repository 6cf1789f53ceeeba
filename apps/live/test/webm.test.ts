import { describe, expect, it } from 'vitest';
import { WebmStream } from '../server/media/webm.js';
import type { StreamFault } from '../shared/protocol.js';

const bytesOf = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');

/** The start of a WebM file: one track of VP8 with 640 by 360 pixels. */
const HEAD = Buffer.concat([
  bytesOf('1a45dfa3 87 4282 84'),
  Buffer.from('webm'),
  bytesOf('18538067 01ffffffffffffff 1654ae6b a1 ae 9f d7 81 01 73c5 81 01 83 81 01 86 85'),
  Buffer.from('V_VP8'),
  bytesOf('e0 88 b0 82 0280 ba 82 0168'),
]);
/** A cluster with one key frame. */
const CLUSTER = bytesOf(`1f43b675 a1 e7 81 00 a3 9c 81 0000 80 b00000 9d012a 8002 6801 ${'00'.repeat(14)}`);
const MIB = 1_048_576;

describe('a stream of WebM', () => {
  it.each([
    ['cluster', '1f43b675 0840000000 e7 81 00'],
    ['padding', 'ec 0840000000'],
  ])('is refused when its %s claims a gigabyte, before it fills the memory', async (_name, claim) => {
    let fault: StreamFault | undefined;
    const stream = new WebmStream({
      onFrame: () => true,
      onFault: (why) => {
        fault = why;
      },
    });
    stream.write(Buffer.concat([HEAD, bytesOf(claim)]));
    let bytes = 0;
    for (; bytes < 32 * MIB && fault === undefined; bytes += MIB / 16) {
      stream.write(Buffer.alloc(MIB / 16, 1));
      await new Promise((done) => setImmediate(done));
    }
    expect(fault).toBe('size');
    expect(bytes).toBeLessThanOrEqual(8 * MIB);
    await stream.done;
  });

  it.each([
    ['and the stream ends', '01ffffffffffffff'],
    ['and the segment says its size', '420c'],
  ])('is refused when junk follows a cluster, %s, and the server goes on', async (_name, size) => {
    const faults: StreamFault[] = [];
    const stream = new WebmStream({ onFrame: () => true, onFault: (why) => void faults.push(why) });
    const head = HEAD.toString('hex').replace('01ffffffffffffff', size);
    stream.write(Buffer.concat([bytesOf(head), CLUSTER, Buffer.alloc(400, 0xff)]));
    stream.close();
    // Without a bound, the search for the next element ends neither here nor by a timeout of the test.
    await stream.done;
    expect(faults).toEqual(['bytes']);
  });
});
