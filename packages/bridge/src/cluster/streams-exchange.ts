/**
 * The messages of `@socket.io/redis-streams-adapter`. Events and changes of sockets are entries of one stream. Version
 * 0.3 sends requests and responses on channels and counts their subscribers. Version 0.2 has everything in the stream,
 * and its nodes know each other by their signs of life.
 */
import type { Buffer } from 'node:buffer';
import type { BridgedNamespace, Span } from 'naru/bridge';
import { encode, fromText, textOf } from '../codec.js';
import type { Exchange, ExchangeContext } from '../exchange.js';
import type { Said } from '../ledger.js';
import { type Channels, openChannels } from '../redis/connections.js';
import { StreamReader } from '../redis/stream-reader.js';
import type { RedisClientLike, StreamEntry } from '../redis/wires.js';
import { channelOf, isRequest, readMessage } from './cluster-messages.js';
import type { ClusterWay } from './cluster-span.js';
import { ClusterSpans } from './cluster-spans.js';
import { KnownNodes } from './known-nodes.js';

/** The settings that the nodes of Socket.IO have, too. */
export interface StreamSettings {
  readonly streamName: string;
  /** First part of the channels. */
  readonly key: string;
  /** About how many entries the stream keeps. */
  readonly maxLen: number;
  /** Whether everything is in the stream, as in version 0.2. */
  readonly isWhole: boolean;
}

/** The member of an entry with which the nodes of Naru speak to each other. Those of Socket.IO pass over it. */
const SAID = 'naru';

/** A node of Naru among nodes with the adapter for streams. */
export class StreamsExchange implements Exchange {
  readonly #context: ExchangeContext;
  readonly #client: RedisClientLike;
  readonly #settings: StreamSettings;
  readonly #spans: ClusterSpans;
  /** The nodes that have shown themselves in the stream. */
  readonly #nodes: KnownNodes;
  #channels: Channels | undefined;

  constructor(context: ExchangeContext, client: RedisClientLike, settings: StreamSettings) {
    this.#context = context;
    this.#client = client;
    this.#settings = settings;
    this.#spans = new ClusterSpans(context);
    const { clock } = context;
    this.#nodes = new KnownNodes(clock, (namespace, kind) => this.#prepareEntry(namespace, kind)());
  }

  open(): () => Promise<void> {
    const { clock, onError } = this.#context;
    const { key, streamName } = this.#settings;
    const channels = openChannels(clock, this.#client, [`${key}#*`], {
      onMessage: (channel, message) => this.#onChannel(channel, message),
      // Events come by the stream.
      onLost: () => undefined,
      onHeard: () => undefined,
      onError,
    });
    const reader = new StreamReader(clock, this.#client, streamName, {
      onEntry: (entry) => this.#onEntry(entry),
      onGap: () => {
        this.#nodes.begin();
        this.#context.onGap();
      },
      onLate: () => this.#context.onLate(),
      onError,
    });
    this.#channels = channels;
    void channels.enter(this.#nodesChannel);
    reader.open();
    this.#spans.enter();
    return async () => {
      if (this.#channels === channels) this.#nodes.stop();
      reader.close();
      await channels.close();
    };
  }

  join(namespace: BridgedNamespace, onClose: () => void): Span {
    const { name } = namespace;
    const way = this.#settings.isWhole ? this.#wayByStream(name) : this.#wayByChannels(name);
    return this.#spans.join(namespace, way, onClose);
  }

  say(message: Said): void {
    const { streamName, maxLen } = this.#settings;
    this.#channels?.append(streamName, { [SAID]: JSON.stringify(message) }, maxLen, true);
  }

  async countNodes(): Promise<number> {
    return (await this.#channels?.count(this.#nodesChannel)) ?? 0;
  }

  /** The channel by whose subscribers the nodes of Naru count each other. */
  get #nodesChannel(): string {
    return `${this.#settings.key}-naru#`;
  }

  #channel(namespace: string, uid?: string): string {
    return channelOf(this.#settings.key, namespace, uid);
  }

  #wayByStream(namespace: string): ClusterWay {
    const prepare: ClusterWay['prepare'] = (kind, data) => this.#prepareEntry(namespace, kind, data);
    return {
      prepare,
      respond: (_to, kind, data) => prepare(kind, data)(),
      enter: async () => this.#nodes.enter(namespace),
      leave: () => this.#nodes.leave(namespace),
      count: () => this.#nodes.count(namespace),
    };
  }

  #wayByChannels(namespace: string): ClusterWay {
    const preparePublish = (channel: string, kind: number, data: object): (() => void) => {
      const message = encode({ uid: this.#context.uid, nsp: namespace, type: kind, data });
      return () => this.#channels?.publish(channel, message);
    };
    const channel = this.#channel(namespace);
    return {
      prepare: (kind, data) =>
        isRequest({ kind, data }) ? preparePublish(channel, kind, data) : this.#prepareEntry(namespace, kind, data),
      respond: (to, kind, data) => preparePublish(this.#channel(namespace, to), kind, data)(),
      enter: async () => this.#channels?.enter(channel),
      leave: () => this.#channels?.leave(channel),
      count: async () => Math.max(0, ((await this.#channels?.count(channel)) ?? 0) - 1),
    };
  }

  #prepareEntry(namespace: string, kind: number, data?: object): () => void {
    const { streamName, maxLen } = this.#settings;
    const fields = { uid: this.#context.uid, nsp: namespace, type: `${kind}`, ...(data && { data: textOf(data) }) };
    return () => this.#channels?.append(streamName, fields, maxLen);
  }

  #onEntry({ id, fields }: StreamEntry): void {
    let isRead = false;
    try {
      isRead = this.#takeEntry(fields, Number.parseInt(id, 10));
    } catch {
      // Anybody may append anything. It is reported below.
    }
    if (!isRead) this.#context.onStrange();
  }

  #takeEntry({ [SAID]: said, uid, nsp, type, data }: StreamEntry['fields'], sentAt: number): boolean {
    if (said !== undefined) return this.#context.onSaid(JSON.parse(said));
    const message = readMessage(uid, nsp, Number(type), data === undefined ? undefined : fromText(data));
    if (!message) return false;
    if (this.#settings.isWhole && this.#nodes.onMessage(message, this.#context.uid)) return true;
    return this.#spans.take(message, data?.length ?? 0, sentAt);
  }

  #onChannel(channel: string, bytes: Buffer): void {
    const isInUse = this.#spans.has(channel.slice(this.#settings.key.length + 1, -1));
    // Each node has a channel of its own for responses, and this node hears all of them.
    if (isInUse || channel.endsWith(`#${this.#context.uid}#`)) this.#spans.takeBytes(bytes);
  }
}
