import { describe, expect, it } from 'vitest';
import { Unacked } from '../../../../src/wires/stomp/subscriptions/unacked.js';

function build(): Unacked<string> {
  const unacked = new Unacked<string>();
  for (const number of [3, 1, 7]) unacked.add(number, `m${number}`);
  return unacked;
}

describe('Unacked', () => {
  it('gives one message, or all that were delivered up to it', () => {
    const one = build();
    expect([one.take(1, false), one.count, one.has(1)]).toEqual([['m1'], 2, false]);
    const all = build();
    expect([all.take(1, true), all.count, all.has(7)]).toEqual([['m3', 'm1'], 1, true]);
  });

  it('gives nothing for what does not wait', () => {
    const unacked = build();
    expect([unacked.take(9, true), unacked.take(9, false), unacked.count]).toEqual([[], [], 3]);
  });

  it('gives up everything', () => {
    const unacked = build();
    expect([unacked.takeAll(), unacked.count]).toEqual([['m3', 'm1', 'm7'], 0]);
  });
});
