import { expect, it } from 'vitest';
import { FakeClock } from '../../../../testing/src/index.js';
import { ORDER_WAIT_MS } from '../../../src/namespace/log/fences.js';
import { Asks, OUTDATED } from '../../../src/namespace/recovery/asks.js';
import { RECOVERY_WAIT_MS } from '../../../src/namespace/recovery/kept-session.js';
import { connectionOf } from './asking.js';

it('know the newest ask for a session while it waits', () => {
  const asks = new Asks(new FakeClock(), new Map());
  const [older, other, newest] = [
    asks.begin('p', undefined),
    asks.begin('q', undefined),
    asks.begin('p', undefined),
  ] as const;
  expect(() => asks.check(older)).toThrow(OUTDATED);
  for (const ask of [other, newest]) asks.check(ask);
  asks.end(older);
  expect(() => asks.check(older)).toThrow(OUTDATED);
  asks.end(newest);
  asks.check(older);
});

it('count an open connection as there for a second, and a closed one never', async () => {
  const clock = new FakeClock();
  const asks = new Asks(clock, new Map());
  const [open, closed, unknown] = [connectionOf('open'), connectionOf('closed'), undefined].map((connection) =>
    asks.begin('p', connection),
  );
  await clock.advance(ORDER_WAIT_MS - 1);
  expect([open, closed, unknown].map((ask) => ask && asks.isThere(ask))).toEqual([true, false, true]);
});

it('have a client show that it is there after a long wait, or when another process has taken the session', async () => {
  const answers = { answer: true, close: false, wait: false } as const;
  for (const isContested of [false, true])
    for (const [what, answer] of Object.entries(answers)) {
      const clock = new FakeClock();
      const asks = new Asks(clock, new Map());
      const connection = connectionOf('open');
      const ask = asks.begin('p', connection);
      ask.isContested = isContested;
      if (!isContested) await clock.advance(ORDER_WAIT_MS);
      const isThere = asks.isThere(ask);
      expect([what, isThere]).toEqual([what, expect.any(Promise)]);
      if (what === 'answer') connection.answer();
      else if (what === 'close') connection.close();
      else await clock.advance(RECOVERY_WAIT_MS);
      expect([what, await isThere]).toEqual([what, answer]);
    }
});

it('count a client as there that cannot be asked', async () => {
  const asks = new Asks(new FakeClock(), new Map());
  const ask = asks.begin('p', connectionOf('open', false));
  ask.isContested = true;
  expect(await asks.isThere(ask)).toBe(true);
});
