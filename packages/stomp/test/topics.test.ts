import { describe, expect, it, vi } from 'vitest';
import { Stage } from '../../../test/kit/clients/stomp-tester.js';
import { encodeOffset } from '../../naru/src/backplane/backplane.js';
import { coreOf, type Namespace } from '../../naru/src/namespace/namespace.js';
import type { Socket } from '../../naru/src/server/api/index.js';
import type { EncodedPacket } from '../../naru/src/transport/encoded-packet.js';

const OPEN = { subscribe: true, publish: true } as const;

function openStage(stomp = {}, options = {}): Stage {
  const stage = new Stage(stomp, options);
  stage.io.allow(OPEN);
  return stage;
}

describe('a topic', () => {
  it('is a room: its events arrive with their arguments as JSON', async () => {
    const stage = openStage();
    const client = await stage.connect();
    await client.send('SUBSCRIBE', { id: 's1', destination: '/topic/lobby' });
    stage.io.to('lobby').emit('say', 'hi', { $n: [1, null] }, Buffer.of(1, 2));
    stage.io.to('other').emit('say', 'no');
    await stage.clock.settle();
    const [message, ...more] = client.got();
    expect(message).toMatchObject({
      command: 'MESSAGE',
      headers: {
        destination: '/topic/lobby',
        subscription: 's1',
        event: 'say',
        'content-type': 'application/json',
      },
    });
    expect(JSON.parse(message?.body ?? '')).toEqual(['hi', { $$n: [1, null] }, { $bytes: 'AQI=' }]);
    expect(message?.headers['message-id']).toMatch(/^\d+$/);
    expect(message?.headers.ack).toBeUndefined();
    expect(more).toEqual([]);
  });

  it('carries bytes unchanged if they are the only argument', async () => {
    const stage = openStage();
    const client = await stage.connect();
    await client.send('SUBSCRIBE', { id: 's1', destination: '/topic/lobby' });
    stage.io.to('lobby').emit('blob', Buffer.of(0, 255, 10));
    await stage.clock.settle();
    const [message] = client.got();
    expect([...(message?.bytes ?? [])]).toEqual([0, 255, 10]);
    expect(message?.headers).toMatchObject({ 'content-type': 'application/octet-stream', 'content-length': '3' });
  });

  it('needs permission, except for a room that the application has put the socket into', async () => {
    const stage = new Stage();
    stage.io.on('connection', (socket: Socket) => socket.join('given'));
    const client = await stage.connect();
    expect(await client.send('SUBSCRIBE', { id: '1', destination: '/topic/given', receipt: 'r' })).toMatchObject([
      { command: 'RECEIPT' },
    ]);
    const [error] = await client.send('SUBSCRIBE', { id: '2', destination: '/topic/lobby', receipt: 'q' });
    expect(error).toMatchObject({
      command: 'ERROR',
      headers: {
        message: 'SUBSCRIBE to /topic/lobby was refused: clients may not join "lobby" in / by themselves',
        code: 'FORBIDDEN',
        'receipt-id': 'q',
      },
    });
    expect([client.isClosed, stage.left]).toEqual([true, ['forced server close']]);
  });

  it('leaves a message to the application if its rule returns a function, and calls none before COMMIT', async () => {
    const stage = openStage();
    const taken: unknown[] = [];
    stage.io.allow({
      publish: (_socket, room, event, args) =>
        room === 'shut' ? new Error('not today') : () => void taken.push([room, event, ...args]),
    });
    const client = await stage.connect();
    await client.send('SUBSCRIBE', { id: '1', destination: '/topic/lobby' });
    const text = { destination: '/topic/lobby', 'content-type': 'text/plain' };
    expect(await client.send('SEND', { ...text, receipt: 'r' }, 'hi')).toMatchObject([{ command: 'RECEIPT' }]);
    await client.send('SEND', { ...text, destination: '/queue/jobs' }, 'work');
    expect(taken.splice(0)).toEqual([
      ['lobby', 'message', 'hi'],
      ['/queue/jobs', 'message', 'work'],
    ]);
    await client.send('BEGIN', { transaction: 't' });
    await client.send('SEND', { ...text, transaction: 't' }, 'one');
    await client.send('SEND', { ...text, destination: '/topic/shut', transaction: 't' }, 'two');
    const [error] = await client.send('COMMIT', { transaction: 't' });
    expect(error?.headers.message).toBe('SEND to /topic/shut was refused: not today');
    expect(taken).toEqual([]);
  });

  it('accepts messages with permission, with the event of a header', async () => {
    const stage = openStage();
    const heard: unknown[] = [];
    stage.io.allow({ publish: (_socket, room, event) => room === 'lobby' && event !== 'shout' });
    const [one, other] = [await stage.connect(), await stage.connect()];
    await one.send('SUBSCRIBE', { id: 'x', destination: '/topic/lobby' });
    one.connection.member?.socket.onAnyOutgoing((...args: unknown[]) => heard.push(args));
    const own = { priority: '9', 'a:b': 'c\nd' };
    await other.send(
      'SEND',
      { destination: '/topic/lobby', event: 'say', 'content-type': 'application/json', ...own },
      '["a",1]',
    );
    await other.send('SEND', { destination: '/topic/lobby', 'content-type': 'text/plain' }, 'plain');
    await other.send('SEND', { destination: '/topic/lobby' }, Uint8Array.of(1, 255));
    expect(heard).toEqual([
      ['say', 'a', 1],
      ['message', 'plain'],
      ['message', Buffer.of(1, 255)],
    ]);
    const [first, second, third] = one.got();
    expect(first).toMatchObject({
      body: '["a",1]',
      headers: { event: 'say', ...own, 'content-type': 'application/json' },
    });
    expect(second).toMatchObject({ body: 'plain', headers: { event: 'message', 'content-type': 'text/plain' } });
    expect([...(third?.bytes ?? [])]).toEqual([1, 255]);
    expect(third?.headers['content-type']).toBeUndefined();
    const [error] = await other.send('SEND', { destination: '/topic/lobby', event: 'shout' });
    expect(error?.headers.message).toContain('SEND to /topic/lobby was refused');
  });

  it('keeps the order of a client, however late the application decides', async () => {
    const stage = openStage();
    stage.io.allow({
      publish: (_socket, _room, event) =>
        event === 'slow' ? new Promise((resolve) => stage.clock.setTimeout(resolve, 50, true)) : true,
    });
    const client = await stage.connect();
    await client.send('SUBSCRIBE', { id: '1', destination: '/topic/a' });
    const send = (event: string) => `SEND\ndestination:/topic/a\nevent:${event}\nreceipt:${event}\n\n\0`;
    expect(await client.raw(send('slow') + send('fast'))).toEqual([]);
    expect(client.flow).toEqual(['pause']);
    await stage.clock.advance(51);
    const frames = client.got();
    expect(frames.filter(({ command }) => command === 'MESSAGE').map(({ headers }) => headers.event)).toEqual([
      'slow',
      'fast',
    ]);
    expect(frames.filter(({ command }) => command === 'RECEIPT').map(({ headers }) => headers['receipt-id'])).toEqual([
      'slow',
      'fast',
    ]);
    expect(client.flow).toEqual(['pause', 'resume']);
  });

  it('is left by UNSUBSCRIBE unless another subscription remains', async () => {
    const stage = openStage();
    const client = await stage.connect();
    for (const id of ['1', '2']) await client.send('SUBSCRIBE', { id, destination: '/topic/a' });
    stage.io.to('a').emit('x');
    await stage.clock.settle();
    expect(client.got().map(({ headers }) => headers.subscription)).toEqual(['1', '2']);
    await client.send('UNSUBSCRIBE', { id: '1' });
    stage.io.to('a').emit('x');
    await stage.clock.settle();
    expect(client.got().map(({ headers }) => headers.subscription)).toEqual(['2']);
    expect(await client.send('UNSUBSCRIBE', { id: '2', receipt: 'r' })).toMatchObject([{ command: 'RECEIPT' }]);
    expect([...(client.connection.member?.rooms ?? [])]).toEqual([client.connection.member?.id]);
  });

  it('is written once for all equal subscriptions', async () => {
    const stage = openStage();
    const clients = await Promise.all(Array.from({ length: 5 }, () => stage.connect()));
    for (const client of clients) await client.send('SUBSCRIBE', { id: 'sub-0', destination: '/topic/a' });
    const packets = new Set<EncodedPacket>();
    for (const { session } of clients) {
      const sendPacket = session.sendPacket.bind(session);
      session.sendPacket = (packet) => {
        packets.add(packet);
        sendPacket(packet);
      };
    }
    stage.io.to('a').emit('x', 1);
    await stage.clock.settle();
    expect(packets.size).toBe(1);
    expect(clients.map((client) => client.got().length)).toEqual([1, 1, 1, 1, 1]);
  });
});

describe('acknowledging a topic', () => {
  it.each([
    ['1.2', 'client', (headers: Record<string, string>) => ({ id: headers.ack ?? '' })],
    [
      '1.1',
      'client-individual',
      ({ 'message-id': id = '', subscription = '' }) => ({ 'message-id': id, subscription }),
    ],
    ['1.0', 'client', ({ 'message-id': id = '' }) => ({ 'message-id': id })],
  ] as const)('works in %s', async (version, ack, naming) => {
    const stage = openStage();
    const client = await stage.connect({}, version);
    await client.send('SUBSCRIBE', { id: 's-1', destination: '/topic/a', ack });
    stage.io.to('a').emit('x', 1);
    await stage.clock.settle();
    const [message] = client.got();
    const headers = naming(message?.headers as Record<string, string> & { 'message-id': string; subscription: string });
    expect(await client.send('ACK', { ...headers, receipt: 'r' })).toMatchObject([{ command: 'RECEIPT' }]);
    expect(await client.send('ACK', headers)).toMatchObject([{ command: 'ERROR' }]);
  });

  it('is cumulative in mode client, and one by one in client-individual', async () => {
    const stage = openStage();
    const client = await stage.connect();
    await client.send('SUBSCRIBE', { id: 'c', destination: '/topic/a', ack: 'client' });
    await client.send('SUBSCRIBE', { id: 'i', destination: '/topic/a', ack: 'client-individual' });
    for (let count = 0; count < 3; count += 1) stage.io.to('a').emit('x');
    await stage.clock.settle();
    const acks = (id: string) =>
      client.all.filter(({ headers }) => headers.subscription === id).map(({ headers }) => headers.ack ?? '');
    client.got();
    const { subscriptions } = client.connection;
    await client.send('ACK', { id: acks('c')[1] ?? '' });
    await client.send('NACK', { id: acks('i')[1] ?? '' });
    expect([subscriptions.get('c')?.heldCount, subscriptions.get('i')?.heldCount]).toEqual([1, 2]);
  });

  it('that never happens costs the connection in the end', async () => {
    const stage = openStage({ unackedMax: 2 });
    const client = await stage.connect();
    await client.send('SUBSCRIBE', { id: '1', destination: '/topic/a', ack: 'client' });
    for (let count = 0; count < 3; count += 1) stage.io.to('a').emit('x');
    await stage.clock.settle();
    const frames = client.got();
    expect(frames.map(({ command }) => command)).toEqual(['MESSAGE', 'MESSAGE', 'ERROR']);
    expect(frames[2]?.headers.message).toBe('2 messages wait for their ACK on the subscription "1"');
    expect(client.isClosed).toBe(true);
  });
});

describe('events of one socket', () => {
  it('arrive at /user/queue/<event>, like those for everybody', async () => {
    for (const recovery of [undefined, {}]) {
      const stage = openStage({}, { connectionStateRecovery: recovery });
      const client = await stage.connect();
      await client.send('SUBSCRIBE', { id: 'u', destination: '/user/queue/news' });
      const { socket } = client.connection.member ?? {};
      socket?.emit('news', 1);
      socket?.emit('other', 2);
      stage.io.emit('news', 3);
      stage.io.to(socket?.id ?? '').emit('news', 4);
      stage.io.to('lobby').emit('news', 5);
      await stage.clock.settle();
      expect(client.got().map(({ body, headers }) => [body, headers.destination])).toEqual([
        ['[1]', '/user/queue/news'],
        ['[3]', '/user/queue/news'],
        ['[4]', '/user/queue/news'],
      ]);
    }
  });

  it('can be acknowledged by a SEND to their reply-to', async () => {
    const stage = openStage();
    const client = await stage.connect();
    await client.send('SUBSCRIBE', { id: 'u', destination: '/user/queue/ask' });
    const answer = client.connection.member?.socket.timeout(1_000).emitWithAck('ask', 'how old');
    await stage.clock.settle();
    const [message] = client.got();
    expect(message?.headers['reply-to']).toMatch(/^\/ack\/\d+$/);
    const destination = message?.headers['reply-to'] ?? '';
    await client.send('SEND', { destination, 'content-type': 'application/json' }, '[42]');
    expect(await answer).toBe(42);
  });

  it('reach listeners by /app/<event>, and their answers return as messages', async () => {
    const stage = openStage();
    stage.io.on('connection', (socket: Socket) => {
      socket.on('add', (a: number, b: number, answer: (sum: number) => void) => answer(a + b));
      socket.on('bytes', (answer: (bytes: Uint8Array) => void) => answer(Uint8Array.of(1, 2)));
    });
    const client = await stage.connect();
    await client.send('SUBSCRIBE', { id: 'r', destination: '/user/queue/answers' });
    await client.send('SUBSCRIBE', { id: 'b', destination: '/user/queue/bytes' });
    const json = { 'content-type': 'application/json' };
    const reply = { 'reply-to': '/user/queue/answers', 'correlation-id': 'c:1' };
    const [message] = await client.send('SEND', { destination: '/app/add', ...reply, ...json }, '[2,3]');
    expect(message).toMatchObject({
      command: 'MESSAGE',
      body: '[5]',
      headers: { subscription: 'r', destination: '/user/queue/answers', 'correlation-id': 'c:1' },
    });
    const [bytes] = await client.send('SEND', { destination: '/app/bytes', 'correlation-id': '2', ...json }, '[]');
    expect([bytes?.headers.destination, [...(bytes?.bytes ?? [])]]).toEqual(['/user/queue/bytes', [1, 2]]);
  });
});

describe('a topic with history', () => {
  const LOG = { connectionStateRecovery: {} };
  const numbers = (messages: readonly { body: string }[]) => messages.map(({ body }) => JSON.parse(body)[0]);

  it('begins with earlier messages, for this subscription alone, and continues without a gap', async () => {
    const stage = openStage({}, LOG);
    stage.io.allow({ history: true });
    const client = await stage.connect();
    await client.send('SUBSCRIBE', { id: 's1', destination: '/topic/lobby' });
    for (let n = 1; n <= 3; n += 1) stage.io.to('lobby').emit('n', n);
    await stage.clock.settle();
    client.got();
    const first = await client.send('SUBSCRIBE', {
      id: 's2',
      destination: '/topic/lobby',
      history: '2',
      ack: 'client',
    });
    expect([numbers(first), first.map(({ headers }) => headers.subscription)]).toEqual([
      [2, 3],
      ['s2', 's2'],
    ]);
    expect(first.map(({ headers }) => headers.event)).toEqual(['n', 'n']);
    stage.io.to('lobby').emit('n', 4);
    await stage.clock.settle();
    const more = client.got();
    expect(more.map(({ headers }) => headers.subscription).sort()).toEqual(['s1', 's2']);
    const last = more.find(({ headers }) => headers.subscription === 's2')?.headers.ack ?? '';
    expect(await client.send('ACK', { id: last, receipt: 'r' })).toMatchObject([{ command: 'RECEIPT' }]);
  });

  it('is reported missing when too many readings wait, and the subscription remains', async () => {
    const stage = openStage({}, LOG);
    stage.io.allow({ history: true });
    const client = await stage.connect();
    for (let n = 1; n <= 3; n += 1) stage.io.to('lobby').emit('n', n);
    await stage.clock.settle();
    const { past } = coreOf(stage.io.sockets as unknown as Namespace);
    const full = vi.spyOn(past, 'isFullFor').mockReturnValue(true);
    const [gap, ...more] = await client.send('SUBSCRIBE', { id: 's', destination: '/topic/lobby', history: '2' });
    full.mockRestore();
    expect(gap?.headers).toMatchObject({ event: 'naru:gap', subscription: 's' });
    expect([JSON.parse(gap?.body ?? ''), more]).toEqual([[{ after: encodeOffset(0), before: encodeOffset(3) }], []]);
    stage.io.to('lobby').emit('n', 4);
    await stage.clock.settle();
    expect(numbers(client.got())).toEqual([4]);
  });

  it('may be requested as an event, and so may presence, with the answer as a MESSAGE', async () => {
    const stage = openStage({}, LOG);
    stage.io.allow({ history: true, presence: true });
    stage.io.on('connection', (socket: Socket) => stage.io.presence('lobby').join(socket, { id: 'ann' }));
    const client = await stage.connect();
    stage.io.to('lobby').emit('say', 1);
    for (const event of ['naru:presence', 'naru:history']) {
      await client.send('SUBSCRIBE', { id: event, destination: `/user/queue/${event}` });
      const headers = { destination: `/app/${event}`, 'content-type': 'application/json', 'correlation-id': event };
      const [answer] = await client.send('SEND', headers, '["lobby"]');
      expect(answer?.headers['correlation-id']).toBe(event);
      const [said] = JSON.parse(answer?.body ?? '[]');
      if (event === 'naru:presence') expect(said).toMatchObject({ count: 1, members: [{ id: 'ann' }] });
      else expect(said).toMatchObject({ events: [{ event: 'say', args: [1] }], hasMore: false });
    }
  });

  it.each([
    ['/topic/lobby', 'all', {}, 'the header "history" must be a whole number'],
    ['/user/queue/say', '5', {}, 'only a topic has a history'],
    ['/topic/lobby', '5', { history: false }, 'clients may not read what was sent to "lobby"'],
  ])('is refused for %s with history:%s', async (destination, history, rules, message) => {
    const stage = openStage({}, LOG);
    stage.io.allow({ history: true, ...rules });
    const client = await stage.connect();
    const [error] = await client.send('SUBSCRIBE', { id: 's1', destination, history });
    expect(error?.headers.message).toContain(message);
    expect(client.isClosed).toBe(true);
  });
});
