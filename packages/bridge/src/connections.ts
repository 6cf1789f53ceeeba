/**
 * The way to the Redis of the other nodes: a connection for what they say, and one for what this node says. Both are
 * opened beside the client of the program, with its options.
 */
import { Buffer } from 'node:buffer';
import { type Clock, ConfigError, UnavailableError } from 'naru/base';

/** A client of `@redis/client` 4 or newer, or of `ioredis` 5 or 6, for one server, Sentinels or a Redis Cluster. */
export interface RedisClientLike {
  duplicate(...args: never[]): unknown;
}

/** Receives what the other nodes say. */
export interface Ears {
  onMessage(channel: string, message: Buffer): void;
  /** Messages may have been missed, because the connection was lost. */
  onGap(): void;
  onError(error: unknown): void;
}

/** The channels of a Redis. */
export interface Channels {
  /** Resolves when the messages of all patterns arrive. */
  readonly ready: Promise<void>;
  /** Sends a message. Its errors go to `onError`. */
  publish(channel: string, message: Uint8Array | string): void;
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

/** One connection, whatever the library. */
interface Wire {
  open(): Promise<unknown>;
  publish(channel: string, message: Buffer): Promise<unknown>;
  /** Returns the count of subscribers of a channel. */
  count(channel: string): Promise<number>;
  hear(patterns: readonly string[], onMessage: Ears['onMessage']): Promise<unknown>;
  enter(channel: string): Promise<unknown>;
  leave(channel: string): Promise<unknown>;
  onError(listener: (error: unknown) => void): void;
  /** Calls back whenever the connection is there. */
  onReady(listener: () => void): void;
  end(): void;
}

/** Opens the channels. Throws ConfigError for a client that is unknown. */
export function openChannels(clock: Clock, client: RedisClientLike, patterns: readonly string[], ears: Ears): Channels {
  const [hearing, saying] = [wireOf(client.duplicate()), wireOf(client.duplicate())];
  let readies = 0;
  hearing.onReady(() => {
    readies += 1;
    if (readies > 1) ears.onGap();
  });
  for (const wire of [hearing, saying]) wire.onError((error) => ears.onError(error));
  const said = saying.open();
  const ready = Promise.all([said, hearing.open().then(() => hearing.hear(patterns, ears.onMessage))]).then(
    () => undefined,
  );
  ready.catch((error) => ears.onError(error));
  const waiting = new Set<Promise<unknown>>();
  return {
    ready,
    publish: (channel, message) => {
      if (waiting.size >= WAITING_MAX) {
        ears.onError(new UnavailableError('BUFFER_FULL', `${WAITING_MAX} messages to the nodes of Socket.IO wait`));
        return;
      }
      const sent = said.then(() => saying.publish(channel, Buffer.from(message as string)));
      waiting.add(sent);
      const end = (): void => void waiting.delete(sent);
      sent.then(end, (error) => {
        end();
        ears.onError(error);
      });
    },
    enter: async (channel) => {
      await ready;
      await hearing.enter(channel);
    },
    leave: (channel) => void hearing.leave(channel).catch((error) => ears.onError(error)),
    count: async (channel) => {
      await said;
      return saying.count(channel);
    },
    close: async () => {
      hearing.end();
      const late = new Promise<void>((resolve) => clock.setTimeout(resolve, CLOSE_MS, undefined));
      await Promise.race([Promise.allSettled(waiting), late]);
      saying.end();
    },
  };
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
  unsubscribe(channel: string): Promise<unknown>;
  publish(channel: string, message: Buffer): Promise<unknown>;
  pubSubNumSub(channels: readonly string[]): Promise<Readonly<Record<string, number>>>;
  on(event: string, listener: Listener): unknown;
  /** The servers of a Redis Cluster. */
  readonly masters?: readonly { readonly client?: unknown }[];
  nodeClient?(server: unknown): Promise<NodeRedis>;
  destroy?(): void;
  disconnect?(): unknown;
}

function nodeRedis(client: NodeRedis): Wire {
  return {
    open: () => client.connect(),
    publish: (channel, message) => client.publish(channel, message),
    count: async (channel) => {
      // The servers of a Redis Cluster pass messages on to each other, and count each for itself.
      const servers = client.masters?.map((server) => client.nodeClient?.(server)) ?? [client];
      const all = (await Promise.all(servers)).map((server) => server?.pubSubNumSub([channel]));
      return sumOf((await Promise.all(all)).map((counts) => counts?.[channel]));
    },
    hear: (patterns, onMessage) =>
      client.pSubscribe(patterns, (message, channel) => onMessage(channel.toString(), message), true),
    enter: (channel) => client.subscribe(channel, () => undefined),
    leave: (channel) => client.unsubscribe(channel),
    onError: (listener) => void client.on('error', listener),
    onReady: (listener) => void client.on('ready', listener),
    end: () => {
      if (client.destroy) client.destroy();
      else void client.disconnect?.();
    },
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
  /** The servers of a Redis Cluster. */
  nodes?(role: 'master'): readonly IoRedis[];
  disconnect(): void;
}

function ioRedis(client: IoRedis): Wire {
  return {
    open: async () => {
      if (client.status === 'wait') await client.connect();
    },
    publish: (channel, message) => client.publish(channel, message),
    count: async (channel) => {
      const servers = client.nodes?.('master') ?? [client];
      const all = await Promise.all(servers.map((server) => server.call('PUBSUB', 'NUMSUB', channel)));
      return sumOf(all.map((reply) => (reply as unknown[])[1]));
    },
    hear: (patterns, onMessage) => {
      client.on('pmessageBuffer', (_pattern: Buffer, channel: Buffer, message: Buffer) =>
        onMessage(channel.toString(), message),
      );
      return client.psubscribe(...patterns);
    },
    enter: (channel) => client.subscribe(channel),
    leave: (channel) => client.unsubscribe(channel),
    onError: (listener) => void client.on('error', listener),
    onReady: (listener) => void client.on('ready', listener),
    end: () => client.disconnect(),
  };
}

function sumOf(counts: readonly unknown[]): number {
  return counts.reduce((sum: number, count) => sum + Number(count ?? 0), 0);
}
