import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../testing/src/index.js';
import type { Target } from '../../../src/namespace/event/target.js';
import { EVERYBODY } from '../../../src/namespace/rooms.js';
import { BroadcastOperator, type BroadcastScope, toList } from '../../../src/namespace/socket/broadcast.js';
import type { SocketAction, SocketFacts } from '../../../src/namespace/socket/far-sockets.js';
import type { SocketPacket } from '../../../src/protocol/socket-io/packet.js';

class Stand {
  readonly actions: unknown[][] = [];
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }

  join(rooms: unknown): void {
    this.actions.push(['join', rooms]);
  }

  leave(room: string): void {
    this.actions.push(['leave', room]);
  }

  disconnect(close?: boolean): void {
    this.actions.push(['disconnect', close]);
  }
}

function build(socketCount = 2) {
  const clock = new FakeClock();
  const sent: { packet: SocketPacket; target: Target }[] = [];
  const givenUp: SocketPacket[] = [];
  const actions: SocketAction[] = [];
  const far: SocketFacts[] = [];
  const missing: string[] = [];
  const sockets = Array.from({ length: socketCount }, (_, index) => new Stand(`s${index}`));
  let answer: (args: readonly unknown[]) => void = () => undefined;
  const scope: BroadcastScope<Stand> = {
    name: '/n',
    clock,
    delivery: { broadcast: (packet, target) => sent.push({ packet, target }) },
    broadcastWithAck: (packet, target, { onAsked, onAnswer }) => {
      sent.push({ packet, target });
      answer = onAnswer;
      onAsked(socketCount, missing);
      return () => {
        givenUp.push(packet);
        return ['gone'];
      };
    },
    fetch: async () => ({ near: sockets, found: far, missing }),
    act: (_target, action) => actions.push(action),
    drained: async () => true,
    accepts: () => true,
  };
  return {
    clock,
    sent,
    givenUp,
    actions,
    far,
    missing,
    sockets,
    io: new BroadcastOperator({ scope }, EVERYBODY),
    answer: (...args: unknown[]) => answer(args),
  };
}

describe('BroadcastOperator', () => {
  it('collects rooms, exceptions and flags without changing its origin', () => {
    const { io, sent } = build();
    const room = io.to('a');
    room.in(['b', 'c']).except('d').volatile.compress(false).local.timeout(5).emit('x', 1);
    room.emit('y');
    io.send('z');
    expect(sent.map(({ packet }) => packet)).toEqual([
      { type: 2, nsp: '/n', data: ['x', 1] },
      { type: 2, nsp: '/n', data: ['y'] },
      { type: 2, nsp: '/n', data: ['message', 'z'] },
    ]);
    expect(sent[0]?.target).toEqual({
      rooms: new Set(['a', 'b', 'c']),
      except: new Set(['d']),
      flags: { volatile: true, compress: false, local: true, timeout: 5 },
    });
    expect(sent[1]?.target).toEqual({ ...EVERYBODY, rooms: new Set(['a']) });
    expect(sent[2]?.target).toEqual(EVERYBODY);
  });

  it('calls back with all answers', () => {
    const { io, answer, clock, givenUp } = build();
    const calls: unknown[][] = [];
    io.timeout(100).emit('q', (...args: unknown[]) => calls.push(args));
    answer(1);
    expect(calls).toEqual([]);
    answer(2);
    expect(calls).toEqual([[null, [1, 2]]]);
    expect([clock.timerCount, givenUp]).toEqual([0, []]);
  });

  it('calls back with an error and the answers so far at the end of the time', async () => {
    const { io, answer, clock, givenUp } = build();
    const calls: unknown[][] = [];
    io.timeout(100).emit('q', (...args: unknown[]) => calls.push(args));
    answer(1);
    await clock.advance(100);
    answer(2);
    expect(calls).toHaveLength(1);
    expect(givenUp).toHaveLength(1);
    expect(calls[0]?.[0]).toMatchObject({ message: 'operation has timed out', missing: ['gone'] });
  });

  it('answers at once without recipients', async () => {
    const { io } = build(0);
    expect(await io.timeout(100).emitWithAck('q')).toEqual([]);
  });

  it('rejects with the answers so far', async () => {
    const { io, answer, clock } = build();
    const failed = io
      .timeout(100)
      .emitWithAck('q')
      .catch((error: unknown) => error);
    answer('early');
    await clock.advance(100);
    expect(await failed).toMatchObject({ code: 'TIMEOUT', responses: ['early'] });
  });

  it('acts on the sockets of the target', async () => {
    const { io, actions, sockets } = build(1);
    io.socketsJoin(['a', 'b']);
    io.socketsLeave('a');
    io.disconnectSockets(true);
    expect(actions).toEqual([
      ['join', ['a', 'b']],
      ['leave', ['a']],
      ['disconnect', true],
    ]);
    expect(await io.fetchSockets()).toEqual(sockets);
    expect(await io.allSockets()).toEqual(new Set(['s0']));
  });

  it('returns sockets of other nodes, which act through the backplane', async () => {
    const { io, actions, far, sent } = build(0);
    const handshake = { address: '::1' } as SocketFacts['handshake'];
    far.push({ id: 'f', handshake, rooms: ['f', 'r'], data: { n: 1 } });
    const [socket] = await io.fetchSockets();
    expect(socket).toMatchObject({ id: 'f', handshake, rooms: new Set(['f', 'r']), data: { n: 1 } });
    socket?.join('a');
    socket?.leave('r');
    expect(socket?.disconnect()).toBe(socket);
    expect(actions).toEqual([
      ['join', ['a']],
      ['leave', ['r']],
      ['disconnect', false],
    ]);
    socket?.emit('x', 1);
    expect(sent[0]?.target.rooms).toEqual(new Set(['f']));
    expect(await socket?.timeout(5).emitWithAck('q')).toBeNull();
  });

  it('names the nodes that do not answer', async () => {
    const { io, missing, sockets, answer, clock } = build(1);
    missing.push('gone');
    await expect(io.fetchSockets()).rejects.toMatchObject({ code: 'TIMEOUT', missing: ['gone'], sockets });
    const asking = io.timeout(100).emitWithAck('q');
    answer(1);
    await expect(asking).rejects.toMatchObject({ code: 'TIMEOUT', missing: ['gone'], responses: [1] });
    expect(clock.timerCount).toBe(0);
  });

  it('refuses reserved names, and accepts anything as a room, because a program may pass on a missing value', () => {
    const { io } = build();
    expect(() => io.emit('disconnect')).toThrow(/reserved/);
    for (const room of [undefined, null]) expect(toList(room as unknown as string)).toEqual([String(room)]);
    expect(toList(5 as unknown as string)).toEqual([5]);
  });
});
