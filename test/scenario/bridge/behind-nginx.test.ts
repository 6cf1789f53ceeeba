// needs: modules
/**
 * Two nodes of Socket.IO and two of Naru behind nginx, which end and are killed one after the other. Then the old ones
 * leave, and the log goes on and off again. `NARU_NGINX_SECONDS` sets how long the restarts take,
 * `NARU_NGINX_EVERY_MS` the time between two of them, `NARU_NGINX_GUESTS` the number of clients, and
 * `NARU_NGINX_SPEAK_MS` the time between two words of a node.
 */
import { spawn } from 'node:child_process';
import { expect, it, onTestFinished } from 'vitest';
import { addOldUser, CACHE } from '../../../packages/redis/test/old-redis.js';
import { startRedis, whyNoRedis } from '../../../packages/redis/test/servers-and-uplinks.js';
import { describeWith, NGINX } from '../../conformance/events/programs.js';
import { configureNginx } from '../../conformance/events/proxy.js';
import { makeFolder } from '../../kit/folders.js';
import { fixedPort } from '../../kit/ports.mjs';
import { type Ended, faultsOf, Guest, type Kind, Node, SETTLED_MS } from './restarting-nodes.js';

const SECONDS = Number(process.env.NARU_NGINX_SECONDS ?? 8);
const EVERY_MS = Number(process.env.NARU_NGINX_EVERY_MS ?? 2_000);
/** Milliseconds between two words of a node. */
const SPEAK_MS = Number(process.env.NARU_NGINX_SPEAK_MS ?? 100);
const GUESTS = Number(process.env.NARU_NGINX_GUESTS ?? 12);
const WAYS = [['websocket'], ['polling', 'websocket'], ['polling']];
/** The nodes that are restarted in turn, and how they end. */
const TURNS = [
  [3, 'SIGTERM'],
  [0, 'SIGTERM'],
  [2, 'SIGKILL'],
  [1, 'SIGKILL'],
] as const;

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Puts nginx in front of nodes. A client stays at its node, and comes to another one while that is down. */
async function balance(nodes: readonly Node[]): Promise<string> {
  const port = await fixedPort();
  const servers = nodes.map((node) => `server 127.0.0.1:${node.port} max_fails=0;`).join(' ');
  const headers =
    'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";';
  const http = `upstream nodes { hash $arg_guest consistent; ${servers} }
    server { listen 127.0.0.1:${port}; location / { proxy_pass http://nodes; ${headers} } }`;
  const nginx = spawn(NGINX, configureNginx(makeFolder({}), http), { stdio: 'ignore' });
  onTestFinished(() => void nginx.kill('SIGTERM'));
  return `http://127.0.0.1:${port}`;
}

/** The nodes, their clients, and how runs of the nodes have ended. */
class Service {
  readonly nodes: readonly Node[];
  readonly guests: readonly Guest[];
  readonly ended: Ended[] = [];
  counted = 0;

  constructor(nodes: readonly Node[], guests: readonly Guest[]) {
    this.nodes = nodes;
    this.guests = guests;
  }

  /** Ends a node, and starts it again, as another kind if one is given. */
  async restart(node: Node, signal: 'SIGTERM' | 'SIGKILL', kind: Kind = node.kind): Promise<void> {
    this.ended.push(await node.end(signal));
    node.kind = kind;
    await node.start();
  }

  /** Each node counts the same clients once all of them are back. Some may have left a connection behind. */
  async count(nodes: readonly Node[]): Promise<void> {
    const isSettled = (): boolean => this.guests.every(({ since }) => since < Date.now() - 1_000);
    const until = Date.now() + EVERY_MS;
    while (!isSettled() && Date.now() < until) await wait(50);
    if (!isSettled()) return;
    const isSame = async (): Promise<boolean> => {
      const [first = 0, ...others] = await Promise.all(nodes.map((node) => node.count()));
      return !isSettled() || (first >= this.guests.length && others.every((other) => other === first));
    };
    await expect.poll(isSame, { timeout: 10_000 }).toBe(true);
    this.counted += 1;
  }
}

describeWith(NGINX, 'nodes of both kinds behind nginx', () => {
  it.skipIf(whyNoRedis).each(['a Redis', 'a cache with an old user'])(
    'lose nothing and double nothing while they restart, and when the old ones have left (%s)',
    { timeout: 180_000 + SECONDS * 2_000 },
    async (kind) => {
      const isOld = kind !== 'a Redis';
      const broker = await startRedis(isOld ? CACHE : ['--maxmemory-policy', 'noeviction']);
      const address = isOld ? await addOldUser(broker) : broker.url;
      const kinds: Kind[] = ['old', 'old', 'carrier', 'carrier'];
      const nodes: Node[] = [];
      for (const [at, each] of kinds.entries())
        nodes.push(new Node(each, `${'abcd'[at]}`, await fixedPort(), address, 'redis', SPEAK_MS));
      await Promise.all(nodes.map((node) => node.start()));
      const url = await balance(nodes);
      const guests = Array.from({ length: GUESTS }, (_, at) => {
        const name = `g${at}`;
        return new Guest(url, name, { transports: WAYS[at % WAYS.length] as string[], query: { guest: name } });
      });
      await expect.poll(() => guests.every(({ since }) => since < Date.now()), { timeout: 20_000 }).toBe(true);
      const service = new Service(nodes, guests);
      const until = Date.now() + SECONDS * 1_000;
      for (let turn = 0; Date.now() < until; turn += 1) {
        const [at, signal] = TURNS[turn % TURNS.length] as (typeof TURNS)[number];
        const next = wait(EVERY_MS);
        await service.restart(nodes[at] as Node, signal);
        if (signal === 'SIGTERM') await service.count(nodes);
        await next;
      }
      const [a, b, c, d] = nodes as [Node, Node, Node, Node];
      for (const node of [a, b]) service.ended.push(await node.end('SIGTERM'));
      for (const next of isOld ? [] : (['log', 'carrier'] as const))
        for (const node of [c, d]) {
          await service.restart(node, 'SIGTERM', next);
          await service.count([c, d]);
        }
      service.ended.push(await c.quiet(), await d.quiet());
      await wait(SETTLED_MS);
      expect(faultsOf(guests, service.ended).join('; ')).toBe('');
      expect(service.counted).toBeGreaterThan(0);
      for (const { heard } of guests) expect(heard.flatMap((each) => [...each.keys()]).length).toBeGreaterThan(4);
    },
  );
});
