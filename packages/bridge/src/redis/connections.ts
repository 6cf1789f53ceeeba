/**
 * The way to the Redis of the other nodes: a connection for what they say, and one for what this node says. Both are
 * opened beside the client of the program, with its options.
 */
import { type Clock, getOrCreate, toBuffer, UnavailableError, unreferenced, within } from 'naru/base';
import { type OnMessage, type RedisClientLike, type StreamEntry, type Wire, wireOf } from './wires.js';

/** Receives what the other nodes say. */
export interface Ears {
  readonly onMessage: OnMessage;
  /** The connection is lost, so messages are missed from now on. */
  onLost(): void;
  /** Messages arrive, for the first time or again. */
  onHeard(): void;
  onError(error: unknown): void;
}

/** The channels of a Redis. */
export interface Channels {
  /** Sends a message. Its errors go to `onError`. A vital one is sent although many wait. */
  publish(channel: string, message: Uint8Array | string, isVital?: boolean): void;
  /** Appends an entry to a stream, which keeps about `countMax` of them, in order with what was published. */
  append(stream: string, fields: StreamEntry['fields'], countMax: number, isVital?: boolean): void;
  /** Resolves when Redis counts this node among the subscribers of a channel. Its messages come by a pattern. */
  enter(channel: string): Promise<void>;
  leave(channel: string): void;
  /** Returns the count of subscribers of a channel on all servers. */
  count(channel: string): Promise<number>;
  /** Resolves when everything is on its way, or after a second. */
  close(): Promise<void>;
}

/** The most messages that wait for the connection. Beyond that, new ones are dropped, as they are while it is lost. */
const WAITING_MAX = 10_000;
const CLOSE_MS = 1_000;
/** Milliseconds after which a subscription that failed is tried again. */
const AGAIN_MS = 1_000;
/** The most channels that are entered at once. */
const AT_ONCE_MAX = 1_000;

/**
 * Opens the channels. Hears those that `names` has, and those that begin with a name that ends with a star. With
 * `'of shards'`, they are those of shards, and it hears those that it enters. Throws ConfigError for a client that is
 * unknown.
 */
export function openChannels(
  clock: Clock,
  client: RedisClientLike,
  names: readonly string[] | 'of shards',
  ears: Ears,
): Channels {
  const isSharded = names === 'of shards';
  const patterns = isSharded ? [] : patternsOf(names);
  const [hearing, saying] = [wireOf(client.duplicate(), isSharded), wireOf(client.duplicate(), isSharded)];
  for (const wire of [hearing, saying]) wire.onError((error) => ears.onError(error));
  const subscriptions = new Subscriptions(clock, hearing, patterns, ears);
  const said = new Promise<void>((resolve) => saying.onChange((isThere) => isThere && resolve()));
  // The libraries try again by themselves.
  for (const wire of [hearing, saying]) wire.open().catch((error) => ears.onError(error));
  const waiting = new Set<Promise<unknown>>();
  const send = (message: () => Promise<unknown>, isVital: boolean): void => {
    if (waiting.size >= WAITING_MAX && !isVital) {
      ears.onError(new UnavailableError('BUFFER_FULL', `${WAITING_MAX} messages to the nodes of Socket.IO wait`));
      return;
    }
    const sent = said.then(message);
    waiting.add(sent);
    const end = (): void => void waiting.delete(sent);
    sent.then(end, (error) => {
      end();
      ears.onError(error);
    });
  };
  return {
    publish: (channel, message, isVital = false) => send(() => saying.publish(channel, toBuffer(message)), isVital),
    append: (stream, fields, countMax, isVital = false) => send(() => saying.append(stream, fields, countMax), isVital),
    enter: (channel) => subscriptions.enter(channel),
    leave: (channel) => subscriptions.leave(channel),
    count: async (channel) => {
      await said;
      return saying.count(channel);
    },
    close: async () => {
      subscriptions.close();
      hearing.end();
      await within(clock, Promise.allSettled(waiting), CLOSE_MS);
      saying.end();
    },
  };
}

function patternsOf(names: readonly string[]): string[] {
  return names.map((name) => name.replaceAll(/[?[\]\\^]/g, String.raw`\$&`));
}

/** The patterns and channels of one connection. The library keeps those that succeeded, and others are tried again. */
class Subscriptions {
  readonly #clock: Clock;
  readonly #wire: Wire;
  readonly #patterns: readonly string[];
  readonly #ears: Ears;
  /** The channels that are to be entered, and the functions to call then. */
  readonly #waiting = new Map<string, (() => void)[]>();
  readonly #entered = new Set<string>();
  #isHearing = false;
  #isThere = false;
  #isWorking = false;
  #isClosed = false;

  constructor(clock: Clock, wire: Wire, patterns: readonly string[], ears: Ears) {
    this.#clock = clock;
    this.#wire = wire;
    this.#patterns = patterns;
    this.#ears = ears;
    wire.onChange((isThere) => {
      if (this.#isClosed) return;
      this.#isThere = isThere;
      if (!isThere) ears.onLost();
      else if (this.#isHearing) ears.onHeard();
      void this.#subscribe();
    });
  }

  enter(channel: string): Promise<void> {
    return new Promise((resolve) => {
      if (this.#entered.has(channel)) resolve();
      else getOrCreate(this.#waiting, channel, () => []).push(resolve);
      void this.#subscribe();
    });
  }

  leave(channel: string): void {
    this.#waiting.delete(channel);
    if (this.#entered.delete(channel)) this.#wire.leave(channel).catch((error) => this.#ears.onError(error));
  }

  close(): void {
    this.#isClosed = true;
  }

  /** Subscribes to what is missing. */
  async #subscribe(): Promise<void> {
    if (!this.#isThere || this.#isWorking || this.#isClosed) return;
    this.#isWorking = true;
    try {
      if (!this.#isHearing) {
        await this.#wire.hear(this.#patterns, (channel, message) => {
          if (!this.#isClosed) this.#ears.onMessage(channel, message);
        });
        this.#isHearing = true;
        this.#ears.onHeard();
      }
      while (this.#waiting.size > 0) {
        const next = [...this.#waiting.keys()].slice(0, AT_ONCE_MAX);
        await Promise.all(next.map((channel) => this.#enter(channel)));
      }
    } catch (error) {
      if (this.#isClosed) return;
      this.#ears.onError(error);
      unreferenced(this.#clock.setTimeout(() => void this.#subscribe(), AGAIN_MS, undefined));
    } finally {
      this.#isWorking = false;
    }
  }

  async #enter(channel: string): Promise<void> {
    await this.#wire.enter(channel);
    const waiting = this.#waiting.get(channel);
    this.#waiting.delete(channel);
    if (waiting) this.#entered.add(channel);
    else if (!this.#entered.has(channel)) await this.#wire.leave(channel);
    for (const resolve of waiting ?? []) resolve();
  }
}
