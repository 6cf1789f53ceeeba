/** One connection to a Redis, whatever the library of the client that the program gives. */
import type { Buffer } from 'node:buffer';
import { ConfigError } from 'naru/base';

/** A client of `redis` 4 or newer, or of `ioredis` 5 or 6, for one server, Sentinels or a Redis Cluster. */
export interface RedisClientLike {
  duplicate(...args: never[]): unknown;
}

/** Takes a message of a channel. */
export type OnMessage = (channel: string, message: Buffer) => void;

/** An entry of a stream. */
export interface StreamEntry {
  readonly id: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** The ID before all entries of a stream. */
export const FIRST_ID = '0-0';

/** One connection, whatever the library. */
export interface Wire {
  /** Begins to connect. */
  open(): Promise<unknown>;
  publish(channel: string, message: Buffer): Promise<unknown>;
  /** Returns the count of subscribers of a channel. */
  count(channel: string): Promise<number>;
  hear(patterns: readonly string[], onMessage: OnMessage): Promise<unknown>;
  enter(channel: string): Promise<unknown>;
  leave(channel: string): Promise<unknown>;
  /** Appends an entry to a stream, which keeps about `countMax` entries. */
  append(stream: string, fields: StreamEntry['fields'], countMax: number): Promise<unknown>;
  /** Returns at most `count` entries after an ID. Waits for them for `waitMs`, and holds the connection meanwhile. */
  read(stream: string, after: string, count: number, waitMs: number): Promise<readonly StreamEntry[]>;
  /** Returns the ID of the newest entry, `FIRST_ID` if there is none. */
  newest(stream: string): Promise<string>;
  /** Whether a stream still has an entry. */
  has(stream: string, id: string): Promise<boolean>;
  onError(listener: (error: unknown) => void): void;
  /** Calls back whenever the connection is there, and whenever it is lost. */
  onChange(listener: (isThere: boolean) => void): void;
  end(): void;
}

/**
 * Returns the connection of a client. A sharded one uses the channels of shards, of which it hears those that it
 * enters. Throws ConfigError for a client that is unknown, or that has no such channels.
 */
export function wireOf(given: unknown, isSharded = false): Wire {
  const client = given as Partial<NodeRedis & IoRedis>;
  if (isSharded) checkSharded(client);
  if (typeof client?.pSubscribe === 'function')
    return { ...nodeRedis(client as NodeRedis), ...(isSharded && shardsOfNodeRedis(client as NodeRedis)) };
  if (typeof client?.psubscribe === 'function')
    return { ...ioRedis(client as IoRedis), ...(isSharded && shardsOfIoRedis(client as IoRedis)) };
  throw new ConfigError(
    'BAD_ARGUMENT',
    'socketIo needs a client of @redis/client or ioredis that can subscribe. A pool cannot.',
  );
}

/** Throws ConfigError for the clients of a Redis Cluster that cannot hear all of its shards. */
function checkSharded({ masters, destroy, nodes, options }: Partial<NodeRedis & IoRedis> = {}): void {
  if (masters && !destroy)
    throw new ConfigError('BAD_ARGUMENT', 'socketIo with adapter "sharded" needs version 5 of "redis" for a Cluster.');
  if (nodes && options?.shardedSubscribers !== true)
    throw new ConfigError(
      'BAD_ARGUMENT',
      'socketIo with adapter "sharded" needs the option "shardedSubscribers: true" of ioredis for a Cluster.',
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
  sPublish(channel: string, message: Buffer): Promise<unknown>;
  pubSubShardNumSub(channels: readonly string[]): Promise<Readonly<Record<string, number>>>;
  sSubscribe(channel: string, listener: (message: Buffer, channel: Buffer) => void, isBinary: true): Promise<unknown>;
  sUnsubscribe(channel: string, listener: (message: Buffer, channel: Buffer) => void, isBinary: true): Promise<unknown>;
  xAdd(stream: string, id: '*', fields: StreamEntry['fields'], options: object): Promise<unknown>;
  xRead(stream: { key: string; id: string }, options: object): Promise<unknown>;
  xRange(stream: string, first: string, last: string): Promise<readonly unknown[]>;
  xRevRange(stream: string, last: '+', first: '-', options: object): Promise<readonly { id: string }[]>;
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
      const servers = serversOf(client);
      const all = (await Promise.all(servers)).map((server) => server?.pubSubNumSub([channel]));
      return sumOf((await Promise.all(all)).map((counts) => counts?.[channel]));
    },
    hear: (patterns, onMessage) =>
      client.pSubscribe(patterns, (message, channel) => onMessage(channel.toString(), message), true),
    enter: (channel) => client.subscribe(channel, ignore),
    leave: (channel) => client.unsubscribe(channel, ignore),
    append: (stream, fields, countMax) =>
      client.xAdd(stream, '*', fields, { TRIM: { strategy: 'MAXLEN', strategyModifier: '~', threshold: countMax } }),
    read: async (stream, after, count, waitMs) => {
      const reply = await client.xRead({ key: stream, id: after }, { COUNT: count, BLOCK: waitMs });
      const entries = ofFirstStream(reply) as readonly { id: string; message: StreamEntry['fields'] }[];
      return entries.map(({ id, message }) => ({ id, fields: message }));
    },
    newest: async (stream) => (await client.xRevRange(stream, '+', '-', { COUNT: 1 }))[0]?.id ?? FIRST_ID,
    has: async (stream, id) => (await client.xRange(stream, id, id)).length > 0,
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

/** Returns the clients of all servers of a Redis Cluster, or the client itself. */
function serversOf(client: NodeRedis): readonly (NodeRedis | Promise<NodeRedis> | undefined)[] {
  const members = client.masters && [...client.masters, ...(client.replicas ?? [])];
  return members?.map((server) => client.nodeClient?.(server)) ?? [client];
}

/** The part of the clients of `ioredis` that is used. */
interface IoRedis {
  readonly status: string;
  connect(): Promise<unknown>;
  psubscribe(...patterns: string[]): Promise<unknown>;
  subscribe(channel: string): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  publish(channel: string, message: Buffer): Promise<unknown>;
  spublish(channel: string, message: Buffer): Promise<unknown>;
  ssubscribe(channel: string): Promise<unknown>;
  sunsubscribe(channel: string): Promise<unknown>;
  call(...command: readonly string[]): Promise<unknown>;
  on(event: string, listener: (...args: never[]) => void): unknown;
  off(event: string, listener: (...args: never[]) => void): unknown;
  /** The servers of a Redis Cluster. */
  nodes?(role: 'all'): readonly IoRedis[];
  readonly options?: { readonly shardedSubscribers?: boolean };
  disconnect(): void;
}

function ioRedis(client: IoRedis): Wire {
  let onEvent: ((pattern: Buffer, channel: Buffer, message: Buffer) => void) | undefined;
  return {
    open: async () => {
      if (client.status === 'wait') await client.connect();
    },
    publish: (channel, message) => client.publish(channel, message),
    count: (channel) => countOfIoRedis(client, 'NUMSUB', channel),
    hear: (patterns, onMessage) => {
      // A try that failed has left its listener behind.
      if (onEvent) client.off('pmessageBuffer', onEvent);
      onEvent = (_pattern, channel, message) => onMessage(channel.toString(), message);
      client.on('pmessageBuffer', onEvent);
      return client.psubscribe(...patterns);
    },
    enter: (channel) => client.subscribe(channel),
    leave: (channel) => client.unsubscribe(channel),
    append: (stream, fields, countMax) =>
      client.call('XADD', stream, 'MAXLEN', '~', `${countMax}`, '*', ...Object.entries(fields).flat()),
    read: async (stream, after, count, waitMs) => {
      const options = ['COUNT', `${count}`, 'BLOCK', `${waitMs}`];
      const reply = await client.call('XREAD', ...options, 'STREAMS', stream, after);
      return ofFirstStream(reply).map((entry) => {
        const [id, texts] = entry as readonly [string, readonly string[]];
        const pairs = texts.flatMap((name, at) => (at % 2 ? [] : [[name, String(texts[at + 1])] as const]));
        return { id, fields: Object.fromEntries(pairs) };
      });
    },
    newest: async (stream) => {
      const [entry] = (await client.call('XREVRANGE', stream, '+', '-', 'COUNT', '1')) as [string, unknown][];
      return entry?.[0] ?? FIRST_ID;
    },
    has: async (stream, id) => ((await client.call('XRANGE', stream, id, id)) as unknown[]).length > 0,
    onError: (listener) => void client.on('error', listener),
    onChange: (listener) => {
      const onChange = onceEach(listener);
      client.on('ready', () => onChange(true));
      client.on('close', () => onChange(false));
    },
    end: () => attemptEnd(() => client.disconnect()),
  };
}

/** The channels of shards. `hear` takes the listener alone, because they have no patterns. */
type Shards = Pick<Wire, 'publish' | 'count' | 'hear' | 'enter' | 'leave'>;

function shardsOfNodeRedis(client: NodeRedis): Shards {
  let onMessage: OnMessage = ignore;
  const listener = (message: Buffer, channel: Buffer): void => onMessage(channel.toString(), message);
  return {
    publish: (channel, message) => client.sPublish(channel, message),
    count: async (channel) => {
      const servers = await Promise.all(serversOf(client));
      const all = await Promise.all(servers.map((server) => server?.pubSubShardNumSub([channel])));
      return sumOf(all.map((counts) => counts?.[channel]));
    },
    hear: async (_patterns, listen) => {
      onMessage = listen;
    },
    enter: (channel) => client.sSubscribe(channel, listener, true),
    leave: (channel) => client.sUnsubscribe(channel, listener, true),
  };
}

function shardsOfIoRedis(client: IoRedis): Shards {
  return {
    publish: (channel, message) => client.spublish(channel, message),
    count: (channel) => countOfIoRedis(client, 'SHARDNUMSUB', channel),
    hear: async (_patterns, onMessage) => {
      client.on('smessageBuffer', (channel: Buffer, message: Buffer) => onMessage(channel.toString(), message));
    },
    enter: (channel) => client.ssubscribe(channel),
    leave: (channel) => client.sunsubscribe(channel),
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

async function countOfIoRedis(client: IoRedis, what: string, channel: string): Promise<number> {
  const servers = client.nodes?.('all') ?? [client];
  const all = await Promise.all(servers.map((server) => server.call('PUBSUB', what, channel)));
  return sumOf(all.map((reply) => (reply as unknown[])[1]));
}

/** Ends a connection that may have ended by itself. */
function attemptEnd(end: () => unknown): void {
  // An error says that it is closed already, as it should be.
  void (async () => end())().catch(ignore);
}

/**
 * Returns the entries in the answer to XREAD for one stream: nothing, a list of pairs of a stream and its entries, the
 * parts of one pair, or a table.
 */
function ofFirstStream(reply: unknown): readonly unknown[] {
  if (!reply) return [];
  if (Array.isArray(reply) && typeof reply[0] === 'string') return reply[1];
  const [first] = Array.isArray(reply) || reply instanceof Map ? reply : Object.entries(reply);
  return Array.isArray(first) ? first[1] : (first?.messages ?? []);
}

function sumOf(counts: readonly unknown[]): number {
  return counts.reduce((sum: number, count) => sum + Number(count ?? 0), 0);
}
