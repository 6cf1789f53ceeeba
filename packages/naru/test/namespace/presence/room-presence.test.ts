import { describe, expect, it } from 'vitest';
import { readOptions } from '../../../src/base/options/table.js';
import { type PresenceRooms, RoomPresence, roomPresenceTable } from '../../../src/namespace/presence/room-presence.js';
import { walkOptions } from '../../base/options/walk.js';

describe('RoomPresence', () => {
  it('passes its room and its options on, and holds nothing itself', async () => {
    const calls: unknown[] = [];
    const member = { id: 'ann', state: 1, connections: 2, since: 3 };
    const rooms: PresenceRooms<string> = {
      join: (...args) => calls.push(['join', ...args]),
      update: (...args) => calls.push(['update', ...args]) > 0,
      leave: (...args) => calls.push(['leave', ...args]) > 0,
      list: async (room, limit) => {
        calls.push(['list', room, limit]);
        return { members: limit === 0 ? [] : [member], count: 7 };
      },
      listen: (...args) => calls.push(['listen', ...args]),
      unlisten: (...args) => calls.push(['unlisten', ...args]),
    };
    const options = { announce: true };
    const presence = new RoomPresence(() => rooms, 'lobby', options);
    const listener = () => undefined;
    expect(presence.join('socket', { id: 'ann' }).join('other')).toBe(presence);
    expect([presence.update('socket', 5), presence.leave('socket')]).toEqual([true, true]);
    expect(await presence.list(9)).toEqual([member]);
    expect(await presence.count()).toBe(7);
    expect(presence.on('join', listener).off('join', listener).off()).toBe(presence);
    expect(calls).toEqual([
      ['join', 'lobby', 'socket', { id: 'ann' }, options],
      ['join', 'lobby', 'other', {}, options],
      ['update', 'lobby', 'socket', 5],
      ['leave', 'lobby', 'socket'],
      ['list', 'lobby', 9],
      ['list', 'lobby', 0],
      ['listen', 'lobby', 'join', listener, options],
      ['unlisten', 'lobby', 'join', listener],
      ['unlisten', 'lobby', undefined, undefined],
    ]);
  });
});

describe('the options of presence()', () =>
  walkOptions(roomPresenceTable, (given) => readOptions(roomPresenceTable, given)));
