/** Limits the handshakes per second. Clients beyond the limit wait for a permit. */
import type { Timer } from '../../base/clock.js';
import { FairQueue, type Queued } from '../../base/networks/fair-queue.js';
import { networkOf } from '../../base/networks/network-of.js';
import type { EngineSettings } from '../options/engine-options.js';
import type { Carrier } from './handshake-waits.js';

/** The limits of a pace. `handshakesMax` clients may wait at once. A client that would wait too long is refused. */
export type PaceSettings = Pick<
  EngineSettings,
  'clock' | 'handshakesPerSecondMax' | 'handshakeWaitMax' | 'handshakesMax'
>;

/** Why a client gets no permit: too many others wait, or the server shuts down. */
export type PaceRefusal = 'crowded' | 'closed';

/** Returns the header that tells a client when to try again, in at least one second. */
export function retryAfter(retryAfterMs: number): readonly [name: string, value: string] {
  return ['Retry-After', String(Math.max(1, Math.ceil(retryAfterMs / 1_000)))];
}

/** A client that waits. Exactly one of the functions is called, once, unless its carrier closes first. */
export interface PacedClient {
  /** Called when the client has its permit. */
  proceed(): void;
  /**
   * Called when the client gets no permit. After `retryAfterMs` milliseconds, the clients that wait now will have had
   * theirs.
   */
  refuse(why: PaceRefusal, retryAfterMs: number): void;
}

/** A socket or a response, which closes when its client disconnects. */
export interface PacedCarrier extends Carrier {
  /** The address of the client. Clients without an address count as one network. */
  readonly remoteAddress?: string | undefined;
}

interface Waiting {
  readonly client: PacedClient;
  /** Stops listening to the carrier. */
  end(): void;
}

/** Length in milliseconds of the slots in which time is counted. */
const SLOT_MS = 25;
const SLOTS_PER_SECOND = 1_000 / SLOT_MS;
/**
 * A second that does not begin at a slot's edge touches one more slot. Another one is for permits that are noticed a
 * little late.
 */
const SLOTS = SLOTS_PER_SECOND + 2;

/**
 * The pace of one engine's handshakes. At most `perSecondMax` handshakes begin in any one second, and they are spread
 * over it. Clients get their permits in the order of their requests. When the queue is full, a newcomer replaces a
 * waiting client of the network with the most waiting clients, so that all networks share the queue.
 */
export class HandshakePace {
  readonly #settings: PaceSettings;
  readonly #waiting = new FairQueue<Waiting>();
  /** The permits that were given in each of the last slots. `#sum` is their total. */
  readonly #given = new Uint32Array(SLOTS);
  #sum = 0;
  #slot = 0;
  /** The number of slots that the clock was set back. */
  #skew = 0;
  /** Handshakes that may begin in any one second. */
  perSecondMax = 0;
  #perSlotMax = 0;
  #timer: Timer | undefined = undefined;

  constructor(settings: PaceSettings) {
    this.#settings = settings;
    this.share(1);
  }

  /** Takes one of `count` equal parts of the rate, because as many engines have it together. */
  share(count: number): void {
    this.perSecondMax = Math.max(1, Math.floor(this.#settings.handshakesPerSecondMax / count));
    this.#perSlotMax = Math.ceil(this.perSecondMax / SLOTS_PER_SECOND);
  }

  /** Clients that wait for their permit. */
  get waitingCount(): number {
    return this.#waiting.size;
  }

  /** Takes a permit at once. Returns `false` when none is free or others wait already; call `begin` then. */
  tryBegin(): boolean {
    return this.perSecondMax === Number.POSITIVE_INFINITY || (this.#waiting.size === 0 && this.#take());
  }

  /** Gives a client its permit now or later, or refuses it. A client whose carrier closes first is forgotten. */
  begin(client: PacedClient, carrier: PacedCarrier | undefined): void {
    if (this.tryBegin()) {
      client.proceed();
      return;
    }
    const network = networkOf(carrier?.remoteAddress);
    const { handshakeWaitMax, handshakesMax } = this.#settings;
    if (this.#waitMs > handshakeWaitMax || this.#waiting.size >= handshakesMax) {
      // A client of a network with more than its share gives its place to the newcomer.
      const evicted = this.#waiting.evictFor(network);
      const waitMs = this.#waitMs;
      (evicted ? this.#end(evicted) : client).refuse('crowded', waitMs);
      if (!evicted) return;
    }
    const leave = (): void => {
      this.#waiting.remove(queued);
      if (this.#waiting.size === 0) this.#stop();
    };
    const queued = this.#waiting.add({ client, end: () => carrier?.off('close', leave) }, network);
    carrier?.once('close', leave);
    this.#arm();
  }

  /** Refuses all waiting clients, because the server shuts down. */
  close(): void {
    this.#stop();
    for (let queued = this.#waiting.first(); queued; queued = this.#waiting.first())
      this.#end(queued).refuse('closed', 0);
    this.#stop();
  }

  /** Milliseconds that one more client would wait. */
  get #waitMs(): number {
    return ((this.#waiting.size + 1) * 1_000) / this.perSecondMax;
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
      // Also after an exception, because the others must not wait forever.
      if (this.#waiting.size > 0) this.#arm();
    }
  }

  #arm(): void {
    this.#timer ??= this.#settings.clock.setTimeout((pace: HandshakePace) => pace.#pump(), SLOT_MS, this);
  }

  #stop(): void {
    if (this.#timer !== undefined) this.#settings.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Takes a permit if one is free. */
  #take(): boolean {
    this.#advanceTo(Math.floor(this.#settings.clock.now() / SLOT_MS) + this.#skew);
    const at = this.#slot % SLOTS;
    const given = this.#given[at] ?? 0;
    if (given >= this.#perSlotMax || this.#sum + 1 > this.perSecondMax) return false;
    this.#given[at] = given + 1;
    this.#sum += 1;
    return true;
  }

  /** Advances to a slot, and forgets the permits of more than a second ago. */
  #advanceTo(slot: number): void {
    if (slot < this.#slot) {
      // The clock was set back. Time continues from where it was.
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
