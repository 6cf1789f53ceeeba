import { describe, expect, it } from 'vitest';
import { join, stage } from '../../../../../test/kit/servers/test-server.js';
import { MemoryTransport, type TestServer } from '../../../../testing/src/entry/index.js';
import { openGuard } from '../../../src/server/api/guard-host.js';
import { endpointContextOf } from '../../../src/server/api/server.js';
import { HandshakeRequest } from '../../../src/session/handshake-request.js';
import { NOBODY } from '../../../src/transport/transport.js';
import { LineConnection } from '../../../src/wires/line/connection.js';

/** Connects a client of line mode. `heard` returns the lines since its last call. */
function connect(server: TestServer, isGreeted = false) {
  const transport = new MemoryTransport(server.clock, NOBODY, { name: 'tcp', isPlain: true });
  const { namespaces } = endpointContextOf(server.io);
  const handshake = HandshakeRequest.of({ url: '/?transport=tcp', remoteAddress: '10.0.0.1', isSecure: false });
  const settings = { lineBytesMax: 1_000, textEvent: 'message', depthMax: 100 };
  const session = server.io.engine.openSession(transport, handshake, {
    subprotocol: 'line',
    receiver: (opened) => new LineConnection(namespaces, opened, settings, isGreeted),
  });
  if (!session) throw new Error('the engine took no session');
  const { peer } = transport;
  const heard = (): string[] => {
    const lines = peer.received.splice(0).join('').split('\n');
    expect(lines.pop()).toBe('');
    return lines;
  };
  const say = async (...lines: string[]): Promise<string[]> => {
    peer.send(Buffer.from(lines.map((line) => `${line}\n`).join('')));
    await server.clock.settle();
    return heard();
  };
  return { session, say, heard, peer };
}

describe('a client of line mode', () => {
  it('is greeted when it is silent, and enters with its first line', async () => {
    const server = stage();
    const client = connect(server, true);
    await server.clock.settle();
    expect(client.heard()).toEqual([expect.stringContaining('/help'), expect.stringContaining('/auth')]);
    expect(await client.say('')).toEqual(['* entered /']);
    expect(server.io.sockets.sockets.size).toBe(1);
  });

  it('may look around before it enters', async () => {
    const client = connect(stage());
    const help = await client.say('/help');
    expect([help.length > 10, help.every((line) => line.startsWith('* '))]).toEqual([true, true]);
    expect(await client.say('/json', '/nonsense')).toEqual([
      expect.stringContaining('{"error":{"code":"LINE_BAD","message":"there is no command /nonsense'),
    ]);
    expect(await client.say('/json off', '/quit')).toEqual([]);
    expect(client.peer.ended).toBeDefined();
  });

  it('authenticates with the first line, and enters the namespace of its choice', async () => {
    const server = stage();
    const seen: unknown[] = [];
    for (const name of ['/', '/chat']) {
      server.io.of(name).use(({ handshake, conn }, next) => {
        seen.push([name, handshake.auth, conn.subprotocol, handshake.address]);
        next(handshake.auth.token === 'x' ? undefined : Object.assign(new Error('who are you?'), { data: { a: 1 } }));
      });
    }
    expect(await connect(server).say('/auth {"token":"x"}', '/in chat')).toEqual([
      '* entered /',
      '! you are already in /; open another connection to join another namespace',
    ]);
    expect(await connect(server).say('/in chat {"token":"x"}')).toEqual(['* entered /chat']);
    const stranger = connect(server);
    expect(await stranger.say('hello')).toEqual(['! who are you? {"a":1}']);
    expect(stranger.peer.ended).toBeDefined();
    expect(await connect(server).say('/in nowhere')).toEqual(['! Invalid namespace']);
    expect(seen[1]).toEqual(['/chat', { token: 'x' }, 'line', '10.0.0.1']);
  });

  it('sends events, text and questions, and receives events and answers', async () => {
    const server = stage();
    const seen: unknown[] = [];
    server.io.on('connection', (socket) => {
      socket.onAny((...args) => seen.push(args));
      socket.on('time', (_zone, answer) => answer('noon', { a: 1 }));
      socket.on('bytes', (bytes) => socket.emit('back', bytes));
    });
    const client = connect(server);
    expect(
      await client.say(
        'hello all',
        'say "hi" {"a":1}',
        '/emit say hi there',
        '/ask time "UTC"',
        'bytes {"$bytes":"AQI="}',
      ),
    ).toEqual(['* entered /', '= 1 "noon" {"a":1}', 'back {"$bytes":"AQI="}']);
    expect(await client.say('{"event":"time","args":[1],"id":9}')).toEqual(['= 9 "noon" {"a":1}']);
    expect(seen.slice(0, 3)).toEqual([
      ['message', 'hello all'],
      ['say', 'hi', { a: 1 }],
      ['say', 'hi there'],
    ]);
    expect(seen[4]).toEqual(['bytes', Buffer.from([1, 2])]);
  });

  it('answers questions', async () => {
    const server = stage();
    const answers: unknown[] = [];
    server.io.on('connection', (socket) => socket.emit('ready', (...args: unknown[]) => answers.push(args)));
    const client = connect(server);
    const [, question = ''] = await client.say('');
    expect(question).toMatch(/^\?\d+ ready$/);
    await client.say(`/ack ${question.slice(1, question.indexOf(' '))} "yes" 1`, '/ack 999 "nobody asked"');
    expect(answers).toEqual([['yes', 1]]);
  });

  it('shows the room of an event, but not its own', async () => {
    const server = stage();
    server.io.on('connection', (socket) => socket.join(['lobby', 'my room']));
    const [some, other] = [connect(server), connect(server)];
    await some.say('');
    await other.say('/json', '');
    const [id = ''] = [...server.io.sockets.sockets.keys()];
    server.io.to('lobby').emit('news', 1);
    server.io.to('lobby').to('my room').emit('both');
    server.io.to(id).emit('you');
    server.io.emit('all');
    await server.clock.settle();
    expect(some.heard()).toEqual(['#lobby news 1', '#lobby #"my room" both', 'you', 'all']);
    expect(other.heard()).toEqual([
      '{"event":"news","args":[1],"room":"lobby"}',
      '{"event":"both","args":[]}',
      '{"event":"all","args":[]}',
    ]);
  });

  it('enters rooms and sends to them only with permission', async () => {
    const server = stage();
    const stock = await join(server);
    const client = connect(server);
    expect(await client.say('/join lobby', '/to lobby say "hi"', '{"join":"lobby","id":3}')).toEqual([
      '* entered /',
      '! clients may not join "lobby" in / by themselves',
      '! clients may not send to "lobby" in / by themselves',
      '! clients may not join "lobby" in / by themselves',
    ]);
    server.io.allow({ subscribe: (_socket, room) => room !== 'secret', publish: async () => true });
    server.io.sockets.sockets.values().next().value?.join('lobby');
    expect(
      await client.say('/join lobby', '/join secret', '/to lobby say "hi"', '/rooms', '/leave lobby', '/rooms'),
    ).toEqual([
      '* joined lobby',
      '! clients may not join "secret" in / by themselves',
      '#lobby say "hi"',
      '* rooms lobby',
      '* left lobby',
      '* rooms',
    ]);
    expect(stock.texts).toEqual(['42["say","hi"]']);
    expect(await client.say('/json', '{"join":"a","id":3}', '{"leave":"a","id":4}', '/rooms')).toEqual([
      '{"ack":3,"args":[]}',
      '{"ack":4,"args":[]}',
      '{"rooms":[]}',
    ]);
    expect(await client.say('{"join":"secret","id":5}')).toEqual([
      expect.stringMatching(/^\{"error":\{"code":"FORBIDDEN",.*"room":"secret"\},"id":5\}$/),
    ]);
  });
});

describe('line mode', () => {
  it('executes one line after the other, also while the application decides', async () => {
    const server = stage();
    let decide: (isAllowed: boolean) => void = () => undefined;
    server.io.allow({
      subscribe: () =>
        new Promise((resolve) => {
          decide = resolve;
        }),
    });
    const client = connect(server);
    expect(await client.say('/join lobby', '/rooms')).toEqual(['* entered /']);
    decide(true);
    await server.clock.settle();
    expect(client.heard()).toEqual(['* joined lobby', '* rooms lobby']);
  });

  it('reads a limited number of lines per turn, and loses none', async () => {
    const server = stage();
    let count = 0;
    server.io.on('connection', (socket) => socket.on('message', () => (count += 1)));
    const client = connect(server);
    await client.say(...new Array<string>(1_500).fill('flood'));
    expect(count).toBe(1_500);
  });

  it('answers a meaningless line, and continues', async () => {
    const client = connect(stage());
    await client.say('');
    expect(await client.say('/nope', 'connect 1', '{open', '/join')).toEqual([
      expect.stringContaining('! there is no command /nope'),
      '! "connect" is a reserved event name',
      '! the text is not valid JSON',
      expect.stringContaining('! a room is missing'),
    ]);
    client.peer.send(Buffer.from([0xc0, 0x0a]));
    expect(await client.say('/rooms')).toEqual(['! this line is not UTF-8', '* rooms']);
    expect(client.peer.ended).toBeUndefined();
  });

  it('ends an endless line', async () => {
    const server = stage();
    const reasons: unknown[] = [];
    server.io.on('connection', (socket) => socket.on('disconnect', (reason) => reasons.push(reason)));
    const client = connect(server);
    await client.say('');
    client.peer.send(Buffer.alloc(1_001, 'x'));
    await server.clock.settle();
    expect([client.heard(), client.peer.ended !== undefined, reasons]).toEqual([
      ['! line exceeds the limit of 1000 bytes'],
      true,
      ['parse error'],
    ]);
  });

  it('answers a browser in HTTP, and executes nothing that a page wrote', async () => {
    const server = stage();
    const client = connect(server);
    client.peer.send(Buffer.from('POST / HTTP/1.1\r\nHost: x\r\n\r\n/join lobby\n'));
    await server.clock.settle();
    expect(client.peer.received.join('')).toMatch(/^HTTP\/1\.1 400 /);
    expect([client.peer.ended !== undefined, server.io.sockets.sockets.size]).toEqual([true, 0]);
  });

  it.each([['GET / HTTP/1.1\r\nHost: x\r\n\r\n/join lobby\n'], ['GET / HT', 'TP/1.1\r', '\nHost: x\r\n']])(
    'answers a browser in HTTP after it has admitted the silent client, too (%j)',
    async (...pieces) => {
      const server = stage({ connectTimeout: 1_000 });
      const seen: unknown[] = [];
      server.io.on('connection', (socket) => socket.onAny((...args) => seen.push(args)));
      const client = connect(server);
      await server.clock.advance(1_000);
      expect(client.heard()).toEqual(['* entered /']);
      for (const piece of pieces) {
        client.peer.send(Buffer.from(piece));
        await server.clock.settle();
      }
      expect(client.peer.received.join('')).toMatch(/^HTTP\/1\.1 400 /);
      expect([client.peer.ended !== undefined, server.io.sockets.sockets.size, seen]).toEqual([true, 0, []]);
    },
  );

  it('admits a silent client after a while, and closes one that is slow with its first line', async () => {
    const server = stage({ connectTimeout: 1_000 });
    const [silent, slow] = [connect(server), connect(server)];
    slow.peer.send(Buffer.from('/au'));
    await server.clock.advance(999);
    expect(server.io.sockets.sockets.size).toBe(0);
    await server.clock.advance(1);
    expect([silent.heard(), slow.heard()]).toEqual([['* entered /'], ['! you did not join a namespace in time']]);
    expect([silent.peer.ended, slow.peer.ended !== undefined]).toEqual([undefined, true]);
  });

  it('closes a client whose middleware never answers', async () => {
    const server = stage({ connectTimeout: 1_000 });
    server.io.use(() => undefined);
    const client = connect(server);
    await client.say('hello');
    await server.clock.advance(1_000);
    expect([client.heard(), client.peer.ended !== undefined]).toEqual([
      ['! you did not join a namespace in time'],
      true,
    ]);
  });

  it('reports that the server disconnected it', async () => {
    const server = stage();
    server.io.on('connection', (socket) => socket.on('message', () => socket.disconnect()));
    const client = connect(server);
    expect(await client.say('bye')).toEqual(['* entered /', '! the server disconnected you']);
    expect(client.peer.ended).toBeDefined();
  });

  it('delivers events to the listeners of `connection` after the entry', async () => {
    const server = stage();
    const seen: unknown[] = [];
    server.io.use((_socket, next) => void Promise.resolve().then(() => next()));
    server.io.on('connection', (socket) => {
      socket.on('message', (text) => seen.push(text));
      socket.on('disconnect', (reason) => seen.push(reason));
    });
    const client = connect(server);
    await client.say('one', 'two', '/quit', 'three');
    expect(seen).toEqual(['one', 'two', 'client namespace disconnect']);
  });
});

describe('history and presence in line mode', () => {
  it('are read by commands, and shown line by line', async () => {
    const server = stage({ connectionStateRecovery: {} });
    server.io.allow({ history: true, presence: true });
    const client = connect(server);
    await client.say('');
    const [socket] = [...server.io.sockets.sockets.values()];
    if (socket) server.io.presence('lobby').join(socket, { id: 'ann', state: { mood: 'good' } });
    for (const word of ['one', 'two', 'three']) server.io.to('lobby').emit('say', word);
    server.io.to('other').emit('say', 'elsewhere');
    await server.clock.settle();
    client.heard();
    const at = new Date(server.clock.now()).toISOString();
    const [two, three, end] = await client.say('/history lobby 2');
    expect([two, three]).toEqual([`~ ${at} #lobby say "two"`, `~ ${at} #lobby say "three"`]);
    expect(end).toMatch(/^\* history lobby 2 older: \/history lobby 2 \S+$/);
    expect(await client.say(end?.slice(end.indexOf('/history')) ?? '')).toEqual([
      `~ ${at} #lobby say "one"`,
      '* history lobby 1',
    ]);
    expect(await client.say('/who lobby')).toEqual(['@ ann {"mood":"good"}', '* present lobby 1']);
    expect(await client.say('/history other', '/who other', '/history lobby x', '/history', '/history a 1 zz')).toEqual(
      [
        '! clients may not read what was sent to "other" in / by themselves',
        '! clients may not see who is in "other" in / by themselves',
        '! after the room, give the number of events and optionally an offset to read before, as in: /history lobby 20',
        '! a room is missing, as in: /history lobby 20',
        '! clients may not read what was sent to "a" in / by themselves',
      ],
    );
  });

  it('use JSON if asked to', async () => {
    const server = stage({ connectionStateRecovery: {} });
    server.io.allow({ history: () => true, presence: () => true });
    const client = connect(server);
    await client.say('', '/json');
    server.io.to('lobby').emit('say', Buffer.of(1));
    await server.clock.settle();
    const [page, list, ack, present] = await client.say(
      '/history lobby',
      '/who lobby',
      '{"history":"lobby","limit":5,"id":7}',
      '{"presence":"lobby","id":8}',
    );
    const events = [{ offset: expect.any(String), at: server.clock.now(), event: 'say', args: [{ $bytes: 'AQ==' }] }];
    const expected = { events, hasMore: false, hasGap: false };
    expect(JSON.parse(page ?? '')).toEqual({ history: 'lobby', ...expected });
    expect(JSON.parse(list ?? '')).toEqual({ presence: 'lobby', members: [], count: 0 });
    expect(JSON.parse(ack ?? '')).toEqual({ ack: 7, args: [expected] });
    expect(JSON.parse(present ?? '')).toEqual({ ack: 8, args: [{ members: [], count: 0 }] });
    expect(await client.say('{"history":"lobby","before":"x","id":9}')).toEqual([
      expect.stringContaining('"code":"BAD_QUERY"'),
    ]);
  });

  it('are counted for a guard one by one, however their bytes come', async () => {
    const server = stage();
    const counted: unknown[] = [];
    openGuard(server.io, () => ({
      admit: (_socket, next) => next(),
      onGone: () => undefined,
      refuse: () => undefined,
      onMessage: (_session, size, isRest) => counted.push([size, isRest]),
    }));
    const { peer } = connect(server);
    for (const chunk of ['\nsay o', 'ne', '\nsay three\n/he', 'lp\n']) {
      peer.send(Buffer.from(chunk));
      await server.clock.settle();
    }
    expect(counted).toEqual([0, 7, 9, 5].map((size) => [size, false]));
  });
});
