/**
 * The messages of `createShardedAdapter` of `@socket.io/redis-adapter`, on the channels of the shards of a Redis 7.
 * Events to one room may have a channel of their own, which only nodes with sockets in that room hear.
 */
import { getOrCreate } from 'naru/base';
import type { BridgedNamespace, Span } from 'naru/bridge';
import { encode } from '../codec.js';
import type { Exchange, ExchangeContext } from '../exchange.js';
import { type Channels, openChannels } from '../redis/connections.js';
import type { RedisClientLike } from '../redis/wires.js';
import { channelOf } from './cluster-messages.js';
import type { ClusterWay } from './cluster-span.js';
import { ClusterSpans } from './cluster-spans.js';
import { HeardRooms } from './heard-rooms.js';

/** The rooms that have channels of their own. */
export type SubscriptionMode = 'static' | 'dynamic' | 'dynamic-private';

/** The settings that the nodes of Socket.IO have, too. */
export interface ShardedSettings {
  /** First part of the channels. */
  readonly key: string;
  readonly subscriptionMode: SubscriptionMode;
}

/** The length of socket ids of Socket.IO. With `dynamic`, a room whose name is as long has no channel of its own. */
const ID_LENGTH = 20;

/** A node of Naru among nodes with `createShardedAdapter`. */
export class ShardedExchange implements Exchange {
  readonly #context: ExchangeContext;
  readonly #client: RedisClientLike;
  readonly #settings: ShardedSettings;
  readonly #spans: ClusterSpans;
  /** The rooms of each namespace in use. */
  readonly #rooms = new Map<string, HeardRooms>();
  /** The parts that hear each channel. A room and a namespace may have names that lead to the same one. */
  readonly #users = new Map<string, Set<string>>();
  #channels: Channels | undefined;

  constructor(context: ExchangeContext, client: RedisClientLike, settings: ShardedSettings) {
    this.#context = context;
    this.#client = client;
    this.#settings = settings;
    this.#spans = new ClusterSpans(context);
  }

  open(): () => Promise<void> {
    const { clock, onError } = this.#context;
    const channels = openChannels(clock, this.#client, 'of shards', {
      onMessage: (_channel, message) => this.#spans.takeBytes(message),
      // The servers share no log, so none of them has to know what it missed.
      onLost: () => undefined,
      onHeard: () => undefined,
      onError,
    });
    this.#channels = channels;
    // A server that listens again has no sockets, and hears no rooms yet.
    for (const rooms of this.#rooms.values()) rooms.close();
    this.#users.clear();
    this.#spans.enter();
    return () => {
      if (this.#channels === channels) for (const rooms of this.#rooms.values()) rooms.close();
      return channels.close();
    };
  }

  join(namespace: BridgedNamespace, onClose: () => void): Span {
    const { name } = namespace;
    const rooms = new HeardRooms(this.#context, {
      enter: (room) => void this.#enter(this.#channel(name, room), `${name} ${room}`),
      leave: (room) => this.#leave(this.#channel(name, room), `${name} ${room}`),
    });
    this.#rooms.set(name, rooms);
    namespace.watchRooms((room, exists) => {
      if (this.#hasChannel(room)) rooms.take(room, exists);
    });
    return this.#spans.join(namespace, this.#wayOf(name), () => {
      rooms.close();
      this.#rooms.delete(name);
      onClose();
    });
  }

  say(): void {
    // The nodes of Naru have no order to keep for a log.
  }

  async countNodes(): Promise<number> {
    return 1;
  }

  #wayOf(namespace: string): ClusterWay {
    const { uid } = this.#context;
    const all = this.#channel(namespace);
    const own = this.#channel(namespace, uid);
    const prepare = (channel: string, kind: number, data: object): (() => void) => {
      const message = encode({ uid, nsp: namespace, type: kind, data });
      return () => this.#channels?.publish(channel, message);
    };
    return {
      // All nodes hear this channel, also one that has not heard yet of a room that it is in.
      prepare: (kind, data) => prepare(all, kind, data),
      respond: (to, kind, data) => prepare(this.#channel(namespace, to), kind, data)(),
      enter: async () => {
        await this.#enter(own, namespace);
        // The other nodes count this one from now on, and it hears their responses. It may have left meanwhile.
        if (this.#users.get(own)?.has(namespace)) await this.#enter(all, namespace);
      },
      leave: () => {
        for (const channel of [all, own]) this.#leave(channel, namespace);
      },
      count: async () => Math.max(0, ((await this.#channels?.count(all)) ?? 0) - 1),
    };
  }

  async #enter(channel: string, user: string): Promise<void> {
    getOrCreate(this.#users, channel, () => new Set()).add(user);
    await this.#channels?.enter(channel);
  }

  #leave(channel: string, user: string): void {
    const users = this.#users.get(channel);
    users?.delete(user);
    if (users?.size !== 0) return;
    this.#users.delete(channel);
    this.#channels?.leave(channel);
  }

  #channel(namespace: string, what?: string): string {
    return channelOf(this.#settings.key, namespace, what);
  }

  #hasChannel(room: string): boolean {
    const { subscriptionMode } = this.#settings;
    return subscriptionMode === 'dynamic' ? room.length !== ID_LENGTH : subscriptionMode === 'dynamic-private';
  }
}
