import { describe, expect, it, onTestFinished } from 'vitest';
import { join, membersIn, stage } from '../../../../../test/kit/servers/test-server.js';
import type { Flags, Target } from '../../../src/namespace/event/target.js';
import type { Member } from '../../../src/namespace/socket/socket.js';
import {
  socketFacts,
  tellAckIn,
  tellAckOut,
  tellEventFar,
  tellEventIn,
  tellEventOut,
  tellJoined,
  tellLeft,
  tellRefused,
} from '../../../src/namespace/socket/socket-taps.js';
import { PacketType, type SocketPacket } from '../../../src/protocol/socket-io/packet.js';
import {
  acknowledgementIn,
  acknowledgementOut,
  eventArguments,
  eventFar,
  eventIn,
  eventOut,
  socketJoined,
  socketLeft,
  socketRefused,
} from '../../../src/taps/taps.js';
import { hear } from '../../taps/hear.js';

const member = { id: 'abc', namespace: { name: '/chat' }, client: { conn: { number: 7 } } };
const WHO = { connection: 7, socket: 'abc', namespace: '/chat' };

/** A namespace that collects the facts of its journal. */
const noted = (notes: unknown[], inOrder: (operation: () => void) => void = () => undefined) => ({
  ...{ name: '/chat', journal: { note: (_: unknown, fact: unknown) => notes.push(fact) } as never },
  ...{ recipients: { waiting: new Set<object>() }, inOrder },
});

const to = (rooms: string[], flags: Flags = {}, except: string[] = []): Target => ({
  rooms: new Set(rooms),
  except: new Set(except),
  flags,
});

const event = (...data: unknown[]): SocketPacket => ({ type: PacketType.EVENT, nsp: '/chat', data });

describe('the facts of a socket', () => {
  it('are its id, its namespace and the number of its connection', () => {
    expect(socketFacts(member)).toEqual(WHO);
  });

  it('are those of the member of a server, without its sid and its pid', async () => {
    const server = stage({ connectionStateRecovery: {} });
    await join(server);
    const [real] = membersIn(server) as [Member];
    const facts = socketFacts(real);
    expect(facts).toEqual({ connection: real.client.conn.number, socket: real.id, namespace: '/' });
    expect(Object.values(facts)).not.toContain(real.client.conn.id);
    expect(real.pid).toEqual(expect.any(String));
    expect(Object.values(facts)).not.toContain(real.pid);
  });
});

describe('the taps of sockets', () => {
  it('tell who joined and who left, and why', async () => {
    const heard = hear(socketJoined, socketLeft);
    const server = stage();
    const client = await join(server);
    const [real] = membersIn(server) as [Member];
    const who = socketFacts(real);
    expect(heard.splice(0)).toEqual([['socket.joined', { ...who, isRecovered: false }]]);
    client.send('41');
    await server.clock.settle();
    expect(heard).toEqual([['socket.left', { ...who, reason: 'client namespace disconnect' }]]);
  });

  it('tell which namespace a client may not join, what it was told, and its address', async () => {
    const heard = hear(socketRefused, socketJoined);
    const server = stage();
    server.io.of('/staff').use((_socket, next) => next(new Error('staff only')));
    const client = await join(server);
    heard.length = 0;
    client.send('40/nowhere,', '40/staff,');
    await server.clock.settle();
    expect(heard.map(([name, { ...facts }]) => [name, { ...facts, connection: 0 }])).toEqual([
      ['socket.refused', { connection: 0, namespace: '/nowhere', message: 'Invalid namespace', address: '10.0.0.2' }],
      ['socket.refused', { connection: 0, namespace: '/staff', message: 'staff only', address: '10.0.0.2' }],
    ]);
  });

  it('note how far a late client had read when it left', () => {
    const notes: unknown[] = [];
    tellLeft({ ...member, namespace: noted(notes) }, 'ping timeout', true, '00000000007');
    expect(notes).toEqual([{ type: 'left', socket: 'abc', reason: 'ping timeout', lateAt: '00000000007' }]);
  });

  it('note that a client has come or gone at the fence for which it waits, because it gets no earlier event', () => {
    const notes: { type?: string }[] = [];
    const later: (() => void)[] = [];
    const namespace = noted(notes, (operation) => later.push(operation));
    const waiting = { ...member, namespace, isRecovered: false, rooms: new Set(['abc']) };
    namespace.recipients.waiting.add(waiting);
    tellJoined(waiting);
    namespace.recipients.waiting.clear();
    tellLeft(waiting, 'transport close', true, undefined);
    expect(notes).toEqual([]);
    for (const operation of later) operation();
    expect(notes).toMatchObject([{ type: 'joined' }, { type: 'left' }]);
    // A client that is in its own room alone costs least.
    expect(notes[0]).toEqual({ type: 'joined', socket: 'abc' });
  });

  it('take a refusal without a message', () => {
    const heard = hear(socketRefused);
    tellRefused({ number: 7, remoteAddress: '::1' }, '/chat?token=secret', { toString: 1 });
    expect(heard).toEqual([
      ['socket.refused', { connection: 7, namespace: '/chat...', message: 'refused', address: '::1' }],
    ]);
  });

  it('tell what a client sends by its name, and whether it waits for an answer', () => {
    const heard = hear(eventIn);
    tellEventIn(member, event('say', 'hello'));
    tellEventIn(member, { ...event(17, 'hello'), id: 0 });
    expect(heard).toEqual([
      ['event.in', { ...WHO, event: 'say', isAsking: false }],
      ['event.in', { ...WHO, event: '17', isAsking: true }],
    ]);
  });

  it('tell what the program sends, to which rooms and with which flags', () => {
    const heard = hear(eventOut);
    tellEventOut(event('said', 'hello'), to(['a', 'b'], {}, ['c']));
    tellEventOut({ ...event('said', 'hello'), id: 5 }, to(['a'], { volatile: true, local: true }));
    const facts = { namespace: '/chat', event: 'said' };
    expect(heard).toEqual([
      ['event.out', { ...facts, rooms: ['a', 'b'], except: ['c'], isVolatile: false, isLocal: false }],
      ['event.out', { ...facts, id: 5, rooms: ['a'], except: [], isVolatile: true, isLocal: true }],
    ]);
  });

  it('take the trace that a listener gives to an event, and leave its flags as they are', () => {
    const trace = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const given = [trace, 'no trace', undefined];
    const give = (facts: { trace: string | undefined }): void => {
      facts.trace = given.shift();
    };
    eventOut.subscribe(give);
    onTestFinished(() => void eventOut.unsubscribe(give));
    const target = to(['a'], { volatile: true });
    expect(tellEventOut(event('said'), target)).toEqual(to(['a'], { volatile: true, trace }));
    expect(tellEventOut(event('said'), target).flags.trace).toBeUndefined();
    expect(tellEventOut(event('said'), target)).toBe(target);
    expect(target.flags).toEqual({ volatile: true });
  });

  it('tell of an event of another node with its trace and its number', () => {
    const heard = hear(eventFar);
    tellEventFar({ ...event('said', 'hello'), id: 3 }, { trace: 'a trace' });
    expect(heard).toEqual([['event.far', { namespace: '/chat', event: 'said', id: 3, trace: 'a trace' }]]);
  });

  it('tell once of each event of a program: to one socket, to a room, and to all but the sender', async () => {
    const server = stage();
    await join(server);
    const [real] = membersIn(server) as [Member];
    const heard = hear(eventOut);
    real.socket.emit('one');
    server.io.to('room').emit('two');
    real.socket.broadcast.emit('three');
    await server.clock.settle();
    expect(heard.map(([, facts]) => facts)).toEqual([
      expect.objectContaining({ event: 'one', rooms: [real.id], except: [] }),
      expect.objectContaining({ event: 'two', rooms: ['room'], except: [] }),
      expect.objectContaining({ event: 'three', rooms: [], except: [real.id] }),
    ]);
  });

  it('tell of acknowledgements by their numbers, in both directions', async () => {
    const heard = hear(acknowledgementIn, acknowledgementOut);
    const server = stage();
    const client = await join(server);
    const [real] = membersIn(server) as [Member];
    const who = socketFacts(real);
    real.socket.on('ask', (answer: () => void) => answer());
    real.socket.emit('ask', () => undefined);
    client.send('427["ask"]', '430[]');
    await server.clock.settle();
    expect(heard).toEqual([
      ['acknowledgement.out', { ...who, id: 7 }],
      ['acknowledgement.in', { ...who, id: 0 }],
    ]);
  });

  it('tell nothing of an acknowledgement without a number', () => {
    const heard = hear(acknowledgementIn, acknowledgementOut);
    tellAckIn(member, undefined);
    tellAckOut(member, undefined);
    expect(heard).toEqual([]);
  });
});

describe('the arguments of events', () => {
  it('are told by their own tap only', () => {
    const heard = hear(eventIn, eventOut);
    const own = hear(eventArguments);
    tellEventIn(member, event('say', 'hello', { a: 1 }));
    tellEventOut(event('said', 'secret'), to([]));
    expect(JSON.stringify(heard)).not.toMatch(/hello|secret/);
    expect(own.map(([, facts]) => facts)).toEqual([
      { namespace: '/chat', event: 'say', isIncoming: true, arguments: ['hello', { a: 1 }] },
      { namespace: '/chat', event: 'said', isIncoming: false, arguments: ['secret'] },
    ]);
  });

  it.each(['naru:renew', 'naru:publish', 'naru:subscribe', 'naru:'])(
    'are not told when the event is one of Naru, such as %s',
    (name) => {
      const heard = hear(eventArguments);
      tellEventIn(member, event(name, 'a token', { key: 'a key' }));
      tellEventOut(event(name, 'a token'), to([]));
      expect(heard.map(([, facts]) => facts)).toEqual([
        { namespace: '/chat', event: name, isIncoming: true, arguments: [] },
        { namespace: '/chat', event: name, isIncoming: false, arguments: [] },
      ]);
    },
  );

  it('of an event that is to run once are told without its key, under its own name', () => {
    const heard = hear(eventIn, eventArguments);
    tellEventIn(member, event('naru:once', 'the key', 'order', 'two'));
    tellEventIn(member, event('naru:once', 'the key', 'naru:renew', 'a token'));
    expect(heard.map(([name, facts]) => [name, facts])).toEqual([
      ['event.in', { ...WHO, event: 'order', isAsking: false }],
      ['event.arguments', { namespace: '/chat', event: 'order', isIncoming: true, arguments: ['two'] }],
      ['event.in', { ...WHO, event: 'naru:renew', isAsking: false }],
      ['event.arguments', { namespace: '/chat', event: 'naru:renew', isIncoming: true, arguments: [] }],
    ]);
  });

  it.each([
    ['nothing', []],
    ['a key alone', ['key']],
    ['an object in place of a name', ['key', { toString: 1, valueOf: 1 }]],
    ['a list in place of a name', ['key', [[[]]]]],
    ['a symbol in place of a name', ['key', Symbol('x')]],
  ])('that are to run once, with %s, do not throw', (_what, args) => {
    const heard = hear(eventIn, eventArguments);
    expect(() => tellEventIn(member, event('naru:once', ...args))).not.toThrow();
    expect(heard).toHaveLength(2);
    expect(JSON.stringify(heard)).not.toContain('"key"');
  });
});
