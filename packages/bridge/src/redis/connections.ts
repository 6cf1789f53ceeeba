/**
 * The way to the Redis of the other nodes: a connection for what they say, and one for what this node says. Both are
 * opened beside the client of the program, with its options.
 */
import { type Clock, getOrCreate, toBuffer, UnavailableError, unreferenced, utf8Size, within } from 'naru/base';
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
  /**
   * Resolves when Redis counts this node among the subscribers of a channel. Its messages come by a pattern, and those
   * of a channel of shards by this subscription.
   */
  enter(channel: string): Promise<void>;
  leave(channel: string): void;
  /** Returns the count of subscribers of a channel on all servers. */
  count(channel: string): Promise<number>;
  /** Resolves when everything is on its way, or after a second. */
  close(): Promise<void>;
}

/** Messages, and their bytes, that may wait for the connection. Beyond that, new ones are dropped. */
const WAITING_MAX = 10_000;
const WAITING_BYTES_MAX = 64 * 1024 * 1024;
const CLOSE_MS = 1_000;
/** Milliseconds after which a subscription that failed is tried again. */
const AGAIN_MS = 1_000;

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
  let waitingBytes = 0;
  const send = (bytes: number, isVital: boolean, message: () => Promise<unknown>): void => {
    if ((waiting.size >= WAITING_MAX || waitingBytes >= WAITING_BYTES_MAX) && !isVital) {
      const what = `${waiting.size} messages to the nodes of Socket.IO wait, with ${waitingBytes} bytes`;
      ears.onError(new UnavailableError('BUFFER_FULL', what));
      return;
    }
    const sent = said.then(message);
    waiting.add(sent);
    waitingBytes += bytes;
    const end = (): void => {
      waiting.delete(sent);
      waitingBytes -= bytes;
    };
    sent.then(end, (error) => {
      end();
      ears.onError(error);
    });
  };
  return {
    publish: (channel, message, isVital = false) => {
      const data = toBuffer(message);
      send(data.byteLength, isVital, () => saying.publish(channel, data));
    },
    append: (stream, fields, countMax, isVital = false) => {
      const bytes = Object.values(fields).reduce((sum, text) => sum + utf8Size(text), 0);
      send(bytes, isVital, () => saying.append(stream, fields, countMax));
    },
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

/**
 * The patterns and channels of one connection. Each channel goes its own way, so one whose server is away holds up no
 * other. The library keeps those that succeeded, and others are tried again.
 */
class Subscriptions {
  readonly #clock: Clock;
  readonly #wire: Wire;
  readonly #patterns: readonly string[];
  readonly #ears: Ears;
  /** The channels that this node wants to be in, and the functions to call when it is. */
  readonly #wanted = new Map<string, (() => void)[]>();
  /** The channels that it is in, and those that Redis may count it in. */
  readonly #entered = new Set<string>();
  readonly #held = new Set<string>();
  /** The channels whose command has no answer yet, and those whose command has failed. */
  readonly #busy = new Set<string>();
  readonly #failed = new Set<string>();
  #isHearing = false;
  #isBeginning = false;
  #isClosed = false;

  constructor(clock: Clock, wire: Wire, patterns: readonly string[], ears: Ears) {
    this.#clock = clock;
    this.#wire = wire;
    this.#patterns = patterns;
    this.#ears = ears;
    wire.onChange((isThere) => {
      if (this.#isClosed) return;
      if (!isThere) ears.onLost();
      else if (this.#isHearing) ears.onHeard();
      else void this.#begin();
    });
  }

  enter(channel: string): Promise<void> {
    return new Promise((resolve) => {
      getOrCreate(this.#wanted, channel, () => []).push(resolve);
      void this.#work(channel);
    });
  }

  leave(channel: string): void {
    this.#wanted.delete(channel);
    void this.#work(channel);
  }

  close(): void {
    this.#isClosed = true;
  }

  /** Subscribes to the patterns, and then to the channels that wait. */
  async #begin(): Promise<void> {
    if (this.#isHearing || this.#isBeginning || this.#isClosed) return;
    this.#isBeginning = true;
    try {
      await this.#wire.hear(this.#patterns, (channel, message) => {
        if (!this.#isClosed) this.#ears.onMessage(channel, message);
      });
      this.#isHearing = true;
    } catch (error) {
      this.#onFailed(error, () => void this.#begin());
    } finally {
      this.#isBeginning = false;
    }
    if (!this.#isHearing || this.#isClosed) return;
    this.#ears.onHeard();
    for (const channel of this.#wanted.keys()) void this.#work(channel);
  }

  /** Enters a channel that is wanted, or leaves one that is not. While the connection is lost, the library waits. */
  async #work(channel: string): Promise<void> {
    if (!this.#isHearing || this.#busy.has(channel)) return;
    this.#busy.add(channel);
    try {
      while (!this.#isClosed) {
        const isWanted = this.#wanted.has(channel);
        if (isWanted && !this.#entered.has(channel)) {
          this.#held.add(channel);
          await this.#wire.enter(channel);
          this.#entered.add(channel);
        } else if (!isWanted && this.#held.has(channel)) {
          this.#entered.delete(channel);
          await this.#wire.leave(channel);
          this.#held.delete(channel);
        } else break;
      }
      if (this.#isClosed) return;
      for (const resolve of this.#wanted.get(channel)?.splice(0) ?? []) resolve();
    } catch (error) {
      if (this.#failed.size === 0) this.#onFailed(error, () => this.#workAgain());
      else if (!this.#isClosed) this.#ears.onError(error);
      this.#failed.add(channel);
    } finally {
      this.#busy.delete(channel);
    }
  }

  #workAgain(): void {
    const failed = [...this.#failed];
    this.#failed.clear();
    for (const channel of failed) void this.#work(channel);
  }

  #onFailed(error: unknown, again: () => void): void {
    if (this.#isClosed) return;
    this.#ears.onError(error);
    unreferenced(this.#clock.setTimeout(again, AGAIN_MS, undefined));
  }
}
