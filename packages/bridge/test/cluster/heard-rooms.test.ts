import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../testing/src/entry/index.js';
import { HeardRooms } from '../../src/cluster/heard-rooms.js';

function build(recoveryMs = 1_000) {
  const clock = new FakeClock();
  const calls: string[] = [];
  const channels = {
    enter: (room: string) => void calls.push(`enter ${room}`),
    leave: (room: string) => void calls.push(`leave ${room}`),
  };
  return { clock, calls, rooms: new HeardRooms({ clock, recoveryMs }, channels) };
}

describe('the rooms whose channels a server hears', () => {
  it('are heard while they exist, and for clients that may come back', async () => {
    const { clock, calls, rooms } = build();
    rooms.take('a', true);
    rooms.take('a', false);
    await clock.advance(999);
    // A client comes back.
    rooms.take('a', true);
    await clock.advance(5_000);
    expect(calls.splice(0)).toEqual(['enter a']);
    rooms.take('a', false);
    await clock.advance(1_000);
    rooms.take('a', true);
    expect(calls).toEqual(['leave a', 'enter a']);
  });

  it('are left at the end of the namespace', () => {
    const { calls, rooms } = build();
    for (const room of ['a', 'b']) rooms.take(room, true);
    for (const room of ['a', 'b']) rooms.take(room, false);
    rooms.close();
    expect(calls).toEqual(['enter a', 'enter b', 'leave a', 'leave b']);
  });

  it('are left early if too many clients are away', () => {
    const { calls, rooms } = build();
    for (let n = 0; n < 10_001; n += 1) {
      rooms.take(`${n}`, true);
      rooms.take(`${n}`, false);
    }
    expect(calls.filter((each) => each.startsWith('leave'))).toEqual(['leave 0']);
  });
});
