import { describe, expect, it } from 'vitest';
import { Effort } from '../page/media/effort.js';
import { QualityChooser } from '../server/viewers/quality.js';
import { LIMITS } from '../shared/limits.js';

/** Lets a chooser see one lag each second. Returns the seconds after which it changed its mind. */
function changesOf(chooser: QualityChooser, lags: readonly (number | undefined)[], from = 0): number[] {
  return lags.flatMap((lag, index) => (chooser.see(lag, (from + index) * 1_000) ? [index] : []));
}

const repeat = (lag: number | undefined, seconds: number): (number | undefined)[] => Array(seconds).fill(lag);

describe('the quality of a viewer', () => {
  it('stays high while the lag is small, or unknown', () => {
    expect(changesOf(new QualityChooser(), [...repeat(200, 30), ...repeat(undefined, 30)])).toEqual([]);
  });

  it('goes down after a lag that lasts, and not after a short one', () => {
    const chooser = new QualityChooser();
    expect(changesOf(chooser, [...repeat(LIMITS.lateMs + 1, 2), 100, ...repeat(LIMITS.lateMs + 1, 4)])).toEqual([5]);
    expect(chooser.quality).toBe('low');
  });

  it('comes up later each time', () => {
    const chooser = new QualityChooser();
    const waits: number[] = [];
    let now = 0;
    for (let round = 0; round < 3; round++) {
      now += (changesOf(chooser, repeat(3_000, 5), now)[0] ?? 0) + 1;
      const [wait = 0] = changesOf(chooser, repeat(100, 300), now);
      waits.push(wait);
      now += wait + 1;
    }
    expect(waits).toEqual([15, 30, 60]);
  });
});

describe('the effort of a broadcaster', () => {
  it('makes smaller pictures when some have to be left out, and larger ones after a calm time', () => {
    const effort = new Effort();
    let now = 0;
    const feed = (pictures: number, isSkipped: (index: number) => boolean): void => {
      for (let index = 0; index < pictures; index++) {
        now += 33;
        effort.note(isSkipped(index), now);
      }
    };
    feed(200, () => false);
    expect(effort.of(720)).toBe(720);
    feed(60, (index) => index % 2 === 0);
    expect(effort.of(720)).toBeLessThan(720);
    feed(2_000, () => false);
    expect(effort.of(720)).toBe(720);
    feed(3_000, () => true);
    expect(effort.of(720)).toBe(252);
    expect(effort.of(480)).toBe(180);
    expect(effort.of(120)).toBe(120);
  });
});
