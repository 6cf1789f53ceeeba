// needs: modules
/**
 * Nodes of Socket.IO and of Naru on one Redis, of which one after the other ends or is killed, while all of them speak.
 * `NARU_BRIDGE_SECONDS` sets how long this takes.
 */
import { describe, expect, it } from 'vitest';
import { startRedis, whyNoRedis } from '../../../packages/redis/test/servers-and-uplinks.js';
import { fixedPort } from '../../kit/ports.mjs';
import { type Ended, faultsOf, Guest, Node, SETTLED_MS } from './restarting-nodes.js';

const SECONDS = Number(process.env.NARU_BRIDGE_SECONDS ?? 12);
/** Milliseconds between two restarts. */
const RESTART_MS = 3_000;

describe.skipIf(whyNoRedis).each(['redis', 'streams'])(
  'nodes that end and are killed beside others (%s)',
  (adapter) => {
    it('lose nothing, double nothing and keep the order of each node', {
      timeout: 60_000 + SECONDS * 2_000,
    }, async () => {
      const broker = await startRedis(['--appendonly', 'no']);
      const nodes: Node[] = [];
      for (const [kind, name] of [
        ['old', 'a'],
        ['old', 'b'],
        ['log', 'c'],
        ['log', 'd'],
      ] as const)
        nodes.push(new Node(kind, name, await fixedPort(), broker.url, adapter));
      await Promise.all(nodes.map((node) => node.start()));
      const options = { transports: ['websocket'] };
      const guests = nodes.flatMap(({ name, port }) =>
        [1, 2].map((n) => new Guest(`http://127.0.0.1:${port}`, `${name}${n}`, options)),
      );
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      const ended: Ended[] = [];
      const ways = [
        [3, 'SIGTERM'],
        [0, 'SIGTERM'],
        [2, 'SIGKILL'],
        [1, 'SIGKILL'],
        [3, 'SIGKILL'],
        [2, 'SIGTERM'],
      ] as const;
      const until = Date.now() + SECONDS * 1_000;
      for (let turn = 0; Date.now() < until; turn += 1) {
        const [at, signal] = ways[turn % ways.length] as (typeof ways)[number];
        const node = nodes[at] as Node;
        ended.push(await node.end(signal));
        await node.start();
        await new Promise((resolve) => setTimeout(resolve, RESTART_MS));
      }
      ended.push(...(await Promise.all(nodes.map((node) => node.quiet()))));
      await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
      const counts = guests.map(({ heard }) => heard.flatMap((each) => [...each.values()]).flat().length);
      for (const count of counts) expect(count).toBeGreaterThan(SECONDS * 50);
      expect(faultsOf(guests, ended).join('; ')).toBe('');
    });
  },
);
