import { describe, expect, it } from 'vitest';
import { catchUncaught } from '../../../../../test/kit/uncaught.js';
import { TOLD_ROOM } from '../../../src/backplane/own-records.js';
import { ConfigError } from '../../../src/base/errors.js';
import { readOptions } from '../../../src/base/options/table.js';
import type { SocketFact } from '../../../src/namespace/explain/journal.js';
import {
  REQUEST_BYTES_PER_CLIENT_MAX,
  REQUESTS_PER_CLIENT_MAX,
} from '../../../src/namespace/permissions/permission-questions.js';
import {
  type Answered,
  type PermissionRules,
  type PermissionScope,
  Permissions,
  type Refusal,
  ROOM_NAME_MAX,
  Rules,
  rulesTable,
} from '../../../src/namespace/permissions/permissions.js';
import { walkOptions } from '../../base/options/walk.js';

class Guest {
  connected = true;
  readonly rooms: string[] = [];
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }

  join(room: string): void {
    if (!this.rooms.includes(room)) this.rooms.push(room);
  }

  leave(room: string): void {
    this.rooms.splice(this.rooms.indexOf(room), 1);
  }
}

function build(rules: PermissionRules<Guest> = {}) {
  const sent: unknown[] = [];
  const notes: SocketFact[] = [];
  const given = new Rules<Guest>();
  given.allow(rules);
  const scope: PermissionScope<Guest> = {
    name: '/chat',
    isSocketId: (room) => room === 'guest' || room === 'other',
    isFull: (socket) => socket.rooms.length >= 3,
    isMember: (room, socket) => socket.rooms.includes(room),
    refuse: (act, _socket, room) =>
      room === 'guarded'
        ? { code: 'FORBIDDEN', message: `no ${act} by the guard` }
        : room === 'busy'
          ? { code: 'LIMITED', message: 'too many requests' }
          : undefined,
    note: (fact) => notes.push(fact),
    send: (room, event, args, from) => sent.push([room, event, args, from.id]),
  };
  const permissions = new Permissions(scope, given);
  const guest = new Guest('guest');
  const answers: (Refusal['code'] | 'yes')[] = [];
  const answered: Answered = (refusal) => answers.push(refusal?.code ?? 'yes');
  return { permissions, given, guest, sent, notes, answers, answered };
}

describe('Permissions', () => {
  it('ask the guard of the server what the rules allow, also in the moment of entering', () => {
    const { permissions, guest, sent, answers, answered } = build({
      subscribe: true,
      publish: true,
      history: () => true,
    });
    permissions.subscribe(guest, 'guarded', answered);
    permissions.publish(guest, 'guarded', 'say', [1], answered);
    permissions.mayLook('history', guest, 'guarded', answered);
    expect([answers, guest.rooms, sent]).toEqual([Array(3).fill('FORBIDDEN'), [], []]);
    expect(permissions.enter(guest, 'guarded')).toEqual({ code: 'FORBIDDEN', message: 'no enter by the guard' });
  });

  it('note each refusal for explanations, except that of an event by a limit, which the guard notes', () => {
    const { permissions, guest, notes, answers, answered } = build({ subscribe: true, publish: true });
    permissions.publish(guest, 'busy', 'say', [1], answered);
    permissions.publish(guest, 'guarded', 'say', [1], answered);
    permissions.subscribe(guest, 'busy', answered);
    expect(answers).toEqual(['LIMITED', 'FORBIDDEN', 'LIMITED']);
    expect(notes).toMatchObject([
      { type: 'refused', socket: 'guest', act: 'publish', room: 'guarded' },
      { type: 'refused', socket: 'guest', act: 'subscribe', room: 'busy', message: 'too many requests' },
    ]);
  });

  it('are closed by default', () => {
    const { permissions, guest, sent, answers, answered } = build();
    permissions.subscribe(guest, 'lobby', answered);
    permissions.publish(guest, 'lobby', 'say', [1], answered);
    expect([answers, guest.rooms, sent]).toEqual([['FORBIDDEN', 'FORBIDDEN'], [], []]);
  });

  it('name the room and the namespace of a refusal', () => {
    const { permissions, guest } = build();
    let said: Refusal | undefined;
    permissions.subscribe(guest, 'lobby', (refusal) => {
      said = refusal;
    });
    expect(said?.message).toBe('clients may not join "lobby" in /chat by themselves');
  });

  it('admit everybody if a rule is true', () => {
    const { permissions, guest, sent, answers, answered } = build({ subscribe: true, publish: true });
    permissions.subscribe(guest, 'lobby', answered);
    permissions.publish(guest, 'lobby', 'say', ['hi', 2], answered);
    expect([answers, guest.rooms, sent]).toEqual([['yes', 'yes'], ['lobby'], [['lobby', 'say', ['hi', 2], 'guest']]]);
  });

  it('ask the application with the socket', () => {
    const asked: unknown[] = [];
    const { permissions, guest, answers, answered } = build({
      subscribe: (socket, room) => {
        asked.push([socket.id, room]);
        return room === 'open';
      },
      publish: (socket, room, event, args) => {
        asked.push([socket.id, room, event, args]);
        return event === 'say';
      },
    });
    permissions.subscribe(guest, 'open', answered);
    permissions.subscribe(guest, 'shut', answered);
    permissions.publish(guest, 'open', 'say', [1], answered);
    permissions.publish(guest, 'open', 'shout', [], answered);
    expect(answers).toEqual(['yes', 'FORBIDDEN', 'yes', 'FORBIDDEN']);
    expect(asked).toEqual([
      ['guest', 'open'],
      ['guest', 'shut'],
      ['guest', 'open', 'say', [1]],
      ['guest', 'open', 'shout', []],
    ]);
  });

  it('pass on the text of an application error', async () => {
    const { permissions, guest, sent } = build({
      subscribe: () => new Error('the lobby is full'),
      publish: async () => new Error('not so fast'),
    });
    const said: (string | undefined)[] = [];
    permissions.subscribe(guest, 'lobby', (refusal) => said.push(`${refusal?.code} ${refusal?.message}`));
    permissions.publish(guest, 'lobby', 'say', [], (refusal) => said.push(`${refusal?.code} ${refusal?.message}`));
    await new Promise((resolve) => setImmediate(resolve));
    expect([said, sent]).toEqual([['FORBIDDEN the lobby is full', 'FORBIDDEN not so fast'], []]);
  });

  it('leave the sending to an application that returns a function, which is called once and only then', async () => {
    const done: string[] = [];
    const { permissions, guest, sent, answers, answered } = build({
      publish: (_socket, room, _event, [text]) => {
        const own = () => void done.push(`${room} ${String(text)}`);
        return text === 'later' ? Promise.resolve(own) : own;
      },
    });
    permissions.publish(guest, 'lobby', 'say', ['now'], answered);
    permissions.mayPublish(guest, 'lobby', 'say', ['asked only'], (refusal, instead) => {
      answered(refusal);
      expect(instead).toBeTypeOf('function');
    });
    permissions.publish(guest, 'lobby', 'say', ['later'], answered);
    await new Promise((resolve) => setImmediate(resolve));
    expect([done, sent, answers]).toEqual([['lobby now', 'lobby later'], [], ['yes', 'yes', 'yes']]);
  });

  it('do not take a function as permission to enter', () => {
    const { permissions, guest, answers, answered } = build({ subscribe: (() => () => undefined) as never });
    permissions.subscribe(guest, 'lobby', answered);
    expect([answers, guest.rooms]).toEqual([['FORBIDDEN'], []]);
  });

  it('wait for a slow application, and forget a client that has left meanwhile', async () => {
    const { permissions, guest, answers, answered } = build({ subscribe: async (_socket, room) => room !== 'shut' });
    permissions.subscribe(guest, 'open', answered);
    permissions.subscribe(guest, 'shut', answered);
    expect(answers).toEqual([]);
    await Promise.resolve();
    await Promise.resolve();
    expect([answers, guest.rooms]).toEqual([['yes', 'FORBIDDEN'], ['open']]);
    permissions.subscribe(guest, 'late', answered);
    guest.connected = false;
    await Promise.resolve();
    await Promise.resolve();
    expect([answers.at(-1), guest.rooms]).toEqual(['GONE', ['open']]);
  });

  it('stay closed when the application fails, and report it', async () => {
    const { permissions, guest, answers, answered } = build({
      subscribe: (_socket, room) => {
        if (room === 'later') return Promise.reject(new Error('no database'));
        throw new Error('no idea');
      },
    });
    const uncaught = catchUncaught();
    permissions.subscribe(guest, 'now', answered);
    permissions.subscribe(guest, 'later', answered);
    await new Promise((resolve) => setImmediate(resolve));
    expect([answers, guest.rooms]).toEqual([['FAILED', 'FAILED'], []]);
    expect(uncaught.sort()).toEqual(['no database', 'no idea']);
  });

  it('never let a client into the own room of another, whatever the rules', () => {
    const { permissions, guest, answers, answered } = build({ subscribe: () => true, publish: true });
    permissions.subscribe(guest, 'other', answered);
    permissions.publish(guest, 'other', 'say', [], answered);
    expect([answers, guest.rooms]).toEqual([['FORBIDDEN', 'FORBIDDEN'], []]);
  });

  it('refuse invalid names', () => {
    const { permissions, guest, answers, answered } = build({ subscribe: true, publish: true });
    for (const room of ['', undefined, 7, {}, 'x'.repeat(ROOM_NAME_MAX + 1), TOLD_ROOM])
      permissions.subscribe(guest, room, answered);
    permissions.subscribe(guest, 'x'.repeat(ROOM_NAME_MAX), answered);
    expect(answers).toEqual([...Array(6).fill('BAD_ROOM'), 'yes']);
    answers.length = 0;
    const noText = JSON.parse('{"toString":1,"valueOf":1}') as unknown;
    for (const event of ['', 'disconnect', 'naru:subscribe', 7, noText])
      permissions.publish(guest, 'lobby', event, [], answered);
    permissions.publish(guest, '', 'say', [], answered);
    permissions.publish(guest, TOLD_ROOM, 'taken', ['owner', 'secret'], answered);
    expect(answers).toEqual([...Array(5).fill('BAD_EVENT'), 'BAD_ROOM', 'BAD_ROOM']);
  });

  it("apply a client's requests in order, also if the application is slow", async () => {
    const answers: ((verdict: boolean) => void)[] = [];
    const { permissions, guest, sent, answered } = build({
      subscribe: () => new Promise<boolean>((resolve) => answers.push(resolve)),
      publish: (_socket, _room, event) =>
        event === 'slow' ? new Promise<boolean>((resolve) => answers.push(resolve)) : true,
    });
    permissions.subscribe(guest, 'lobby', answered);
    permissions.publish(guest, 'lobby', 'slow', [], answered);
    permissions.publish(guest, 'lobby', 'quick', [], answered);
    permissions.unsubscribe(guest, 'lobby');
    expect([sent, guest.rooms, answers.length]).toEqual([[], [], 2]);
    for (const answer of answers.reverse()) answer(true);
    await new Promise((resolve) => setImmediate(resolve));
    expect(sent.map((event) => (event as unknown[])[1])).toEqual(['slow', 'quick']);
    expect(guest.rooms).toEqual([]);
  });

  it('refuse a client that waits for too many answers, and still let it leave', async () => {
    const { permissions, guest, answers, answered } = build({
      subscribe: () => new Promise(() => undefined),
      publish: true,
    });
    guest.join('lobby');
    for (let count = 0; count < REQUESTS_PER_CLIENT_MAX; count += 1)
      permissions.subscribe(guest, 'other room', answered);
    expect(answers).toEqual([]);
    permissions.subscribe(guest, 'one more', answered);
    permissions.publish(guest, 'lobby', 'say', [], answered);
    expect(answers).toEqual(['TOO_MANY', 'TOO_MANY']);
    permissions.unsubscribe(guest, 'lobby');
    expect(guest.rooms).toEqual([]);
    const other = new Guest('other');
    permissions.publish(other, 'lobby', 'say', [], answered);
    expect(answers.at(-1)).toBe('yes');
  });

  it.each<[string, (permissions: Permissions<Guest>, guest: Guest, large: string) => void]>([
    ['an event', (permissions, guest, large) => permissions.publish(guest, 'lobby', 'say', [large], () => undefined)],
    [
      'the name of an event',
      (permissions, guest, large) => permissions.publish(guest, 'a', large, [], () => undefined),
    ],
    [
      'a state',
      (permissions, guest, state) =>
        permissions.mayChangePresence(guest, 'lobby', { type: 'update', state }, () => undefined),
    ],
    ['an impossible room', (permissions, guest, large) => permissions.unsubscribe(guest, large)],
  ])('refuse a client whose waiting requests are too large, with %s', (_what, request) => {
    const { permissions, guest, answers, answered } = build({
      subscribe: () => new Promise(() => undefined),
      publish: true,
      ownPresence: true,
    });
    permissions.subscribe(guest, 'lobby', answered);
    request(permissions, guest, 'x'.repeat(REQUEST_BYTES_PER_CLIENT_MAX / 2 - 100_000));
    permissions.publish(guest, 'lobby', 'say', ['x'.repeat(100_000)], answered);
    expect(answers).toEqual([]);
    permissions.publish(guest, 'lobby', 'say', [], answered);
    expect(answers).toEqual(['TOO_MANY']);
  });

  it('report that a client is in too many rooms', () => {
    const { permissions, guest, answers, answered } = build({ subscribe: true });
    for (const room of ['a', 'b', 'c', 'd', 'a']) permissions.subscribe(guest, room, answered);
    expect(answers).toEqual(['yes', 'yes', 'yes', 'TOO_MANY', 'yes']);
    permissions.unsubscribe(guest, 'a');
    permissions.subscribe(guest, 'd', answered);
    expect([answers.at(-1), guest.rooms]).toEqual(['yes', ['b', 'c', 'd']]);
  });

  it('always let a client out', () => {
    const { permissions, guest } = build();
    guest.rooms.push('lobby');
    permissions.unsubscribe(guest, 'lobby');
    permissions.unsubscribe(guest, 7);
    expect(guest.rooms).toEqual([]);
  });

  it('keep rules that a later call does not mention', () => {
    const { permissions, given, guest, answers, answered } = build({ subscribe: true });
    given.allow({ publish: true });
    permissions.subscribe(guest, 'lobby', answered);
    permissions.publish(guest, 'lobby', 'say', [], answered);
    given.allow({ subscribe: false });
    permissions.subscribe(guest, 'other room', answered);
    expect(answers).toEqual(['yes', 'yes', 'FORBIDDEN']);
  });

  it('refuse an invalid rule, and stay as they are', () => {
    const { permissions, given, guest, answers, answered } = build({ subscribe: true });
    for (const rules of [{ subscrib: true }, { subscribe: 'yes' }, { publish: 1 }, 'all', undefined, null])
      expect(() => given.allow(rules as object)).toThrow(ConfigError);
    expect(() => given.allow({ subscribe: 'yes' } as object)).toThrow(
      'Option "allow.subscribe" must be true, false or a function, got "yes".',
    );
    given.allow({ subscribe: undefined, publish: () => false });
    given.allow({ subscribe: true });
    permissions.subscribe(guest, 'lobby', answered);
    expect(answers).toEqual(['yes']);
  });

  it('can be queried without an effect', () => {
    const { permissions, guest, sent, answers, answered } = build({
      subscribe: true,
      publish: (_guest, room) => room === 'a',
    });
    permissions.maySubscribe(guest, 'lobby', answered);
    permissions.maySubscribe(guest, 'other', answered);
    permissions.mayPublish(guest, 'a', 'say', [], answered);
    permissions.mayPublish(guest, 'b', 'say', [], answered);
    expect([answers, sent, guest.rooms]).toEqual([['yes', 'FORBIDDEN', 'yes', 'FORBIDDEN'], [], []]);
  });
});

describe('the rules of allow()', () => walkOptions(rulesTable, (given) => readOptions(rulesTable, given)));
