import { describe, expect, it } from 'vitest';
import { decodeFrame, encodeFrame, HEADER_BYTES, joinFrames, splitFrames, stampFrame } from '../shared/frame.js';
import { picture, sound } from './frames.js';

describe('a frame', () => {
  it('comes back as it was written', () => {
    const frame = {
      type: 'video',
      codec: 'vp9',
      quality: 'low',
      isKey: true,
      channels: 0,
      colours: 'bt709',
      timestamp: 1_795_341_234_567_890,
      at: 12.5,
      width: 480,
      height: 270,
      data: new Uint8Array([1, 2, 3]),
    } as const;
    expect(decodeFrame(encodeFrame(frame))).toEqual(frame);
  });

  it('has these bytes', () => {
    const bytes = encodeFrame({
      type: 'audio',
      codec: 'opus',
      quality: 'high',
      isKey: true,
      channels: 2,
      colours: 'bt601',
      timestamp: 1,
      at: 0,
      width: 0,
      height: 0,
      data: new Uint8Array([9]),
    });
    expect(Buffer.from(bytes).toString('hex')).toBe('020103023ff000000000000000000000000000000000000009');
  });

  it('is refused when it is cut anywhere in its header', () => {
    const bytes = picture(true, 5);
    for (let end = 0; end <= HEADER_BYTES; end++) expect(decodeFrame(bytes.subarray(0, end))).toBeUndefined();
    expect(decodeFrame(bytes.subarray(0, HEADER_BYTES + 1))?.data.byteLength).toBe(1);
  });

  it.each([
    ['another kind', 0, 3],
    ['unknown flags', 1, 8],
    ['an unknown codec', 2, 4],
    ['unknown colours', 3, 4],
    ['a time that is not a number', 4, 0x7f, 0xf8],
  ])('is refused with %s', (_name, at, ...values: number[]) => {
    const bytes = picture(true, 5);
    bytes.set(values, at);
    expect(decodeFrame(bytes)).toBeUndefined();
  });

  it('carries the time of the server', () => {
    const bytes = sound(5);
    stampFrame(bytes, 1_795_341_234_567);
    expect(decodeFrame(bytes)?.at).toBe(1_795_341_234_567);
  });
});

describe('a record of the tape', () => {
  it('has the frames in their order', () => {
    const frames = [picture(true, 0), sound(10), picture(false, 33)];
    expect(splitFrames(joinFrames(frames)).map(({ type, timestamp }) => [type, timestamp])).toEqual([
      ['video', 0],
      ['audio', 10_000],
      ['video', 33_000],
    ]);
  });

  it('gives whole frames only, wherever it is cut', () => {
    const [first, second] = [picture(true, 0), sound(10)];
    const bytes = joinFrames([first, second]);
    for (let end = 0; end < bytes.byteLength; end++) {
      expect(splitFrames(bytes.subarray(0, end)).length).toBe(end < 4 + first.byteLength ? 0 : 1);
    }
  });

  it('stops at a length that cannot be', () => {
    const bytes = joinFrames([picture(true, 0), sound(10)]);
    new DataView(bytes.buffer).setUint32(0, 0xffff_ffff);
    expect(splitFrames(bytes)).toEqual([]);
  });
});
