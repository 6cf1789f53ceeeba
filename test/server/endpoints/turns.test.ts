import { describe, expect, it } from 'vitest';
import { askForTurn, askPrimary, type TurnMessage } from '../../../src/server/endpoints/turns.js';

const url = 'udp://:0';

function makeWorker() {
  const seen: unknown[] = [];
  const sent: TurnMessage[] = [];
  const listeners: ((message: unknown) => void)[] = [];
  const program = {
    on: (_event: 'message', listener: (message: unknown) => void) => listeners.push(listener),
    send: (message: TurnMessage) => sent.push(message),
  };
  const taker = { onTurn: (port?: number) => seen.push(port), onWait: () => seen.push('wait') };
  const tell = (message: unknown): void => {
    for (const listener of listeners) listener(message);
  };
  const answer = (endpoint: string, isYours: boolean, port: number): void =>
    tell({ naru: 'turn', endpoint, isYours, port });
  return { seen, sent, listeners, ask: () => askPrimary(program, url, taker), taker, tell, answer };
}

describe('the turns of a worker', () => {
  it('are asked for, taken and ended', () => {
    const { sent, seen, ask, answer } = makeWorker();
    const turn = ask();
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
    const { sent, seen, listeners, ask, answer } = makeWorker();
    ask();
    ask().end();
    answer('1 udp://:0', true, 0);
    expect(seen).toEqual([undefined]);
    expect(listeners).toHaveLength(1);
    expect(sent.map(({ endpoint }) => endpoint)).toEqual(['1 udp://:0', '2 udp://:0', '2 udp://:0']);
  });

  it.each([
    undefined,
    'turn',
    { naru: 'stop', endpoint: '1 udp://:0', isYours: true, port: 1 },
    { naru: 'turn', endpoint: '1 udp://:0', port: 1 },
    { naru: 'turn', endpoint: '1 udp://:0', isYours: true },
    { naru: 'turn', endpoint: '2 udp://:0', isYours: true, port: 1 },
  ])('do not come with %j', (message) => {
    const { seen, ask, tell } = makeWorker();
    ask();
    tell(message);
    expect(seen).toEqual([]);
  });
});

it('comes at once outside of a worker', () => {
  const { seen, taker } = makeWorker();
  const turn = askForTurn(url, taker);
  turn.opened(4001);
  turn.end();
  expect(seen).toEqual([undefined]);
});
