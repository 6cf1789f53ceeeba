import { describe, expect, it } from 'vitest';
import { encodeOffset } from '../../../src/backplane/backplane.js';
import { HeardChanges, type PlacedChange } from '../../../src/namespace/recovery/heard-changes.js';
import { EVERYBODY } from '../../../src/namespace/rooms.js';

/** Changes, by their numbers, in a log that this process has delivered up to `offset`. */
function build(start = 0) {
  const log = { offset: encodeOffset(start), erasures: 0 };
  const heard = new HeardChanges(log);
  const add = (number: number): void => {
    const change: PlacedChange = { offset: encodeOffset(number), target: EVERYBODY, action: ['join', ['r']] };
    heard.add(change);
    log.offset = change.offset;
  };
  const since = (number: number): string[] | undefined =>
    heard.since(encodeOffset(number))?.map(({ offset }) => offset);
  return { log, add, since };
}

describe('HeardChanges', () => {
  it('has the changes after an offset, and says if it may lack some', () => {
    const { add, since } = build(10);
    for (const number of [12, 15]) add(number);
    expect([9, 10, 12, 14, 15].map(since)).toEqual([
      undefined,
      [encodeOffset(12), encodeOffset(15)],
      [encodeOffset(15)],
      [encodeOffset(15)],
      [],
    ]);
  });

  it('begins anew where the process has passed over records', () => {
    const { log, add, since } = build();
    add(5);
    log.erasures = 1;
    log.offset = encodeOffset(20);
    expect([since(19), since(20)]).toEqual([undefined, []]);
    log.erasures = 2;
    log.offset = encodeOffset(30);
    add(31);
    expect([since(20), since(30)]).toEqual([undefined, [encodeOffset(31)]]);
  });

  it('drops the older half of 1,024 changes', () => {
    const { add, since } = build();
    for (let number = 1; number <= 1_025; number += 1) add(number);
    expect([since(511), since(512)?.length]).toEqual([undefined, 513]);
  });
});
