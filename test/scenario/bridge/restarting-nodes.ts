/** Nodes of Socket.IO and of Naru that end and start again while they speak, and stock clients that count words. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { onTestFinished } from 'vitest';

/** Milliseconds between two words of a node, by default. */
const EVERY_MS = 40;
/** Milliseconds that a word takes to a client that is there, at most. */
const MARGIN_MS = 500;
/** Milliseconds until a client has everything that a node said before it ended. */
export const SETTLED_MS = 5_000;
const PROGRAM = fileURLToPath(new URL('node.mjs', import.meta.url));

/** A node of Socket.IO, or one of Naru: as a carrier, or with a log. */
export type Kind = 'old' | 'carrier' | 'log';

/** How a run of a node has ended: with its last number, or killed. */
export interface Ended {
  readonly run: string;
  readonly number: number | undefined;
  readonly at: number;
}

/** A node that starts again and again at one port. */
export class Node {
  kind: Kind;
  readonly name: string;
  readonly port: number;
  readonly #url: string;
  readonly #adapter: string;
  readonly #everyMs: number;
  #process: ChildProcess | undefined;

  constructor(kind: Kind, name: string, port: number, url: string, adapter: string, everyMs = EVERY_MS) {
    this.#everyMs = everyMs;
    this.kind = kind;
    this.name = name;
    this.port = port;
    this.#url = url;
    this.#adapter = adapter;
    onTestFinished(() => void this.#process?.kill('SIGKILL'));
  }

  async start(): Promise<void> {
    const args = [this.kind, this.name, `${this.port}`, this.#url, `${this.#everyMs}`, this.#adapter];
    const child = fork(PROGRAM, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#process = child;
    await once(child, 'message');
  }

  /** Returns how many clients all nodes have, as this one finds them. */
  async count(): Promise<number> {
    const told = once(this.#process as ChildProcess, 'message');
    this.#process?.send('count');
    return (await told)[0] as number;
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
export class Guest {
  readonly name: string;
  readonly client: Socket;
  /** By break of the client, and by run of a node. */
  readonly heard: Map<string, Stretch>[] = [];
  /** The nodes that the client was at, by break. */
  readonly nodes: string[] = [];
  /** The times at which the client began without a session. */
  readonly begins: number[] = [];
  /** The times at which these ended, because the connection was lost and the session did not go on. */
  readonly ends: number[] = [];
  #brokeAt = 0;
  /** When it connected last, with a session or without. */
  since = Number.POSITIVE_INFINITY;

  constructor(url: string, name: string, options: Partial<ManagerOptions & SocketOptions>) {
    this.name = name;
    this.client = io(url, { forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 300, ...options });
    onTestFinished(() => void this.client.disconnect());
    this.client.on('connect', () => {
      this.since = Date.now();
      if (this.client.recovered) return;
      if (this.#brokeAt > 0) this.ends.push(this.#brokeAt);
      this.heard.push(new Map());
      this.nodes.push('');
      this.begins.push(this.since);
    });
    this.client.on('disconnect', (reason) => {
      this.since = Number.POSITIVE_INFINITY;
      this.#brokeAt = Date.now();
      if (reason === 'io server disconnect') this.client.connect();
    });
    this.client.on('hello', (node: string) => this.nodes.splice(-1, 1, node));
    this.client.on('word', (run: string, number: number) => this.#stretch(run).push(number));
    this.client.on('tick', (run: string) => this.#stretch(run).push('tick'));
  }

  #stretch(run: string): Stretch {
    const heard = this.heard.at(-1) as Map<string, Stretch>;
    const stretch = heard.get(run) ?? [];
    heard.set(run, stretch);
    return stretch;
  }

  /** Whether it was at a node of Naru at a time, and somewhat before and after. It has then heard all words of then. */
  wasAtNaru(time: number): boolean {
    return this.begins.some((begin, at) => {
      const isThere = begin < time - MARGIN_MS && (this.ends[at] ?? Number.POSITIVE_INFINITY) > time + MARGIN_MS;
      return isThere && !this.nodes[at]?.startsWith('old');
    });
  }

  /**
   * Returns the last number that it heard of a run while it was at nodes of Naru, or at other nodes of Socket.IO. A
   * node of Socket.IO tells its own clients beside Redis, so they may have a word that nobody else gets after a kill.
   */
  lastOf(run: string, isOld: boolean): number {
    const own = `old ${run.slice(0, run.indexOf('-'))}`;
    const isOfKind = (node = ''): boolean => node.startsWith('old') === isOld && node !== own;
    const ofKind = this.heard.filter((_, at) => isOfKind(this.nodes[at]));
    const numbers = ofKind.flatMap((heard) => (heard.get(run) ?? []).filter((each) => each !== 'tick'));
    return Math.max(0, ...numbers);
  }
}

/** Finds what was lost, doubled or out of order. */
export function faultsOf(guests: readonly Guest[], ended: readonly Ended[]): string[] {
  const faults: string[] = [];
  for (const { nodes, name, heard, begins } of guests) {
    for (const [index, runs] of heard.entries())
      for (const [run, stretch] of runs) {
        const who = `${name} at ${nodes[index]}`;
        for (let at = 1; at < stretch.length; at += 1) {
          const [before, each] = [stretch[at - 1], stretch[at]];
          const isNext = each === 'tick' ? before !== 'tick' : before === 'tick' && each === nextOf(stretch, at);
          if (!isNext) faults.push(`${who} heard ${before} and then ${each} of ${run}`);
        }
        const end = ended.find((each) => each.run === run);
        const isWhole = end && index === heard.length - 1 && end.at > (begins[index] ?? 0) + SETTLED_MS;
        const last = stretch.findLast((each) => each !== 'tick');
        if (isWhole && end.number !== undefined && (last !== end.number || stretch.at(-1) !== 'tick'))
          faults.push(`${who} heard ${last} of ${run}, which said ${end.number}`);
      }
  }
  // An event that the clients of Naru lack must not have reached the others. A client of Naru has to be there for that.
  for (const { run, number, at } of ended) {
    if (number !== undefined || !guests.some((guest) => guest.wasAtNaru(at))) continue;
    const [old, ours] = [true, false].map((isOld) => Math.max(0, ...guests.map((guest) => guest.lastOf(run, isOld))));
    if ((old as number) > (ours as number))
      faults.push(`the clients of Socket.IO heard ${old} of ${run}, which was killed, and those of Naru ${ours}`);
  }
  return faults;
}

/** Returns the number after the last one before a place. */
function nextOf(stretch: Stretch, at: number): number | undefined {
  const before = stretch.slice(0, at).findLast((each) => each !== 'tick');
  return before === undefined ? (stretch[at] as number) : (before as number) + 1;
}
