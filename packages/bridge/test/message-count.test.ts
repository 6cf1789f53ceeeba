import { describe, expect, it } from 'vitest';
import { MessageCount } from '../src/message-count.js';

function begun(heard: number): MessageCount {
  const count = new MessageCount();
  count.begin();
  for (let n = 0; n < heard; n += 1) count.add();
  return count;
}

describe('the count of messages', () => {
  it('begins with its own mark', () => {
    const count = new MessageCount();
    count.add();
    expect([count.heard, count.note('early')]).toEqual([undefined, undefined]);
    count.begin();
    count.add();
    count.begin();
    expect([count.heard, count.note('mark')]).toEqual([1, 1]);
  });

  it('understands the numbers of a node that has told its count at a mark', () => {
    const count = begun(3);
    count.note('mark');
    count.add();
    expect([count.knows('other'), count.translate('other', 12)]).toEqual([false, undefined]);
    count.learn('unknown', 'other', 10);
    expect(count.knows('other')).toBe(false);
    count.learn('mark', 'other', 10);
    expect([count.knows('other'), count.translate('other', 12), count.translate('other', 4)]).toEqual([true, 5, -3]);
  });

  it('forgets everything after a gap', () => {
    const count = begun(3);
    count.note('mark');
    count.learn('mark', 'other', 10);
    count.end();
    count.learn('mark', 'other', 10);
    expect([count.heard, count.knows('other')]).toEqual([undefined, false]);
  });

  it('remembers the sixteen newest marks and nodes', () => {
    const count = begun(3);
    for (let n = 0; n < 17; n += 1) count.note(`mark ${n}`);
    for (let n = 0; n < 18; n += 1) count.learn(`mark ${n % 17}`, `node ${n}`, 1);
    expect([0, 1, 2, 16, 17].map((n) => count.knows(`node ${n}`))).toEqual([false, true, true, true, false]);
    count.learn('mark 16', 'node 17', 1);
    expect([1, 2, 17].map((n) => count.knows(`node ${n}`))).toEqual([false, true, true]);
  });
});
