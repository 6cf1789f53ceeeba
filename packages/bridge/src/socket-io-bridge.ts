/** One server beside the nodes of a Socket.IO cluster: the way of their messages to its namespaces. */
import { UnavailableError } from 'naru/base';
import type { BridgedNamespace, BridgeHost, OpenBridge, Span } from 'naru/bridge';
import type { Exchange, ExchangeContext } from './exchange.js';
import type { Heard } from './kept-messages.js';
import { Ledger } from './ledger.js';
import { nameOf } from './messages.js';

/** Milliseconds between two reports of the same text, and the most texts in that time. */
const REPORT_MS = 60_000;
const REPORTS_MAX = 20;

/** The settings of a bridge. */
export interface BridgeSettings {
  readonly requestsTimeout: number;
  /** Returns the way to exchange messages with the other nodes. */
  createExchange(context: ExchangeContext): Exchange;
}

/** A server with a bridge. */
export class SocketIoBridge implements OpenBridge {
  readonly #host: BridgeHost;
  /** The namespaces that are in use. */
  readonly #namespaces = new Map<string, BridgedNamespace>();
  readonly #exchange: Exchange;
  readonly #ledger: Ledger;
  #disconnect: () => Promise<void> = async () => undefined;
  /** The texts that were reported in the last minute, and when. */
  readonly #reported = new Map<string, number>();

  constructor(host: BridgeHost, { requestsTimeout, createExchange }: BridgeSettings) {
    this.#host = host;
    const { clock, random, recoveryMs } = host;
    const uid = nameOf(random.id());
    this.#exchange = createExchange({
      ...{ clock, uid, requestsTimeout, recoveryMs },
      createId: () => random.id(),
      onHeard: (heard) => this.#onHeard(heard),
      onSaid: (value) => this.#ledger.onSaid(value),
      onLost: () => void this.#ledger.onLost(),
      onLate: () => void this.#ledger.release(),
      onGap: () => this.#ledger.onGap(),
      onStrange: () => this.#report('passes over messages that no adapter sends'),
      onError: (error) => this.#report('cannot reach Redis', error),
    });
    this.#ledger = new Ledger({
      host,
      node: uid,
      onError: (error) => this.#report('cannot bring events into the log', error),
      namespace: (name) => this.#namespaces.get(name),
      say: (message) => this.#exchange.say(message),
      countNodes: () => this.#exchange.countNodes(),
    });
    this.reopen();
  }

  join(namespace: BridgedNamespace): Span {
    const { name } = namespace;
    this.#namespaces.set(name, namespace);
    return this.#exchange.join(namespace, () => this.#namespaces.delete(name));
  }

  async close(): Promise<void> {
    // The server may listen again before this ends, with connections of its own.
    const disconnect = this.#disconnect;
    const stopped = this.#ledger.stop();
    // The events of this turn go out when the log has them.
    await new Promise<void>((resolve) => this.#host.clock.defer(() => resolve(), undefined));
    await this.#host.whenDelivered();
    await disconnect();
    await stopped;
  }

  reopen(): void {
    this.#ledger.open();
    this.#disconnect = this.#exchange.open();
  }

  /** An event or a change goes to the log that the servers share, or to the sockets of this node. */
  #onHeard(heard: Heard): void {
    const { namespace, target, data, action } = heard;
    if (this.#ledger.take(heard)) return;
    const there = this.#namespaces.get(namespace);
    if (data) there?.deliver(target, data);
    else if (action) there?.act(target, action);
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
}
