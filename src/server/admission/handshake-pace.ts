/** Has clients come in one after the other when they come all at once: so many in a second, and the others wait for their turn. */
import type { Clock, Timer } from '../../base/clock.js';
import { FairQueue, type Queued } from '../../base/networks/fair-queue.js';
import { networkOf } from '../../base/networks/network-of.js';
import type { Carrier } from './handshake-waits.js';

/** How fast clients may come in. */
export interface PaceSettings {
  /** Handshakes that are begun in any second, at most. 1 or more. */
  readonly perSecondMax: number;
  /** Milliseconds that a turn may be away; who would wait for longer is refused at once. */
  readonly waitMsMax: number;
  /** Clients that wait, at most. */
  readonly waitingMax: number;
}

/** Why a client gets no turn: too many stand before it, or the server goes. */
export type PaceRefusal = 'crowded' | 'closed';

/** The header field that says when to come again; a second is the least. */
export function retryAfter(retryAfterMs: number): readonly [name: string, value: string] {
  return ['Retry-After', String(Math.max(1, Math.ceil(retryAfterMs / 1_000)))];
}

/** What becomes of a client that waits: one of both, once. */
export interface PacedClient {
  /** Its turn has come. */
  proceed(): void;
  /** It gets none; in so many milliseconds those who wait now will have had theirs. */
  refuse(why: PaceRefusal, retryAfterMs: number): void;
}

/** What ends with its client: a socket, or a response. */
export interface PacedCarrier extends Carrier {
  /** Where it is; whoever has none shares one place with the others that have none. */
  readonly remoteAddress?: string | undefined;
}

interface Waiting {
  readonly client: PacedClient;
  /** It waits no more. */
  end(): void;
}

/** Time is counted in slots of so many milliseconds. */
const SLOT_MS = 25;
const SLOTS_PER_SECOND = 1_000 / SLOT_MS;
/** A second touches one slot more than it has; another one is for turns that are noticed a little late. */
const SLOTS = SLOTS_PER_SECOND + 2;

/**
 * The pace of one engine's handshakes. Guarantees: in no second, wherever it begins, are more of them begun than `perSecondMax`; they are
 * spread over the second; turns are given in the order in which they were asked for; and where no more can wait, those who may are shared
 * among the networks that ask: the one that has most of them makes room.
 */
export class HandshakePace {
  readonly #clock: Clock;
  readonly #settings: PaceSettings;
  readonly #waiting = new FairQueue<Waiting>();
  /** Turns that were given in each of the last slots, and in all of these. */
  readonly #given = new Uint32Array(SLOTS);
  #sum = 0;
  #slot = 0;
  /** Slots by which the clock was set back. */
  #skew = 0;
  readonly #perSlotMax: number;
  #timer: Timer | undefined = undefined;

  constructor(clock: Clock, settings: PaceSettings) {
    this.#clock = clock;
    this.#settings = settings;
    this.#perSlotMax = Math.ceil(settings.perSecondMax / SLOTS_PER_SECOND);
  }

  /** Clients that wait for their turn. */
  get waitingCount(): number {
    return this.#waiting.size;
  }

  /** Takes a turn at once. `false`: there is none now, or others stand before; ask by `begin` then. */
  tryBegin(): boolean {
    if (this.#settings.perSecondMax === Number.POSITIVE_INFINITY) return true;
    return this.#waiting.size === 0 && this.#take();
  }

  /** Gives a client its turn, now or later; none where its carrier closes before. */
  begin(client: PacedClient, carrier: PacedCarrier | undefined): void {
    if (this.tryBegin()) {
      client.proceed();
      return;
    }
    const network = networkOf(carrier?.remoteAddress);
    if (this.#isFull && !this.#makeRoom(network)) {
      client.refuse('crowded', this.#waitMs);
      return;
    }
    const leave = (): void => {
      this.#waiting.remove(queued);
      if (this.#waiting.size === 0) this.#stop();
    };
    const queued = this.#waiting.add({ client, end: () => carrier?.off('close', leave) }, network);
    carrier?.once('close', leave);
    this.#arm();
  }

  /** Refuses all who wait: the server goes. */
  close(): void {
    this.#stop();
    for (let queued = this.#waiting.first(); queued; queued = this.#waiting.first())
      this.#end(queued).refuse('closed', 0);
    this.#stop();
  }

  /** Milliseconds that one more would wait. */
  get #waitMs(): number {
    return ((this.#waiting.size + 1) * 1_000) / this.#settings.perSecondMax;
  }

  get #isFull(): boolean {
    return this.#waitMs > this.#settings.waitMsMax || this.#waiting.size >= this.#settings.waitingMax;
  }

  /** Refuses one of those who wait in favour of a network that has less than its share; whether there was one. */
  #makeRoom(network: string): boolean {
    const evicted = this.#waiting.evictFor(network);
    if (!evicted) return false;
    const waitMs = this.#waitMs;
    this.#end(evicted).refuse('crowded', waitMs);
    return true;
  }

  #end(queued: Queued<Waiting>): PacedClient {
    this.#waiting.remove(queued);
    queued.item.end();
    return queued.item.client;
  }

  #pump(): void {
    this.#timer = undefined;
    try {
      for (let queued = this.#waiting.first(); queued; queued = this.#waiting.first()) {
        if (!this.#take()) break;
        this.#end(queued).proceed();
      }
    } finally {
      // Also after an exception: the others must not wait for ever.
      if (this.#waiting.size > 0) this.#arm();
    }
  }

  #arm(): void {
    this.#timer ??= this.#clock.setTimeout((pace: HandshakePace) => pace.#pump(), SLOT_MS, this);
  }

  #stop(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Takes a turn, where there is one. */
  #take(): boolean {
    this.#turnTo(Math.floor(this.#clock.now() / SLOT_MS) + this.#skew);
    const at = this.#slot % SLOTS;
    const given = this.#given[at] ?? 0;
    if (given >= this.#perSlotMax || this.#sum + 1 > this.#settings.perSecondMax) return false;
    this.#given[at] = given + 1;
    this.#sum += 1;
    return true;
  }

  /** Forgets what is longer ago than a second. */
  #turnTo(slot: number): void {
    if (slot < this.#slot) {
      // Somebody set the clock back: time goes on from where it was.
      this.#skew += this.#slot - slot;
      return;
    }
    const count = Math.min(SLOTS, slot - this.#slot);
    for (let step = 1; step <= count; step += 1) {
      const at = (slot - count + step) % SLOTS;
      this.#sum -= this.#given[at] ?? 0;
      this.#given[at] = 0;
    }
    this.#slot = slot;
  }
}
