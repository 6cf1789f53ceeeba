import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../testing/src/fake-clock.js';
import { ZERO_OFFSET } from '../../../src/backplane/backplane.js';
import { Confirmations, Fences, type Flight } from '../../../src/namespace/log/fences.js';
import { toldEvent } from '../../../src/namespace/log/records.js';

function build(waitingMax?: number) {
  const confirmations = new Confirmations(false, waitingMax);
  const clock = new FakeClock();
  const namespaces = [new Fences(clock, confirmations), new Fences(clock, confirmations)] as const;
  const told: (readonly [string, boolean])[] = [];
  const ask = (name: string, since = confirmations.newest): void =>
    confirmations.whenKept(since, (isKept) => told.push([name, isKept]));
  return { confirmations, namespaces, told, ask };
}

/** The log refuses the oldest flight. */
function refuse(fences: Fences): void {
  (fences.oldest as Flight).answer = 'refused';
  fences.end();
}

describe('Confirmations', () => {
  it('calls back at once while no flight is open', () => {
    const { told, ask } = build();
    ask('a');
    expect(told).toEqual([['a', true]]);
  });

  it('waits for the open flights of all namespaces, and for no later ones', () => {
    const { namespaces, told, ask } = build();
    const [one, two] = namespaces;
    one.begin();
    two.begin();
    ask('a', 0);
    one.begin();
    two.end();
    expect(told).toEqual([]);
    one.end();
    expect(told).toEqual([['a', true]]);
  });

  it('keeps the order of the program among the fences of a namespace', () => {
    const { namespaces, told, ask } = build();
    const [one] = namespaces;
    one.begin();
    one.run(() => told.push(['join', true]));
    ask('a');
    one.run(() => {
      told.push(['leave', true]);
      ask('inside');
    });
    one.run(() => told.push(['last', true]));
    one.end();
    expect(told.map(([name]) => name)).toEqual(['join', 'a', 'leave', 'last', 'inside']);
  });

  it('tells of refused flights after the given one, and of no earlier or later ones', () => {
    const { namespaces, told, ask, confirmations } = build();
    const [one, two] = namespaces;
    one.begin();
    const since = confirmations.newest;
    ask('earlier', since);
    two.begin();
    ask('it', since);
    ask('later', confirmations.newest);
    refuse(one);
    refuse(two);
    expect(told).toEqual([
      ['earlier', true],
      ['it', false],
      ['later', true],
    ]);
    ask('again', since);
    expect(told.at(-1)).toEqual(['again', false]);
  });

  it('does not count a later flight as refused that ends first', () => {
    const { namespaces, told, ask } = build();
    const [one, two] = namespaces;
    one.begin();
    ask('a', 0);
    two.begin();
    refuse(two);
    one.end();
    expect(told).toEqual([['a', true]]);
  });

  it('tells of what a log has refused within the call', () => {
    const { namespaces, told, ask, confirmations } = build();
    const [one] = namespaces;
    const since = confirmations.newest;
    one.begin([toldEvent(['a'])]).answer = { previous: ZERO_OFFSET, offsets: [] };
    one.end();
    ask('a', since);
    ask('b');
    expect(told).toEqual([
      ['a', false],
      ['b', true],
    ]);
  });

  it('remembers a thousand refusals, and counts everything before the oldest of them as refused', () => {
    const { namespaces, told, ask } = build();
    const [one] = namespaces;
    for (let n = 0; n < 1_001; n += 1) {
      one.begin();
      refuse(one);
    }
    ask('old', 0);
    ask('new');
    expect(told).toEqual([
      ['old', false],
      ['new', true],
    ]);
  });

  it('confirms nothing more while as many wait as may', () => {
    const { namespaces, confirmations } = build(1);
    const [one] = namespaces;
    const told: boolean[] = [];
    one.begin();
    for (let n = 0; n < 2; n += 1) confirmations.confirm(0, (isKept) => told.push(isKept));
    expect([told, confirmations.isFull]).toEqual([[false], true]);
    one.end();
    expect([told, confirmations.isFull]).toEqual([[false, true], false]);
  });
});
