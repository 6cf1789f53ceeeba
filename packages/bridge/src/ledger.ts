/**
 * Brings what the nodes of Socket.IO send into the log that the nodes of Naru share: each event once, in the order in
 * which it was heard. One node appends, by a lease. The others keep what they have heard for a minute. When one of
 * them takes over, it appends what the log lacks.
 *
 * A record has the number that the appending node has given to the message. Each node puts a mark into the order of
 * the messages, and notes its count when it hears a mark of anybody. The node that appends tells its own count at each
 * mark, before it appends anything that it heard later. So the others understand its numbers.
 */
import type { Offset, StoredRecord, SwapOrder } from 'naru/backplane';
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
import { byOf, type Heard, KEPT_MS, KeptMessages, readBy } from './kept-messages.js';
import { MessageCount } from './message-count.js';

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

/** A message between the nodes of Naru: a mark, or the count of the node that appends at a mark. */
export type Said = { readonly mark: string } | { readonly mark: string; readonly of: string; readonly count: number };

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
const LOSS = new UnavailableError(
  'TIMEOUT',
  'its home did not answer for a minute, so that events of Socket.IO are lost',
);

/** The end of the log of one namespace, as far as it was read. */
interface LogEnd {
  /** The number of the newest message that the log has, 0 if none was found. */
  readonly number: number;
  /** The time before which it may have others: retention has dropped their records, or they are too far back. */
  readonly unreadUntil: number;
}

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
  /** The count of the messages. It begins when this node has heard its mark. */
  readonly #count = new MessageCount();
  #onMarked: ((mark: string) => void) | undefined;
  /** The messages of the last minute while another node appends, or those that wait for the home. */
  readonly #kept = new KeptMessages();
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
    this.#mark();
  }

  /** The connection is lost, so messages are missed from now on. Resolves when another node may append. */
  onLost(): Promise<void> {
    const released = this.release();
    this.#isHearing = false;
    this.#count.end();
    this.#kept.takeAll();
    return released;
  }

  /** Takes what another node of Naru tells. Returns `false` if it cannot be read. */
  onSaid(value: unknown): boolean {
    if (!isObject(value) || typeof value.mark !== 'string') return false;
    const { mark, of, count } = value;
    if (of === undefined) this.#onMark(mark);
    else if (typeof of !== 'string' || typeof count !== 'number') return false;
    else if (of !== this.#name) this.#count.learn(mark, of, count);
    return true;
  }

  #onMark(mark: string): void {
    if (mark.startsWith(`${this.#name} `)) {
      this.#count.begin();
      this.#onMarked?.(mark);
    }
    const count = this.#count.note(mark);
    if (count !== undefined && this.#hasLease) this.#context.say({ mark, of: this.#name, count });
  }

  /** Takes a message of a node of Socket.IO. Returns `false` if it is not for the log. */
  take(heard: Heard): boolean {
    const { host, onError } = this.#context;
    const { namespace, target, data } = heard;
    // Nodes with other options may log other namespaces. Their counts stay comparable, because each counts everything.
    this.#count.add();
    if (!host.isLogged(namespace) || (data && target.flags.volatile === true)) return false;
    // The node that appends has heard it, or nobody has told this one of its count.
    const number = this.#count.heard;
    if (number === undefined) return true;
    const now = host.clock.now();
    if (this.#mayAppend(now)) {
      // The home may have been away for a moment.
      this.#appendKept();
      this.#append(heard, number);
    } else if (this.#kept.add({ ...heard, number, at: now }) > 0 && now - this.#heldAt > KEPT_MS / 2) onError(LOSS);
    return true;
  }

  /**
   * Whether this node has the lease for certain, and has dropped what the former one has appended. While the home is
   * away, the lease may end before an append gets there, so nothing is appended.
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
      } else if (this.#count.heard === undefined) {
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
   * its count. A newcomer waits for such a node, unless there is no other one.
   */
  async #isNext(freeMs: number): Promise<boolean> {
    if (!this.#isOpen) return false;
    if (this.#holder !== undefined && this.#count.knows(this.#holder)) return true;
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
      // The others must know the count of this node before it appends.
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
    const { clock } = this.#context.host;
    const name = this.#name;
    // This node may be the only one that has heard them.
    if (this.#mayAppend(clock.now())) this.#appendKept();
    this.#hasLease = false;
    this.#trustedUntil = 0;
    try {
      // The events of this turn go to the log at its end.
      await new Promise<void>((resolve) => clock.defer(() => resolve(), undefined));
      await this.#context.host.whenDelivered();
      await this.#swap(name, `${FREE}${name}`, 'after-appends');
    } catch (error) {
      if (!isNaruError(error, 'UnavailableError')) this.#context.onError(error);
    }
  }

  /** Drops the messages that are in the log from those that are kept. */
  async #catchUp(): Promise<void> {
    const now = this.#context.host.clock.now();
    this.#kept.forgetOld(now);
    // A node that has heard late keeps what may have been in the log for long.
    const since = Math.min(now, this.#kept.since) - BACK_MS;
    // The former node was alive then, and appended what it heard.
    const aliveAt = this.#heldAt - LEASE_MS;
    const ends = new Map<string, LogEnd>();
    for (const namespace of this.#kept.namespaces) ends.set(namespace, await this.#readEnd(namespace, since));
    this.#kept.filter(({ namespace, number, at, sentAt = at }) => {
      const end = ends.get(namespace);
      return !end || (number > end.number && sentAt >= Math.min(end.unreadUntil, aliveAt));
    });
  }

  async #readEnd(namespace: string, since: number): Promise<LogEnd> {
    const { backplane, clock } = this.#context.host;
    let before: Offset | undefined;
    let unreadUntil = 0;
    for (let count = 0; backplane && count < BACK_MAX; count += BACK_PAGE) {
      const { records, hasGap } = await backplane.log.readBack(namespace, before, BACK_PAGE);
      if (this.#hasLease) await this.#renew(clock.now());
      const numbers = records.flatMap((record) => this.#numberHere(record) ?? []);
      // One node after the other appends in the order of the messages, so the log has all that came before.
      if (numbers.length > 0) return { number: Math.max(...numbers), unreadUntil: 0 };
      const isBeginning = records.length < BACK_PAGE;
      before = records[0]?.offset;
      unreadUntil = isBeginning && !hasGap ? 0 : (records[0]?.at ?? unreadUntil);
      if (isBeginning || unreadUntil < since) break;
    }
    return { number: 0, unreadUntil };
  }

  /**
   * Returns the number that this node has for the message of a record. A node that has not told its count has appended
   * nothing that this one has heard.
   */
  #numberHere(record: StoredRecord): number | undefined {
    const source = readBy(originOf(record));
    return source?.node === this.#name ? source.number : source && this.#count.translate(source.node, source.number);
  }

  #appendKept(): void {
    for (const each of this.#kept.takeAll()) this.#append(each, each.number);
  }

  async #swap(before: string | undefined, value: string, order?: SwapOrder): Promise<boolean> {
    const { backplane } = this.#context.host;
    return (await backplane?.store.swap(LEASE, before, value, LEASE_MS, order))?.swapped ?? false;
  }
}
