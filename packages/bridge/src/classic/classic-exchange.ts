/** The messages of `@socket.io/redis-adapter` and `@socket.io/redis-emitter`, on the channels of a Redis. */
import type { Buffer } from 'node:buffer';
import type { BridgedNamespace, Span } from 'naru/bridge';
import { decode } from '../codec.js';
import type { Exchange, ExchangeContext } from '../exchange.js';
import type { Said } from '../ledger.js';
import { isOfNaru, readAction, readEventMessage, readRequest, readTarget } from '../messages.js';
import { type Channels, openChannels } from '../redis/connections.js';
import type { RedisClientLike } from '../redis/wires.js';
import { ClassicSpan } from './classic-span.js';

/** A node of Naru among nodes with `createAdapter`. */
export class ClassicExchange implements Exchange {
  readonly #context: ExchangeContext;
  readonly #client: RedisClientLike;
  readonly #key: string;
  readonly #spans = new Map<string, ClassicSpan>();
  #channels: Channels | undefined;

  /** `key` is the first part of the channels. */
  constructor(context: ExchangeContext, client: RedisClientLike, key: string) {
    this.#context = context;
    this.#client = client;
    this.#key = key;
  }

  /** The channel on which the nodes of Naru tell each other how far they have heard. */
  get #nodesChannel(): string {
    return `${this.#key}-naru#`;
  }

  open(): () => Promise<void> {
    const key = this.#key;
    const { clock } = this.#context;
    const names = [`${key}#*`, `${key}-request#*`, `${key}-response#*`, this.#nodesChannel];
    const channels = openChannels(clock, this.#client, names, {
      onMessage: (channel, message) => this.#onMessage(channel, message),
      onLost: () => this.#context.onLost(),
      onHeard: () => this.#context.onGap(),
      onError: (error) => this.#context.onError(error),
    });
    this.#channels = channels;
    void channels.enter(this.#nodesChannel);
    for (const span of this.#spans.values()) span.enter();
    return () => channels.close();
  }

  join(namespace: BridgedNamespace, onClose: () => void): Span {
    const span = new ClassicSpan(namespace, {
      ...this.#context,
      key: this.#key,
      channels: () => this.#channels as Channels,
      onClose: () => {
        this.#spans.delete(namespace.name);
        onClose();
      },
    });
    this.#spans.set(namespace.name, span);
    span.enter();
    return span;
  }

  say(message: Said): void {
    this.#channels?.publish(this.#nodesChannel, JSON.stringify(message), true);
  }

  async countNodes(): Promise<number> {
    return (await this.#channels?.count(this.#nodesChannel)) ?? 0;
  }

  #onMessage(channel: string, message: Buffer): void {
    const key = this.#key;
    let isRead = false;
    try {
      const value = decode(message);
      if (channel.startsWith(`${key}#`)) isRead = this.#onEvent(value, message.length);
      else if (channel === this.#nodesChannel) isRead = this.#context.onSaid(value);
      else if (channel.startsWith(`${key}-request#`))
        isRead = this.#onRequest(namespaceIn(channel, key), value, message.length);
      else {
        for (const span of this.#spans.values()) span.onResponse(value);
        isRead = true;
      }
    } catch {
      // Anybody may publish anything. It is reported below.
    }
    if (!isRead) this.#context.onStrange();
  }

  #onEvent(value: unknown, bytes: number): boolean {
    const event = readEventMessage(value);
    if (event && !isOfNaru(event.uid)) this.#context.onHeard({ ...event, bytes });
    return event !== undefined;
  }

  #onRequest(namespace: string, value: unknown, bytes: number): boolean {
    const request = readRequest(value);
    if (!request) return false;
    const { uid, given } = request;
    if (uid === this.#context.uid) return true;
    const span = this.#spans.get(namespace);
    const action = readAction(request);
    if (!action) return span?.onRequest(request) ?? true;
    if (isOfNaru(uid)) return true;
    if (given.opts === undefined) return span?.onOneSocket(request, action) ?? true;
    const target = readTarget(given.opts);
    if (target) this.#context.onHeard({ uid, namespace, target, action, bytes });
    return target !== undefined;
  }
}

/** Returns the namespace whose channel it is. */
function namespaceIn(channel: string, key: string): string {
  return channel.slice(`${key}-request#`.length, -1);
}
