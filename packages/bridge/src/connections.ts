/**
 * The way to the Redis of the other nodes: a connection for what they say, and one for what this node says. Both are
 * opened beside the client of the program, with its options.
 */
import type { Buffer } from 'node:buffer';
import { type Clock, ConfigError, toBuffer, UnavailableError, unreferenced, within } from 'naru/base';

/** A client of `redis` 4 or newer, or of `ioredis` 5 or 6, for one server, Sentinels or a Redis Cluster. */
export interface RedisClientLike {
  duplicate(...args: never[]): unknown;
}

/** Receives what the other nodes say. */
export interface Ears {
  onMessage(channel: string, message: Buffer): void;
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

/** One connection, whatever the library. */
interface Wire {
  /** Begins to connect. */
  open(): Promise<unknown>;
  publish(channel: string, message: Buffer): Promise<unknown>;
  /** Returns the count of subscribers of a channel. */
  count(channel: string): Promise<number>;
  hear(patterns: readonly string[], onMessage: Ears['onMessage']): Promise<unknown>;
  enter(channel: string): Promise<unknown>;
  leave(channel: string): Promise<unknown>;
  onError(listener: (error: unknown) => void): void;
  /** Calls back whenever the connection is there, and whenever it is lost. */
  onChange(listener: (isThere: boolean) => void): void;
  end(): void;
}

/** Opens the channels. Throws ConfigError for a client that is unknown. */
export function openChannels(clock: Clock, client: RedisClientLike, patterns: readonly string[], ears: Ears): Channels {
  const [hearing, saying] = [wireOf(client.duplicate()), wireOf(client.duplicate())];
  for (const wire of [hearing, saying]) wire.onError((error) => ears.onError(error));
  const subscriptions = new Subscriptions(clock, hearing, patterns, ears);
  const said = new Promise<void>((resolve) => saying.onChange((isThere) => isThere && resolve()));
  // The libraries try again by themselves.
  for (const wire of [hearing, saying]) wire.open().catch((error) => ears.onError(error));
  const waiting = new Set<Promise<unknown>>();
  return {
    publish: (channel, message, isVital = false) => {
      if (waiting.size >= WAITING_MAX && !isVital) {
        ears.onError(new UnavailableError('BUFFER_FULL', `${WAITING_MAX} messages to the nodes of Socket.IO wait`));
        return;
      }
      const sent = said.then(() => saying.publish(channel, toBuffer(message)));
      waiting.add(sent);
      const end = (): void => void waiting.delete(sent);
      sent.then(end, (error) => {
        end();
        ears.onError(error);
      });
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

/** The patterns and channels of one connection. The library keeps those that succeeded, and others are tried again. */
class Subscriptions {
  readonly #clock: Clock;
  readonly #wire: Wire;
  readonly #patterns: readonly string[];
  readonly #ears: Ears;
  /** The channels, and the functions to call when each was entered. It is `undefined` once it was. */
  readonly #channels = new Map<string, (() => void)[] | undefined>();
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
      const waiting = this.#channels.get(channel);
      if (this.#channels.has(channel) && !waiting) resolve();
      else this.#channels.set(channel, [...(waiting ?? []), resolve]);
      void this.#subscribe();
    });
  }

  leave(channel: string): void {
    const isEntered = this.#channels.has(channel) && !this.#channels.get(channel);
    this.#channels.delete(channel);
    if (isEntered) this.#wire.leave(channel).catch((error) => this.#ears.onError(error));
  }

  close(): void {
    this.#isClosed = true;
  }

  /** Subscribes to what is missing, one after the other. */
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
      for (let next = this.#next(); next !== undefined; next = this.#next()) {
        await this.#wire.enter(next);
        const waiting = this.#channels.get(next);
        if (!this.#channels.has(next)) await this.#wire.leave(next);
        else this.#channels.set(next, undefined);
        for (const resolve of waiting ?? []) resolve();
      }
    } catch (error) {
      if (this.#isClosed) return;
      this.#ears.onError(error);
      unreferenced(this.#clock.setTimeout(() => void this.#subscribe(), AGAIN_MS, undefined));
    } finally {
      this.#isWorking = false;
    }
  }

  #next(): string | undefined {
    for (const [channel, waiting] of this.#channels) if (waiting) return channel;
    return undefined;
  }
}

function wireOf(given: unknown): Wire {
  const client = given as Partial<NodeRedis & IoRedis>;
  if (typeof client?.pSubscribe === 'function') return nodeRedis(client as NodeRedis);
  if (typeof client?.psubscribe === 'function') return ioRedis(client as IoRedis);
  throw new ConfigError(
    'BAD_ARGUMENT',
    'socketIo needs a client of @redis/client or ioredis that can subscribe. A pool cannot.',
  );
}

type Listener = (value?: unknown) => void;

/** The part of the clients of `@redis/client` that is used. */
interface NodeRedis {
  connect(): Promise<unknown>;
  pSubscribe(
    patterns: readonly string[],
    listener: (message: Buffer, channel: Buffer) => void,
    isBinary: true,
  ): Promise<unknown>;
  subscribe(channel: string, listener: () => void): Promise<unknown>;
  unsubscribe(channel: string, listener: () => void): Promise<unknown>;
  publish(channel: string, message: Buffer): Promise<unknown>;
  pubSubNumSub(channels: readonly string[]): Promise<Readonly<Record<string, number>>>;
  on(event: string, listener: Listener): unknown;
  /** The servers of a Redis Cluster. */
  readonly masters?: readonly unknown[];
  readonly replicas?: readonly unknown[];
  nodeClient?(server: unknown): Promise<NodeRedis>;
  destroy?(): void;
  /** Ends a client of version 4 of `redis`. */
  disconnect?(): Promise<unknown>;
}

/** The messages of a channel come by a pattern. */
const ignore = (): void => undefined;

function nodeRedis(client: NodeRedis): Wire {
  let onChange: (isThere: boolean) => void = ignore;
  let isOpen = false;
  return {
    open: async () => {
      await client.connect();
      isOpen = true;
      onChange(true);
    },
    publish: (channel, message) => client.publish(channel, message),
    count: async (channel) => {
      // The servers of a Redis Cluster pass messages on to each other, and count each for itself.
      const members = client.masters && [...client.masters, ...(client.replicas ?? [])];
      const servers = members?.map((server) => client.nodeClient?.(server)) ?? [client];
      const all = (await Promise.all(servers)).map((server) => server?.pubSubNumSub([channel]));
      return sumOf((await Promise.all(all)).map((counts) => counts?.[channel]));
    },
    hear: (patterns, onMessage) =>
      client.pSubscribe(patterns, (message, channel) => onMessage(channel.toString(), message), true),
    enter: (channel) => client.subscribe(channel, ignore),
    leave: (channel) => client.unsubscribe(channel, ignore),
    onError: (listener) => void client.on('error', listener),
    onChange: (listener) => {
      onChange = onceEach(listener);
      client.on('ready', () => onChange(true));
      for (const event of ['reconnecting', 'node-reconnecting']) client.on(event, () => onChange(false));
      // A Redis Cluster says so of each server, also before it can be used.
      client.on('node-ready', () => isOpen && onChange(true));
    },
    end: () => attemptEnd(() => (client.destroy ? client.destroy() : client.disconnect?.())),
  };
}

/** The part of the clients of `ioredis` that is used. */
interface IoRedis {
  readonly status: string;
  connect(): Promise<unknown>;
  psubscribe(...patterns: string[]): Promise<unknown>;
  subscribe(channel: string): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  publish(channel: string, message: Buffer): Promise<unknown>;
  call(...command: readonly string[]): Promise<unknown>;
  on(event: string, listener: (...args: never[]) => void): unknown;
  off(event: string, listener: (...args: never[]) => void): unknown;
  /** The servers of a Redis Cluster. */
  nodes?(role: 'all'): readonly IoRedis[];
  disconnect(): void;
}

function ioRedis(client: IoRedis): Wire {
  let onEvent: ((pattern: Buffer, channel: Buffer, message: Buffer) => void) | undefined;
  return {
    open: async () => {
      if (client.status === 'wait') await client.connect();
    },
    publish: (channel, message) => client.publish(channel, message),
    count: async (channel) => {
      const servers = client.nodes?.('all') ?? [client];
      const all = await Promise.all(servers.map((server) => server.call('PUBSUB', 'NUMSUB', channel)));
      return sumOf(all.map((reply) => (reply as unknown[])[1]));
    },
    hear: (patterns, onMessage) => {
      // A try that failed has left its listener behind.
      if (onEvent) client.off('pmessageBuffer', onEvent);
      onEvent = (_pattern, channel, message) => onMessage(channel.toString(), message);
      client.on('pmessageBuffer', onEvent);
      return client.psubscribe(...patterns);
    },
    enter: (channel) => client.subscribe(channel),
    leave: (channel) => client.unsubscribe(channel),
    onError: (listener) => void client.on('error', listener),
    onChange: (listener) => {
      const onChange = onceEach(listener);
      client.on('ready', () => onChange(true));
      client.on('close', () => onChange(false));
    },
    end: () => attemptEnd(() => client.disconnect()),
  };
}

/** Returns a listener that passes on each change, and not the same twice. At first, nothing is there. */
function onceEach(listener: (isThere: boolean) => void): (isThere: boolean) => void {
  let known = false;
  return (isThere) => {
    if (known === isThere) return;
    known = isThere;
    listener(isThere);
  };
}

/** Ends a connection that may have ended by itself. */
function attemptEnd(end: () => unknown): void {
  // An error says that it is closed already, as it should be.
  void (async () => end())().catch(ignore);
}

function sumOf(counts: readonly unknown[]): number {
  return counts.reduce((sum: number, count) => sum + Number(count ?? 0), 0);
}
