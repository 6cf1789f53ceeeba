import { describe, expect, it } from 'vitest';
import type { TurnMessage } from '../../src/workers/messages.js';
import { type TurnAnswer, Turns, WorkerTurns } from '../../src/workers/turns.js';

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

describe('the turns of a worker', () => {
  function makeWorker() {
    const sent: TurnMessage[] = [];
    const worker = new WorkerTurns((message) => sent.push(message));
    const seen: unknown[] = [];
    const taker = { onTurn: (port?: number) => seen.push(port), onWait: () => seen.push('wait') };
    const answer = (name: string, isYours: boolean, port: number): void => {
      const message: TurnAnswer = { naru: 'turn', endpoint: name, isYours, port };
      worker.onAnswer(message);
    };
    return { sent, worker, seen, taker, answer };
  }

  it('are asked for, taken and ended', () => {
    const { sent, worker, seen, taker, answer } = makeWorker();
    const turn = worker.ask(endpoint, taker);
    answer('1 udp://:0', false, 4001);
    answer('1 udp://:0', true, 4001);
    turn.opened(4001);
    turn.end();
    turn.end();
    answer('1 udp://:0', true, 4001);
    expect(seen).toEqual(['wait', 4001]);
    expect(sent).toEqual([
      { naru: 'ask-turn', endpoint: '1 udp://:0' },
      { naru: 'turn-taken', endpoint: '1 udp://:0', port: 4001 },
      { naru: 'end-turn', endpoint: '1 udp://:0' },
    ]);
  });

  it('name no port before any worker has opened one, and tell two endpoints at one address apart', () => {
    const { sent, worker, seen, taker, answer } = makeWorker();
    worker.ask(endpoint, taker);
    const { end } = worker.ask(endpoint, taker);
    end();
    answer('1 udp://:0', true, 0);
    expect(seen).toEqual([undefined]);
    expect(sent.map((message) => message.endpoint)).toEqual(['1 udp://:0', '2 udp://:0', '2 udp://:0']);
  });
});
