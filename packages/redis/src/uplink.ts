/** An uplink to Redis: the requests of a node as scripts, and what Redis pushes. */
import type { Buffer } from 'node:buffer';
import type { HomeMethod, HomeMethods, HomeRequest, Uplink, UplinkHandler, WriteId } from '@naru/broker';
import { followsAppends, isRead, OpenAppends } from '@naru/broker';
import { decodeOffset, type Offset } from 'naru/backplane';
import type { Bytes, Random } from 'naru/base';
import { asBuffer, assert, type Clock, getOrCreate, type Timer, unreferenced } from 'naru/base';
import { eraseRecords } from './log/erasure.js';
import type { RedisLogs } from './log/log.js';
import { Pushes } from './log/pushes.js';
import type { RedisSettings } from './options.js';
import { decodeName, encodeName, type Keys, listOf, TEXTS_TAG, textOf } from './script.js';
import type { Shard } from './servers/driver.js';
import { isWrongServer, notReady, refused } from './servers/failures.js';
import { slotOf } from './servers/slots.js';
import type { Topology } from './servers/topology.js';
import { storeCommandFor, tagOfRequest } from './store-commands.js';
import { trimTexts } from './texts.js';

/** Milliseconds between two looks at the servers of a Redis Cluster. One that answers neither of two pings is lost. */
const WATCH_MS = 2_500;

/** Milliseconds between two removals of old records from the namespaces that the uplink has used. */
const SWEEP_MS = 60_000;
const SWEPT_MAX = 1_000;

type Args<Method extends HomeMethod> = Parameters<HomeMethods[Method]>;

/** The parts that all uplinks to a Redis share. */
export interface RedisUplinkParts {
  readonly settings: RedisSettings;
  readonly keys: Keys;
  readonly log: RedisLogs;
  readonly clock: Clock;
  readonly random: Random;
}

/** One uplink. It counts as broken when one of its connections breaks. */
export class RedisUplink implements Uplink {
  readonly expiresAt: number | undefined;
  readonly #parts: RedisUplinkParts;
  readonly #topology: Topology;
  readonly #handler: UplinkHandler;
  /** Namespaces whose old records this uplink removes. */
  readonly #swept = new Set<string>();
  readonly #unanswered = new Set<Shard>();
  /** The pushes of the namespaces that are followed. */
  readonly #pushes = new Map<string, Pushes>();
  /** The appends that are under way in a Redis Cluster. */
  readonly #appends = new OpenAppends();
  /** Settles when the newest request about texts of no namespace has gone out, if one of them waits for appends. */
  #texts: Promise<unknown> | undefined;
  #watch: Timer | undefined;
  #sweep: Timer | undefined;
  #isOver = false;

  constructor(parts: RedisUplinkParts, topology: Topology, handler: UplinkHandler, expiresAt?: number) {
    this.expiresAt = expiresAt;
    this.#parts = parts;
    this.#topology = topology;
    this.#handler = handler;
    if (topology.shards.length > 1) this.#watchLater();
    this.#sweepLater();
  }

  call(request: HomeRequest): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#isOver) return;
      const tag = tagOfRequest(request);
      const shard = this.#shardOf(tag);
      const { isWanted = () => true } = request;
      const carryOut = (): Promise<unknown> => this.#carryOut(shard, request);
      const run = isRead(request)
        ? () => shard.readings.run(request, () => !this.#isOver && isWanted(), carryOut)
        : carryOut;
      this.#inOrder(tag, request, run).then(
        (answer) => {
          if (!this.#isOver) resolve(answer);
        },
        (error: unknown) => this.#onError(shard, error, reject),
      );
    });
  }

  async say(channel: string, bytes: Bytes): Promise<boolean> {
    const shard = this.#shardOf(channel);
    const { isSharded, isPartial } = this.#topology;
    try {
      const command = isSharded ? 'SPUBLISH' : 'PUBLISH';
      const count = Number(await shard.connection.call([command, this.#talkOf(channel), asBuffer(bytes)]));
      return count > 0 || isPartial;
    } catch (error) {
      // Bytes may get lost. If the connection is lost, nothing settles.
      return await new Promise((resolve) => this.#onError(shard, error, () => resolve(true)));
    }
  }

  hear(channel: string): Promise<void> {
    return this.#subscribe(channel, this.#talkOf(channel), (bytes) => this.#handler.onSaid(channel, bytes));
  }

  unhear(channel: string): void {
    this.#unsubscribe(channel, this.#talkOf(channel));
  }

  close(): void {
    this.#isOver = true;
    for (const timer of [this.#watch, this.#sweep]) if (timer !== undefined) this.#parts.clock.clearTimeout(timer);
    for (const { connection } of this.#topology.shards) connection.close();
    this.#parts.log.end();
  }

  /** One of the connections is lost, or one of the servers is not the right one any more. */
  lose(reason?: unknown): void {
    if (this.#isOver) return;
    this.close();
    this.#handler.onClose(reason);
  }

  /**
   * Carries out a request as soon as its order allows. A text of no namespace is stored after the appends that were
   * made before it: the answer of an event must not outlive what its listener has sent. One server does so by itself.
   * The servers of a Redis Cluster know nothing of each other.
   */
  #inOrder(tag: string, { method, args }: HomeRequest, run: () => Promise<unknown>): Promise<unknown> {
    if (this.#topology.shards.length === 1) return run();
    if (method === 'append') return this.#appends.note(run());
    const appends = followsAppends(method, args) ? this.#appends.settled() : undefined;
    if (tag !== TEXTS_TAG || !(appends || this.#texts)) return run();
    // The later requests follow, because a server carries out no write after one with a higher number.
    const start = Promise.all([this.#texts, appends]);
    this.#texts = start;
    return start.then(() => {
      if (this.#texts === start) this.#texts = undefined;
      return this.#isOver ? new Promise<never>(() => undefined) : run();
    });
  }

  #carryOut(shard: Shard, { method, args, write }: HomeRequest): Promise<unknown> {
    const { log, keys } = this.#parts;
    switch (method) {
      case 'append':
        return this.#append(shard, args, write as WriteId);
      case 'read':
        return log.read(shard, ...args);
      case 'readBack':
        return log.readBack(shard, ...args);
      case 'readAt':
        return log.readAt(shard, ...args);
      case 'knows':
        return log.knows(shard, ...args);
      case 'extent':
        return log.extent(shard, ...args);
      case 'newest':
        return this.#newest(shard, args[0]);
      case 'namespaces':
        return this.#namespaces();
      case 'erase':
        return this.#erase(shard, args, write as WriteId);
      case 'retain':
        log.retain(...args);
        this.#swept.add(args[0]);
        return log.trim(shard, args[0]);
      case 'follow':
        return this.#follow(shard, ...args);
      case 'unfollow':
        return this.#unfollow(shard, args[0]);
      case 'ping':
        return Promise.all(this.#topology.shards.map(({ connection }) => connection.call(['PING'])));
      case 'trim':
        return trimTexts((command) => shard.run(command), keys, ...args);
      default:
        return this.#store(shard, { method, args, write } as HomeRequest);
    }
  }

  #store(shard: Shard, request: HomeRequest): Promise<unknown> {
    const command = storeCommandFor(request, this.#parts.keys);
    assert(command !== undefined, `Redis has a command for "${request.method}"`);
    return shard.run(command);
  }

  async #namespaces(): Promise<readonly string[]> {
    const { shards } = this.#topology;
    return (await Promise.all(shards.map((shard) => namespacesOf(shard, this.#parts.keys)))).flat().sort();
  }

  #erase(shard: Shard, args: Args<'erase'>, write: WriteId): Promise<number> {
    const isOver = (): boolean => this.#isOver;
    const onWork = (): void => {
      if (!isOver()) this.#handler.onWork?.();
    };
    return eraseRecords({ ...this.#parts, shard, isOver, onWork }, ...args, write);
  }

  async #append(shard: Shard, [namespace, records]: Args<'append'>, write: WriteId): Promise<unknown> {
    const { log, settings, random } = this.#parts;
    if (this.#swept.size < SWEPT_MAX) this.#swept.add(namespace);
    const reply = log.append(shard, namespace, records, write, random.fraction(), settings.wait > 0);
    const [appended] = await Promise.all([reply, settings.wait > 0 && this.#waitForReplicas(shard)]);
    const told = this.#pushes.get(namespace)?.toldUpTo(decodeOffset(appended.previous) ?? 0);
    return { ...appended, told };
  }

  /**
   * Waits until enough replicas have everything that was written so far. While there are too few, the home counts as
   * unreachable.
   */
  async #waitForReplicas({ connection }: Shard): Promise<void> {
    const count = `${this.#parts.settings.wait}`;
    const enough = Number(await connection.call(['WAIT', count, '1000']));
    if (enough < this.#parts.settings.wait) this.lose();
  }

  async #follow(shard: Shard, namespace: string, tags: readonly string[] = []): Promise<unknown> {
    const { push } = this.#parts.log.keysOf(namespace);
    const pushes = getOrCreate(this.#pushes, namespace, () => new Pushes(this.#handler, namespace));
    const subscribe = (channel: string): Promise<void> => {
      const subscribed = shard.connection.subscribe(channel, pushes.listener(channel !== push));
      // The next try asks again for a channel that Redis has refused.
      subscribed.catch(() => pushes.channels.delete(channel));
      return subscribed;
    };
    const channels = [push, ...tags.map((tag) => `${push}.${tag}`)];
    // The subscriptions may wait for the end of earlier ones.
    await Promise.all(channels.map((channel) => getOrCreate(pushes.channels, channel, () => subscribe(channel))));
    const newest = await this.#parts.log.newest(shard, namespace);
    pushes.begin(newest);
    return newest;
  }

  #unfollow({ connection }: Shard, namespace: string): Promise<unknown> {
    const channels = [...(this.#pushes.get(namespace)?.channels.keys() ?? [])];
    this.#pushes.delete(namespace);
    return Promise.all(channels.map((channel) => connection.unsubscribe(channel)));
  }

  /** Asks where a log ends. Everything that this process is told up to there comes before the answer. */
  async #newest(shard: Shard, namespace: string): Promise<Offset> {
    const newest = await this.#parts.log.newest(shard, namespace);
    this.#pushes.get(namespace)?.reach(newest);
    return newest;
  }

  #subscribe(tag: string, channel: string, listener: (bytes: Buffer) => void): Promise<void> {
    const shard = this.#shardOf(tag);
    const onRefused = (reason: unknown): void => {
      this.#handler.onError?.(reason);
      this.lose(reason);
    };
    return new Promise((resolve) => {
      shard.connection
        .subscribe(channel, listener, this.#topology.isSharded)
        .then(resolve, (error: unknown) => this.#onError(shard, error, onRefused));
    });
  }

  #unsubscribe(tag: string, channel: string): void {
    const shard = this.#shardOf(tag);
    shard.connection
      .unsubscribe(channel, this.#topology.isSharded)
      .catch((error: unknown) => this.#onError(shard, error, () => this.lose()));
  }

  /** A request failed. Nothing settles if its connection is lost, because nobody knows what became of it. */
  #onError(shard: Shard, error: unknown, reject: (error: unknown) => void): void {
    if (this.#isOver) return;
    const { isOpen, address } = shard.connection;
    if (!isOpen) this.lose();
    else if (isWrongServer(error)) this.lose(notReady(error, address));
    else reject(refused(error, address));
  }

  #shardOf(tag: string): Shard {
    return this.#topology.shardOf(slotOf(encodeName(tag)));
  }

  #talkOf(channel: string): string {
    return this.#parts.keys.channel(channel, 'talk');
  }

  // Time.

  #watchLater(): void {
    const { clock } = this.#parts;
    this.#watch = unreferenced(clock.setTimeout((uplink: RedisUplink) => uplink.#onWatch(), WATCH_MS, this));
  }

  /** HomeCalls hears one answer and believes the uplink is there. A single server of a Redis Cluster may be gone. */
  #onWatch(): void {
    if (this.#unanswered.size > 0) {
      this.lose();
      return;
    }
    for (const shard of this.#topology.shards) {
      this.#unanswered.add(shard);
      shard.connection.call(['PING']).then(
        () => this.#unanswered.delete(shard),
        () => undefined,
      );
    }
    this.#watchLater();
  }

  #sweepLater(): void {
    const { clock } = this.#parts;
    this.#sweep = unreferenced(clock.setTimeout((uplink: RedisUplink) => uplink.#onSweep(), SWEEP_MS, this));
  }

  #onSweep(): void {
    for (const namespace of this.#swept) {
      // The next append or sweep removes what is still there.
      this.#parts.log.trim(this.#shardOf(namespace), namespace).catch(() => undefined);
    }
    this.#sweepLater();
  }
}

/** Returns the namespaces that have a log on a server, in any order. */
async function namespacesOf({ connection }: Shard, { prefix }: Keys): Promise<string[]> {
  const start = `${prefix}:{`;
  const end = '}:meta';
  const pattern = `${start.replace(/[*?[\]\\]/g, '\\$&')}*${end}`;
  const names = new Set<string>();
  let cursor = '0';
  do {
    const [next, keys] = listOf(await connection.call(['SCAN', cursor, 'MATCH', pattern, 'COUNT', '1000']));
    for (const key of listOf(keys).map(textOf)) if (key) names.add(decodeName(key.slice(start.length, -end.length)));
    cursor = textOf(next) ?? '0';
  } while (cursor !== '0');
  return [...names];
}
