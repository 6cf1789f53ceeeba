import { expect, it, onTestFinished } from 'vitest';
import { askForTurn, setTurns, type TurnTaker } from '../../../src/server/endpoints/turns.js';

it('comes at once without other processes, and is theirs to give otherwise', () => {
  onTestFinished(() => setTurns(undefined));
  const seen: unknown[] = [];
  const taker: TurnTaker = { onTurn: (port) => seen.push(port), onWait: () => seen.push('wait') };
  askForTurn('udp://:4001', taker).end();
  expect(seen.splice(0)).toEqual([undefined]);
  const turn = { opened: () => undefined, end: () => undefined };
  setTurns((url, asker) => {
    seen.push(url, asker);
    return turn;
  });
  expect(askForTurn('udp://:4001', taker)).toBe(turn);
  expect(seen).toEqual(['udp://:4001', taker]);
});
