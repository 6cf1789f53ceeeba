/** Three nodes that share a folder, their clients, and questions that all nodes answer. */
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { type Explanation, explain } from '../../../packages/explain/src/entry/index.js';
import { local } from '../../../packages/local/src/entry/index.js';
import { io as connect, type Socket } from '../../../packages/naru/src/client/index.js';
import { Server, type ServerOptions } from '../../../packages/naru/src/server/api/server.js';
import { makeFolder } from '../../kit/folders.js';

/** The nodes, their addresses, and the folder. */
export interface Cluster {
  readonly servers: readonly [Server, Server, Server];
  readonly urls: readonly [string, string, string];
  readonly folder: string;
}

/** Starts the nodes. Clients may join any room but `secret`. */
export async function startThree(options: Partial<ServerOptions> = {}): Promise<Cluster> {
  const folder = makeFolder({});
  const backplanes = [1, 2, 3].map(() => local(folder));
  const settings = { connectionStateRecovery: {}, printNodes: false, ...options };
  const servers = backplanes.map((backplane) => new Server(0, { ...settings, backplane }));
  onTestFinished(async () => {
    await Promise.all(servers.map((server) => server.close()));
    await Promise.all(backplanes.map((backplane) => backplane.close()));
  });
  await Promise.all(servers.map((server) => server.ready()));
  for (const server of servers) {
    server.allow({ subscribe: (_socket, room) => room !== 'secret' });
    server.of('/other').allow({ subscribe: true });
  }
  await expect.poll(async () => (await servers[0]?.fetchNodes())?.length).toBe(3);
  const urls = servers.map(({ httpServer }) => `http://127.0.0.1:${(httpServer.address() as AddressInfo).port}`);
  return { servers, urls, folder } as object as Cluster;
}

/** Connects a client that joins rooms. */
export async function enter(url: string, ...rooms: string[]): Promise<Socket & { id: string }> {
  const client = connect(url, { transports: ['websocket'], forceNew: true, reconnection: false });
  onTestFinished(() => void client.disconnect());
  await new Promise<void>((resolve) => client.once('connect', resolve));
  for (const room of rooms) await client.subscribe(room);
  return client as Socket & { id: string };
}

export const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks each node, and expects the same of all. Returns the answer of the first. */
export async function ask(
  { servers }: Pick<Cluster, 'servers'>,
  client: string,
  event: string | number | Date,
): Promise<Explanation> {
  const answers = await Promise.all(servers.map((server) => explain(server, { client, event })));
  for (const { verdict, missing } of answers) expect([verdict, missing]).toEqual([answers[0]?.verdict, []]);
  return answers[0] as Explanation;
}

/** A client without a library, which can stop reading, and go on with its session on another node. */
export class PlainClient {
  readonly socket: WebSocket;
  readonly texts: string[] = [];
  id = '';
  pid = '';

  private constructor(url: string) {
    this.socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
    onTestFinished(() => this.socket.terminate());
  }

  static async open(url: string, session: object | undefined = undefined): Promise<PlainClient> {
    const client = new PlainClient(url);
    client.socket.on('message', (data, isBinary) => client.#take(isBinary ? '' : String(data)));
    await new Promise((resolve) => client.socket.once('open', resolve));
    client.socket.send(`40${session ? JSON.stringify(session) : ''}`);
    await expect.poll(() => client.id).not.toBe('');
    return client;
  }

  /** The secret and the offset of the newest event, by which it goes on elsewhere. */
  get session(): { pid: string; offset: string | undefined } {
    const [offset] = /(\w{11})(?="\]$)/.exec(this.texts.at(-1) ?? '') ?? [];
    return { pid: this.pid, offset };
  }

  #take(text: string): void {
    if (text === '2') this.socket.send('3');
    else if (text.startsWith('42')) this.texts.push(text);
    else if (text.startsWith('40')) {
      const { sid, pid } = JSON.parse(text.slice(2)) as { sid: string; pid: string };
      this.id = sid;
      this.pid = pid;
    }
  }
}
