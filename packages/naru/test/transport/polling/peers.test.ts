/** Compares long-polling with engine.io 6: the same requests, side by side, must get the same answers. */
import { Buffer } from 'node:buffer';
import http from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { Server as StockServer } from 'engine.io';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineServer } from '../../../src/server/engine/engine-server.js';

/** The common part of both servers' sessions. */
interface AnySession {
  send(data: string | Buffer): unknown;
  close(): unknown;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
}

interface Peer {
  readonly base: string;
  readonly port: number;
  readonly closes: string[];
  /** The number of requests that have arrived. */
  requestCount(): number;
  stop(): void;
}

const OPTIONS = { maxHttpBufferSize: 2_000, allowEIO3: true, pingInterval: 25_000, pingTimeout: 20_000 };
const ECHO_CLOSE = 'close me';

async function start(
  create: (server: http.Server) => {
    on(event: 'connection', listener: (session: AnySession) => void): unknown;
    close(): unknown;
  },
): Promise<Peer> {
  const server = http.createServer();
  const engine = create(server);
  const closes: string[] = [];
  let requests = 0;
  server.on('request', () => {
    requests += 1;
  });
  engine.on('connection', (session) => {
    session.on('close', (reason) => closes.push(String(reason)));
    session.on('message', (data) => {
      if (data === ECHO_CLOSE) session.close();
      else session.send(data as string);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const stop = (): void => {
    engine.close();
    server.closeAllConnections();
    server.close();
  };
  return { base: `http://127.0.0.1:${port}/engine.io/`, port, closes, requestCount: () => requests, stop };
}

/** One tested client. `log` collects the results that must be equal. */
class Client {
  readonly log: unknown[] = [];
  readonly peer: Peer;
  readonly query: string;
  sid = '';

  constructor(peer: Peer, query = 'EIO=4') {
    this.peer = peer;
    this.query = query;
  }

  get url(): string {
    return `${this.peer.base}?${this.query}&transport=polling${this.sid ? `&sid=${this.sid}` : ''}`;
  }

  async open(): Promise<this> {
    const text = await (await fetch(this.url)).text();
    const json = /\{.*\}/.exec(text.replaceAll('\\"', '"'))?.[0] ?? '{}';
    const { sid, ...rest } = JSON.parse(json);
    this.sid = sid;
    this.log.push(text.replace(sid, 'SID').replace(/^\d+:/, ''), rest);
    return this;
  }

  async #note(what: string, response: Promise<Response>): Promise<void> {
    try {
      const answer = await response;
      const body = Buffer.from(await answer.arrayBuffer()).toString('latin1');
      this.log.push([
        what,
        answer.status,
        answer.headers.get('content-type'),
        answer.headers.get('cache-control'),
        answer.headers.get('content-encoding'),
        body,
      ]);
    } catch {
      this.log.push([what, 'no answer']);
    }
  }

  get(headers: Record<string, string> = {}): Promise<void> {
    return this.#note('GET', fetch(this.url, { headers: { 'accept-encoding': 'identity', ...headers } }));
  }

  post(body: string | Uint8Array<ArrayBuffer>, type = 'text/plain;charset=UTF-8'): Promise<void> {
    return this.#note('POST', fetch(this.url, { method: 'POST', body, headers: { 'content-type': type } }));
  }
}

let stock: Peer;
let ours: Peer;

beforeAll(async () => {
  stock = await start((server) => {
    const engine = new StockServer(OPTIONS);
    engine.attach(server);
    return engine as never;
  });
  ours = await start((server) => new EngineServer(OPTIONS).attach(server) as never);
});

afterAll(() => {
  stock.stop();
  ours.stop();
});

const BYTES = Buffer.from([0, 3, 255, 52, 97, 98, 1, 2, 255, 4, 9]);
const scenarios: Record<string, { query?: string; run: (client: Client) => Promise<unknown> }> = {
  'opens, echoes text and bytes': {
    run: async (client) => {
      await client.post('4hello\x1ebAQIDBA==\x1e4é€😀');
      await client.get();
    },
  },
  'echoes what comes while a poll waits': {
    run: async (client) => {
      const poll = client.get();
      await new Promise((resolve) => setTimeout(resolve, 30));
      await client.post('4hello');
      await poll;
    },
  },
  'compresses a long answer': {
    run: async (client) => {
      await client.post(`4${'naru '.repeat(300)}`);
      const answer = await fetch(client.url, { headers: { 'accept-encoding': 'gzip' } });
      client.log.push(answer.headers.get('content-encoding'), (await answer.text()).length);
    },
  },
  'does not compress a short answer': {
    run: async (client) => {
      await client.post('4a');
      await client.get({ 'accept-encoding': 'gzip' });
    },
  },
  'ends by the close packet of the client': {
    run: async (client) => {
      const poll = client.get();
      await new Promise((resolve) => setTimeout(resolve, 30));
      await client.post('1');
      await poll;
      await client.get();
    },
  },
  'closes while a poll waits': {
    run: async (client) => {
      const poll = client.get();
      await new Promise((resolve) => setTimeout(resolve, 30));
      const post = fetch(client.url, { method: 'POST', body: `4${ECHO_CLOSE}` }).catch(() => undefined);
      await Promise.all([poll, post]);
      await client.get();
    },
  },
  'refuses two polls at once': {
    run: async (client) => {
      const first = client.get();
      await new Promise((resolve) => setTimeout(resolve, 30));
      await client.get();
      await first;
      await client.get();
    },
  },
  'refuses bytes in protocol 4': {
    run: async (client) => {
      await client.post(BYTES, 'application/octet-stream');
      await client.get();
    },
  },
  'ends when the client vanishes during a poll': {
    run: async (client) => {
      const { closes, port, requestCount } = client.peer;
      const [closeCount, before] = [closes.length, requestCount()];
      const socket = connect(port, '127.0.0.1');
      const { pathname, search } = new URL(client.url);
      socket.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: x\r\n\r\n`);
      while (requestCount() === before) await new Promise((resolve) => setTimeout(resolve, 5));
      socket.destroy();
      while (closes.length === closeCount) await new Promise((resolve) => setTimeout(resolve, 5));
      await client.get();
    },
  },
  'ends when the client vanishes during a data request': {
    run: async (client) => {
      const { closes, port } = client.peer;
      const count = closes.length;
      const socket = connect(port, '127.0.0.1');
      const { pathname, search } = new URL(client.url);
      const head = `POST ${pathname}${search} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n`;
      await new Promise((resolve) => socket.write(`${head}4a`, resolve));
      socket.destroy();
      while (closes.length === count) await new Promise((resolve) => setTimeout(resolve, 5));
      await client.get();
    },
  },
  'speaks protocol 3': {
    query: 'EIO=3',
    run: async (client) => {
      await client.post('3:4é€');
      await client.get();
      await client.post('6:b4AQID');
      await client.get();
      await client.post(BYTES, 'application/octet-stream');
      await client.get();
      await client.post('1:2');
      await client.get();
    },
  },
  'speaks protocol 3 without bytes': {
    query: 'EIO=3&b64=1',
    run: async (client) => {
      await client.post('6:b4AQID');
      await client.get();
    },
  },
};

describe('engine.io 6 and Naru', () => {
  for (const [name, { query, run }] of Object.entries(scenarios)) {
    it(name, async () => {
      const logs = await Promise.all(
        [stock, ours].map(async (peer) => {
          const client = await new Client(peer, query).open();
          const before = peer.closes.length;
          await run(client);
          // Answers on different connections may arrive in any order.
          return [...client.log.map((entry) => JSON.stringify(entry)).sort(), peer.closes.slice(before)];
        }),
      );
      expect(logs[1]).toEqual(logs[0]);
    });
  }
});
