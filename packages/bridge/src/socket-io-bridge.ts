/** One server beside the nodes of a Socket.IO cluster: the way of their messages to its namespaces. */
import type { Buffer } from 'node:buffer';
import { UnavailableError } from 'naru/base';
import type { BridgedNamespace, BridgeHost, OpenBridge, Span } from 'naru/bridge';
import { decode } from './codec.js';
import { type Channels, openChannels, type RedisClientLike } from './connections.js';
import { Ledger } from './ledger.js';
import { isOfNaru, nameOf, readAction, readEventMessage, readRequest, readTarget } from './messages.js';
import { ClassicSpan } from './span.js';

/** The settings of a bridge. */
export interface BridgeSettings {
  readonly key: string;
  readonly requestsTimeout: number;
}

/** Milliseconds between two reports of the same text, and the most texts in that time. */
const REPORT_MS = 60_000;
const REPORTS_MAX = 20;

/** A server with a bridge. */
export class SocketIoBridge implements OpenBridge {
  readonly #host: BridgeHost;
  readonly #client: RedisClientLike;
  readonly #settings: BridgeSettings;
  /** The name of this node. */
  readonly #uid: string;
  readonly #spans = new Map<string, ClassicSpan>();
  readonly #ledger: Ledger;
  #channels: Channels;
  /** The texts that were reported in the last minute, and when. */
  readonly #reported = new Map<string, number>();

  constructor(host: BridgeHost, client: RedisClientLike, settings: BridgeSettings) {
    this.#host = host;
    this.#client = client;
    this.#settings = settings;
    this.#uid = nameOf(host.random.id());
    this.#ledger = new Ledger({
      host,
      node: this.#uid,
      onError: (error) => this.#report('cannot bring events into the log', error),
      namespace: (name) => this.#spans.get(name)?.namespace,
      say: (message) => this.#channels.publish(this.#nodesChannel, JSON.stringify(message), true),
      countNodes: () => this.#channels.count(this.#nodesChannel),
    });
    this.#channels = this.#open();
  }

  /** The channel on which the nodes of Naru tell each other how far they have heard. */
  get #nodesChannel(): string {
    return `${this.#settings.key}-naru#`;
  }

  #open(): Channels {
    const { key } = this.#settings;
    const patterns = [`${key}#*`, `${key}-request#*`, `${key}-response#*`, this.#nodesChannel];
    this.#ledger.open();
    const channels = openChannels(this.#host.clock, this.#client, patterns.map(asPattern), {
      onMessage: (channel, message) => this.#onMessage(channel, message),
      onLost: () => void this.#ledger.onLost(),
      onHeard: () => this.#ledger.onGap(),
      onError: (error) => this.#report('cannot reach Redis', error),
    });
    void channels.enter(this.#nodesChannel);
    return channels;
  }

  join(namespace: BridgedNamespace): Span {
    const { key, requestsTimeout } = this.#settings;
    const { clock } = this.#host;
    const span = new ClassicSpan(namespace, {
      ...{ clock, uid: this.#uid, key, requestsTimeout },
      channels: () => this.#channels,
      createId: () => this.#host.random.id(),
      onClose: () => this.#spans.delete(namespace.name),
    });
    this.#spans.set(namespace.name, span);
    span.enter();
    return span;
  }

  async close(): Promise<void> {
    // The server may listen again before this ends, with channels of its own.
    const channels = this.#channels;
    const stopped = this.#ledger.stop();
    // The events of this turn go out when the log has them.
    await new Promise<void>((resolve) => this.#host.clock.defer(() => resolve(), undefined));
    await this.#host.whenDelivered();
    await channels.close();
    await stopped;
  }

  reopen(): void {
    this.#channels = this.#open();
    for (const span of this.#spans.values()) span.enter();
  }

  /** Reports an error. Each try to connect has one, and those of the same text are reported once a minute. */
  #report(what: string, error?: unknown): void {
    const why = error === undefined ? '' : `: ${error instanceof Error ? error.message : String(error)}`;
    const text = `The bridge to Socket.IO ${what}${why}`;
    const now = this.#host.clock.now();
    for (const [each, at] of this.#reported) if (now - at >= REPORT_MS) this.#reported.delete(each);
    if (this.#reported.has(text) || this.#reported.size >= REPORTS_MAX) return;
    this.#reported.set(text, now);
    this.#host.onError(new UnavailableError('IO_FAILED', text, error));
  }

  #onMessage(channel: string, message: Buffer): void {
    const { key } = this.#settings;
    let isRead = false;
    try {
      const value = decode(message);
      if (channel.startsWith(`${key}#`)) isRead = this.#onEvent(value, message.length);
      else if (channel === this.#nodesChannel) isRead = this.#ledger.onSaid(value);
      else if (channel.startsWith(`${key}-request#`))
        isRead = this.#onRequest(namespaceIn(channel, key), value, message.length);
      else {
        for (const span of this.#spans.values()) span.onResponse(value);
        isRead = true;
      }
    } catch {
      // Anybody may publish anything. It is reported below.
    }
    if (!isRead) this.#report('passes over messages that @socket.io/redis-adapter does not send');
  }

  #onEvent(value: unknown, bytes: number): boolean {
    const event = readEventMessage(value);
    if (!event || isOfNaru(event.uid)) return event !== undefined;
    const { uid, namespace, target, data } = event;
    const isLogged = this.#host.isLogged(namespace) && target.flags.volatile !== true;
    if (isLogged) this.#ledger.take({ uid, namespace, target, data, bytes });
    else this.#spans.get(namespace)?.namespace.deliver(target, data);
    return true;
  }

  #onRequest(namespace: string, value: unknown, bytes: number): boolean {
    const request = readRequest(value);
    if (!request) return false;
    if (request.uid === this.#uid) return true;
    const span = this.#spans.get(namespace);
    const action = readAction(request);
    if (!action) return span?.onRequest(request) ?? true;
    if (isOfNaru(request.uid)) return true;
    if (request.given.opts === undefined) return span?.onOneSocket(request, action) ?? true;
    const target = readTarget(request.given.opts);
    if (!target) return false;
    if (this.#host.isLogged(namespace)) this.#ledger.take({ uid: request.uid, namespace, target, action, bytes });
    else span?.namespace.act(target, action);
    return true;
  }
}

/** Returns the pattern of Redis for a channel, or for those that begin with it if it ends with a star. */
function asPattern(channel: string): string {
  return channel.replaceAll(/[?[\]\\^]/g, String.raw`\$&`);
}

/** Returns the namespace whose channel it is. */
function namespaceIn(channel: string, key: string): string {
  return channel.slice(`${key}-request#`.length, -1);
}
