/**
 * A server makes two changes of one room, loses the client, and is killed when the home has taken the first change
 * only.
 */
import { describe, expect, it } from 'vitest';
import { LateStage } from './late-nodes.js';

/** Milliseconds after the changes in which the server is killed. */
const TIMES = Array.from({ length: 40 }, (_, at) => at);

/** Returns which of two events the client gets: one from before it is back, and one from after it. */
async function killAfter(at: number, isIn: boolean): Promise<string[]> {
  const stage = new LateStage({ seed: at + 1, callMs: [5, 20], pushMs: [1, 10] });
  const [one, two] = [await stage.node(), await stage.node()];
  const client = await one.enter();
  await two.enter();
  const id = client.answer?.sid ?? '';
  if (isIn) one.io.in(id).socketsJoin('r');
  one.io.emit('seen');
  await stage.clock.advance(500);
  if (isIn) one.io.in(id).socketsLeave('r');
  else one.io.in(id).socketsJoin('r');
  await stage.clock.advance(3);
  if (isIn) one.io.in(id).socketsJoin('r');
  else one.io.in(id).socketsLeave('r');
  client.cut();
  await stage.clock.advance(at);
  one.kill();
  await stage.clock.advance(1_000);
  two.io.to('r').emit('away');
  await stage.clock.advance(1_000);
  const again = await two.enter(client.auth, 1_000);
  two.io.to('r').emit('back');
  await stage.clock.advance(1_000);
  return again.events;
}

describe('a client whose server makes two changes of a room, loses it and is killed', () => {
  const WAYS: readonly [what: string, isIn: boolean][] = [
    ['a leave and a join', true],
    ['a join and a leave', false],
  ];
  it.each(WAYS)('has the events that it missed by the rooms in which it goes on, after %s', async (_what, isIn) => {
    for (const at of TIMES) {
      const events = await killAfter(at, isIn);
      expect([at, events.includes('away')]).toEqual([at, events.includes('back')]);
    }
  });
});
