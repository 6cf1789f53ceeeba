import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.js';
import { askForPresence } from '../../../src/namespace/presence/presence-query.js';
import { Town, visit } from './town.js';

describe('a client that reads the presence of a room', () => {
  it('may do so if the application allows it', async () => {
    const town = new Town({ presence: { membersMax: 1 } });
    const server = town.start();
    const presence = server.io.presence('lobby');
    server.io.on('connection', (socket) => presence.join(socket, { id: 'ann' }));
    const ann = await visit(server, { auth: { id: 'ann' } });
    const ask = async (room: unknown) => {
      const answer = ann.emitWithAck('naru:presence', room as never);
      await town.clock.advance(100);
      return answer as Promise<{ error?: { code: string }; count?: number; members?: unknown[] }>;
    };
    expect((await ask('lobby')).error?.code).toBe('FORBIDDEN');
    server.io.allow({ presence: true });
    expect(await ask('lobby')).toMatchObject({ count: 1, members: [{ id: 'ann', connections: 1 }] });
    expect((await ask('hall')).error?.code).toBe('FORBIDDEN');
    server.io.allow({ presence: (_socket, room) => room === 'hall' });
    expect(await ask('hall')).toEqual({ count: 0, members: [] });
    expect((await ask(5)).error?.code).toBe('BAD_ROOM');
  });

  it('receives a limited list of members, and their number', async () => {
    const town = new Town({ presence: { membersMax: 1 } });
    const server = town.start();
    server.io.allow({ presence: true });
    server.io.on('connection', (socket) => server.io.presence('lobby').join(socket));
    await visit(server);
    const ben = await visit(server);
    const answer = ben.emitWithAck('naru:presence', 'lobby' as never);
    await town.clock.advance(100);
    expect(await answer).toMatchObject({ count: 2, members: [{ connections: 1 }] });
  });

  it('gets one list in a turn, and waits for a thousand at most', async () => {
    let count = 0;
    const namespace = {
      permissions: { mayLook: (_what: string, _socket: unknown, _room: string, answered: () => void) => answered() },
      presences: { list: async () => ({ count: ++count, members: [] }) },
      clock: systemClock,
    };
    const answers: unknown[] = [];
    const member = { socket: {}, connected: true };
    const ask = (): void =>
      askForPresence(namespace as never, member as never, 'lobby', (refusal, list) =>
        answers.push(refusal?.code ?? list?.count),
      );
    for (let at = 0; at < 1_001; at += 1) ask();
    expect(answers).toEqual(['TOO_MANY']);
    for (let turn = 1; turn <= 1_000; turn += 1) {
      await new Promise(setImmediate);
      expect(answers.length).toBeLessThanOrEqual(turn + 2);
    }
    await expect.poll(() => answers).toEqual(['TOO_MANY', ...Array.from({ length: 1_000 }, (_, at) => at + 1)]);
    ask();
    await expect.poll(() => answers.at(-1)).toBe(1_001);
  });

  it('gets the list of a room although that of another room takes time', async () => {
    const answers: unknown[] = [];
    const namespace = {
      permissions: { mayLook: (_what: string, _socket: unknown, _room: string, answered: () => void) => answered() },
      presences: { list: (room: string) => new Promise((resolve) => room === 'near' && resolve(room)) },
      clock: systemClock,
    };
    const member = { socket: {}, connected: true };
    for (const room of ['far', 'near'])
      askForPresence(namespace as never, member as never, room, (_refusal, list) => answers.push(list));
    await expect.poll(() => answers).toEqual(['near']);
    member.connected = false;
    askForPresence(namespace as never, member as never, 'near', (refusal) => answers.push(refusal?.code));
    await expect.poll(() => answers).toEqual(['near', 'GONE']);
  });

  it('learns that the list cannot be read', async () => {
    const town = new Town();
    const server = town.start();
    server.io.allow({ presence: () => true });
    const ann = await visit(server);
    town.backplane.store.table = () => {
      throw new Error('broken');
    };
    const answer = ann.emitWithAck('naru:presence', 'lobby' as never);
    await town.clock.advance(100);
    expect(await answer).toMatchObject({ error: { code: 'FAILED' } });
  });
});

describe('a client that changes its own presence', () => {
  it('may do so if the application allows it, and only where the application made it present', async () => {
    const town = new Town({ presence: { stateBytesMax: 20 } });
    const server = town.start();
    const presence = server.io.presence('lobby');
    server.io.on('connection', (socket) => presence.join(socket, { id: 'ann', state: 'here' }));
    const ann = await visit(server);
    const ask = async (event: string, room: unknown, state?: unknown) => {
      const answer = ann.emitWithAck(`naru:presence:${event}`, room as never, state as never);
      await town.clock.advance(100);
      return ((await answer) as { error?: { code: string } }).error?.code;
    };
    expect(await ask('update', 'lobby', 'away')).toBe('FORBIDDEN');
    expect(await ask('leave', 'lobby')).toBe('FORBIDDEN');
    const wishes: unknown[] = [];
    server.io.allow({ ownPresence: (_socket, room, wish) => wishes.push([room, wish]) > 0 });
    expect(await ask('update', 'lobby', 'away')).toBeUndefined();
    expect(await presence.list()).toMatchObject([{ id: 'ann', state: 'away' }]);
    expect(await ask('update', 'hall', 1)).toBe('NOT_PRESENT');
    expect(await ask('update', 'lobby', 'x'.repeat(30))).toBe('BAD_STATE');
    expect(await ask('update', { room: 'lobby' }, 1)).toBe('BAD_ROOM');
    expect(await ask('leave', 'lobby')).toBeUndefined();
    expect(await ask('leave', 'lobby')).toBe('NOT_PRESENT');
    expect(await presence.list()).toEqual([]);
    expect(wishes[0]).toEqual(['lobby', { type: 'update', state: 'away' }]);
  });
});
