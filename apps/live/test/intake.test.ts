import { describe, expect, it } from 'vitest';
import { Intake } from '../server/media/intake.js';
import { LIMITS } from '../shared/limits.js';
import { picture, sound } from './frames.js';

const START = 1_000_000;

/** Feeds frames to a new intake. Each one arrives at its capture time. Returns the first fault. */
function faultOf(frames: readonly (readonly [number, Uint8Array])[]): string | undefined {
  const intake = new Intake(['high', 'low']);
  for (const [at, bytes] of frames) {
    const taken = intake.take(bytes, START + at);
    if ('fault' in taken) return taken.fault;
  }
  return undefined;
}

describe('a good stream', () => {
  it('passes: two qualities with key frames each second, and sound', () => {
    const frames: [number, Uint8Array][] = [];
    for (let at = 0; at < 5_000; at += 40) {
      const isKey = at % 1_000 === 0;
      frames.push([at, picture(isKey, at)], [at, picture(isKey, at, { quality: 'low' })], [at, sound(at)]);
    }
    expect(faultOf(frames)).toBeUndefined();
  });

  it('passes when its line stands still for five seconds, and then delivers the frames of this time together', () => {
    const frames: [number, Uint8Array][] = [];
    for (let at = 0; at < 10_000; at += 20) {
      const arrivesAt = at > 2_000 && at < 7_000 ? 7_000 : at;
      frames.push([arrivesAt, sound(at)]);
      if (at % 40 === 0) frames.push([arrivesAt, picture(at % 1_000 === 0, at)]);
    }
    expect(faultOf(frames)).toBeUndefined();
  });
});

/** Feeds sound to a new intake, once a second by the clock of the stream. Returns the first fault, and its second. */
function faultAtSpeed(speed: number, seconds: number): readonly [fault: string, second: number] | undefined {
  const intake = new Intake(['high']);
  for (let second = 1; second <= seconds; second++) {
    const taken = intake.take(sound(second * 1_000), START + (second * 1_000) / speed);
    if ('fault' in taken) return [taken.fault, second];
  }
  return undefined;
}

describe('the clock of a stream', () => {
  it.each([0.999_85, 1.000_15, 0.999_5, 1.000_5])('may run at %f of the speed of the server for a day', (speed) => {
    expect(faultAtSpeed(speed, 86_400)).toBeUndefined();
  });

  it.each([0.9, 1.1, 2, 20])('may not run at %f of it, as that of a file does that is sent at once', (speed) => {
    const [fault, second = 0] = faultAtSpeed(speed, 86_400) ?? [];
    expect(fault).toBe('time');
    const driftMs = 1_000 * Math.abs(1 / speed - 1);
    expect((second - 2) * driftMs).toBeLessThan(1.02 * LIMITS.driftMs);
  });
});

describe('a stream is refused', () => {
  it('for bytes that are not a frame', () => {
    expect(faultOf([[0, new Uint8Array([1, 2, 3])]])).toBe('bytes');
  });

  it('for a frame that is too large', () => {
    expect(faultOf([[0, picture(true, 0, { size: LIMITS.frameBytesMax })]])).toBe('size');
  });

  it('for a picture that is too large, and one that is too small', () => {
    expect(faultOf([[0, picture(true, 0, { width: 1_921, height: 100 })]])).toBe('size');
    expect(faultOf([[0, picture(true, 0, { width: 1_920, height: 1_082 })]])).toBe('size');
    expect(faultOf([[0, picture(true, 0, { width: 8, height: 8 })]])).toBe('size');
  });

  it('for a key frame whose picture has another size than its header says', () => {
    const bytes = picture(true, 0);
    new DataView(bytes.buffer).setUint16(20, 320);
    expect(faultOf([[0, bytes]])).toBe('bytes');
  });

  it('for a delta frame that is called a key frame, and the other way round', () => {
    const delta = picture(false, 0);
    delta[1] = 1;
    expect(faultOf([[0, delta]])).toBe('bytes');
    const key = picture(true, 40);
    key[1] = 0;
    expect(
      faultOf([
        [0, picture(true, 0)],
        [40, key],
      ]),
    ).toBe('bytes');
  });

  it('for pictures that do not begin with a key frame', () => {
    expect(faultOf([[0, picture(false, 0)]])).toBe('key');
  });

  it('for key frames that are missing', () => {
    const frames = Array.from({ length: 500 }, (_, index) => [index * 40, picture(index === 0, index * 40)] as const);
    expect(faultOf(frames)).toBe('key');
  });

  it('for sound in the place of pictures, and for a codec that changes', () => {
    const opus = picture(true, 0);
    opus[2] = 3;
    expect(faultOf([[0, opus]])).toBe('codec');
    const mono = sound(0);
    const stereo = sound(40);
    stereo[3] = 2;
    expect(
      faultOf([
        [0, mono],
        [40, stereo],
      ]),
    ).toBe('codec');
  });

  it('for a quality that it did not announce', () => {
    const taken = new Intake(['high']).take(picture(true, 0, { quality: 'low' }), START);
    expect(taken).toEqual({ fault: 'codec' });
  });

  it('for timestamps that stand still, fall, or run away', () => {
    expect(
      faultOf([
        [0, picture(true, 0)],
        [40, picture(true, 0)],
      ]),
    ).toBe('time');
    expect(
      faultOf([
        [0, picture(true, 50)],
        [40, picture(true, 40)],
      ]),
    ).toBe('time');
    expect(
      faultOf([
        [0, picture(true, 0)],
        [40, picture(true, LIMITS.driftMs + 100)],
      ]),
    ).toBe('time');
  });

  it('for too many frames', () => {
    const frames = Array.from({ length: 500 }, (_, index) => [index, picture(index === 0, index)] as const);
    expect(faultOf(frames)).toBe('rate');
  });

  it('for too many bytes', () => {
    const size = LIMITS.frameBytesMax / 2;
    const frames = Array.from({ length: 20 }, (_, index) => [index * 40, picture(true, index * 40, { size })] as const);
    expect(faultOf(frames)).toBe('rate');
  });
});
