import { expect, it } from 'vitest';
import { FakeClock } from '../../../../testing/src/index.js';
import { build, durable, now, socket, stateOf } from './built-recovery.js';

/** The recovery of one process with a home on another machine, and the text that the store has of a session. */
function remote() {
  const clock = new FakeClock();
  const backplane = durable(clock);
  Object.defineProperty(backplane.log, 'isRemote', { value: true });
  const { recovery } = build({}, backplane, clock);
  const textOf = (pid = ''): string => now(backplane.store.get(`session / ${pid}`)) ?? '';
  return { clock, recovery, textOf };
}

it('writes a session before its client learns of it, and goes on with that text', async () => {
  const { clock, recovery, textOf } = remote();
  const live = socket('b');
  const pid = recovery.announce(live);
  expect(JSON.parse(textOf(pid))).toMatchObject({ id: 'b', isAnnounced: true });
  expect(recovery.begin(Object.assign(live, { pid }))).toBe(pid);
  expect(live.superseded).toBe(0);
  await clock.settle();
  expect(JSON.parse(textOf(pid))).toMatchObject({ id: 'b', rooms: ['b'] });
  expect(textOf(pid)).not.toContain('isAnnounced');
});

it('deletes a session that was announced and has not begun, whatever ended its connection', () => {
  for (const end of ['forget', 'keep'] as const) {
    const { recovery, textOf } = remote();
    const pid = recovery.announce(socket('b')) ?? '';
    if (end === 'forget') recovery.forget(pid);
    else recovery.keep(pid, { rooms: new Set() });
    expect([textOf(pid), recovery.sessions.size]).toEqual(['', 0]);
  }
});

it('gives nobody a session of another namespace, whatever the names of both are', async () => {
  const clock = new FakeClock();
  const backplane = durable(clock);
  const [open, closed] = ['/team x', '/team'].map((name) => build({}, backplane, clock, 1, undefined, name).recovery);
  const pid = open?.begin(socket('a', ['secret'])) ?? '';
  await clock.settle();
  expect(stateOf(open?.search.restore(pid, undefined) as never)?.id).toBe('a');
  expect(closed?.search.restore(`x ${pid}`, undefined)).toBeUndefined();
});

it('does not tell the next process of a room that was entered and left without a text of its own', async () => {
  const { clock, recovery } = remote();
  const live = socket('b');
  const pid = recovery.begin(live);
  await clock.settle();
  for (const isIn of [true, false]) recovery.note(pid, 'x', isIn, false);
  expect(recovery.sessions.get(pid)?.unwritten(false)).toEqual(['x']);
  recovery.touch(pid);
  await clock.settle();
  expect(recovery.sessions.get(pid)?.unwritten(false)).toEqual([]);
});
