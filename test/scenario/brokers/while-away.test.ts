// needs: modules
/**
 * Nodes with `whileAway: 'local'` on a real Redis and a real NATS that is killed or stands still, while one of the
 * nodes is killed. `NARU_AWAY_MS` sets how long the broker is away.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { io as connect, type Socket } from 'socket.io-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Broker, whyNoBroker } from '../../kit/brokers/broker.mjs';

const AWAY_MS = Number(process.env.NARU_AWAY_MS ?? 6_000);
/** Milliseconds between two events of a node, and those after which its own clients have one. */
const PACE_MS = 20;
const OWN_MS = 2_000;
const PROGRAM = fileURLToPath(new URL('speaker.mjs', import.meta.url));

/** A node, and two clients that note the numbers of each node in the order in which they come. */
class Speaker {
  readonly name: string;
  readonly heard: Map<string, number[]>[] = [];
  readonly troubles: string[] = [];
  readonly #process: ChildProcess;

  private constructor(name: string, child: ChildProcess) {
    this.name = name;
    this.#process = child;
    onTestFinished(() => void child.kill('SIGKILL'));
  }

  static async start(name: string, url: string): Promise<Speaker> {
    const child = fork(PROGRAM, [url, `${PACE_MS}`, name], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const speaker = new Speaker(name, child);
    const [port] = await once(child, 'message');
    for (let at = 0; at < 2; at += 1) await speaker.#enter(port as number);
    return speaker;
  }

  async #enter(port: number): Promise<void> {
    const client: Socket = connect(`http://127.0.0.1:${port}`, { transports: ['websocket'], forceNew: true });
    onTestFinished(() => void client.disconnect());
    const heard = new Map<string, number[]>();
    this.heard.push(heard);
    client.on('n', (name: string, n: number) => heard.set(name, [...(heard.get(name) ?? []), n]));
    client.on('naru:gap', () => this.troubles.push('naru:gap'));
    client.on('disconnect', (reason) => this.troubles.push(reason));
    await once(client as never, 'connect');
  }

  speak(): void {
    this.#process.send('speak');
  }

  /** Says nothing more, and returns how many numbers it has said. */
  async quiet(): Promise<number> {
    const told = once(this.#process, 'message');
    this.#process.send('quiet');
    return (await told)[0] as number;
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }

  /** How many numbers of a node each client has. */
  counts({ name }: Speaker): number[] {
    return this.heard.map((heard) => heard.get(name)?.length ?? 0);
  }
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

describe.each(['redis', 'nats'] as const)('events that do not wait for %s', (kind) => {
  const missing = whyNoBroker(kind);
  if (missing !== undefined) console.warn(`SKIPPED: events that do not wait for ${kind}. ${missing}`);

  it.skipIf(missing !== undefined).each(['is killed', 'stands still'])(
    'reach the clients of their server while it %s, and all others when it is back',
    { timeout: 60_000 + 2 * AWAY_MS },
    async (fault) => {
      const folder = mkdtempSync(join(tmpdir(), 'naru-away-'));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      const broker = new Broker(kind, folder);
      onTestFinished(() => broker.kill());
      await broker.start();
      const nodes: Speaker[] = [];
      for (const name of ['a', 'b', 'c']) nodes.push(await Speaker.start(name, broker.url));
      const [one, other, third] = nodes as [Speaker, Speaker, Speaker];
      for (const node of nodes) node.speak();
      await delay(2_000);
      if (fault === 'is killed') await broker.kill();
      else broker.stall();
      await delay(AWAY_MS / 2);
      third.kill();
      await delay(AWAY_MS / 2 - OWN_MS);
      const before = [one, other].map((node) => Math.max(...node.counts(node)));
      await delay(OWN_MS);
      // All who were there have heard everything, and it went on all the time.
      for (const [at, node] of [one, other].entries()) {
        const counts = node.counts(node);
        expect(Math.min(...counts)).toBeGreaterThan(before[at] as number);
        expect(Math.min(...counts)).toBeGreaterThan((AWAY_MS / PACE_MS) * 0.5);
      }
      expect([one, other].flatMap(({ troubles }) => troubles)).toEqual([]);
      if (fault === 'is killed') await broker.start();
      else broker.goOn();
      const said = [await one.quiet(), await other.quiet()] as const;
      for (const [at, node] of [one, other].entries())
        await expect.poll(() => node.counts(node), { timeout: 10_000 }).toEqual([said[at], said[at]]);
      const isKept = AWAY_MS < 55_000;
      if (isKept) {
        await expect.poll(() => one.counts(other), { timeout: 20_000 }).toEqual([said[1], said[1]]);
        await expect.poll(() => other.counts(one), { timeout: 20_000 }).toEqual([said[0], said[0]]);
      } else await delay(20_000);
      for (const node of [one, other])
        for (const heard of node.heard) {
          expect(heard.get(node.name)).toEqual(upTo(said[node === one ? 0 : 1]));
          for (const [name, numbers] of heard)
            expect(numbers, `those of ${name} rise`).toEqual([...new Set(numbers)].toSorted((x, y) => x - y));
        }
      // A broker that is away for longer than events wait costs gaps. Each node tells of its own. It does so once more
      // when it loses events while it tells.
      const troubles = [one, other].flatMap((node) => node.troubles);
      expect(isKept ? troubles : troubles.filter((each) => each !== 'naru:gap')).toEqual([]);
      expect(troubles.length).toBeLessThanOrEqual(2 * 2 * 4);
    },
  );
});
