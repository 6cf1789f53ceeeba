import { describe, expect, it } from 'vitest';
import { Line, partnerOf } from '../server/places/line.js';
import type { Rider } from '../server/riders/riders.js';
import { LIMITS } from '../shared/limits.js';
import { countingIds, someRiders } from './riders.js';

function three(): { line: Line; a: Rider; b: Rider; c: Rider } {
  const [a, b, c] = someRiders(3);
  if (!a || !b || !c) throw new RangeError('the test needs three riders');
  return { line: new Line(countingIds()), a, b, c };
}

describe('the line', () => {
  it('matches two waiting riders, first come, first served', () => {
    const { line, a, b, c } = three();
    for (const rider of [a, b, c]) line.wait(rider, []);
    const [ride, ...others] = line.match(0);
    expect(ride?.riders).toEqual([a, b]);
    expect(others).toEqual([]);
    expect(a.ride).toBe(ride?.id);
    expect(line.waiting).toBe(1);
    if (ride) expect(partnerOf(ride, a)).toBe(b);
  });

  it('never matches a rider alone', () => {
    const { line, a } = three();
    line.wait(a, []);
    line.wait(a, []);
    expect(line.match(0)).toEqual([]);
  });

  it('skips people whom either side avoids', () => {
    const { line, a, b, c } = three();
    line.wait(a, []);
    line.wait(b, [a.card.id]);
    line.wait(c, []);
    expect(line.match(0)[0]?.riders).toEqual([a, c]);
  });

  it('matches two riders who just parted only after a while', () => {
    const { line, a, b } = three();
    line.wait(a, []);
    line.wait(b, []);
    const [ride] = line.match(0);
    if (ride) line.end(ride, 1_000);
    line.wait(a, []);
    line.wait(b, []);
    expect(line.match(1_000 + LIMITS.rematchMs - 1)).toEqual([]);
    expect(line.match(1_000 + LIMITS.rematchMs)).toHaveLength(1);
  });

  it('never matches two riders again after a report, while both are present', () => {
    const { line, a, b } = three();
    line.wait(a, []);
    line.wait(b, []);
    const [ride] = line.match(0);
    if (ride) line.end(ride, 0, true);
    line.sweep(1e12, () => true);
    line.wait(a, []);
    line.wait(b, []);
    expect(line.match(1e12)).toEqual([]);
    line.sweep(1e12, (id) => id !== b.card.id);
    expect(line.match(1e12)).toHaveLength(1);
  });

  it('forgets the messages of a ride when it ends', () => {
    const { line, a, b } = three();
    line.wait(a, []);
    line.wait(b, []);
    const [ride] = line.match(0);
    ride?.log.add(a.card, { key: 'k', text: 'a secret' }, 0);
    if (ride) line.end(ride, 0);
    expect(ride?.log.messages).toEqual([]);
    expect(line.rides).toBe(0);
    expect([a.ride, b.ride]).toEqual([undefined, undefined]);
    expect(a.lastPartner).toBe(b.card.id);
  });

  it('forgets old messages of a long ride', () => {
    const { line, a, b } = three();
    line.wait(a, []);
    line.wait(b, []);
    const [ride] = line.match(0);
    ride?.log.add(a.card, { key: 'k', text: 'long ago' }, 0);
    line.sweep(LIMITS.messageAgeMs, () => true);
    expect(ride?.log.messages).toEqual([]);
  });

  it('does not put a rider in the queue during a ride', () => {
    const { line, a, b } = three();
    line.wait(a, []);
    line.wait(b, []);
    line.match(0);
    line.wait(a, []);
    expect(line.waiting).toBe(0);
  });
});
