import { describe, expect, it } from 'vitest';
import type { RoomPresence } from '../../../src/namespace/presence/room-presence.js';
import type { Socket } from '../../../src/namespace/socket/socket.js';
import { Town, visit } from './town.js';

const OPTIONS = { presence: { lease: 9_000, pollInterval: 500 } };

/** Calls for a socket before its server has the list of the room, and the events that follow. */
const COURSES: [name: string, act: (presence: RoomPresence<Socket>, tab: Socket) => unknown, told: string[]][] = [
  ['nothing of another tab of a member', (presence, tab) => presence.join(tab, { id: 'ann' }), []],
  [
    'nothing of another tab of a member with the same state',
    (presence, tab) => presence.join(tab, { id: 'ann', state: 'busy' }),
    [],
  ],
  [
    'nothing of another tab of a member that leaves at once',
    (presence, tab) => presence.join(tab, { id: 'ann' }).leave(tab),
    [],
  ],
  [
    'a new state of a member',
    (presence, tab) => presence.join(tab, { id: 'ann', state: 'free' }),
    ['update ann "free" 2'],
  ],
  ['a new member', (presence, tab) => presence.join(tab, { id: 'ben', state: 1 }), ['join ben 1 1']],
];

/** A server at which nobody is present, with two of its sockets in the room. Ann is present at another server. */
async function build(kind: 'outside' | 'late') {
  const town = new Town(OPTIONS, kind);
  const [one, two] = [town.start(), town.start()];
  one.io.on('connection', (socket) => one.io.presence('lobby').join(socket, { id: 'ann', state: 'busy' }));
  const ann = await visit(one);
  const told: string[] = [];
  two.io.on('connection', (socket) => socket.join('lobby'));
  const observer = await visit(two);
  for (const event of ['join', 'update', 'leave'])
    observer.on(`naru:presence:${event}`, (_room, { id, state, connections }) =>
      told.push(`${event} ${id} ${JSON.stringify(state)} ${connections}`),
    );
  const client = await visit(two);
  const [, tab] = [...two.io.sockets.sockets.values()];
  if (!tab) return expect.unreachable();
  return { town, ann, two, tab, client, told };
}

/** Records the events that a server emits for its program. */
function hear(presence: RoomPresence<Socket>): string[] {
  const heard: string[] = [];
  for (const event of ['join', 'update', 'leave'] as const)
    presence.on(event, ({ id, state, connections }) =>
      heard.push(`${event} ${id} ${JSON.stringify(state)} ${connections}`),
    );
  return heard;
}

describe.each(['outside', 'late'] as const)('a room whose list comes from a store (%s)', (kind) => {
  it.each(COURSES)('tells %s', async (_, act, expected) => {
    const { town, two, tab, told } = await build(kind);
    act(two.io.presence('lobby', { announce: true }), tab);
    await town.clock.advance(1_500);
    expect(told).toEqual(expected);
  });

  it.each(COURSES)('tells the listeners of the program %s', async (_, act, expected) => {
    const { town, two, tab } = await build(kind);
    const presence = two.io.presence('lobby');
    const heard = hear(presence);
    act(presence, tab);
    // A store that answers within the call has no time without a list.
    expect(heard).toEqual(kind === 'late' ? [] : expected);
    await town.clock.advance(1_500);
    expect(heard).toEqual(expected);
  });

  it('tells that a member has left only when nobody has it', async () => {
    const { town, ann, two, tab, told } = await build(kind);
    const presence = two.io.presence('lobby', { announce: true }).join(tab, { id: 'ann' });
    await town.clock.advance(1_500);
    ann.disconnect();
    await town.clock.advance(1_500);
    presence.leave(tab);
    await town.clock.settle();
    // Her state went with her other connection.
    expect(told).toEqual(['update ann null 1', 'leave ann null 0']);
  });
});

describe('a room whose list comes late', () => {
  it('tells one join with the newest state of a member that changes its state before', async () => {
    const { town, two, tab } = await build('late');
    const presence = two.io.presence('lobby');
    const heard = hear(presence);
    presence.join(tab, { id: 'ben', state: 1 }).update(tab, 2);
    await town.clock.settle();
    expect(heard).toEqual(['join ben 2 1']);
  });

  it('tells nothing of a member that comes and goes before', async () => {
    const { town, two, tab } = await build('late');
    const presence = two.io.presence('lobby');
    const heard = hear(presence);
    presence.join(tab, { id: 'ben' }).leave(tab);
    await town.clock.advance(1_500);
    expect(heard).toEqual([]);
  });

  it.each([
    ['is present', 1],
    ['has left', 0],
  ])('gives the list to a socket that %s', async (what, count) => {
    const { town, two, tab, client } = await build('late');
    const lists: unknown[] = [];
    client.on('naru:presence:list', (_room, list) => lists.push(list));
    const presence = two.io.presence('lobby', { announce: true }).on('join', () => undefined);
    presence.join(tab, { id: 'ben' });
    if (what === 'has left') presence.leave(tab);
    await town.clock.advance(1_500);
    expect(lists).toHaveLength(count);
  });

  it('tells it after a store that could not be read', async () => {
    const { town, two, tab } = await build('late');
    const { store } = town.backplane;
    const { table } = store;
    let isAway = true;
    store.table = (name) => {
      const whole = table.call(store, name);
      return isAway && name === 'presence / lobby'
        ? { ...whole, list: () => Promise.reject(new Error('away')) }
        : whole;
    };
    const presence = two.io.presence('lobby');
    const heard = hear(presence);
    presence.join(tab, { id: 'ben' });
    await town.clock.advance(1_500);
    expect(heard).toEqual([]);
    isAway = false;
    await town.clock.advance(1_500);
    expect(heard).toEqual(['join ben null 1']);
  });
});
