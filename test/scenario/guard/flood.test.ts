// needs: modules
/** Persons who send far more than their limit to two nodes on Redis, beside quiet ones. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { Broker, whyNoBroker } from '../../kit/brokers/broker.mjs';
import { enter, startNode, tokenOf, wait } from './nodes.js';

const LIMIT = 100;
const FLOOD_MS = 3_000;

const missing = whyNoBroker('redis');
if (missing !== undefined) console.warn(`SKIPPED: a flood on two nodes. ${missing}`);

it.skipIf(missing !== undefined)(
  'a limit of persons holds within a tenth on two nodes on Redis, and quiet ones are answered',
  { timeout: 60_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'naru-flood-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const broker = new Broker('redis', folder);
    onTestFinished(() => broker.kill());
    await broker.start();
    const limits = { user: { events: LIMIT } };
    const nodes = await Promise.all([1, 2].map(() => startNode(broker.url, '', limits)));
    const floods = ['7', '8'].flatMap((user) => nodes.map(({ port }) => enter(port, tokenOf(user), 'websocket')));
    const quiet = nodes.map(({ port }, at) => enter(port, tokenOf(`quiet ${at}`), 'websocket'));
    await expect.poll(() => [...floods, ...quiet].map(({ seen }) => seen[0])).toEqual(Array(6).fill('in'));
    let isOver = false;
    const flooding = setInterval(() => {
      for (const { socket } of floods) for (let at = 0; at < 5; at += 1) socket.emit('count');
    }, 10);
    onTestFinished(() => clearInterval(flooding));
    const talking = quiet.map(async ({ socket }) => {
      let answers = 0;
      for (; !isOver; await wait(50)) if ((await socket.emitWithAck('node')) > 0) answers += 1;
      return answers;
    });
    // The first second empties the buckets.
    await wait(1_200);
    const [from, began] = [await Promise.all(nodes.map(({ counted }) => counted())), performance.now()];
    await wait(FLOOD_MS);
    const to = await Promise.all(nodes.map(({ counted }) => counted()));
    const seconds = (performance.now() - began) / 1_000;
    isOver = true;
    for (const user of ['7', '8']) {
      const taken = to.reduce((sum, each, at) => sum + (each[user] ?? 0) - (from[at]?.[user] ?? 0), 0);
      expect(taken).toBeGreaterThan(0.9 * LIMIT * seconds);
      expect(taken).toBeLessThan(1.1 * LIMIT * seconds);
    }
    expect(Math.min(...(await Promise.all(talking)))).toBeGreaterThan(10);
  },
);
