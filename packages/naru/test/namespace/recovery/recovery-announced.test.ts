import { expect, it } from 'vitest';
import { FakeClock } from '../../../../testing/src/index.js';
import { build, durable, now, socket } from './built-recovery.js';

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
