import { describe, expect, it } from 'vitest';
import { Intake } from '../server/media/intake.js';
import { WebmStream } from '../server/media/webm.js';
import type { Frame } from '../shared/frame.js';
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
/** A start of a file whose track has its true length, so that the first cluster is read, too. */
const WHOLE_HEAD = bytesOf(HEAD.toString('hex').replace('1654ae6ba1ae9f', '1654ae6b9dae9b'));
/** That cluster with a picture of another size, at another time of the stream in milliseconds. */
function clusterAt(at: number, width: number, height: number): Buffer {
  const cluster = bytesOf(`1f43b675 a2 e7 82 0000 a3 9c 81 0000 80 b00000 9d012a 0000 0000 ${'00'.repeat(14)}`);
  cluster.writeUInt16BE(at, 7);
  cluster.writeUInt16LE(width, 21);
  cluster.writeUInt16LE(height, 23);
  return cluster;
}
const MIB = 1_048_576;

/** Reads a whole stream whose first frame arrives at this time. */
async function framesOf(bytes: Buffer, now: number): Promise<{ frames: Frame[]; faults: StreamFault[] }> {
  const intake = new Intake(['high']);
  const [frames, faults]: [Frame[], StreamFault[]] = [[], []];
  const onFrame = (each: Uint8Array): boolean => {
    const taken = intake.take(each, now);
    if ('fault' in taken) faults.push(taken.fault);
    else frames.push(taken.frame);
    return !('fault' in taken);
  };
  const stream = new WebmStream(() => now, { onFrame, onFault: (why) => void faults.push(why) });
  stream.write(bytes);
  stream.close();
  await stream.done;
  return { frames, faults };
}

describe('a stream of WebM', () => {
  it.each([
    ['cluster', '1f43b675 0840000000 e7 81 00'],
    ['padding', 'ec 0840000000'],
  ])('is refused when its %s claims a gigabyte, before it fills the memory', async (_name, claim) => {
    let fault: StreamFault | undefined;
    const stream = new WebmStream(Date.now, {
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
    const stream = new WebmStream(Date.now, { onFrame: () => true, onFault: (why) => void faults.push(why) });
    const head = HEAD.toString('hex').replace('01ffffffffffffff', size);
    stream.write(Buffer.concat([bytesOf(head), CLUSTER, Buffer.alloc(400, 0xff)]));
    stream.close();
    // Without a bound, the search for the next element ends neither here nor by a timeout of the test.
    await stream.done;
    expect(faults).toEqual(['bytes']);
  });
});

describe('the frames of WebM', () => {
  it('go on when the picture changes its size, as a phone that is turned does', async () => {
    const stream = Buffer.concat([WHOLE_HEAD, CLUSTER, clusterAt(1_000, 360, 640)]);
    const { frames, faults } = await framesOf(stream, 5_000);
    expect(faults).toEqual([]);
    expect(frames.map(({ width, height }) => [width, height])).toEqual([
      [640, 360],
      [360, 640],
    ]);
  });

  it('have times that rise from one stream to the next, although each stream counts from its own beginning', async () => {
    const stream = Buffer.concat([WHOLE_HEAD, CLUSTER, clusterAt(1_000, 640, 360)]);
    const one = await framesOf(stream, 5_000);
    const two = await framesOf(stream, 9_000);
    const times = [...one.frames, ...two.frames].map(({ timestamp }) => timestamp / 1_000);
    expect(times).toEqual([5_000, 6_000, 9_000, 10_000]);
  });
});
