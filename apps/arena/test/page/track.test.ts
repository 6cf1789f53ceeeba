import { describe, expect, it } from 'vitest';
import { type Seen, Track } from '../../page/motion/track.js';

const seen = (slot: number, x: number, y = 0, aim = 0): Seen => ({ slot, x, y, aim });

/** A track with one player who walks five units to the right each tick. */
function walked(...ticks: number[]): Track<Seen> {
  const track = new Track<Seen>(10);
  for (const tick of ticks) track.add(tick, [seen(1, tick * 5)]);
  return track;
}

describe('the track of the others', () => {
  it('shows a place between two snapshots', () => {
    expect(walked(1, 2).at(1.5)).toEqual([seen(1, 7.5)]);
  });

  it('bridges a lost snapshot', () => {
    expect(walked(1, 4).at(2)).toEqual([seen(1, 10)]);
  });

  it('takes snapshots in any order, and each once', () => {
    const track = walked(1, 3, 2, 3);
    expect(track.at(2.5)).toEqual([seen(1, 12.5)]);
  });

  it('turns on the shorter way', () => {
    const track = new Track<Seen>(10);
    track.add(1, [seen(1, 0, 0, 3)]);
    track.add(2, [seen(1, 0, 0, -3)]);
    expect(track.at(1.5)[0]?.aim).toBeCloseTo(Math.PI, 5);
  });

  it('shows a player from the first snapshot until the first one without', () => {
    const track = new Track<Seen>(10);
    track.add(1, []);
    track.add(2, [seen(1, 5)]);
    track.add(3, []);
    expect([1.9, 2, 2.9, 3].map((tick) => track.at(tick).length)).toEqual([0, 1, 1, 0]);
  });

  it('shows nobody before the first snapshot', () => {
    expect(walked(5).at(4)).toEqual([]);
    expect(new Track<Seen>(10).at(1)).toEqual([]);
  });

  it('continues a movement for three ticks when snapshots are late, and then waits', () => {
    const track = walked(1, 2);
    expect(track.at(3)).toEqual([seen(1, 15)]);
    expect(track.at(5)).toEqual([seen(1, 25)]);
    expect(track.at(8)).toEqual([seen(1, 25)]);
  });

  it('does not show a jump to an entrance as a movement', () => {
    const track = new Track<Seen>(10);
    track.add(1, [seen(1, 0)]);
    track.add(2, [seen(1, 500)]);
    expect(track.at(1.5)).toEqual([seen(1, 0)]);
    expect(track.at(2)).toEqual([seen(1, 500)]);
    expect(track.at(2.5)).toEqual([seen(1, 500)]);
  });
});
