import { describe, expect, it } from 'vitest';
import { coreIn, join, membersIn, stage } from '../../../../../../test/kit/servers/test-server.js';
import { FakeClock } from '../../../../../testing/src/index.js';
import { memoryBackplane } from '../../../../src/backplane/memory.js';
import { io } from '../../../../src/entry/client.js';
import { NamespaceLog } from '../../../../src/namespace/log/namespace-log.js';
import { isOneUnit, type Pause } from '../../../../src/namespace/log/reader/socket-reader.js';
import type { Session } from '../../../../src/session/session.js';
import { build, Late } from './late-socket.js';

describe('a client that reads more slowly than others write', () => {
  it('receives everything in order when it wakes, and meanwhile costs no more memory than the limit', async () => {
    const server = stage({ connectionStateRecovery: { bytesMax: 100_000_000 }, lateBytesMax: 50_000 });
    const device = server.device();
    const slow = io(server.url, { ...server.optionsOn(device), transports: ['websocket'] });
    const quick = await join(server);
    const got: number[] = [];
    slow.on('n', (value: number) => got.push(value));
    await server.clock.advance(100);
    const [socket] = [...server.io.sockets.sockets.values()].filter(({ conn }) => conn.transport.name === 'websocket');
    for (const link of server.network.links) if (link !== quick.link) link.hold();
    let most = 0;
    for (let value = 0; value < 400; value += 1) {
      server.io.emit('n', value, 'x'.repeat(2_000));
      await server.clock.settle();
      most = Math.max(most, socket?.conn.bufferedBytes ?? 0);
    }
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThan(150_000);
    for (const link of server.network.links) link.release();
    await server.clock.advance(1_000);
    expect(got).toEqual(Array.from({ length: 400 }, (_, index) => index));
    slow.disconnect();
    await server.clock.advance(100);
  });
});

describe('a log without recovery', () => {
  it('adds nothing to the arguments of events', async () => {
    const backplane = memoryBackplane(new FakeClock(), { ageMs: 1_000, bytes: 100_000 });
    const server = stage({ backplane });
    const client = await join(server);
    server.io.emit('logged', 'text');
    await server.clock.settle();
    server.io.volatile.emit('volatile', 'text');
    await server.clock.settle();
    [...server.io.sockets.sockets.values()][0]?.emit('alone', 1);
    await server.clock.settle();
    expect(client.texts).toEqual(['42["logged","text"]', '42["volatile","text"]', '42["alone",1]']);
    expect(coreIn(server).log?.offset).toBe('00000000002');
  });
});

describe('a client that is behind', () => {
  it('receives no volatile event, whose offset would skip unread ones, and questions in their place', async () => {
    const server = stage({ connectionStateRecovery: {}, lateBytesMax: 1_000 });
    const client = await join(server);
    client.link?.hold();
    const [member] = membersIn(server);
    for (let n = 0; n < 100; n += 1) {
      // Newer versions of Node buffer 64 KiB in a stream.
      server.io.emit('n', n, 'x'.repeat(3_000));
      await server.clock.settle();
    }
    expect(member?.lag).toBeDefined();
    server.io.volatile.emit('v');
    member?.socket.emit('question', () => undefined);
    server.io.emit('n', 100);
    await server.clock.settle();
    client.link?.release();
    await server.clock.advance(1_000);
    const names = client.texts.filter((text) => text.startsWith('42')).map((text) => /[a-z]+/.exec(text)?.[0]);
    expect(names).toEqual([...Array.from({ length: 100 }, () => 'n'), 'question', 'n']);
  });
});

describe('A reader that pauses', () => {
  it('stays in the rooms of a later entry at the same place when an earlier one has failed', async () => {
    const { clock, append, log, context } = build();
    append(1, 2);
    const own = new NamespaceLog('/', log, context);
    const late = new Late();
    const reader = late.readAfter(own, own.offset);
    let fail = (): void => undefined;
    const cancel = (): void => undefined;
    const first: Pause = { cancel, begin: () => new Promise((resolve) => (fail = () => resolve(['room', 'hall']))) };
    reader.addBehind({ after: own.offset, pause: first });
    reader.start();
    for (const [room, isIn] of [
      ['room', true],
      ['hall', true],
      ['room', false],
    ] as const)
      reader.onRoom(room, isIn);
    reader.addBehind({ after: own.offset, pause: { cancel, begin: async () => [] } });
    reader.onRoom('room', true);
    append(3, 3, ['room']);
    append(4, 4, ['hall']);
    own.skip('00000000004');
    fail();
    await clock.settle();
    expect([late.got, late.caughtUp]).toEqual([['3'], 1]);
  });
});

describe('A reader that goes on with a session', () => {
  it('gets the events of a room into which it came back when its server was killed', async () => {
    const { clock, append, log, context, reader: late } = build();
    append(1, 1, ['room']);
    append(2, 2, ['hall']);
    append(3, 3, ['room']);
    append(4, 4, ['hall']);
    const own = new NamespaceLog('/', log, context);
    late.joined.add('room');
    late.readAfter(own, '00000000000').start({
      moves: [
        { after: '00000000002', room: 'room', isIn: false },
        { after: '00000000003', room: 'hall', isIn: true },
        { after: '00000000004', room: 'hall', isIn: false },
      ],
    });
    await clock.settle();
    expect(late.got).toEqual(['1', '3', '4']);
  });
});

describe('isOneUnit', () => {
  const on = (name: string, upgrading = false) => isOneUnit({ transport: { name }, upgrading } as Session);

  it('is true only if a turn is one response', () => {
    expect([on('polling'), on('polling', true), on('websocket'), on('sse')]).toEqual([true, false, false, false]);
  });
});
