/**
 * Brings what the nodes of Socket.IO send into the log that the nodes of Naru share: each event once, in the order in
 * which it was heard. One node appends, by a lease. The others keep what they have heard for a minute. When one of
 * them takes over, it appends what the log lacks.
 *
 * A record names its node of Socket.IO and a number: how many messages of that node the appending node had heard. Nodes
 * of Naru begin to count at different times. So each puts a mark into the order of the messages, and notes its counts
 * when it hears a mark of anybody. The node that appends tells its own counts at each mark, before it appends anything
 * that it heard later. Redis gives all of them the messages in one order, so the difference of two counts stays as it
 * is.
 */
import type { Offset, SwapOrder } from 'naru/backplane';
import { isNaruError, type Timers, UnavailableError, unreferenced, within } from 'naru/base';
import {
  actRecord,
  type BridgedNamespace,
  type BridgeHost,
  isObject,
  originOf,
  type SocketAction,
  type Target,
} from 'naru/bridge';
import { Emitter } from 'naru/emitter';
import { byOf, type Heard, KEPT_MS, KeptMessages, nameOf, readBy } from './kept-messages.js';

/** The parts of a bridge that its ledger uses. */
export interface LedgerContext {
  readonly host: BridgeHost;
  /** The name of this node. */
  readonly node: string;
  onError(error: unknown): void;
  /** Returns a namespace that is in use on this node. */
  namespace(name: string): BridgedNamespace | undefined;
  /** Tells the other nodes of Naru something, in order with what the nodes of Socket.IO say. */
  say(message: Said): void;
  /** Returns the count of the nodes of Naru that hear the same Redis. */
  countNodes(): Promise<number>;
}

/** A message between the nodes of Naru: a mark, or the counts of the node that appends at a mark. */
export type Said = { readonly mark: string } | { readonly mark: string; readonly of: string; readonly counts: Counts };

/** How many messages were heard, by the names of their nodes and namespaces. */
type Counts = Readonly<Record<string, number>>;

/** The key of the lease in the store, and the beginning of its text when the node that had it has ended well. */
const LEASE = 'bridge socket.io';
const FREE = 'free ';
/** Milliseconds for which a lease holds, after which a node no longer trusts it, and between two looks at it. */
const LEASE_MS = 3_000;
const TRUST_MS = 2_000;
const LOOK_MS = 750;
/** Milliseconds after which a node that takes over reads the log. The events of the former one are there by then. */
const GRACE_MS = 500;
/** Milliseconds for which a node that has just come leaves the lease to others. */
const NEWCOMER_MS = 2_000;
/** Milliseconds of the log that a node reads back at most when it takes over, and the most records. */
const BACK_MS = KEPT_MS + 15_000;
const BACK_PAGE = 1_024;
const BACK_MAX = 100_000;
/** The nodes of Socket.IO whose messages are counted. Beyond that, the counts begin anew, as after a gap. */
const COUNTED_MAX = 10_000;
/** The marks whose counts are remembered. */
const MARKS_MAX = 16;
const LOSS = new UnavailableError(
  'TIMEOUT',
  'its home did not answer for a minute, so that events of Socket.IO are lost',
);

/** Whether the servers share a log. */
export function isLogShared({ backplane }: Pick<BridgeHost, 'backplane'>): boolean {
  return backplane?.store.isDurable === true && backplane.isCarrier !== true;
}

/** Appends, or keeps. */
export class Ledger {
  readonly #context: LedgerContext;
  readonly #emitter: Emitter | undefined;
  /** The name under which this node counts. It is another one after a gap. */
  #name = '';
  #nameCount = 0;
  /** How many messages of each node were heard in each namespace, `undefined` until this node has heard its mark. */
  #counts: Map<string, number> | undefined;
  #onMarked: ((mark: string) => void) | undefined;
  /** The messages of the last seconds, while another node appends. */
  readonly #kept = new KeptMessages();
  /** The counts of this node at the newest marks. */
  readonly #marks = new Map<string, ReadonlyMap<string, number>>();
  /** The differences between the numbers of another node and those of this one, by the name of the other node. */
  readonly #differences = new Map<string, ReadonlyMap<string, number>>();
  /** The time until which this node may append. */
  #trustedUntil = 0;
  #isTaking = false;
  #isOpen = false;
  /** The number of the openings. A look that goes on after the end belongs to an earlier one. */
  #run = 0;
  #hasLease = false;
  /** Whether messages arrive. */
  #isHearing = false;
  /** The node that had the lease at the last look, and since when nobody has it. */
  #holder: string | undefined;
  #freeSince: number | undefined;
  /** The time at which somebody had it for certain. */
  #heldAt = 0;
  #timer: ReturnType<Timers['setTimeout']> | undefined;

  constructor(context: LedgerContext) {
    this.#context = context;
    const { backplane } = context.host;
    this.#emitter = backplane && isLogShared(context.host) ? new Emitter(backplane) : undefined;
  }

  /** Begins to look for the lease. */
  open(): void {
    this.#isOpen = true;
    this.#run += 1;
    if (this.#emitter) this.#lookLater(0);
  }

  /** Ends. When everything is in the log, another node may take over at once. */
  async stop(): Promise<void> {
    this.#isOpen = false;
    const { clock } = this.#context.host;
    if (this.#timer !== undefined) clock.clearTimeout(this.#timer);
    await this.onLost();
  }

  /**
   * Messages may have been missed. Others may have heard them, so this node counts anew, and another one appends. It is
   * also called when the first messages arrive.
   */
  onGap(): void {
    if (!this.#emitter || !this.#isOpen) return;
    void this.onLost();
    this.#isHearing = true;
    this.#nameCount += 1;
    this.#name = `${this.#context.node}.${this.#nameCount}`;
    this.#differences.clear();
    this.#marks.clear();
    this.#mark();
  }

  /** The connection is lost, so messages are missed from now on. Resolves when another node may append. */
  onLost(): Promise<void> {
    const released = this.release();
    this.#isHearing = false;
    this.#counts = undefined;
    this.#kept.takeAll();
    return released;
  }

  /** Takes what another node of Naru tells. Returns `false` if it cannot be read. */
  onSaid(value: unknown): boolean {
    if (!isObject(value) || typeof value.mark !== 'string') return false;
    const { mark, of, counts } = value;
    if (of === undefined) this.#onMark(mark);
    else if (typeof of === 'string' && isObject(counts)) this.#onCounts(mark, of, counts);
    else return false;
    return true;
  }

  #onMark(mark: string): void {
    if (mark.startsWith(`${this.#name} `)) {
      this.#counts ??= new Map();
      this.#onMarked?.(mark);
    }
    if (!this.#counts) return;
    remember(this.#marks, mark, new Map(this.#counts));
    if (this.#hasLease) this.#context.say({ mark, of: this.#name, counts: Object.fromEntries(this.#counts) });
  }

  #onCounts(mark: string, of: string, counts: Readonly<Record<string, unknown>>): void {
    const own = this.#marks.get(mark);
    if (!own || of === this.#name) return;
    const names = new Set([...own.keys(), ...Object.keys(counts)]);
    const pairs = [...names].map((name) => [name, (own.get(name) ?? 0) - (Number(counts[name]) || 0)] as const);
    remember(this.#differences, of, new Map(pairs));
  }

  /** Takes a message of a node of Socket.IO. */
  take(heard: Heard): void {
    // The node that appends has heard it, or nobody has told this one of its counts.
    if (!this.#counts) return;
    const { clock } = this.#context.host;
    const name = nameOf(heard);
    const number = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, number);
    const now = clock.now();
    if (this.#mayAppend(now)) this.#append(heard, number);
    else if (this.#kept.add({ ...heard, number, at: now }) > 0 && now - this.#heldAt > KEPT_MS / 2)
      this.#context.onError(LOSS);
    if (this.#counts.size > COUNTED_MAX) this.onGap();
  }

  /**
   * Whether this node has the lease for certain. While the home is away, the lease may end before an append gets there,
   * so nothing is appended.
   */
  #mayAppend(now: number): boolean {
    const { state = 'up' } = this.#context.host.backplane ?? {};
    return this.#hasLease && !this.#isTaking && now < this.#trustedUntil && state === 'up';
  }

  /** Puts a mark into the order of the messages. */
  #mark(): string {
    const mark = `${this.#name} ${this.#context.host.random.id()}`;
    this.#context.say({ mark });
    return mark;
  }

  #append({ uid, namespace, target, data, action }: Heard, number: number): void {
    const known = this.#context.namespace(namespace);
    const by = byOf(this.#name, uid, number);
    const to = { ...target, flags: { ...target.flags, by } };
    try {
      if (data && known) known.deliver(to, data);
      else if (data) void this.#emit(namespace, to, data);
      else if (action && known) known.act(to, action);
      else if (action) void this.#act(namespace, target, action, by);
    } catch (error) {
      this.#context.onError(error);
    }
  }

  async #emit(namespace: string, { rooms, except, flags }: Target, [name, ...args]: readonly unknown[]): Promise<void> {
    const to = this.#emitter
      ?.of(namespace)
      .to([...rooms])
      .except([...except])
      .by(String(flags.by));
    await to?.emit(String(name), ...(args as never[])).catch((error: unknown) => this.#context.onError(error));
  }

  async #act(namespace: string, target: Target, action: SocketAction, by: string): Promise<void> {
    const { backplane, clock } = this.#context.host;
    try {
      await backplane?.log.append(namespace, [actRecord(target, action, by, clock.now())]);
    } catch (error) {
      this.#context.onError(error);
    }
  }

  #lookLater(ms: number): void {
    const { clock } = this.#context.host;
    const run = this.#run;
    this.#timer = unreferenced(clock.setTimeout(() => void this.#look(run), ms, undefined));
  }

  /** Renews the lease, or looks whether it is free. */
  async #look(run: number): Promise<void> {
    const { clock, backplane } = this.#context.host;
    const sentAt = clock.now();
    try {
      if (this.#hasLease) {
        await this.#renew(sentAt);
        // It may have stood still, and kept what it heard then.
        if (this.#mayAppend(clock.now())) this.#appendKept();
      } else if (!this.#counts) {
        // The mark may have been lost.
        if (this.#isHearing) this.#mark();
      } else {
        const text = await backplane?.store.get(LEASE);
        const isFree = text === undefined || text.startsWith(FREE);
        this.#holder = text === undefined ? this.#holder : text.replace(FREE, '');
        this.#freeSince = isFree ? (this.#freeSince ?? sentAt) : undefined;
        if (!isFree) this.#heldAt = sentAt;
        if (isFree && (await this.#isNext(sentAt - (this.#freeSince ?? sentAt)))) await this.#takeOver(text, sentAt);
      }
    } catch (error) {
      // The home tells by itself that it is away, and the lease ends meanwhile.
      if (!isNaruError(error, 'UnavailableError')) this.#context.onError(error);
    } finally {
      if (this.#isOpen && run === this.#run) this.#lookLater(LOOK_MS);
    }
  }

  /**
   * Whether this node may take over. It has heard everything that the former one did not append if that one has told it
   * its counts. A newcomer waits for such a node, unless there is no other one.
   */
  async #isNext(freeMs: number): Promise<boolean> {
    if (!this.#isOpen) return false;
    if (this.#holder !== undefined && this.#differences.has(this.#holder)) return true;
    return freeMs >= NEWCOMER_MS || (await this.#context.countNodes()) <= 1;
  }

  async #takeOver(before: string | undefined, sentAt: number): Promise<void> {
    const { clock } = this.#context.host;
    const name = this.#name;
    if (!(await this.#swap(before, name)) || name !== this.#name) return;
    this.#hasLease = true;
    this.#isTaking = true;
    this.#freeSince = undefined;
    this.#trustedUntil = sentAt + TRUST_MS;
    try {
      // The others must know the counts of this node before it appends.
      const mark = this.#mark();
      const heard = new Promise<void>((resolve) => {
        this.#onMarked = (each) => each === mark && resolve();
      });
      // A node that hears late would not know what the former one has appended.
      if (!(await within(clock, heard, 2 * GRACE_MS))) return await this.release();
      if (before === undefined) await new Promise<void>((resolve) => clock.setTimeout(resolve, GRACE_MS, undefined));
      await this.#catchUp();
      // Reading may have taken long.
      if (this.#hasLease) await this.#renew(clock.now());
    } catch (error) {
      // A node that does not know what is in the log must not append. It tries again, or another one does.
      await this.release();
      throw error;
    } finally {
      this.#onMarked = undefined;
      this.#isTaking = false;
    }
    if (this.#isOpen && this.#mayAppend(clock.now())) this.#appendKept();
  }

  async #renew(sentAt: number): Promise<void> {
    const name = this.#name;
    const isRenewed = await this.#swap(name, name);
    // The node may have let go of the lease meanwhile.
    if (!this.#hasLease || name !== this.#name) return;
    this.#hasLease = isRenewed;
    if (isRenewed) [this.#trustedUntil, this.#heldAt] = [sentAt + TRUST_MS, sentAt];
  }

  /** Lets another node take over at once, when everything is in the log. */
  async release(): Promise<void> {
    if (!this.#hasLease) return;
    const name = this.#name;
    this.#hasLease = false;
    this.#trustedUntil = 0;
    try {
      await this.#context.host.whenDelivered();
      await this.#swap(name, `${FREE}${name}`, 'after-appends');
    } catch (error) {
      if (!isNaruError(error, 'UnavailableError')) this.#context.onError(error);
    }
  }

  /** Drops the messages that are in the log from those that are kept. */
  async #catchUp(): Promise<void> {
    this.#kept.forgetOld(this.#context.host.clock.now());
    for (const namespace of this.#kept.namespaces) {
      const last = await this.#readLast(namespace, new Set(this.#kept.namesIn(namespace, nameOf)));
      this.#kept.filter((kept) => kept.namespace !== namespace || kept.number > (last.get(nameOf(kept)) ?? 0));
    }
  }

  /** Returns the numbers of the newest messages in a namespace that are in the log, by the names of their nodes. */
  async #readLast(namespace: string, names: ReadonlySet<string>): Promise<ReadonlyMap<string, number>> {
    const { backplane, clock } = this.#context.host;
    // A node that has heard late keeps what may have been in the log for long.
    const since = Math.min(clock.now(), this.#kept.since) - BACK_MS;
    const last = new Map<string, number>();
    let before: Offset | undefined;
    for (let count = 0; backplane && count < BACK_MAX && last.size < names.size; count += BACK_PAGE) {
      const { records } = await backplane.log.readBack(namespace, before, BACK_PAGE);
      for (const record of records.toReversed()) {
        const source = readBy(originOf(record));
        const name = source && nameOf({ uid: source.uid, namespace });
        const number = source && name && this.#numberHere(source.node, name, source.number);
        if (number && name && names.has(name) && !last.has(name)) last.set(name, number);
      }
      before = records[0]?.offset;
      if (this.#hasLease) await this.#renew(clock.now());
      if (records.length < BACK_PAGE || (records[0]?.at ?? 0) < since) break;
    }
    return last;
  }

  /**
   * Returns the number that this node has for a message that another node counted. A node that has not told its counts
   * has appended nothing that this one has heard.
   */
  #numberHere(node: string, name: string, number: number): number | undefined {
    if (node === this.#name) return number;
    const differences = this.#differences.get(node);
    return differences && number + (differences.get(name) ?? 0);
  }

  #appendKept(): void {
    for (const each of this.#kept.takeAll()) this.#append(each, each.number);
  }

  async #swap(before: string | undefined, value: string, order?: SwapOrder): Promise<boolean> {
    const { backplane } = this.#context.host;
    return (await backplane?.store.swap(LEASE, before, value, LEASE_MS, order))?.swapped ?? false;
  }
}

/** Adds an entry. Beyond the bound, the oldest goes. */
function remember<Value>(table: Map<string, Value>, name: string, value: Value): void {
  table.set(name, value);
  for (const [oldest] of table) if (table.size > MARKS_MAX) table.delete(oldest);
}
