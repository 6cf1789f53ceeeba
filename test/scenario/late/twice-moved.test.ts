/** A client goes on to a third server, because the second one cannot write the session any more. */
import { describe, expect, it } from 'vitest';
import { LateStage } from './late-nodes.js';

/** Milliseconds after the change in which its server is killed. The log has the change by then. */
const TIMES = Array.from({ length: 12 }, (_, at) => 13 + at);
/** Milliseconds in which the second server takes the session, before it is cut off. */
const WAITS = [48, 56, 64, 72, 80];

/** A client is moved by its server, which is killed a moment later. Returns what it gets at the third server. */
async function goOnTwice(at: number, wait: number, isIn: boolean): Promise<string[]> {
  const stage = new LateStage({ seed: at + 1, callMs: [1, 12], pushMs: [1, 40] });
  const [one, two, three] = [await stage.node(), await stage.node(), await stage.node()];
  const client = await one.enter();
  for (const node of [one, two, three]) await node.enter();
  const id = client.answer?.sid ?? '';
  if (!isIn) one.io.in(id).socketsJoin('r');
  one.io.emit('seen');
  await stage.clock.advance(500);
  one.io.to('r').emit('before');
  if (isIn) one.io.in(id).socketsJoin('r');
  else one.io.in(id).socketsLeave('r');
  one.io.to('r').emit('after');
  client.cut();
  await stage.clock.advance(at);
  one.kill();
  const second = await two.enter(client.auth, wait);
  two.part.line.cut(3_000);
  second.cut();
  const third = await three.enter(client.auth, 600);
  three.io.to('r').emit('later');
  await stage.clock.advance(6_000);
  three.io.to('r').emit('last');
  await stage.clock.advance(500);
  return third.events;
}

describe('a client that goes on at a third server, because the second one could not write its session', () => {
  const WAYS: readonly [what: string, isIn: boolean, expected: readonly string[]][] = [
    ['joined', true, ['after', 'later', 'last']],
    ['left', false, ['before']],
  ];
  it.each(WAYS)('is as the log has it in a room that it had just %s', async (_what, isIn, expected) => {
    for (const at of TIMES)
      for (const wait of WAITS)
        expect([at, wait, ...(await goOnTwice(at, wait, isIn))]).toEqual([at, wait, ...expected]);
  });
});
