// needs: modules
/**
 * Nodes of Socket.IO and of Naru on one Redis, of which one after the other ends or is killed, while all of them speak.
 * `NARU_BRIDGE_SECONDS` sets how long this takes.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { io, type Socket } from 'socket.io-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startRedis, whyNoRedis } from '../../../packages/redis/test/servers-and-uplinks.js';
import { fixedPort } from '../../kit/ports.mjs';

const SECONDS = Number(process.env.NARU_BRIDGE_SECONDS ?? 12);
const EVERY_MS = 40;
/** Milliseconds between two restarts, and until a client of a node that stays has everything. */
const RESTART_MS = 3_000;
const SETTLED_MS = 5_000;
const PROGRAM = fileURLToPath(new URL('node.mjs', import.meta.url));

/** How a run of a node has ended: with its last number, or killed. */
interface Ended {
  readonly run: string;
  readonly number: number | undefined;
  readonly at: number;
}

/** A node that starts again and again at one port. */
class Node {
  readonly kind: 'old' | 'log';
  readonly name: string;
  readonly port: number;
  readonly #url: string;
  readonly #adapter: string;
  #process: ChildProcess | undefined;

  constructor(kind: 'old' | 'log', name: string, port: number, url: string, adapter: string) {
    this.kind = kind;
    this.name = name;
    this.port = port;
    this.#url = url;
    this.#adapter = adapter;
    onTestFinished(() => void this.#process?.kill('SIGKILL'));
  }

  async start(): Promise<void> {
    const args = [this.kind, this.name, `${this.port}`, this.#url, `${EVERY_MS}`, this.#adapter];
    const child = fork(PROGRAM, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#process = child;
    await once(child, 'message');
  }

  /** The node says nothing more. */
  async quiet(): Promise<Ended> {
    const told = once(this.#process as ChildProcess, 'message');
    this.#process?.send('quiet');
    const [{ run, number }] = await told;
    return { run, number, at: Date.now() };
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<Ended> {
    const child = this.#process as ChildProcess;
    const told = signal === 'SIGTERM' ? once(child, 'message') : undefined;
    const over = once(child, 'exit');
    child.kill(signal);
    const said = (await told)?.[0] as { run: string; number: number } | undefined;
    await over;
    return { run: `${this.name}-${child.pid}`, number: said?.number, at: Date.now() };
  }
}

/** A client's words and ticks of one run of a node while the client was without a break. */
type Stretch = (number | 'tick')[];

/** A stock client. */
class Guest {
  readonly node: Node;
  readonly name: string;
  readonly client: Socket;
  /** By break of the client, and by run of a node. */
  readonly heard: Map<string, Stretch>[] = [];
  /** The times at which the client began without a session. */
  readonly begins: number[] = [];

  constructor(node: Node, name: string) {
    this.node = node;
    this.name = name;
    const options = { transports: ['websocket'], forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 300 };
    this.client = io(`http://127.0.0.1:${node.port}`, options);
    onTestFinished(() => void this.client.disconnect());
    this.client.on('connect', () => {
      if (this.client.recovered) return;
      this.heard.push(new Map());
      this.begins.push(Date.now());
    });
    this.client.on('word', (run: string, number: number) => this.#stretch(run).push(number));
    this.client.on('tick', (run: string) => this.#stretch(run).push('tick'));
  }

  #stretch(run: string): Stretch {
    const heard = this.heard.at(-1) as Map<string, Stretch>;
    const stretch = heard.get(run) ?? [];
    heard.set(run, stretch);
    return stretch;
  }

  /** Returns the last number that it heard of a run. */
  lastOf(run: string): number {
    const numbers = this.heard.flatMap((heard) => (heard.get(run) ?? []).filter((each) => each !== 'tick'));
    return Math.max(0, ...numbers);
  }
}

/** Finds what was lost, doubled or out of order. */
function faultsOf(guests: readonly Guest[], ended: readonly Ended[]): string[] {
  const faults: string[] = [];
  for (const { node, name, heard, begins } of guests) {
    for (const [index, runs] of heard.entries())
      for (const [run, stretch] of runs) {
        for (let at = 1; at < stretch.length; at += 1) {
          const [before, each] = [stretch[at - 1], stretch[at]];
          const isNext = each === 'tick' ? before !== 'tick' : before === 'tick' && each === nextOf(stretch, at);
          if (!isNext) faults.push(`${name} of ${node.kind} ${node.name} heard ${before} and then ${each} of ${run}`);
        }
        const end = ended.find((each) => each.run === run);
        const isWhole = end && index === heard.length - 1 && end.at > (begins[index] ?? 0) + SETTLED_MS;
        const last = stretch.findLast((each) => each !== 'tick');
        if (isWhole && end.number !== undefined && (last !== end.number || stretch.at(-1) !== 'tick'))
          faults.push(`${name} of ${node.kind} ${node.name} heard ${last} of ${run}, which said ${end.number}`);
      }
  }
  // An event that the clients of Naru lack must not have reached the others.
  for (const { run, number } of ended) {
    if (number !== undefined) continue;
    const heardOf = (kind: string): number[] =>
      guests.filter(({ node }) => node.kind === kind).map((each) => each.lastOf(run));
    const [old, ours] = [Math.max(0, ...heardOf('old')), Math.max(0, ...heardOf('log'))];
    if (old > ours)
      faults.push(`the clients of Socket.IO heard ${old} of ${run}, which was killed, and those of Naru ${ours}`);
  }
  return faults;
}

/** Returns the number after the last one before a place. */
function nextOf(stretch: Stretch, at: number): number | undefined {
  const before = stretch.slice(0, at).findLast((each) => each !== 'tick');
  return before === undefined ? (stretch[at] as number) : (before as number) + 1;
}

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
      const guests = nodes.flatMap((node) => [1, 2].map((n) => new Guest(node, `${node.name}${n}`)));
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
      expect(faultsOf(guests, ended)).toEqual([]);
    });
  },
);
