/** Keeps a node connected to its home: opens an uplink, and another one when that is lost or about to end. */
import { type Clock, type Random, type Timer, UnavailableError, unreferenced, within } from 'naru/base';
import type { Uplink, UplinkHandler } from './home.js';

/** The part of the handler of an uplink that is for one uplink alone. */
export type OwnHandler = Pick<UplinkHandler, 'onClose' | 'onWork'>;

/** The parts of a node that its uplinks use. */
export interface UplinksContext {
  readonly clock: Clock;
  readonly random: Random;
  connect(own: OwnHandler): Promise<Uplink>;
  /** An uplink is about to replace the present one. It does when the answer resolves, or after some seconds. */
  prepare(uplink: Uplink): Promise<void>;
  /** There is another uplink. One that it replaces has ended. */
  onOpen(uplink: Uplink, isReplacement: boolean): void;
  /** The uplink has shown that it is there. */
  onWork(): void;
  /** The uplink broke. Another one is opened. */
  onLost(): void;
  /** A try to connect has failed while there is no uplink. Another one follows. */
  onFailed(reason: unknown): void;
  /** One uplink after the other breaks soon after it was opened. */
  onBrief(reason: unknown): void;
}

/**
 * An uplink that ends is replaced after three quarters of its time, or some milliseconds before its end. It is used for
 * a while, even if it ends soon.
 */
const EXPIRING_MS = 60_000;
const USED_MS = 1_000;
/** The most milliseconds for which there are two uplinks. */
const BOTH_MS = 4_000;
/** The longest time that a timer can wait. */
const TIMER_MAX = 2 ** 31 - 1;
/** The first and the longest delay between two tries to connect, in milliseconds. */
const RETRY_MS = 50;
const RETRY_MAX_MS = 2_000;
/** Milliseconds before which an uplink breaks too soon, and the number of such uplinks in a row that people hear of. */
const BRIEF_MS = 3_000;
const BRIEF_TOLD = 5;

/** The uplinks of a node, one after the other. */
export class Uplinks {
  readonly #context: UplinksContext;
  #present: Uplink | undefined;
  /** The number of the present uplink, and of the newest try to connect. */
  #presentNumber = 0;
  #number = 0;
  #tries = 0;
  /** When the present uplink was opened. */
  #openedAt = 0;
  /** How many uplinks before it have broken too soon, one after the other, and how many of them were of no use. */
  #briefCount = 0;
  #uselessCount = 0;
  #isUsed = false;
  /** When the present try to connect began. */
  #triedAt: number | undefined;
  #retry: Timer | undefined;
  /** Replaces an uplink that ends. */
  #renewal: Timer | undefined;
  #isOver = false;

  constructor(context: UplinksContext) {
    this.#context = context;
  }

  /** The present uplink. */
  get present(): Uplink | undefined {
    return this.#present;
  }

  /** Opens an uplink. If there is one, it is used until then. */
  open(): void {
    this.#number += 1;
    const number = this.#number;
    this.#triedAt = this.#context.clock.now();
    const isAwaited = (): boolean => number === this.#number && !this.#isOver;
    const isPresent = (): boolean => number === this.#presentNumber && !this.#isOver;
    const onOpen = async (uplink: Uplink): Promise<void> => {
      if (this.#present && isAwaited()) await within(this.#context.clock, this.#context.prepare(uplink), BOTH_MS);
      if (isAwaited()) this.#begin(uplink, number);
      else uplink.close();
    };
    this.#context
      .connect({
        onWork: () => {
          if (isPresent()) this.#context.onWork();
        },
        onClose: (reason) => {
          if (isPresent()) this.#lose(reason);
          else if (isAwaited()) this.#retryLater(reason);
        },
      })
      .then(onOpen, (reason: unknown) => isAwaited() && this.#retryLater(reason));
  }

  /** The present uplink has carried out what it is there for, besides its set-up. */
  noteUse(): void {
    this.#isUsed = true;
  }

  /** Gives up the present uplink, because it is silent. */
  giveUp(): void {
    this.#present?.close();
    this.#lose();
  }

  /** Gives up a try to connect that has taken longer than so many milliseconds. */
  giveUpTry(ms: number, reason: Error): void {
    if (this.#triedAt !== undefined && this.#context.clock.now() - this.#triedAt >= ms) this.#retryLater(reason);
  }

  /** Ends the uplink, and opens no other. */
  close(): void {
    this.#isOver = true;
    this.#present?.close();
    this.#present = undefined;
    for (const each of [this.#retry, this.#renewal]) if (each !== undefined) this.#context.clock.clearTimeout(each);
  }

  #begin(uplink: Uplink, number: number): void {
    const former = this.#present;
    this.#present = uplink;
    this.#presentNumber = number;
    this.#triedAt = undefined;
    this.#tries = 0;
    this.#openedAt = this.#context.clock.now();
    this.#isUsed = false;
    this.#renewLater(uplink);
    former?.close();
    this.#context.onOpen(uplink, former !== undefined);
  }

  #renewLater({ expiresAt }: Uplink): void {
    const { clock } = this.#context;
    if (this.#renewal !== undefined) clock.clearTimeout(this.#renewal);
    this.#renewal = undefined;
    if (expiresAt === undefined) return;
    const left = expiresAt - clock.now();
    const ms = Math.min(TIMER_MAX, Math.max(USED_MS, 0.75 * left, left - EXPIRING_MS));
    const renew = (uplinks: Uplinks): void => {
      uplinks.#renewal = undefined;
      if (uplinks.#present) uplinks.open();
    };
    this.#renewal = unreferenced(clock.setTimeout(renew, ms, this));
  }

  #lose(reason?: unknown): void {
    const { clock, onBrief, onLost } = this.#context;
    this.#present = undefined;
    this.#presentNumber = 0;
    const isBrief = clock.now() - this.#openedAt < BRIEF_MS;
    this.#briefCount = isBrief ? this.#briefCount + 1 : 0;
    // After an uplink that was of use, the next one is opened soon.
    const uselessMax = this.#isUsed ? 2 : Number.POSITIVE_INFINITY;
    this.#uselessCount = isBrief ? Math.min(this.#uselessCount + 1, uselessMax) : 0;
    this.#tries = Math.max(0, this.#uselessCount - 1);
    onLost();
    if (this.#briefCount >= BRIEF_TOLD) onBrief(reason ?? endsSoon());
    this.#retryLater();
  }

  #retryLater(reason?: unknown): void {
    // An uplink that is still there is used, although no other can take its place.
    if (reason !== undefined && !this.#present) this.#context.onFailed(reason);
    this.#triedAt = undefined;
    this.#number += 1;
    const { clock, random } = this.#context;
    const longest = this.#tries === 0 ? 0 : Math.min(RETRY_MAX_MS, RETRY_MS * 2 ** (this.#tries - 1));
    this.#tries += 1;
    const again = (uplinks: Uplinks): void => {
      uplinks.#retry = undefined;
      uplinks.open();
    };
    if (this.#retry !== undefined) clock.clearTimeout(this.#retry);
    this.#retry = clock.setTimeout(again, longest * (0.5 + random.fraction() / 2), this);
  }
}

/** Returns the error for uplinks that break without a reason. */
function endsSoon(): UnavailableError {
  const seconds = BRIEF_MS / 1_000;
  return new UnavailableError(
    'CONNECT_FAILED',
    `The home of the log can be reached, and each connection to it ends within ${seconds} seconds. Look at the log of the home.`,
  );
}
