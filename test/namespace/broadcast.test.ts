import { describe, expect, it } from 'vitest';
import { BroadcastOperator, type BroadcastScope, toList } from '../../src/namespace/broadcast.js';
import { EVERYBODY } from '../../src/namespace/rooms.js';
import type { Target } from '../../src/namespace/target.js';
import type { SocketPacket } from '../../src/protocol/socket-io/packet.js';
import { FakeClock } from '../../src/testing/index.js';

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
  const warned: string[] = [];
  const sockets = Array.from({ length: socketCount }, (_, index) => new Stand(`s${index}`));
  let answer: (args: readonly unknown[]) => void = () => undefined;
  const scope: BroadcastScope<Stand> = {
    name: '/n',
    clock,
    broadcast: (packet, target) => sent.push({ packet, target }),
    broadcastWithAck: (packet, target, onAnswer) => {
      sent.push({ packet, target });
      answer = onAnswer;
      return { count: socketCount, giveUp: () => givenUp.push(packet) };
    },
    forEach: (_target, visit) => sockets.forEach(visit),
    drained: async () => true,
    accepts: () => true,
    warnOfLocalReach: (method, { local }) => local || warned.push(method),
  };
  return {
    clock,
    sent,
    givenUp,
    warned,
    sockets,
    io: new BroadcastOperator(scope, EVERYBODY),
    answer: (...args: unknown[]) => answer(args),
  };
}

describe('BroadcastOperator', () => {
  it('warns of events that stay in this process, unless that is requested', async () => {
    const { io, warned } = build();
    const useAll = (target: typeof io): void => {
      void target.fetchSockets();
      void target.allSockets();
      target.socketsJoin('a');
      target.socketsLeave('a');
      target.disconnectSockets();
      target.emit('x', () => undefined);
      target.volatile.emit('x');
      target.emit('x');
      target.to('a').except('b').emit('x');
    };
    useAll(io.to('a').local);
    io.volatile.local.emit('x');
    expect(warned).toEqual([]);
    useAll(io.to('a'));
    expect(warned).toEqual([
      'fetchSockets()',
      'allSockets()',
      'socketsJoin()',
      'socketsLeave()',
      'disconnectSockets()',
      'A broadcast with an acknowledgement',
      'A volatile event',
    ]);
  });

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
    expect(calls[0]?.[0]).toMatchObject({ message: 'operation has timed out' });
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
    const { io, sockets } = build(1);
    io.socketsJoin(['a', 'b']);
    io.socketsLeave(['a', 'b']);
    io.disconnectSockets(true);
    expect(sockets[0]?.actions).toEqual([
      ['join', ['a', 'b']],
      ['leave', 'a'],
      ['leave', 'b'],
      ['disconnect', true],
    ]);
    expect(await io.fetchSockets()).toEqual(sockets);
    expect(await io.allSockets()).toEqual(new Set(['s0']));
  });

  it('refuses reserved names, and accepts anything as a room, because a program may pass on a missing value', () => {
    const { io } = build();
    expect(() => io.emit('disconnect')).toThrow(/reserved/);
    for (const room of [undefined, null]) expect(toList(room as unknown as string)).toEqual([String(room)]);
    expect(toList(5 as unknown as string)).toEqual([5]);
  });
});
