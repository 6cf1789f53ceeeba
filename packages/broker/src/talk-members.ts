/**
 * The nodes that talk over a home. Each has an entry with a lease in a table of the home, and says when it comes and
 * goes.
 */

import type { NodeCode, TableList } from 'naru/backplane';
import { UNKNOWN } from 'naru/backplane';
import { type Clock, type Timer, unreferenced } from 'naru/base';
import type { HomeCalls } from './calls.js';
import { isNodeCode } from './said.js';

/** The parts of a process that its members use. */
export interface TalkMembersContext {
  readonly clock: Clock;
  readonly calls: Pick<HomeCalls, 'call' | 'uplink'>;
  /** Whether the home has a table of the nodes. Without one, each process says again and again that it is there. */
  readonly hasTable: boolean;
  /** The nodes of this process. */
  own(): readonly NodeCode[];
  /** Those of them that the home brings messages. The others are not told of the rest yet. */
  reachable(): readonly NodeCode[];
  /** Tells the other processes that nodes of this one take part, or do not any more. */
  say(kind: 'here' | 'gone', nodes: readonly NodeCode[]): void;
  /** Called when a node of another process is there, and when it has left or is lost. */
  onHere(node: NodeCode): void;
  onGone(node: NodeCode, isLost: boolean): void;
  /** Called when the home refuses what keeps this process and the others known to each other. */
  onError(error: unknown): void;
}

/** The table of the nodes, and what an entry holds. A later version may keep more there. */
const TABLE = 'talk';
const ENTRY = '{"v":1}';
/**
 * Milliseconds after which the entry of a killed process ends. The others read that a renewal later, so within the
 * eight seconds of the documents.
 */
export const TALK_LEASE_MS = 5_500;
/** Milliseconds between two renewals of the entries of this process. It reads the table as often. */
export const TALK_RENEWAL_MS = 1_500;
/** Milliseconds in which the others answer a process that cannot read who they are. */
const ANSWER_MS = 300;
/** Milliseconds between two such answers. Each of them is for all processes that have come since the last one. */
const BETWEEN_ANSWERS_MS = 100;
const NO_LIST: TableList = { version: '', entries: [] };
const NODES_MAX = 10_000;
/** Nodes that have left and are remembered. Something that they said may still be under way. */
const LEFT_MAX = 1_000;

/**
 * The nodes of the other processes. A node is gone when it says so, or when its lease has ended and nothing has come
 * from it for as long.
 */
export class TalkMembers {
  readonly #context: TalkMembersContext;
  /** The nodes of other processes, and when each was heard last. */
  readonly #nodes = new Map<NodeCode, number>();
  readonly #left = new Set<NodeCode>();
  #listed: ReadonlySet<NodeCode> = new Set();
  #version: string | undefined;
  /** When the entries of this process were renewed last, over the present uplink. */
  #renewedAt: number | undefined;
  /**
   * From then on, a node without an entry is gone. Until then, the home may have ended all leases because it was away
   * itself.
   */
  #judgesFrom = Number.POSITIVE_INFINITY;
  /** Those that wait for the first list of nodes. `undefined` once it is there. */
  #waiting: Set<() => void> | undefined = new Set();
  #timer: Timer | undefined;
  #isRenewing = false;
  /** Whether the others are to be told that the nodes of this process are there. */
  #isNew = false;
  /** The nodes of other processes that have said that they take part. */
  readonly #here = new Set<NodeCode>();
  /** Waits until another answer may follow. */
  #pause: Timer | undefined;
  #owesAnswer = false;
  /** When a process was heard that finds the others in no table. */
  #beatAt = Number.NEGATIVE_INFINITY;
  /** From then on, such processes are known. 0 if they were before. */
  #knowsFrom = 0;
  #isClosed = false;

  constructor(context: TalkMembersContext) {
    this.#context = context;
  }

  /** A new uplink is there. The home may have lost the entries. */
  onUplink(): void {
    this.#renewedAt = undefined;
    this.#judgesFrom = Number.POSITIVE_INFINITY;
    const isUnsure = this.#waiting !== undefined || this.hasCarriers;
    this.#knowsFrom = isUnsure ? Number.POSITIVE_INFINITY : 0;
  }

  /** The nodes of this process can be reached over the uplink. Enters them into the table and tells the others. */
  enter(): void {
    this.#isNew = true;
    if (this.#timer === undefined && !this.#isClosed) this.#schedule();
    this.#renew();
  }

  /** A node of this process leaves. */
  leave(node: NodeCode): void {
    const { calls, say, hasTable } = this.#context;
    this.#forget(node);
    say('gone', [node]);
    // Without an uplink, the lease ends by itself.
    if (!calls.uplink) return;
    // The end of the backplane waits for this request, so the message is on its way by then.
    const last = hasTable ? calls.call('tableRemove', [undefined, TABLE, node]) : calls.call('ping', []);
    last.catch(() => undefined);
  }

  /** Notes that something came from a node. Returns `false` if the node has left before, or belongs to this process. */
  hear(node: NodeCode): boolean {
    const { clock, own, onHere } = this.#context;
    if (this.#left.has(node) || own().includes(node)) return false;
    const isKnown = this.#nodes.has(node);
    if (!isKnown && this.#nodes.size >= NODES_MAX) return false;
    this.#nodes.set(node, clock.now());
    if (!isKnown) onHere(node);
    return true;
  }

  /** Whether processes may take part that find the others in no table. */
  get hasCarriers(): boolean {
    if (this.#beatAt > Number.NEGATIVE_INFINITY) return true;
    return this.#knowsFrom > 0 && this.#knowsFrom > this.#context.clock.now();
  }

  /** Nodes of another process take part. One that finds the others in no table learns of this process at once. */
  onHere(nodes: readonly NodeCode[], isBeat: boolean): void {
    const isNews = nodes.some((node) => !this.#here.has(node));
    for (const node of nodes) if (this.hear(node)) this.#here.add(node);
    if (isBeat) this.#beatAt = this.#context.clock.now();
    if (isNews && (isBeat || !this.#context.hasTable)) this.#answer();
  }

  /** Says that the nodes of this process take part: at once, or together with the next answers. */
  #answer(): void {
    const { clock, reachable, say } = this.#context;
    if (this.#pause !== undefined) {
      this.#owesAnswer = true;
      return;
    }
    if (reachable().length > 0) say('here', reachable());
    const goOn = (members: TalkMembers): void => {
      members.#pause = undefined;
      if (!members.#owesAnswer) return;
      members.#owesAnswer = false;
      members.#answer();
    };
    this.#pause = unreferenced(clock.setTimeout(goOn, BETWEEN_ANSWERS_MS, this));
  }

  /** A node of another process has left. */
  onGone(node: NodeCode): void {
    if (this.#context.own().includes(node)) return;
    this.#forget(node);
    if (this.#nodes.delete(node)) this.#context.onGone(node, false);
  }

  /** Waits for the first list of nodes, as `TalkMember.whenKnown` describes. */
  whenKnown(timeoutMs: number): Promise<readonly NodeCode[]> | undefined {
    const waiting = this.#waiting;
    if (!waiting) return undefined;
    const { clock } = this.#context;
    return new Promise((resolve) => {
      const done = (): void => {
        clock.clearTimeout(timer);
        waiting.delete(done);
        resolve(this.#waiting ? [UNKNOWN] : []);
      };
      const timer = clock.setTimeout(done, timeoutMs, undefined);
      waiting.add(done);
    });
  }

  /** Ends the part of this process. */
  close(): void {
    this.#isClosed = true;
    for (const timer of [this.#timer, this.#pause]) if (timer !== undefined) this.#context.clock.clearTimeout(timer);
    for (const done of this.#waiting ?? []) done();
  }

  #forget(node: NodeCode): void {
    this.#here.delete(node);
    this.#left.add(node);
    const [oldest] = this.#left;
    if (this.#left.size > LEFT_MAX && oldest !== undefined) this.#left.delete(oldest);
  }

  #schedule(): void {
    const { clock } = this.#context;
    this.#timer = unreferenced(clock.setTimeout((members: TalkMembers) => members.#onTick(), TALK_RENEWAL_MS, this));
  }

  #onTick(): void {
    this.#timer = undefined;
    if (this.#context.own().length === 0) return;
    this.#schedule();
    this.#renew();
  }

  #renew(): void {
    const { calls, reachable } = this.#context;
    if (this.#isRenewing || this.#isClosed || !calls.uplink || reachable().length === 0) return;
    this.#isRenewing = true;
    const done = (): void => {
      this.#isRenewing = false;
      if (this.#isNew) this.#renew();
    };
    this.#exchange().then(done, (error: unknown) => {
      // The next renewal tries again.
      this.#context.onError(error);
      done();
    });
  }

  /** Renews the entries of this process and reads those of the others. */
  async #exchange(): Promise<void> {
    const { clock, calls, reachable, say, hasTable } = this.#context;
    const isNew = this.#isNew;
    this.#isNew = false;
    const nodes = reachable();
    if (this.#beatAt <= clock.now() - TALK_LEASE_MS) this.#beatAt = Number.NEGATIVE_INFINITY;
    if (this.#knowsFrom <= clock.now()) this.#knowsFrom = 0;
    if (!hasTable) {
      this.#onRenewed(clock.now());
      say('here', nodes);
      if (this.#waiting) await new Promise<void>((resolve) => clock.setTimeout(resolve, ANSWER_MS, undefined));
      this.#onList(NO_LIST, clock.now());
      return;
    }
    const put = (node: NodeCode): Promise<void> =>
      calls.call('tablePut', [undefined, TABLE, node, ENTRY, TALK_LEASE_MS], node.length + ENTRY.length);
    await Promise.all(nodes.map(put));
    this.#onRenewed(clock.now());
    // Of two processes that enter at the same time, each is in the table or hears the other.
    if (isNew || this.hasCarriers) say('here', nodes);
    // They answer at once, or say so with their next beat.
    if (this.#knowsFrom === Number.POSITIVE_INFINITY) this.#knowsFrom = clock.now() + TALK_RENEWAL_MS + ANSWER_MS;
    const listedAt = clock.now();
    this.#onList(await calls.call('tableList', [undefined, TABLE, NODES_MAX, this.#version]), listedAt);
  }

  #onRenewed(now: number): void {
    // The lease may have ended although this process was there. Those of the others may have ended, too, until they
    // renew them.
    if (this.#renewedAt === undefined || now - this.#renewedAt >= TALK_LEASE_MS - TALK_RENEWAL_MS)
      this.#judgesFrom = now + 2 * TALK_RENEWAL_MS;
    this.#renewedAt = now;
  }

  #onList(list: TableList | 'same', listedAt: number): void {
    if (this.#isClosed) return;
    if (list !== 'same') {
      this.#version = list.version;
      this.#listed = new Set(list.entries.map(([node]) => node).filter(isNodeCode));
    }
    const { own, onHere, onGone } = this.#context;
    for (const node of this.#listed) {
      if (this.#nodes.has(node) || this.#left.has(node) || own().includes(node)) continue;
      this.#nodes.set(node, Number.NEGATIVE_INFINITY);
      onHere(node);
    }
    for (const [node, heardAt] of listedAt >= this.#judgesFrom ? this.#nodes : []) {
      if (this.#listed.has(node) || heardAt > listedAt - TALK_LEASE_MS) continue;
      this.#nodes.delete(node);
      this.#here.delete(node);
      onGone(node, true);
    }
    const waiting = this.#waiting;
    this.#waiting = undefined;
    for (const done of waiting ?? []) done();
  }
}
