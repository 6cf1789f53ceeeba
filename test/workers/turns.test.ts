import { describe, expect, it } from 'vitest';
import { Turns } from '../../src/workers/turns.js';

const endpoint = 'udp://:0';

function makeTurns() {
  const told: [string, boolean, number][] = [];
  const turns = new Turns<string>((worker, { isYours, port }) => told.push([worker, isYours, port]));
  const ask = (worker: string): void => turns.onMessage(worker, { naru: 'ask-turn', endpoint });
  return { turns, told, ask };
}

describe('the turns that the primary gives', () => {
  it('go to one worker at a time, and to the newest that waits when it ends', () => {
    const { turns, told, ask } = makeTurns();
    for (const worker of ['a', 'b', 'c']) ask(worker);
    turns.onMessage('a', { naru: 'turn-taken', endpoint, port: 4001 });
    expect(told.splice(0)).toEqual([
      ['a', true, 0],
      ['b', false, 0],
      ['c', false, 0],
    ]);
    turns.remove('b');
    expect(told).toEqual([]);
    turns.remove('a');
    ask('d');
    expect(told.splice(0)).toEqual([
      ['c', true, 4001],
      ['d', false, 4001],
    ]);
    turns.onMessage('c', { naru: 'end-turn', endpoint });
    expect(told.splice(0)).toEqual([['d', true, 4001]]);
    turns.remove('c');
    turns.remove('d');
    ask('e');
    expect(told).toEqual([['e', true, 4001]]);
  });

  it('are separate for each endpoint', () => {
    const { turns, told, ask } = makeTurns();
    ask('a');
    turns.onMessage('b', { naru: 'ask-turn', endpoint: 'udp://:2' });
    expect(told).toEqual([
      ['a', true, 0],
      ['b', true, 0],
    ]);
  });

  it('come to nobody while all workers end', () => {
    const { turns, told, ask } = makeTurns();
    ask('a');
    ask('b');
    turns.close();
    turns.remove('a');
    expect(told.slice(2)).toEqual([]);
  });
});
