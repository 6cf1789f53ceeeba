/** Carries out the limits of a guard: refuses, has clients wait, or ends their sessions. */
import { type Clock, getOrCreate, unreferenced } from 'naru/base';
import { endMembership, type GuardRefusal, noteLimited, type RoomAct, stopReading, tell } from 'naru/guard';
import { limitReached } from 'naru/taps';
import { DELAY_MAX_MS, type Pass } from '../pass.js';
import { type RefusalError, refusal } from '../refusal.js';
import { isUserName } from '../token.js';
import { Capacity, type CapacityParts } from './capacity.js';
import { type Excess, Limiter } from './limiter.js';
import type { LimitSettings, Use } from './options.js';
import type { ToldUse } from './shared-use.js';

/** The event that tells a client of an event that was refused, with `{ event, retryAfter }`. */
const LIMITED = 'naru:limited';
const ONCE = 'naru:once';
/** Milliseconds between two such events to a client, so that a flood is not answered by another one. */
const TELL_EVERY_MS = 1_000;
/** The most names of events of a client that are noted for explanations in that time. */
const NOTED_MAX = 8;

/** A use of a room that limits count. */
type RoomUse = Exclude<RoomAct, 'enter' | 'leave'>;

const EVENTS: readonly Use[] = ['events'];
const CONNECTS: readonly Use[] = ['connects'];
const USES: Readonly<Record<RoomUse, readonly Use[]>> = {
  publish: ['events', 'publish'],
  subscribe: ['subscribe'],
  history: ['history'],
  presence: ['presence'],
  ownPresence: ['presence'],
};

/** The limits of one server, in effect. */
export class Throttle {
  readonly #clock: Clock;
  readonly #settings: LimitSettings;
  readonly #limiter: Limiter;
  readonly #capacity: Capacity | undefined;
  /** Whether messages have to be measured. */
  readonly #countsBytes: boolean;
  readonly #isRequest: (event: string) => boolean;
  /** The passes of each session. */
  readonly #passes = new Map<object, Set<Pass>>();
  /** The sessions whose connection was counted. */
  readonly #counted = new WeakSet<object>();

  /**
   * `isRequest` knows the events that ask for something of a room, which are counted by themselves. `tell` tells the
   * other nodes what persons have used here, if there may be other nodes.
   */
  constructor(
    { isRequest, ...parts }: Omit<CapacityParts, 'memory'> & { isRequest(event: string): boolean },
    settings: LimitSettings,
    tell?: (told: readonly ToldUse[]) => void,
  ) {
    const { clock } = parts;
    this.#clock = clock;
    this.#isRequest = isRequest;
    this.#settings = settings;
    this.#limiter = new Limiter(clock, settings, tell);
    const memory = (): number => process.memoryUsage.rss();
    this.#capacity = settings.server && new Capacity({ ...parts, memory }, settings.server);
    const { socket, user, address } = settings;
    this.#countsBytes = [socket, user, address].some((rates) => rates.has('bytes'));
  }

  /**
   * Begins to count for a client. Returns a refusal if its address connects too often, or if the server is full and the
   * client does not go on with a session.
   */
  admit(pass: Pass, isReturning: boolean): RefusalError | undefined {
    const { socket } = pass;
    const { conn } = socket;
    pass.holder = this.#limiter.hold(socket.handshake, conn, socket.nsp.name);
    getOrCreate(this.#passes, conn, () => new Set<Pass>()).add(pass);
    const user = this.#settings.userOf?.(socket.handshake);
    if (isUserName(user)) this.#limiter.name(pass.holder, user);
    const excess = this.#counted.has(conn) ? undefined : this.#limiter.take(pass.holder, CONNECTS);
    if (excess) {
      tellLimited(pass, 'refuse', 'connect', excess.waitMs);
      return refusal('LIMITED', 'too many connects', excess.waitMs);
    }
    this.#counted.add(conn);
    const fullMs = isReturning ? 0 : this.#capacity?.waitFor(conn);
    if (fullMs) return refusal('FULL', 'the server is full', fullMs);
    this.#capacity?.enter(conn);
    pass.isInside = true;
    return undefined;
  }

  /** Counts for the person of a client, too. */
  name({ holder }: Pass, user: string): void {
    if (holder) this.#limiter.name(holder, user);
  }

  /** Takes what persons have used on another node. */
  hear(told: unknown): void {
    this.#limiter.hear(told);
  }

  /** Ends the counting for a client. */
  release(pass: Pass): void {
    const { holder, isInside } = pass;
    const { conn } = pass.socket;
    if (!holder) return;
    this.#limiter.release(holder);
    if (pass.readTimer !== undefined) this.#clock.clearTimeout(pass.readTimer);
    // The session may have other sockets.
    pass.readOn?.();
    pass.readOn = undefined;
    if (isInside) this.#capacity?.leave(conn);
    const passes = this.#passes.get(conn);
    passes?.delete(pass);
    if (passes?.size === 0) this.#passes.delete(conn);
  }

  /** Takes the size of a message, or with `isRest` of an attachment. */
  onMessage(session: object, size: number, isRest: boolean): void {
    const passes = this.#countsBytes ? this.#passes.get(session) : undefined;
    if (!passes) return;
    const holders = [...passes].flatMap(({ holder }) => holder ?? []);
    this.#limiter.oweBytes(holders, size, isRest);
    const ended = [...passes].find(({ holder }) => holder && this.#limiter.endsForBytes(holder));
    if (!ended?.holder) return;
    // Without a use, this takes nothing, and returns how long the debt lasts.
    tellLimited(ended, 'end', 'bytes', this.#limiter.owe(ended.holder, []));
    this.#end(ended);
  }

  /** Takes a use of a room, or refuses it. */
  refuse(pass: Pass, act: RoomUse, event: string | undefined): GuardRefusal | undefined {
    const { holder } = pass;
    const excess = holder && this.#limiter.take(holder, USES[act], event);
    if (!excess) return undefined;
    if (excess.outcome === 'wait' && excess.isOfBytes) {
      // Its message has come, and was paid for like that of an event.
      this.#wait(pass, this.#limiter.owe(holder, USES[act], event));
      return undefined;
    }
    // Such a use never waits for room of its own.
    const outcome = excess.outcome === 'end' ? 'end' : 'refuse';
    tellLimited(pass, outcome, event ?? act, excess.waitMs);
    if (event !== undefined) this.#note(pass, { ...excess, outcome }, event);
    if (outcome === 'end') this.#end(pass);
    return { code: 'LIMITED', message: 'too many requests', retryAfter: excess.waitMs };
  }

  /** Takes an event for the listeners of the program, and returns whether it goes on. */
  takes(pass: Pass, event: readonly unknown[], answer: ((...args: unknown[]) => void) | undefined): boolean {
    const given = event[0] === ONCE ? event[2] : event[0];
    // A request that names no event is refused later.
    const name = typeof given === 'object' ? ONCE : String(given);
    const { holder } = pass;
    if (!holder || (name.startsWith('naru:') && this.#isRequest(name))) return true;
    const excess = this.#limiter.take(holder, EVENTS, name);
    if (!excess) return true;
    const { waitMs, outcome } = excess;
    tellLimited(pass, outcome, name, waitMs);
    this.#note(pass, excess, name);
    if (outcome === 'wait') {
      // The event has come. Those after it wait until it is paid back.
      this.#wait(pass, this.#limiter.owe(holder, EVENTS, name));
      return true;
    }
    if (outcome === 'end') this.#end(pass);
    else if (answer) answer({ error: { code: 'LIMITED', message: 'too many events', retryAfter: waitMs } });
    else this.#tell(pass, name, waitMs);
    return false;
  }

  /** Notes an event for explanations. A flood would displace what is known of other clients. */
  #note({ socket, holder }: Pass, { outcome, waitMs }: Excess, event: string): void {
    const now = this.#clock.now();
    if (!holder) return;
    const { noted } = holder;
    if (now - holder.notedAt >= TELL_EVERY_MS) {
      holder.notedAt = now;
      noted.clear();
    }
    if (noted.has(event) || noted.size >= NOTED_MAX) return;
    noted.add(event);
    noteLimited(socket, event, outcome, waitMs);
  }

  #tell({ socket, holder }: Pass, event: string, retryAfter: number): void {
    const now = this.#clock.now();
    if (!holder || now - holder.toldAt < TELL_EVERY_MS) return;
    holder.toldAt = now;
    tell(socket, LIMITED, { event, retryAfter });
  }

  #wait(pass: Pass, waitMs: number): void {
    if (waitMs === 0 || pass.readOn) return;
    pass.readOn = stopReading(pass.socket);
    const goOn = (): void => {
      const { readOn } = pass;
      pass.readOn = undefined;
      readOn?.();
    };
    pass.readTimer = unreferenced(this.#clock.setTimeout(goOn, Math.min(waitMs, DELAY_MAX_MS), undefined));
  }

  #end({ socket }: Pass): void {
    endMembership(socket, { code: 'LIMITED', message: 'too many events' }, true);
  }
}

function tellLimited({ socket }: Pass, outcome: string, event: string, retryAfterMs: number): void {
  if (!limitReached.hasSubscribers) return;
  limitReached.publish({ socket: socket.id, namespace: socket.nsp.name, outcome, event, retryAfterMs });
}
