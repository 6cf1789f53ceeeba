import { describe, expect, it } from 'vitest';
import { EndpointLocks } from '../../src/workers/endpoint-locks.js';

const endpoint = 'udp://:0';

function makeLocks() {
  const told: [string, boolean, number][] = [];
  const locks = new EndpointLocks<string>((worker, { isYours, port }) => told.push([worker, isYours, port]));
  const ask = (worker: string): void => locks.onMessage(worker, { naru: 'ask-lock', endpoint });
  return { locks, told, ask };
}

describe('the locks that the primary gives', () => {
  it('go to one worker at a time, and to the newest that waits when it is released', () => {
    const { locks, told, ask } = makeLocks();
    for (const worker of ['a', 'b', 'c']) ask(worker);
    locks.onMessage('a', { naru: 'endpoint-opened', endpoint, port: 4001 });
    expect(told.splice(0)).toEqual([
      ['a', true, 0],
      ['b', false, 0],
      ['c', false, 0],
    ]);
    locks.remove('b');
    expect(told).toEqual([]);
    locks.remove('a');
    ask('d');
    expect(told.splice(0)).toEqual([
      ['c', true, 4001],
      ['d', false, 4001],
    ]);
    locks.onMessage('c', { naru: 'release-lock', endpoint });
    expect(told.splice(0)).toEqual([['d', true, 4001]]);
    locks.remove('c');
    locks.remove('d');
    ask('e');
    expect(told).toEqual([['e', true, 4001]]);
  });

  it('are separate for each endpoint', () => {
    const { locks, told, ask } = makeLocks();
    ask('a');
    locks.onMessage('b', { naru: 'ask-lock', endpoint: 'udp://:2' });
    expect(told).toEqual([
      ['a', true, 0],
      ['b', true, 0],
    ]);
  });

  it('come to nobody while all workers end', () => {
    const { locks, told, ask } = makeLocks();
    ask('a');
    ask('b');
    locks.close();
    locks.remove('a');
    expect(told.slice(2)).toEqual([]);
  });
});
