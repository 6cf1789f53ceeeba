/** Nodes of Naru beside nodes of Socket.IO 4.8 with its Redis adapter: everything crosses, in both directions. */
import { Emitter } from '@socket.io/redis-emitter';
import { describe, expect, it } from 'vitest';
import { until, whyNoRedis } from '../../../packages/redis/test/servers-and-uplinks.js';
import { type Adapter, BridgeStage, type Guest, type Mode, type Node, serve } from './bridged-nodes.js';

/** Two nodes of Socket.IO and two of Naru, with a client at each, in the room `home` of the main namespace. */
async function build([mode, adapter]: Kind, options = {}) {
  const stage = await BridgeStage.start(adapter);
  const olds = [await stage.old(['/side']), await stage.old(['/side'])] as const;
  const narus = [await stage.naru(mode, options)];
  if (mode !== 'alone') narus.push(await stage.naru(mode, options));
  const nodes: Node[] = [...olds, ...narus];
  for (const { io } of nodes) serve(io, '/side');
  const guests: Guest[] = [];
  for (const node of nodes) guests.push(await stage.enter(node, 'home'));
  return { stage, olds, narus, nodes, guests };
}

/** Waits until each client has heard the same, and returns it. */
async function sameOf(guests: readonly Guest[], count: number): Promise<unknown[][]> {
  await until(() => guests.every(({ heard }) => heard.length >= count));
  await new Promise((resolve) => setTimeout(resolve, 150));
  const [first] = guests;
  const same = [...(first?.heard ?? [])];
  for (const { heard } of guests) expect(heard.splice(0)).toEqual(same);
  return same;
}

function clear(guests: readonly Guest[]): void {
  for (const { heard } of guests) heard.length = 0;
}

/** How the nodes of Naru share what they know, and the adapter of the others. */
type Kind = readonly [mode: Mode, adapter: Adapter];

const KINDS: readonly Kind[] = [
  ['log', 'redis'],
  ['carrier', 'redis'],
  ['alone', 'redis'],
  ['log', 'streams'],
  ['alone', 'streams-0.2'],
  ['carrier', 'sharded'],
  ['alone', 'sharded'],
];

describe.skipIf(whyNoRedis).each(KINDS)('nodes of Naru (%s) beside nodes of Socket.IO (%s)', (...kind) => {
  const [, adapter] = kind;

  it('share their broadcasts, with rooms, exceptions, flags, bytes and namespaces', { timeout: 60_000 }, async () => {
    const { stage, nodes, guests } = await build(kind);
    // A client that has just come may have got a volatile event at its former node, and gets none of others.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    for (const [index, { io }] of nodes.entries()) {
      io.to('home').emit('words', index, { deep: [1, 'two', null, true, -3.5, 2 ** 40] });
      io.emit('everybody', index, 'é🚢');
      io.to(['home', 'nowhere']).emit('bytes', Buffer.from([1, 2, 3]), { in: Buffer.from('abc') });
      io.to('nowhere').emit('nobody');
      io.except('home').emit('nobody');
      io.local.emit('here', index);
      const countOf = ({ heard }: Guest): number => heard.filter(([name]) => name !== 'here').length;
      await until(() => guests.every((guest) => countOf(guest) >= 3));
      // A connection that is being written to takes no volatile event.
      io.to('home').volatile.emit('volatile', index);
      await until(() => guests.every((guest) => countOf(guest) >= 4));
      await new Promise((resolve) => setTimeout(resolve, 100));
      for (const [at, { heard }] of guests.entries()) {
        const isHere = at === index;
        expect(heard.filter(([name]) => name === 'here')).toEqual(isHere ? [['here', index]] : []);
        const others = heard.filter(([name]) => name !== 'here' && name !== 'volatile');
        expect(others).toEqual([
          ['words', index, { deep: [1, 'two', null, true, -3.5, 2 ** 40] }],
          ['everybody', index, 'é🚢'],
          ['bytes', Buffer.from([1, 2, 3]), { in: Buffer.from('abc') }],
        ]);
        expect(heard.filter(([name]) => name === 'volatile')).toEqual([['volatile', index]]);
      }
      clear(guests);
    }
    const side: Guest[] = [];
    for (const node of nodes) side.push(await stage.enter(node, 'home', '/side'));
    for (const { io } of nodes) io.of('/side').to('home').emit('side');
    expect(await sameOf(side, nodes.length)).toEqual(nodes.map(() => ['side']));
    for (const { heard } of guests) expect(heard).toEqual([]);
    expect(stage.errors).toEqual([]);
  });

  it('keep the order of each sender, and leave out the sender itself', { timeout: 60_000 }, async () => {
    const { guests } = await build(kind);
    for (const [index, { client }] of guests.entries())
      for (let n = 0; n < 50; n += 1) client.emit('say', 'home', index, n);
    const expected = 50 * (guests.length - 1);
    await until(() => guests.every(({ heard }) => heard.length >= expected));
    await new Promise((resolve) => setTimeout(resolve, 200));
    for (const [at, { heard }] of guests.entries()) {
      expect(heard.length).toBe(expected);
      for (const sender of guests.keys())
        expect(heard.filter(([, from]) => from === sender).map(([, , n]) => n)).toEqual(
          sender === at ? [] : Array.from({ length: 50 }, (_, n) => n),
        );
    }
  });

  it('ask each other’s clients for acknowledgements', { timeout: 60_000 }, async () => {
    const { nodes, guests, stage } = await build(kind);
    const other = await stage.enter(nodes[0] as Node, 'other');
    for (const { io } of nodes) {
      const answers = await io.to('home').timeout(5_000).emitWithAck('asks', { n: 1 });
      expect(answers).toEqual(guests.map(() => 'home says yes'));
      expect(await io.timeout(5_000).emitWithAck('asks all')).toHaveLength(guests.length + 1);
      expect(await io.to('nowhere').timeout(5_000).emitWithAck('asks')).toEqual([]);
    }
    expect(other.heard.map(([name]) => name)).toEqual(nodes.map(() => 'asks all'));
    // A question keeps its place among the events of its server.
    clear([...guests, other]);
    for (const { io } of nodes.slice(2)) {
      io.to('home')
        .timeout(5_000)
        .emit('question', () => undefined);
      io.to('home').emit('event');
    }
    await until(() => guests.every(({ heard }) => heard.length >= 2 * nodes.slice(2).length));
    for (const { heard } of guests.slice(0, 2))
      expect(heard.filter(([name]) => name === 'question').length).toBe(nodes.slice(2).length);
    // Version 0.3 of the adapter for streams sends questions on another way than events.
    if (nodes.length === 3 && adapter !== 'streams')
      expect(guests[0]?.heard.map(([name]) => name)).toEqual(['question', 'event']);
    const silent = guests.at(-1) as Guest;
    silent.client.offAny();
    // Version 0.2 of the adapter for streams reads and sends in turn, every 100 ms, and the machine may be busy.
    for (const { io } of nodes)
      await expect(io.to('home').timeout(1_500).emitWithAck('asks')).rejects.toMatchObject({
        responses: { length: guests.length - 1 },
      });
  });

  it('find and change each other’s sockets', { timeout: 60_000 }, async () => {
    const { nodes, guests } = await build(kind);
    const ids = guests.map(({ client }) => client.id).sort();
    for (const { io } of nodes) {
      const sockets = await io.in('home').fetchSockets();
      expect(sockets.map(({ id }) => id).sort()).toEqual(ids);
      for (const { rooms, handshake } of sockets) {
        expect([...rooms]).toContain('home');
        expect(handshake.headers).toMatchObject({ upgrade: 'websocket' });
      }
    }
    const within = async (room: string): Promise<number> =>
      Math.max(...(await Promise.all(nodes.map(async ({ io }) => (await io.in(room).fetchSockets()).length))));
    for (const [index, { io }] of nodes.entries()) {
      const room = `made by ${index}`;
      io.in('home').socketsJoin(room);
      // A node of Socket.IO joins its own sockets when it hears its own request.
      await until(async () => (await within(room)) === guests.length);
      io.to(room).emit('joined', index);
      expect(await sameOf(guests, 1)).toEqual([['joined', index]]);
      io.to(room).emit('before', index);
      io.in('home').socketsLeave(room);
      await until(async () => (await within(room)) === 0);
      io.to(room).emit('after', index);
      expect(await sameOf(guests, 1)).toEqual([['before', index]]);
    }
    for (const [index, { io }] of nodes.entries()) {
      const { client } = guests[(index + 2) % guests.length] as Guest;
      if (!client.connected) continue;
      const [one] = (await io.fetchSockets()).filter(({ id }) => id === client.id);
      const gone = new Promise((resolve) => client.once('disconnect', resolve));
      one?.disconnect();
      expect(await gone).toBe('io server disconnect');
    }
  });

  it('call each other’s listeners, with and without answers', { timeout: 60_000 }, async () => {
    const { nodes } = await build(kind);
    const heard: unknown[][] = [];
    for (const [index, { io }] of nodes.entries()) {
      io.on(
        'ping' as never,
        ((...args: unknown[]) => {
          const answer = args.at(-1);
          if (typeof answer === 'function') answer(`node ${index}`);
          else heard.push([index, ...args]);
        }) as never,
      );
    }
    for (const [index, { io }] of nodes.entries()) {
      (io.serverSideEmit as (...args: unknown[]) => void)('ping', { from: index });
      const others = [...nodes.keys()].filter((each) => each !== index);
      await until(() => heard.length >= others.length);
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(heard.splice(0).sort()).toEqual(others.map((each) => [each, { from: index }]));
      const answers = (await (io.serverSideEmitWithAck as (...args: unknown[]) => Promise<string[]>)('ping')).sort();
      expect(answers).toEqual(others.map((each) => `node ${each}`));
    }
  });

  it('tell of their rooms, and hear the emitter', { timeout: 60_000 }, async () => {
    const { stage, nodes, guests } = await build(kind);
    // The adapter for streams cannot be asked, and has another emitter.
    for (const { io } of adapter === 'redis' ? nodes : nodes.slice(2)) {
      const rooms = await (io.of('/').adapter as unknown as { allRooms(): Promise<Set<string>> }).allRooms();
      expect([...rooms].sort()).toEqual(['home', ...guests.map(({ client }) => client.id)].sort());
    }
    if (adapter !== 'redis') return;
    const emitter = new Emitter(await stage.client());
    emitter.to('home').emit('from a job', 1, Buffer.from('x'));
    emitter.except('home').emit('nobody');
    emitter.emit('from a job', 2);
    expect(await sameOf(guests, 2)).toEqual([
      ['from a job', 1, Buffer.from('x')],
      ['from a job', 2],
    ]);
    emitter.in('home').socketsJoin('made');
    emitter.to('made').emit('made');
    expect(await sameOf(guests, 1)).toEqual([['made']]);
  });

  it('pass over forged and broken messages', { timeout: 60_000 }, async () => {
    const { stage, nodes, guests } = await build(kind);
    const client = await stage.client();
    const ofChannels = ['socket.io#/#', 'socket.io#/#home#', 'socket.io-naru#'];
    const channels =
      adapter === 'redis' ? [...ofChannels, 'socket.io-request#/#', 'socket.io-response#/#'] : ofChannels;
    const texts = ['', '{', '{}', '[]', '{"type":6,"data":["connection"]}', '{"type":5,"requestId":"x","opts":null}'];
    const more = [
      '{"type":7,"requestId":"y","opts":{"rooms":[{}]},"packet":{}}',
      '{"mark":"x","of":"y","counts":{"a":{}}}',
    ];
    const bytes = [[0xc1], [0x93, 0xa1, 0x61, 0x80, 0x80], [0xdd, 0xff, 0xff, 0xff, 0xff], [0xd4, 0, 0], [0x81, 0xa9]];
    const forged = [...[...texts, ...more].map((text) => Buffer.from(text)), ...bytes.map((each) => Buffer.from(each))];
    // The nodes of Socket.IO end at some of these, so only those of Naru hear them.
    for (const { io, close } of nodes.slice(0, 2)) if (io) await close();
    const say = (channel: string, each: Buffer): Promise<unknown> =>
      adapter === 'sharded' ? client.sPublish(channel, each) : client.publish(channel, each);
    for (const channel of channels) for (const each of forged) await say(channel, each);
    const append = (fields: Record<string, string>) => client.xAdd('socket.io', '*', fields);
    if (adapter !== 'redis')
      for (const each of [...forged.map(String), ...forged.map((bytes) => bytes.toString('base64'))]) {
        await append({ nothing: each });
        await append({ naru: each });
        for (const type of ['3', '4', '6', '7', '9', '8', '12', '99', 'x'])
          await append({ uid: 'forged', nsp: '/', type, data: each });
      }
    const [, , ...ours] = nodes;
    for (const { io } of ours) io.to('home').emit('still here');
    expect(await sameOf(guests.slice(2), ours.length)).toEqual(ours.map(() => ['still here']));
    for (const error of stage.errors) expect(error).toContain('no adapter sends');
  });
});
