import { describe, expect, it } from 'vitest';
import { catchUncaught } from '../../../../../test/kit/uncaught.js';
import { PresentRoom } from '../../../src/namespace/presence/present-room.js';
import type { PresenceEntry } from '../../../src/namespace/presence/roster.js';

const MEMBER = { id: 'ann', state: null, connections: 1, since: 1 };

describe('PresentRoom', () => {
  it('is needed while a socket is present, or somebody listens', () => {
    const room = new PresentRoom('lobby', () => undefined);
    const listener = () => undefined;
    const states = [room.isIdle];
    room.on('join', listener);
    states.push(room.isIdle);
    room.off('join', listener);
    room.heldCount += 1;
    states.push(room.isIdle);
    room.heldCount -= 1;
    expect([...states, room.isIdle]).toEqual([true, false, false, true]);
  });

  it('passes on the changes of others, and isolates failing listeners', async () => {
    const uncaught = catchUncaught();
    const merged: unknown[] = [];
    const room = new PresentRoom('lobby', (given) => merged.push(given));
    const entries: PresenceEntry[] = [];
    room.onEntries(entries);
    expect(merged).toEqual([entries]);
    const heard: unknown[] = [];
    room.on('join', () => {
      throw new Error('mine');
    });
    room.on('leave', (member) => heard.push(member));
    room.announce({ type: 'join', member: MEMBER });
    room.announce({ type: 'leave', member: MEMBER });
    await Promise.resolve();
    expect([heard, uncaught]).toEqual([[MEMBER], ['mine']]);
  });
});
