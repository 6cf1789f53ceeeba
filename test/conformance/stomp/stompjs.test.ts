/** The stock JavaScript client of STOMP against our server: over WebSocket, and over TCP by its own wrapper. */
import { Client, type IFrame, type IMessage, type StompConfig, Versions } from '@stomp/stompjs';
import { TCPWrapper } from '@stomp/tcp-wrapper';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type StompServer, serve, until } from './harness.js';

const JSON_TYPE = { 'content-type': 'application/json' };
const ROADS = ['WebSocket', 'TCP'] as const;
const VERSIONS = ['1.2', '1.1', '1.0'] as const;

let server: StompServer;
let clients: Client[] = [];

beforeEach(async () => {
  server = await serve({ deliveriesMax: 3 });
});

afterEach(async () => {
  await Promise.all(clients.map((client) => client.deactivate({ force: true })));
  clients = [];
  await server.close();
});

function make(road: (typeof ROADS)[number], version: string, config: StompConfig = {}): Client {
  const connect =
    road === 'TCP'
      ? { webSocketFactory: () => new TCPWrapper('127.0.0.1', server.port) as never }
      : { webSocketFactory: () => new WebSocket(server.url, new Versions([version]).protocolVersions()) as never };
  const client = new Client({
    ...connect,
    stompVersions: new Versions([version]),
    reconnectDelay: 0,
    heartbeatIncoming: 0,
    heartbeatOutgoing: 0,
    connectHeaders: { host: '/', login: 'ann', passcode: 'right' },
    ...config,
  });
  clients.push(client);
  return client;
}

async function open(road: (typeof ROADS)[number], version: string, config: StompConfig = {}): Promise<Client> {
  const client = make(road, version, config);
  await new Promise<void>((resolve, reject) => {
    client.onConnect = () => resolve();
    client.onStompError = (frame) => reject(new TypeError(frame.headers.message));
    client.activate();
  });
  return client;
}

/** Resolves when the server has done everything sent earlier. */
function receipt(client: Client, send: (headers: { receipt: string }) => void): Promise<IFrame> {
  const id = `receipt-${Math.random()}`;
  return new Promise((resolve) => {
    client.watchForReceipt(id, resolve);
    send({ receipt: id });
  });
}

const subscribed = async (client: Client, destination: string, ack = 'auto'): Promise<IMessage[]> => {
  const messages: IMessage[] = [];
  await receipt(client, (headers) =>
    client.subscribe(destination, (got) => void messages.push(got), { ack, ...headers }),
  );
  return messages;
};

const bodies = (messages: readonly IMessage[]): string[] => messages.map(({ body }) => body);

describe.each(ROADS)('over %s', (road) => {
  describe.each(VERSIONS)('@stomp/stompjs with STOMP %s', (version) => {
    it('exchanges messages in rooms with clients of other wires, as JSON, text and bytes', async () => {
      const [one, other] = [await open(road, version), await open(road, version)];
      expect(one.connectedVersion).toBe(version);
      const messages = await subscribed(one, '/topic/lobby');
      const heard: unknown[] = [];
      for (const socket of server.io.sockets.sockets.values())
        socket.onAnyOutgoing((...args: unknown[]) => heard.push(args));
      server.io.to('lobby').emit('say', 'hi', { deep: [1] });
      const bytes = Uint8Array.from({ length: 1024 }, (_, index) => index & 255);
      await receipt(other, (headers) =>
        other.publish({
          destination: '/topic/lobby',
          headers: { ...JSON_TYPE, event: 'say', ...headers },
          body: '["yo",2]',
        }),
      );
      await receipt(other, (headers) => other.publish({ destination: '/topic/lobby', binaryBody: bytes, headers }));
      await until(() => messages.length === 3);
      expect(bodies(messages).slice(0, 2)).toEqual(['["hi",{"deep":[1]}]', '["yo",2]']);
      expect(messages[1]?.headers).toMatchObject({ event: 'say', destination: '/topic/lobby', ...JSON_TYPE });
      expect(Buffer.compare(messages[2]?.binaryBody ?? Buffer.alloc(0), bytes)).toBe(0);
      expect(heard).toEqual([
        ['say', 'hi', { deep: [1] }],
        ['say', 'yo', 2],
        ['message', Buffer.from(bytes)],
      ]);
    });

    it('calls listeners, and receives their answers and events of its own', async () => {
      const client = await open(road, version);
      const answers = await subscribed(client, '/user/queue/answers');
      const told = await subscribed(client, '/user/queue/told');
      const headers = { ...JSON_TYPE, 'reply-to': '/user/queue/answers', 'correlation-id': '7' };
      client.publish({ destination: '/app/add', headers, body: '[2,3]' });
      client.publish({ destination: '/app/tell me', headers: { 'content-type': 'text/plain' }, body: 'äöü' });
      await until(() => answers.length === 1 && told.length === 1);
      expect([answers[0]?.body, answers[0]?.headers['correlation-id']]).toEqual(['[5]', '7']);
      expect(JSON.parse(told[0]?.body ?? '')).toEqual(['äöü', { of: 'you' }]);
    });

    it('shares work, acknowledges it, and gives it back', async () => {
      const [boss, worker] = [await open(road, version), await open(road, version)];
      const work = await subscribed(worker, '/queue/jobs', version === '1.0' ? 'client' : 'client-individual');
      for (const body of ['1', '2']) boss.publish({ destination: '/queue/jobs', body });
      await until(() => work.length === 2);
      expect(bodies(work)).toEqual(['1', '2']);
      work[0]?.ack();
      if (version === '1.0') return;
      work[1]?.nack();
      await until(() => work.length === 3);
      expect([work[2]?.body, work[2]?.headers.redelivered]).toEqual(['2', 'true']);
      await worker.deactivate();
      const heir = await open(road, version);
      const inherited = await subscribed(heir, '/queue/jobs', 'client');
      await until(() => inherited.length === 1);
      expect(bodies(inherited)).toEqual(['2']);
      await receipt(heir, (headers) => inherited[0]?.ack(headers));
    });

    it('acknowledges many messages by one ACK', async () => {
      const client = await open(road, version);
      const messages = await subscribed(client, '/topic/a', 'client');
      for (let count = 0; count < 5; count += 1) server.io.to('a').emit('n', count);
      await until(() => messages.length === 5);
      await receipt(client, (headers) => messages[4]?.ack(headers));
      const error = new Promise<IFrame>((resolve) => {
        client.onStompError = resolve;
      });
      messages[2]?.ack();
      expect((await error).headers.message).toContain('no message waits for this ACK');
    });

    it('commits and aborts transactions', async () => {
      const client = await open(road, version);
      const messages = await subscribed(client, '/topic/a');
      const aborted = client.begin();
      client.publish({ destination: '/topic/a', body: 'no', headers: { transaction: aborted.id } });
      aborted.abort();
      const committed = client.begin();
      for (const body of ['1', '2'])
        client.publish({ destination: '/topic/a', body, headers: { transaction: committed.id } });
      await receipt(client, (headers) => client.publish({ destination: '/topic/a', body: 'before', headers }));
      committed.commit();
      await until(() => messages.length === 3);
      expect(bodies(messages)).toEqual(['before', '1', '2']);
    });

    it('says goodbye by a receipt', async () => {
      const client = await open(road, version);
      const done = new Promise<IFrame>((resolve) => {
        client.onDisconnect = resolve;
      });
      await client.deactivate();
      expect((await done).command).toBe('RECEIPT');
      await until(() => server.left.length === 1);
      expect(server.left).toEqual(['client namespace disconnect']);
    });
  });

  it('is refused with the message and data of the middleware', async () => {
    const client = make(road, '1.2', { connectHeaders: { host: '/', passcode: 'wrong' } });
    const error = new Promise<IFrame>((resolve) => {
      client.onStompError = resolve;
    });
    client.activate();
    const { headers, body } = await error;
    expect([headers.message, JSON.parse(body)]).toEqual([
      'wrong passcode',
      { message: 'wrong passcode', data: { retry: false } },
    ]);
  });

  it('is refused a closed room, and then the connection ends', async () => {
    const client = await open(road, '1.2');
    const error = new Promise<IFrame>((resolve) => {
      client.onStompError = resolve;
    });
    const closed = new Promise<void>((resolve) => {
      client.onWebSocketClose = () => resolve();
    });
    client.subscribe('/topic/secret', () => undefined);
    expect((await error).headers.message).toContain('SUBSCRIBE to /topic/secret was refused');
    await closed;
    await until(() => server.left.length === 1);
  });

  it("receives the server's heart-beats, and is dropped without its own", { timeout: 60_000 }, async () => {
    const beats: string[] = [];
    const client = await open(road, '1.2', {
      heartbeatIncoming: 2_000,
      heartbeatOutgoing: 2_000,
      debug: (text) => void beats.push(text),
    });
    const messages = await subscribed(client, '/topic/a');
    const count = (beat: string): number => beats.filter((text) => text.includes(beat)).length;
    await until(() => count('<<< PONG') >= 2 && count('>>> PING') >= 2);
    server.io.to('a').emit('still', 'here');
    await until(() => messages.length === 1);
    expect(server.left).toEqual([]);
    const silent = await open(road, '1.2', { heartbeatIncoming: 2_000, heartbeatOutgoing: 2_000 });
    const error = new Promise<IFrame>((resolve) => {
      silent.onStompError = resolve;
    });
    (silent as unknown as { _stompHandler: { _pinger: { stop(): void } } })._stompHandler._pinger.stop();
    expect((await error).headers.message).toBe('no heart-beat came for 4000 ms');
    await until(() => server.left.length === 1);
    expect(server.left).toEqual(['ping timeout']);
  });
});

it('sends a large message in pieces, as stompjs splits frames', async () => {
  const client = await open('WebSocket', '1.2', { splitLargeFrames: true, maxWebSocketChunkSize: 8 * 1024 });
  const answers = await subscribed(client, '/user/queue/size');
  const body = 'x'.repeat(300_000);
  client.publish({ destination: '/app/size', headers: { 'correlation-id': '1' }, body });
  await until(() => answers.length === 1);
  expect(answers[0]?.body).toBe('[300000]');
});
