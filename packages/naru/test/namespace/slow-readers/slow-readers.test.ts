import { describe, expect, it } from 'vitest';
import { join, stage } from '../../../../../test/kit/servers/test-server.js';
import { FakeClock } from '../../../../testing/src/index.js';
import { DIALECT_V5, StandardCodec } from '../../../src/namespace/event/codec.js';
import { OutgoingEvent } from '../../../src/namespace/event/outgoing-event.js';
import { coreOf, type Namespace } from '../../../src/namespace/namespace.js';
import { EVERYBODY, Rooms } from '../../../src/namespace/rooms.js';
import { SlowPolicies } from '../../../src/namespace/slow-policies/namespace-policies.js';
import { type SlowMember, SlowReaders } from '../../../src/namespace/slow-readers/slow-readers.js';
import { SlowTable } from '../../../src/namespace/slow-readers/slow-table.js';
import type { Socket } from '../../../src/namespace/socket/socket.js';
import { WITHOUT_POLICY } from '../slow-policies/settings.js';

function build() {
  const clock = new FakeClock();
  const slowTable = new SlowTable(clock);
  const codec = new StandardCodec(DIALECT_V5, { attachmentsMax: 1, attachmentBytesMax: 1, depthMax: 10 });
  const slowSettings = WITHOUT_POLICY;
  const members = new Rooms<SlowMember>(10);
  const policies = new SlowPolicies(slowSettings, false);
  const slow = new SlowReaders('/chat', { clock, codec, slowSettings, slowTable }, members, policies);
  const ends: number[] = [];
  const conn = {
    waiting: undefined as unknown,
    transport: { name: 'websocket', writable: false },
    isAwaitingSpace: false,
    giveUp: (bytesMax: number) => ends.push(bytesMax),
  };
  const socket = { id: 'me', connected: true, waitingBytes: 5_000, namespace: { name: '/chat' }, client: { conn } };
  const slowSocket = socket as unknown as SlowMember;
  members.add(slowSocket);
  return { clock, slow, policies, ends, conn, socket, slowSocket };
}

const X = 'x'.repeat(1_000);

async function buildStalled() {
  const server = stage();
  const [stalled, quick] = [await join(server), await join(server)];
  const nsp = server.io.sockets as unknown as Namespace;
  const [one, other] = [...nsp.sockets.values()] as [Socket, Socket];
  nsp.slow({ policy: 'hold', bytesMax: 10_000 });
  one.join('room');
  other.join('others');
  stalled.link?.hold();
  let sent = 0;
  while (nsp.emit('n', sent, X)) {
    sent += 1;
    await server.clock.settle();
  }
  return { server, stalled, quick, nsp, one, sent };
}

describe('the slow readers of a namespace', () => {
  it('have policies for all, or for a room, and return them', () => {
    const { slow, policies } = build();
    policies.change({ policy: 'hold', bytesMax: 5 });
    policies.change('room', { policy: 'disconnect', bytesMax: 6 });
    expect([slow.budgetOf([]), slow.budgetOf(['room'])]).toEqual([5, 6]);
    policies.change('room', undefined);
    expect(slow.budgetOf(['room'])).toBe(5);
    policies.change(undefined);
    expect(slow.policies.isActive).toBe(false);
    expect(slow.budgetOf([])).toBe(1_000);
  });

  it('are disconnected at the end of the turn if still too much waits, at the smallest budget', async () => {
    const { slow, ends, socket, slowSocket, clock } = build();
    slow.doom(slowSocket, 3_000);
    slow.doom(slowSocket, 2_000);
    slow.doom(slowSocket, 4_000);
    expect(ends).toEqual([]);
    await clock.settle();
    expect(ends).toEqual([2_000]);
    slow.doom(slowSocket, 3_000);
    socket.waitingBytes = 2_900;
    await clock.settle();
    slow.doom(slowSocket, 1_000);
    slow.onGone(slowSocket, false);
    await clock.settle();
    expect(ends).toEqual([2_000]);
  });

  it('are above their budget until they have read, or their connection accepts more', () => {
    const { slow, socket, slowSocket, conn } = build();
    expect(slow.isOver(slowSocket, 5_000)).toBe(false);
    expect(slow.isOver(slowSocket, 4_999)).toBe(true);
    conn.transport.writable = true;
    expect(slow.isOver(slowSocket, 4_999)).toBe(false);
    socket.waitingBytes = 0;
    slow.table.begin(slowSocket, 'catch-up');
    expect(slow.isOver(slowSocket, 4_999)).toBe(true);
    slow.onCaughtUp(slowSocket);
    expect(slow.isOver(slowSocket, 4_999)).toBe(false);
  });

  it('learn of space while they are held back or awaited', async () => {
    const { slow, policies, socket, slowSocket, conn } = build();
    policies.change({ policy: 'hold', bytesMax: 100 });
    expect(slow.awaits(slowSocket)).toBe(false);
    slow.hold(slowSocket);
    expect([conn.isAwaitingSpace, slow.awaits(slowSocket), slow.accepts(EVERYBODY, () => undefined)]).toEqual([
      true,
      true,
      false,
    ]);
    slow.onSpace(slowSocket);
    expect([slow.awaits(slowSocket), slow.accepts(EVERYBODY, () => undefined)]).toEqual([false, true]);
    const drained = slow.drained(slowSocket, 100, undefined);
    expect(slow.awaits(slowSocket)).toBe(true);
    slow.onSpace(slowSocket);
    socket.waitingBytes = 100;
    slow.onSpace(slowSocket);
    expect(await drained).toBe('drained');
    expect(slow.awaits(slowSocket)).toBe(false);
  });

  it('leave nothing behind, and count those with too much waiting data', async () => {
    const { slow, slowSocket } = build();
    slow.hold(slowSocket);
    const drained = slow.drained(slowSocket, 100, undefined);
    slow.onGone(slowSocket, true);
    expect(await drained).toBe('gone');
    expect(slow.table.report()).toMatchObject({ count: 0, totals: { disconnected: 1 } });
    expect(slow.bufferedBytesMax).toBe(10_000);
  });

  it('learn that events were dropped, with an offset if they resume by offsets', () => {
    const { slow } = build();
    expect(slow.encodeDropped(3, undefined, true).map(({ unit }) => unit)).toEqual([
      '42/chat,["naru:dropped",{"count":3}]',
    ]);
    expect(slow.encodeDropped(3, '7', false).map(({ unit }) => unit)).toEqual(['42/chat,["naru:dropped",{"count":3}]']);
    const [marked] = slow.encodeDropped(3, '7', true);
    expect(marked?.unit).toBe('42/chat,["naru:dropped",{"count":3},"7"]');
    const source = marked?.source as OutgoingEvent;
    expect([source.name, source.offset, source.json]).toEqual(['naru:dropped', '7', '[{"count":3}]']);
    expect(source).toBeInstanceOf(OutgoingEvent);
  });
});

describe('waiting for many sockets', () => {
  it('is asked for by broadcasts of one turn', async () => {
    const { nsp, stalled, server } = await buildStalled();
    stalled.link?.release();
    await server.clock.advance(100);
    stalled.link?.hold();
    let sent = 0;
    while (sent < 10_000 && nsp.to('room').emit('n', sent, X)) sent += 1;
    expect(sent).toBeGreaterThan(5);
    expect(sent).toBeLessThan(1_000);
  });

  it('is reported by emit only if one of the recipients has too much waiting data', async () => {
    const { nsp, sent, one, server } = await buildStalled();
    expect(sent).toBeGreaterThan(20);
    expect(nsp.to('room').emit('n')).toBe(false);
    expect(nsp.to('others').emit('n')).toBe(true);
    expect(nsp.except('room').emit('n')).toBe(true);
    expect(nsp.to(['others', one.id]).emit('n')).toBe(false);
    expect(coreOf(nsp).accepts(EVERYBODY)).toBe(false);
    expect(server.io.engine.slow()).toMatchObject({ count: 1, readers: [{ id: one.id, policy: 'hold' }] });
  });

  it('ends when the last has read', async () => {
    const { nsp, stalled, server } = await buildStalled();
    const all = nsp.drained();
    expect(await nsp.to('others').drained()).toBe(true);
    stalled.link?.release();
    await server.clock.advance(1_000);
    expect(await all).toBe(true);
    expect(nsp.emit('n')).toBe(true);
    expect(server.io.engine.slow()).toMatchObject({ count: 0, totals: { held: 1 } });
  });

  it('ends when the awaited socket has left', async () => {
    const { nsp, stalled, server } = await buildStalled();
    const all = nsp.drained();
    stalled.link?.cut();
    await server.clock.advance(10);
    expect(await all).toBe(true);
  });

  it('delays the sender for at most its own limit, 10 seconds by default', async () => {
    const { nsp, server } = await buildStalled();
    const [all, soon] = [nsp.drained(), coreOf(nsp).drained(EVERYBODY, { timeoutMs: 100 })];
    await server.clock.advance(100);
    expect(await soon).toBe(false);
    let isOver = false;
    void all.then(() => {
      isOver = true;
    });
    await server.clock.advance(9_899);
    expect(isOver).toBe(false);
    await server.clock.advance(1);
    expect(await all).toBe(false);
  });

  it('can be aborted', async () => {
    const { nsp } = await buildStalled();
    const controller = new AbortController();
    const all = nsp.drained({ signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(all).rejects.toThrow('enough');
  });
});
