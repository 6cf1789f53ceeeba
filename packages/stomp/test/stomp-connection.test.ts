import { describe, expect, it } from 'vitest';
import { Stage } from '../../../test/kit/clients/stomp-tester.js';
import { coreOf, type Namespace } from '../../naru/src/namespace/namespace.js';
import type { Member } from '../../naru/src/namespace/socket/socket.js';
import { endMembership, openGuard } from '../../naru/src/server/api/guard-host.js';
import type { Socket } from '../../naru/src/server/api/index.js';

const commands = (frames: readonly { command: string }[]): string[] => frames.map(({ command }) => command);

describe('connecting', () => {
  it('is answered with the version, a session, the server and its heart-beats', async () => {
    const stage = new Stage();
    const sockets: Socket[] = [];
    stage.io.on('connection', (socket: Socket) => sockets.push(socket));
    const client = stage.open();
    const answer = await client.connect({ login: 'ann', passcode: 'secret', token: 't', 'heart-beat': '0,0' });
    expect(answer).toMatchObject({
      command: 'CONNECTED',
      headers: { version: '1.2', session: sockets[0]?.id, server: 'naru', 'heart-beat': '1000,1000' },
    });
    expect(sockets[0]?.handshake.auth).toEqual({ login: 'ann', passcode: 'secret', token: 't' });
    expect(sockets[0]?.handshake.address).toBe('10.0.0.1');
    expect([sockets[0]?.conn.subprotocol, sockets[0]?.conn.transport.name]).toEqual(['stomp', 'tcp']);
  });

  it.each([
    ['1.0', '1.0'],
    ['1.0,1.1', '1.1'],
    ['1.2,1.1', '1.2'],
    ['3.0,1.0', '1.0'],
  ])('with %s agrees on %s', async (accepted, agreed) => {
    const client = new Stage().open();
    expect((await client.send('STOMP', { 'accept-version': accepted, host: '/' }))[0]?.headers.version).toBe(agreed);
  });

  it('without a version means 1.0', async () => {
    const [answer] = await new Stage().open().raw('CONNECT\n\n\0');
    expect(answer).toMatchObject({ command: 'CONNECTED', headers: { version: '1.0' } });
    expect(answer?.headers['heart-beat']).toBeUndefined();
  });

  it('without a common version is refused, with the known ones', async () => {
    const client = new Stage().open();
    const [answer] = await client.send('CONNECT', { 'accept-version': '2.0', host: '/' });
    expect(answer).toMatchObject({ command: 'ERROR', headers: { version: '1.2,1.1,1.0' } });
    expect(answer?.body).toContain('1.2, 1.1 and 1.0');
    expect(client.isClosed).toBe(true);
  });

  it.each([
    [{ host: '/chat' }, '/chat'],
    [{ host: 'chat' }, '/chat'],
    [{ host: 'example.org' }, '/'],
    [{ host: '/' }, '/'],
    [{ host: 'example.org', namespace: 'chat' }, '/chat'],
    [{ host: '/chat', namespace: '/' }, '/'],
  ])('with %j enters %s', async (headers, name) => {
    const stage = new Stage();
    stage.io.of('/chat');
    const client = await stage.connect(headers);
    expect(client.connection.member?.namespace.name).toBe(name);
  });

  it('to an unknown namespace is refused', async () => {
    const client = new Stage().open();
    const answer = await client.connect({ host: '/none' });
    expect(answer).toMatchObject({ command: 'ERROR', headers: { message: 'Invalid namespace' } });
    expect(client.isClosed).toBe(true);
  });

  it('is refused by middleware with its message and data', async () => {
    const stage = new Stage();
    stage.io.use((socket, next) => {
      const { passcode } = socket.handshake.auth;
      next(passcode === 'right' ? undefined : Object.assign(new Error('who are you'), { data: { hint: 'passcode' } }));
    });
    const bad = stage.open();
    const answer = await bad.connect({ passcode: 'wrong' });
    expect(answer).toMatchObject({
      command: 'ERROR',
      headers: { message: 'who are you', 'content-type': 'application/json' },
    });
    expect(JSON.parse(answer?.body ?? '')).toEqual({ message: 'who are you', data: { hint: 'passcode' } });
    expect(bad.isClosed).toBe(true);
    expect((await stage.open().connect({ passcode: 'right' }))?.command).toBe('CONNECTED');
  });

  it('must come first, once, and in time', async () => {
    const stage = new Stage({}, { connectTimeout: 1_000 });
    const early = stage.open();
    expect((await early.send('SEND', { destination: '/app/x' }))[0]?.headers.message).toBe('SEND came before CONNECT');
    // The server does not wait for the rest of the frame.
    expect((await stage.open().raw('SUBSCRIBE\n'))[0]?.headers.message).toBe('SUBSCRIBE came before CONNECT');
    const twice = await stage.connect();
    const [error] = await twice.send('CONNECT', { 'accept-version': '1.2', host: '/' });
    expect(error?.headers.message).toBe('CONNECT came a second time');
    const late = stage.open();
    await stage.clock.advance(1_001);
    expect(late.got()[0]?.headers.message).toBe('no CONNECT frame came in time');
    expect([early.isClosed, twice.isClosed, late.isClosed]).toEqual([true, true, true]);
    expect(stage.left).toEqual(['parse error']);
  });

  it('may be followed by frames before the answer', async () => {
    const stage = new Stage();
    const said: unknown[] = [];
    stage.io.use((_socket, next) => {
      stage.clock.setTimeout(() => next(), 50, undefined);
    });
    stage.io.on('connection', (socket: Socket) => {
      socket.on('say', (...args: unknown[]) => said.push(args));
    });
    const client = stage.open();
    const connect = 'CONNECT\naccept-version:1.2\nhost:/\n\n\0';
    await client.raw(`${connect}SEND\ndestination:/app/say\ncontent-type:text/plain\nreceipt:1\n\nhi\0`);
    await client.raw('SEND\ndestination:/app/say\ncontent-type:text/plain\n\nho\0');
    expect([said, client.flow]).toEqual([[], ['pause']]);
    await stage.clock.advance(60);
    expect(said).toEqual([['hi'], ['ho']]);
    expect(client.flow).toEqual(['pause', 'resume']);
    expect(commands(client.got())).toEqual(['CONNECTED', 'RECEIPT']);
  });
});

describe('leaving', () => {
  it('by DISCONNECT gets a receipt, and then the connection closes', async () => {
    const stage = new Stage();
    const client = await stage.connect();
    const frames = await client.raw('DISCONNECT\nreceipt:77\n\n\0SEND\ndestination:/nowhere\n\n\0');
    expect(frames).toMatchObject([{ command: 'RECEIPT', headers: { 'receipt-id': '77' } }]);
    expect([stage.left, client.isClosed]).toEqual([['client namespace disconnect'], true]);
  });

  it('by the end of the connection is a transport close', async () => {
    const stage = new Stage();
    const client = await stage.connect();
    client.transport.peer.close();
    await stage.clock.settle();
    expect(stage.left).toEqual(['transport close']);
  });

  it('comes with an ERROR that says why, if a guard ends it', async () => {
    const stage = new Stage();
    const client = await stage.connect();
    const { socket } = client.connection.member as Member;
    endMembership(socket, { code: 'TOKEN_EXPIRED', message: 'The token has ended' }, false);
    await stage.clock.settle();
    expect(client.got()).toMatchObject([
      { command: 'ERROR', headers: { code: 'TOKEN_EXPIRED', message: 'The token has ended' } },
    ]);
  });

  it("at the server's request comes with an ERROR", async () => {
    const stage = new Stage();
    const client = await stage.connect();
    client.connection.member?.disconnect(false);
    await stage.clock.settle();
    expect(client.got()).toMatchObject([{ command: 'ERROR', headers: { message: 'disconnected by the server' } }]);
    expect([stage.left, client.isClosed]).toEqual([['server namespace disconnect'], true]);
  });

  it('at the shutdown of the server comes with an ERROR', async () => {
    const stage = new Stage();
    const client = await stage.connect();
    const closed = stage.io.close();
    await stage.clock.settle();
    await closed;
    expect(client.got()).toMatchObject([{ command: 'ERROR', headers: { message: 'the server is shutting down' } }]);
    expect([stage.left, client.isClosed]).toEqual([['server shutting down'], true]);
  });

  it('leaves nothing behind', async () => {
    const stage = new Stage();
    stage.io.allow({ subscribe: true, publish: true });
    const client = await stage.connect({ 'heart-beat': '5000,5000' });
    await client.send('SUBSCRIBE', { id: 'a', destination: '/topic/lobby', ack: 'client' });
    await client.send('SUBSCRIBE', { id: 'b', destination: '/queue/jobs' });
    await client.send('SUBSCRIBE', { id: 'c', destination: '/user/queue/news' });
    await client.send('BEGIN', { transaction: 't' });
    const queues = stage.scope.queuesOf(coreOf(stage.io.of('/') as object as Namespace));
    expect([stage.scope.forms.count, queues.count]).toEqual([3, 1]);
    client.transport.peer.close();
    await stage.clock.settle();
    expect([stage.scope.forms.count, queues.count]).toEqual([0, 0]);
    expect([stage.io.engine.clientsCount, stage.clock.timerCount]).toEqual([0, 0]);
  });
});

describe('heart-beats', () => {
  it('keep the agreed pace, and are missed after two intervals', async () => {
    const stage = new Stage();
    const client = await stage.connect({ 'heart-beat': '2000,3000' });
    for (let second = 0; second < 3; second += 1) {
      await stage.clock.advance(2_000);
      await client.raw('\n');
    }
    expect([client.beats, client.isClosed]).toEqual([2, false]);
    await stage.clock.advance(4_100);
    expect(client.got()).toMatchObject([{ command: 'ERROR', headers: { message: 'no heart-beat came for 4000 ms' } }]);
    expect([stage.left, client.isClosed]).toEqual([['ping timeout'], true]);
  });

  it('are not missed while the server does not read, and are awaited again after that', async () => {
    const stage = new Stage();
    stage.io.allow({ publish: () => new Promise((resolve) => stage.clock.setTimeout(resolve, 7_900, true)) });
    const client = await stage.connect({ 'heart-beat': '2000,0' });
    await client.raw('SEND\ndestination:/topic/a\nreceipt:1\n\n\0');
    await client.raw('\n');
    expect(client.flow).toEqual(['pause']);
    await stage.clock.advance(7_901);
    expect(client.got()).toMatchObject([{ command: 'RECEIPT' }]);
    expect(client.flow).toEqual(['pause', 'resume']);
    // The client has two whole intervals again.
    await stage.clock.advance(3_900);
    expect([client.got(), client.isClosed]).toEqual([[], false]);
    await stage.clock.advance(200);
    expect([stage.left, client.isClosed]).toEqual([['ping timeout'], true]);
  });

  it('are not missed while a large message is on its way', async () => {
    const stage = new Stage();
    const client = await stage.connect({ 'heart-beat': '2000,0' });
    client.isSending = true;
    await stage.clock.advance(20_000);
    expect([client.got(), client.isClosed]).toEqual([[], false]);
    client.isSending = false;
    await stage.clock.advance(4_100);
    expect([stage.left, client.isClosed]).toEqual([['ping timeout'], true]);
  });

  it('are neither sent nor awaited if nobody wants them', async () => {
    const stage = new Stage({}, { pingInterval: 1_000 });
    const client = await stage.connect();
    await stage.clock.advance(1_000_000);
    expect([client.got(), client.beats, client.isClosed]).toEqual([[], 0, false]);
    // The transport can find out by itself.
    client.isPeerThere = false;
    await stage.clock.advance(1_000);
    expect([stage.left, client.isClosed]).toEqual([['ping timeout'], true]);
  });
});

describe('bad input', () => {
  it.each([
    ['WHAT\n\n\0', 'a frame begins with no command of STOMP'],
    ['SEND\n\n\0', 'SEND has no header "destination"'],
    [
      'SEND\ndestination:/x\n\n\0',
      'SEND cannot go to "/x": destinations are /topic/<name>, /app/<name>, /queue/<name>, /ack/<name>',
    ],
    ['SEND\ndestination:/app/disconnect\n\n\0', 'SEND to /app/disconnect: "disconnect" is a reserved event name'],
    ['SEND\ndestination:/app/x\ncontent-type:application/json\n\n{\0', 'the text is not valid JSON'],
    ['SEND\ndestination:/app/x\ncontent-type:text/plain\n\n\xff\0', 'the body is not valid UTF-8'],
    ['SUBSCRIBE\ndestination:/topic/a\n\n\0', 'SUBSCRIBE has no header "id"'],
    ['SUBSCRIBE\nid:1\n\n\0', 'SUBSCRIBE has no header "destination"'],
    [
      'SUBSCRIBE\nid:1\ndestination:/app/a\n\n\0',
      'SUBSCRIBE cannot go to "/app/a": destinations are /topic/<name>, /user/queue/<name>, /queue/<name>',
    ],
    [
      'SUBSCRIBE\nid:1\ndestination:/user/queue/a\nack:x\n\n\0',
      'the header "ack" must be auto, client or client-individual',
    ],
    ['UNSUBSCRIBE\nid:9\n\n\0', 'there is no subscription "9"'],
    ['UNSUBSCRIBE\n\n\0', 'UNSUBSCRIBE has no header "id"'],
    ['ACK\n\n\0', 'ACK has no header "id"'],
    ['ACK\nid:7-a\n\n\0', 'no message waits for this ACK: id:7-a'],
    ['NACK\nid:-\n\n\0', 'no message waits for this NACK: id:-'],
    ['BEGIN\n\n\0', 'BEGIN has no header "transaction"'],
    ['COMMIT\ntransaction:t\n\n\0', 'the transaction "t" was not begun'],
    ['ABORT\ntransaction:t\n\n\0', 'the transaction "t" was not begun'],
    ['SEND\ndestination:/app/x\ntransaction:t\n\n\0', 'the transaction "t" was not begun'],
    ['SUBSCRIBE\nid:1\ndestination:/user/queue/a\ntransaction:t\n\n\0', 'SUBSCRIBE cannot be part of a transaction'],
    [
      'SEND\ndestination:/app/x\nreply-to:/user/queue/a\n\n\0',
      'the reply goes to /user/queue/a: subscribe to it before you ask for a reply',
    ],
    ['SEND\ndestination:/ack/x\n\n\0', 'SEND to /ack/x: the destination must be the "reply-to" of a message'],
    ['SEND\ndestination:\\x\n\n\0', 'header line 1 has an escape that STOMP 1.2 does not know'],
  ])('%j ends the connection with an ERROR', async (text, message) => {
    const stage = new Stage();
    const client = await stage.connect();
    const other = await stage.connect();
    const frames = await client.raw(Buffer.from(text, 'latin1'));
    expect(frames).toMatchObject([{ command: 'ERROR', headers: { message, 'content-type': 'text/plain' } }]);
    expect([client.isClosed, stage.left]).toEqual([true, ['parse error']]);
    expect(other.isClosed).toBe(false);
  });

  it('is reported with the receipt that the frame asked for', async () => {
    const client = await new Stage().connect();
    const [error] = await client.send('SUBSCRIBE', { receipt: 'r-7' });
    expect(error?.headers['receipt-id']).toBe('r-7');
    const other = await new Stage({ bodyBytesMax: 3 }).connect();
    const [late] = await other.raw('SEND\nreceipt:r-8\ncontent-length:4\n\n');
    expect(late?.headers).toMatchObject({ 'receipt-id': 'r-8', code: 'STOMP_TOO_BIG' });
  });

  it('is reported instead of a RECEIPT if an event with a key may be sent again, and it may', async () => {
    const stage = new Stage();
    const answers: unknown[] = [{ error: { code: 'LIMITED', message: 'wait', retryAfter: 5 } }, undefined, 'done'];
    stage.io.onListenerError(() => undefined);
    stage.io.on('connection', (socket: Socket) => {
      socket.on('order', (answer) => {
        const next = answers.shift();
        if (next === undefined) throw new Error('no');
        answer(next);
      });
    });
    const order = { destination: '/app/naru:once', 'content-type': 'application/json', receipt: 'r' };
    const body = JSON.stringify(['k'.repeat(20), 'order']);
    const told = ['LIMITED', 'LISTENER_FAILED'].map((code) => ({
      command: 'ERROR',
      headers: { code, 'receipt-id': 'r' },
    }));
    for (const frame of [...told, { command: 'RECEIPT' }]) {
      const client = await stage.connect();
      expect(await client.send('SEND', order, body)).toMatchObject([frame]);
      expect(client.isClosed).toBe(frame.command === 'ERROR');
    }
  });

  it('is one of 64 to one destination', async () => {
    const stage = new Stage();
    stage.io.allow({ subscribe: true });
    for (const destination of ['/user/queue/a', '/topic/a']) {
      const subscriber = await stage.connect();
      for (let id = 1; id <= 64; id += 1) await subscriber.send('SUBSCRIBE', { id: String(id), destination });
      await subscriber.send('UNSUBSCRIBE', { id: '1' });
      await subscriber.send('SUBSCRIBE', { id: '65', destination });
      await subscriber.send('SUBSCRIBE', { id: 'other', destination: `${destination}b` });
      const [error] = await subscriber.send('SUBSCRIBE', { id: '66', destination });
      expect(error?.headers.message).toBe('a client can have at most 64 subscriptions to one destination');
    }
  });

  it('is limited', async () => {
    const stage = new Stage({ subscriptionsMax: 2, transactionsMax: 1, headersMax: 5 });
    const subscriber = await stage.connect();
    for (const id of ['1', '2']) await subscriber.send('SUBSCRIBE', { id, destination: '/user/queue/a' });
    const [error] = await subscriber.send('SUBSCRIBE', { id: '3', destination: '/user/queue/a' });
    expect(error?.headers.message).toBe('a client can have at most 2 subscriptions');
    const again = await stage.connect();
    await again.send('SUBSCRIBE', { id: '1', destination: '/user/queue/a' });
    const [double] = await again.send('SUBSCRIBE', { id: '1', destination: '/user/queue/b' });
    expect(double?.headers.message).toBe('the subscription "1" already exists');
    const beginner = await stage.connect();
    await beginner.send('BEGIN', { transaction: 'a' });
    const [many] = await beginner.send('BEGIN', { transaction: 'b' });
    expect(many?.headers.message).toBe('more than 1 transactions are open');
  });
});

describe('a guard', () => {
  it('counts frames one by one, however their bytes come', async () => {
    const stage = new Stage();
    const counted: unknown[] = [];
    openGuard(stage.io, () => ({
      admit: (_socket, next) => next(),
      onGone: () => undefined,
      refuse: () => undefined,
      onMessage: (_session, size, isRest) => counted.push([size, isRest]),
    }));
    const client = await stage.connect();
    counted.length = 0;
    for (const chunk of ['\nSEND\ndestination:/app/a\n\nhel', 'lo\0\nSEND\ndestination:/app/b\n\n\0SEN', 'D\n'])
      await client.raw(chunk);
    const head = 'destination'.length + '/app/a'.length;
    expect(counted).toEqual([head + 5, head].map((size) => [size, false]));
  });
});
