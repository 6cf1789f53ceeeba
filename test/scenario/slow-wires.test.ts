/** Clients of every wire that stop reading, on real sockets, while another one reads on. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket as NetSocket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { io, type Socket } from '../../packages/naru/src/client/index.js';
import { type Namespace, Server } from '../../packages/naru/src/server/api/index.js';
import { stomp } from '../../packages/stomp/src/stomp.js';
import { encodeClientText } from '../kit/clients/websocket-text.js';

const BUDGET = 1_000_000;
const BLOCK = 64 * 1024;
/** More than the system buffers for a connection whose peer does not read. */
const COUNT = 480;

const http = createServer();
const server = new Server(http, {
  events: true,
  wires: [stomp()],
  pingInterval: 600_000,
  bufferedBytesMax: 16_000_000,
});
const ports = { http: 0, tcp: 0, stomp: 0 };
const open: NetSocket[] = [];

beforeAll(async () => {
  server.allow({ subscribe: true });
  server.on('connection', (socket) => {
    void socket.join('room');
  });
  server.slow('room', { policy: 'drop-oldest', bytesMax: BUDGET });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  for (const scheme of ['tcp', 'stomp']) server.listen(`${scheme}://127.0.0.1:0`);
  await server.ready();
  const portOf = (address: unknown): number => (address as AddressInfo).port;
  const [tcp, stomp] = server.endpoints.map(({ address }) => portOf(address));
  Object.assign(ports, { http: portOf(http.address()), tcp, stomp });
});

afterAll(async () => {
  for (const socket of open) socket.destroy();
  await server.close();
});

/** A client that sends a text and keeps the end of the answer, with counts of certain words. */
class Client {
  tail = '';
  readonly socket: NetSocket;

  private constructor(socket: NetSocket) {
    this.socket = socket;
    socket.on('data', (chunk) => {
      const text = this.tail.slice(-200) + chunk.toString('latin1');
      this.#look(text);
      this.tail = text.slice(-2_000);
    });
    open.push(socket);
  }

  readonly told: string[] = [];
  hasLast = false;

  #look(text: string): void {
    for (const match of text.matchAll(/naru(?::|\\c)dropped[^{]{0,200}(\{[^}]*\})/gs)) {
      const [, what = ''] = match;
      if (this.told.at(-1) !== what) this.told.push(what);
    }
    if (text.includes('the last of all')) this.hasLast = true;
  }

  static async open(port: number, ...texts: (string | Buffer)[]): Promise<Client> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const client = new Client(socket);
    for (const text of texts) socket.write(text);
    return client;
  }
}

async function openEngine(transport: string): Promise<string> {
  const base = `http://127.0.0.1:${ports.http}/socket.io/?EIO=4&transport=${transport}`;
  const response = await fetch(base);
  const { sid } = JSON.parse((await response.text()).slice(1)) as { sid: string };
  await fetch(`${base}&sid=${sid}`, { method: 'POST', body: '40' });
  return `${base}&sid=${sid}`;
}

const head = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
const KEY = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
const UPGRADE = `Connection: Upgrade\r\nUpgrade: websocket\r\n${KEY}`;
const path = '/socket.io/?EIO=4&transport=';

const WIRES: Readonly<Record<string, () => Promise<Client>>> = {
  websocket: () => Client.open(ports.http, head(`${path}websocket`, UPGRADE), encodeClientText('40')),
  async sse() {
    const client = await Client.open(ports.http, head(`${path}sse`));
    await expect.poll(() => client.tail).toContain('"sid":"');
    const [, sid] = /"sid":"([^"]+)"/.exec(client.tail) as RegExpExecArray;
    await fetch(`http://127.0.0.1:${ports.http}${path}sse&sid=${sid}`, { method: 'POST', body: '40' });
    return client;
  },
  'plain events': () => Client.open(ports.http, head('/events/room')),
  'lines of TCP': () => Client.open(ports.tcp, '\n'),
  'records of TCP': () => Client.open(ports.tcp, Buffer.from('NARU1\n'), Buffer.from([2]), '40'),
  STOMP: () =>
    Client.open(
      ports.stomp,
      'CONNECT\naccept-version:1.2\nhost:a\n\n\0',
      'SUBSCRIBE\nid:1\ndestination:/topic/room\n\n\0SUBSCRIBE\nid:2\ndestination:/user/queue/naru\\cdropped\n\n\0',
    ),
};

describe('clients of every wire that stop reading', () => {
  it('cost at most their budget, are listed, learn what they missed, and disturb nobody', {
    timeout: 120_000,
  }, async () => {
    const nsp = server.sockets as unknown as Namespace;
    const clients: Client[] = [];
    for (const [name, openOne] of Object.entries(WIRES)) {
      const count = nsp.adapter.rooms.get('room')?.size ?? 0;
      clients.push(await openOne());
      await expect.poll(() => nsp.adapter.rooms.get('room')?.size ?? 0, { message: name }).toBe(count + 1);
    }
    const polling = await openEngine('polling');
    const first = await (await fetch(polling)).text();
    expect(first).toMatch(/^40/);
    const reader: Socket = io(`http://127.0.0.1:${ports.http}`, { transports: ['websocket'] });
    const heard: number[] = [];
    reader.on('n', (n: number) => heard.push(n));
    await new Promise<void>((resolve) => reader.on('connect', () => resolve()));
    await expect.poll(() => nsp.adapter.rooms.get('room')?.size).toBe(clients.length + 2);
    for (const { socket } of clients) socket.pause();
    const block = 'x'.repeat(BLOCK);
    const slowIds = [...nsp.sockets.keys()].filter((id) => id !== reader.id);
    let most = 0;
    for (let n = 0; n < COUNT; n += 1) {
      server.to('room').emit('n', n, block);
      await new Promise<void>((resolve) => setImmediate(resolve));
      for (const { bytes } of server.engine.slow().readers) most = Math.max(most, bytes);
    }
    await expect.poll(() => heard.length, { timeout: 30_000 }).toBe(COUNT);
    expect(heard).toEqual(Array.from({ length: COUNT }, (_, n) => n));
    const report = server.engine.slow();
    expect(report.readers.map(({ id }) => id).sort()).toEqual(slowIds.sort());
    expect(report.readers.map(({ droppedEvents }) => droppedEvents > 10)).toEqual(slowIds.map(() => true));
    expect(most).toBeLessThan(BUDGET + 4 * BLOCK);
    server.to('room').emit('end', 'the last of all');
    for (const { socket } of clients) socket.resume();
    const names = Object.keys(WIRES);
    await expect.poll(() => names.filter((_, at) => !clients[at]?.hasLast), { timeout: 30_000 }).toEqual([]);
    expect(names.filter((_, at) => clients[at]?.told.length === 0)).toEqual([]);
    let text = '';
    while (!text.includes('the last of all')) text += await (await fetch(polling)).text();
    expect(text).toMatch(/42\["naru:dropped",\{"count":\d+\}\]/);
    await expect.poll(() => server.engine.slow().count).toBe(0);
    reader.disconnect();
  });
});

describe('a stream of plain events that was read too slowly', () => {
  it('resumes, by its Last-Event-ID, after the reported gap', { timeout: 60_000 }, async () => {
    const web = createServer();
    const logged = new Server(web, { events: true, connectionStateRecovery: {} });
    logged.allow({ subscribe: true });
    logged.slow('room', { policy: 'drop-oldest', bytesMax: BUDGET });
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    const { port } = web.address() as AddressInfo;
    const read = async (
      lastEventId = '',
    ): Promise<{ socket: NetSocket; events: { id: string; name: string; data: string }[] }> => {
      const socket = connect(port, '127.0.0.1');
      open.push(socket);
      const events: { id: string; name: string; data: string }[] = [];
      let rest = '';
      socket.on('data', (chunk) => {
        const parts = `${rest}${chunk.toString('latin1')}`.split('\n\n');
        rest = parts.pop() ?? '';
        for (const part of parts) {
          const field = (name: string): string => new RegExp(`^${name}: ?(.{0,60})`, 'm').exec(part)?.[1] ?? '';
          if (field('data') !== '') events.push({ id: field('id'), name: field('event'), data: field('data') });
        }
      });
      socket.write(head('/events/room', lastEventId && `Last-Event-ID: ${lastEventId}\r\n`));
      await expect.poll(() => logged.sockets.adapter.rooms.get('room')?.size).toBe(1);
      return { socket, events };
    };
    const { socket, events } = await read();
    socket.pause();
    const block = 'x'.repeat(BLOCK);
    for (let n = 0; n < COUNT; n += 1) {
      logged.to('room').emit('n', n, block);
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    expect(logged.engine.slow().totals.droppedEvents).toBeGreaterThan(10);
    socket.resume();
    const numberOf = (data: string): number => Number(/^\[(\d+)/.exec(data)?.[1]);
    await expect.poll(() => numberOf(events.at(-1)?.data ?? ''), { timeout: 30_000 }).toBe(COUNT - 1);
    const at = events.findIndex(({ name }) => name === 'naru:dropped');
    const [before, told, behind] = events.slice(at - 1, at + 2) as typeof events;
    const { count } = JSON.parse(told?.data ?? '[]')[0] as { count: number };
    expect(numberOf(behind?.data ?? '')).toBe(numberOf(before?.data ?? '') + count + 1);
    socket.destroy();
    await expect.poll(() => logged.sockets.adapter.rooms.get('room')?.size ?? 0).toBe(0);
    const again = await read(told?.id);
    await expect.poll(() => again.events.length, { timeout: 30_000 }).toBe(events.length - at - 1);
    expect(again.events.map(({ data }) => numberOf(data))).toEqual(
      events.slice(at + 1).map(({ data }) => numberOf(data)),
    );
    await logged.close();
  });
});
