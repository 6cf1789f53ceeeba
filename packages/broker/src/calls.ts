/** The requests of a node to a remote home: in order, each write once, over uplinks that break and are made again. */

import {
  type Appended,
  audienceOfAll,
  BATCH_RECORDS_MAX,
  BATCH_SIZE_MAX,
  type BackplaneState,
  type LogRecord,
  notUsed,
  type StateListener,
} from 'naru/backplane';
import type { Random } from 'naru/base';
import { type Clock, type Timer, UnavailableError, unreferenced, within } from 'naru/base';
import {
  type Call,
  isAboutNodes,
  isPatient,
  letsAppendsPass,
  notKept,
  OF_UPLINK,
  shareOut,
  tooOld,
  unansweredError,
  WRITES,
} from './call.js';
import type { HomeMethod, HomeMethods, HomeRequest, Uplink } from './home.js';
import { HomeState } from './home-state.js';
import { type OwnHandler, Uplinks } from './uplinks.js';

/** The parts of a node that its calls use. */
export interface HomeCallsContext {
  readonly clock: Clock;
  readonly random: Random;
  /** Names this run of the node. */
  readonly writer: string;
  /** Whether appends go together only if they are for the same tag, or for all, unless many wait. */
  readonly keepsTagsApart: boolean;
  /** Opens an uplink to the home. `own` is the part of its handler that the calls need. */
  connect(own: OwnHandler): Promise<Uplink>;
  /** Called when an uplink is about to replace the present one. Resolves when it can. */
  prepare(uplink: Uplink): Promise<void>;
  /** Called for every new uplink, which is then the present one, before any request goes over it. */
  onUplink(uplink: Uplink): void;
  readonly onState: StateListener;
  /** Called when a try to connect has failed. Another one follows. */
  onFailed(reason: unknown): void;
  /** Called when one uplink after the other breaks soon after it was opened. */
  onBrief(reason: unknown): void;
}

/** Appends under way at the same time. Later ones wait, and go together. */
const FLIGHTS_MAX = 4;
/** Requests of all namespaces that may wait while appends for different tags go apart. */
const APART_MAX = 12;
/** Requests that an append overtakes at most, to go with an earlier one. */
const OVERTAKEN_MAX = 1_024;
/** Bytes of writes that wait without an uplink. With an uplink, four times as many may wait. */
const WAITING_BYTES_MAX = 16 * 1024 * 1024;
/**
 * Milliseconds for which writes that were never sent wait, and for which reads wait. The question where a log ends
 * waits until it is answered.
 */
const WRITE_WAIT_MS = 60_000;
const READ_WAIT_MS = 10_000;
/** Milliseconds after which a silent uplink counts as broken, and for which a node that ends waits for its home. */
const SILENT_MS = 5_000;
const TICK_MS = 1_000;

/**
 * The calls of a node. Guarantees: the home carries them out in the order in which they were made, and each write at
 * most once. Only an append that waits may overtake swaps of texts of no namespace, and requests about nodes overtake
 * appends. A write that was sent settles only when the home has said what became of it. A write that was never sent is
 * refused after a minute, or when too many bytes wait; it then changes nothing.
 */
export class HomeCalls {
  readonly #context: HomeCallsContext;
  /** Calls that are to be sent, and calls that were sent over the present uplink, oldest first. */
  #waiting: Call[] = [];
  readonly #open = new Set<Call>();
  /** Calls of an earlier uplink whose answers are outstanding. */
  #again = new Set<Call>();
  #bytes = 0;
  #flights = 0;
  #number = 0;
  readonly #uplinks: Uplinks;
  /** Whether the requests that set up the present uplink are being made. Nothing is sent before all are there. */
  #isSettingUp = false;
  #heardAt = 0;
  readonly #state: HomeState;
  #timer: Timer | undefined;
  #isOver = false;
  #onIdle: (() => void) | undefined;

  constructor(context: HomeCallsContext) {
    this.#context = context;
    this.#heardAt = context.clock.now();
    this.#state = new HomeState(this.#heardAt, (...change) => context.onState(...change));
    const { clock, random } = context;
    this.#uplinks = new Uplinks({
      ...{ clock, random },
      connect: (own) => context.connect(own),
      prepare: (uplink) => context.prepare(uplink),
      onOpen: (...opened) => this.#begin(...opened),
      onWork: () => {
        this.#heardAt = clock.now();
      },
      onLost: () => {
        this.#takeBack();
        this.#state.onLost(clock.now());
      },
      onFailed: (reason) => this.#onFailed(reason),
      onBrief: (reason) => context.onBrief(reason),
    });
  }

  /** Begins to connect. Called once. */
  open(): void {
    this.#uplinks.open();
    this.#schedule();
  }

  /** How well the home can be reached. */
  get state(): BackplaneState {
    return this.#state.name;
  }

  /** Why the home cannot be used, in the state `unusable`. */
  get unusable(): Error | undefined {
    return this.#state.unusable;
  }

  /** The present uplink. Requests go over it at once. Without an uplink, they wait. */
  get uplink(): Uplink | undefined {
    return this.#uplinks.present;
  }

  /** Makes a request. `bytes` is the size of what it writes. A request of no bytes always has room. */
  call<Method extends HomeMethod>(
    method: Method,
    args: Parameters<HomeMethods[Method]>,
    bytes = 0,
  ): Promise<ReturnType<HomeMethods[Method]>> {
    if (this.#isOver) return Promise.reject(new UnavailableError('CLOSED', 'The backplane is closed.'));
    if (this.unusable && !isPatient(method)) return Promise.reject(notUsed(this.unusable));
    const bytesMax = this.uplink ? 4 * WAITING_BYTES_MAX : WAITING_BYTES_MAX;
    if (bytes > 0 && this.#bytes > 0 && this.#bytes + bytes > bytesMax)
      return Promise.reject(notKept(`${bytesMax} bytes already wait for the home of the log`));
    this.#bytes += bytes;
    const now = this.#context.clock.now();
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        method,
        args,
        bytes,
        madeAt: now,
        sentAt: now,
        number: undefined,
        resolve: resolve as (answer: unknown) => void,
        reject,
      });
      this.#send();
    });
  }

  /**
   * Waits until all calls are answered, and ends the uplink. A home that cannot be used is not waited for, and neither
   * is one that has not answered for five seconds.
   */
  async close(): Promise<void> {
    const { clock } = this.#context;
    // A home that is slow and still answers is waited for. An answer may lead to another request.
    for (let left = this.#patienceMs; left > 0 && this.#waiting.length + this.#open.size > 0; left = this.#patienceMs) {
      const idle = new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
      await within(clock, idle, left);
    }
    this.#isOver = true;
    this.#uplinks.close();
    if (this.#timer !== undefined) clock.clearTimeout(this.#timer);
    const unanswered = [...this.#open, ...this.#waiting.splice(0)];
    this.#open.clear();
    const error = unansweredError(unanswered);
    for (const { reject } of unanswered) reject(error);
  }

  /** Milliseconds until a silent home is not waited for any more. */
  get #patienceMs(): number {
    const [oldest] = this.uplink ? this.#open : [];
    return this.unusable ? 0 : Math.max(this.#heardAt, oldest?.sentAt ?? 0) + SILENT_MS - this.#context.clock.now();
  }

  /** There is a new uplink. If it replaces another one, the home was there all the time. */
  #begin(uplink: Uplink, isReplacement: boolean): void {
    if (isReplacement) this.#takeBack();
    this.#heardAt = this.#context.clock.now();
    if (!isReplacement) {
      this.#again = new Set(this.#waiting);
      this.#state.onUplink(this.#again.size > 0);
    }
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#isSettingUp = true;
    this.#context.onUplink(uplink);
    this.#isSettingUp = false;
    const made = this.#waiting;
    const isWrite = ({ method }: Call): boolean => WRITES.has(method);
    // The requests that set up the new uplink come first. Writes keep their order.
    this.#waiting = [...made.filter((call) => !isWrite(call)), ...waiting, ...made.filter(isWrite)];
    this.#send();
  }

  /** The next uplink carries the unanswered calls again, except those that belong to one uplink. */
  #takeBack(): void {
    this.#waiting = [...this.#open, ...this.#waiting];
    this.#waiting = this.#waiting.filter(({ method }) => !OF_UPLINK.has(method));
    this.#open.clear();
    this.#flights = 0;
  }

  #onFailed(reason: unknown): void {
    this.#state.onFailed(reason);
    this.#context.onFailed(reason);
    // Those that wait for an answer learn the reason now.
    if (this.unusable) this.#refuseOld(this.#context.clock.now());
  }

  #send(): void {
    if (this.#isSettingUp) return;
    for (let [next] = this.#waiting; next && this.uplink; [next] = this.#waiting) {
      const isAppend = next.method === 'append';
      if (isAppend && this.#flights >= FLIGHTS_MAX) {
        this.#sendAboutNodes(this.uplink);
        return;
      }
      const call = isAppend ? this.#takeAppends() : next;
      if (!isAppend) this.#waiting.shift();
      if (isAppend) this.#flights += 1;
      this.#carry(this.uplink, call);
    }
  }

  /** Sends the requests about nodes that wait behind an append. All writes of an earlier uplink stood before it. */
  #sendAboutNodes(uplink: Uplink): void {
    const urgent = this.#waiting.slice(0, OVERTAKEN_MAX).filter(isAboutNodes);
    if (urgent.length === 0) return;
    this.#waiting = this.#waiting.filter((call) => !urgent.includes(call));
    for (const call of urgent) this.#carry(uplink, call);
  }

  /**
   * Takes the first appends that wait, as far as they go together. Claims of events with keys and their answers stand
   * between the events of two listeners, and are overtaken.
   */
  #takeAppends(): Call {
    const first = this.#waiting.shift() as Call;
    if (first.number !== undefined) return first;
    const parts = [first];
    const [namespace, records] = first.args as Parameters<HomeMethods['append']>;
    const all: LogRecord[] = [...records];
    let { bytes } = first;
    const audience = (of: readonly LogRecord[]): string | undefined =>
      this.#context.keepsTagsApart ? audienceOfAll(of) : undefined;
    const tag = audience(records);
    for (let at = 0; at < OVERTAKEN_MAX; ) {
      const next = this.#waiting[at];
      if (next?.number !== undefined) break;
      if (next && letsAppendsPass(next)) {
        at += 1;
        continue;
      }
      if (next?.method !== 'append') break;
      const [name, more] = next.args as Parameters<HomeMethods['append']>;
      const isFull = all.length + more.length > BATCH_RECORDS_MAX || bytes + next.bytes > BATCH_SIZE_MAX;
      // Behind a slow home, many small appends would take turns.
      const isApart = audience(more) !== tag && this.#waiting.length < APART_MAX;
      if (name !== namespace || isFull || isApart) break;
      this.#waiting.splice(at, 1);
      parts.push(next);
      all.push(...more);
      bytes += next.bytes;
    }
    if (parts.length === 1) return first;
    const joined: Call = {
      ...first,
      args: [namespace, all],
      bytes,
      resolve: (answer) => shareOut(parts, answer as Appended),
      reject: (error) => {
        for (const part of parts) part.reject(error);
      },
    };
    for (const part of parts) if (this.#again.delete(part)) this.#again.add(joined);
    return joined;
  }

  #carry(uplink: Uplink, call: Call): void {
    const { clock, writer } = this.#context;
    if (WRITES.has(call.method) && call.number === undefined) {
      this.#number += 1;
      call.number = this.#number;
    }
    call.sentAt = clock.now();
    const write = call.number === undefined ? undefined : { writer, number: call.number, settled: this.#settled(call) };
    this.#open.add(call);
    const isWanted = (): boolean => this.#open.has(call);
    uplink.call({ method: call.method, args: call.args, write, isWanted } as HomeRequest).then(
      (answer) => {
        if (uplink === this.uplink && WRITES.has(call.method) && !isAboutNodes(call)) this.#uplinks.noteUse();
        this.#settle(uplink, call, () => call.resolve(answer));
      },
      (error: unknown) => this.#settle(uplink, call, () => call.reject(error)),
    );
  }

  /**
   * Returns the number up to which all writes of this kind are settled, when `call` goes out. A home keeps the answers
   * to the appends of each namespace apart from those to others, which may take longer.
   */
  #settled(call: Call): number {
    for (const open of this.#open) if (open.number !== undefined && isOfKind(open, call)) return open.number - 1;
    return (call.number ?? 1) - 1;
  }

  #settle(uplink: Uplink, call: Call, tell: () => void): void {
    if (uplink !== this.uplink || !this.#open.delete(call)) return;
    this.#heardAt = this.#context.clock.now();
    if (call.method === 'append') this.#flights -= 1;
    this.#end(call);
    tell();
    this.#send();
    this.#tellIdle();
  }

  #end(call: Call): void {
    this.#bytes -= call.bytes;
    if (this.#again.delete(call) && this.#again.size === 0 && this.uplink) this.#state.onCaughtUp();
  }

  #tellIdle(): void {
    if (this.#waiting.length + this.#open.size === 0) this.#onIdle?.();
  }

  #schedule(): void {
    const { clock } = this.#context;
    this.#timer = unreferenced(clock.setTimeout((calls: HomeCalls) => calls.#onTick(), TICK_MS, this));
  }

  #onTick(): void {
    this.#timer = undefined;
    // After a standstill of the process, the answers that have come meanwhile are read first.
    this.#context.clock.defer((calls: HomeCalls) => calls.#look(), this);
  }

  #look(): void {
    if (this.#isOver) return;
    this.#schedule();
    const now = this.#context.clock.now();
    this.#refuseOld(now);
    if (this.uplink) {
      const [oldest] = this.#open;
      if (oldest && now - Math.max(oldest.sentAt, this.#heardAt) >= SILENT_MS) {
        this.#uplinks.giveUp();
      } else if (!oldest && now - this.#heardAt >= SILENT_MS) {
        void this.call('ping', []).catch(() => undefined);
      }
      return;
    }
    this.#state.onTime(now);
    this.#uplinks.giveUpTry(SILENT_MS, new UnavailableError('TIMEOUT', 'The home of the log does not answer.'));
  }

  /** Refuses reads that have waited too long, or that nobody will answer, and writes that the home has not seen. */
  #refuseOld(now: number): void {
    const { unusable } = this;
    const isOld = ({ method, number, madeAt }: Call): boolean => {
      if (WRITES.has(method)) return number === undefined && now - madeAt >= WRITE_WAIT_MS;
      return !isPatient(method) && (unusable !== undefined || now - madeAt >= READ_WAIT_MS);
    };
    for (const call of [...this.#open, ...this.#waiting]) {
      if (!isOld(call)) continue;
      this.#open.delete(call);
      const at = this.#waiting.indexOf(call);
      if (at >= 0) this.#waiting.splice(at, 1);
      this.#end(call);
      call.reject(tooOld(call, unusable));
    }
    this.#tellIdle();
  }
}

/** Whether an open write is of the kind of another, so that their answers are settled together. */
function isOfKind(open: Call, call: Call): boolean {
  if (call.method === 'append') return open.method === 'append' && open.args[0] === call.args[0];
  return open.method !== 'append' && open.method !== 'erase';
}
