/** The namespaces of one server among nodes whose adapter builds on the `ClusterAdapter` of Socket.IO. */

import type { Bytes } from 'naru/base';
import type { BridgedNamespace } from 'naru/bridge';
import { decode } from '../codec.js';
import type { ExchangeContext } from '../exchange.js';
import { isOfNaru } from '../messages.js';
import {
  ClusterKind,
  type ClusterMessage,
  isRequest,
  isResponse,
  readBroadcast,
  readChange,
  readMessage,
} from './cluster-messages.js';
import { ClusterSpan, type ClusterWay } from './cluster-span.js';

/** The spans by namespace, and the way of messages to them. */
export class ClusterSpans {
  readonly #context: ExchangeContext;
  readonly #spans = new Map<string, ClusterSpan>();

  constructor(context: ExchangeContext) {
    this.#context = context;
  }

  /** Whether a namespace is in use. */
  has(namespace: string): boolean {
    return this.#spans.has(namespace);
  }

  /** Makes the span of a namespace, and enters it. */
  join(namespace: BridgedNamespace, way: ClusterWay, onClose: () => void): ClusterSpan {
    const { name } = namespace;
    const span = new ClusterSpan(namespace, {
      ...this.#context,
      way,
      onClose: () => {
        this.#spans.delete(name);
        onClose();
      },
    });
    this.#spans.set(name, span);
    span.enter();
    return span;
  }

  /** Enters all spans, over new connections. */
  enter(): void {
    for (const span of this.#spans.values()) span.enter();
  }

  /** Takes a message of a channel. One that cannot be read is reported. */
  takeBytes(bytes: Bytes): void {
    let isRead = false;
    try {
      const value = decode(bytes) as Record<string, unknown>;
      const message = readMessage(value.uid, value.nsp, value.type, value.data);
      isRead = message !== undefined && this.take(message, bytes.length);
    } catch {
      // Anybody may publish anything. It is reported below.
    }
    if (!isRead) this.#context.onStrange();
  }

  /** Takes a message, and passes over those of this node. Returns `false` if it cannot be read. */
  take(message: ClusterMessage, bytes: number, sentAt?: number): boolean {
    const { uid, namespace, kind, data } = message;
    if (uid === this.#context.uid) return true;
    const span = this.#spans.get(namespace);
    if (isRequest(message)) return span?.onRequest(message) ?? true;
    if (isResponse(message)) {
      span?.onResponse(message);
      return true;
    }
    const heard = kind === ClusterKind.BROADCAST ? readBroadcast(data) : readChange(message);
    if (heard && !isOfNaru(uid)) this.#context.onHeard({ uid, namespace, bytes, sentAt, ...heard });
    return heard !== undefined;
  }
}
