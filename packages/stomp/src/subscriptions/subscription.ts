/** One subscription of one client, with the messages that wait for their ACK. STOMP 1.2, "SUBSCRIBE". */
import type { Offset } from 'naru/backplane';
import type { Answer } from 'naru/base';
import type { EncodedPacket, Member, OutgoingEvent } from 'naru/wire';
import type { Destination } from '../destination.js';
import type { MessageForm } from '../message-form.js';
import type { JobQueue, QueueMessage, QueueSubscriber } from './job-queue.js';

/** The acknowledgement mode: none, one ACK for a message and all before it, or one ACK for each message. */
export type AckMode = 'auto' | 'client' | 'client-individual';

/** The part of a client that its subscriptions use. */
export interface SubscribingClient {
  readonly entered: Pick<Member, 'client'>;
  readonly namespace: { readonly lateBytesMax: number };
  send(packet: EncodedPacket): void;
}

/** The parts of a new subscription. */
export interface SubscriptionDetails extends Pick<Subscription, 'id' | 'destination' | 'mode' | 'form' | 'unackedMax'> {
  readonly client: SubscribingClient;
}

/** Reads the log for a subscription. */
export interface SubscriptionCursor {
  /** Returns the packets that the client gets now for an event of the room. */
  offer(event: OutgoingEvent): readonly EncodedPacket[];
  /** Called when the client has acknowledged something. Settles when the new place is stored. */
  onSettled(): Answer<void>;
  end(): void;
}

const REDELIVERED = ['redelivered', 'true'] as const;

/** A subscription. Invariant: `heldCount` is the number of messages that were delivered and wait for their ACK. */
export class Subscription implements QueueSubscriber {
  /** The id that the client gave. In STOMP 1.0 the id is optional, and the default is the destination. */
  readonly id: string;
  readonly destination: Destination;
  readonly mode: AckMode;
  readonly form: MessageForm;
  /** The maximum number of messages that wait for their ACK. */
  readonly unackedMax: number;
  /** The work queue that the subscription takes messages from, if any. */
  queue: JobQueue | undefined = undefined;
  /** The cursor, if the subscription reads the log. */
  cursor: SubscriptionCursor | undefined = undefined;
  readonly #client: SubscriptionDetails['client'];
  /** The messages that wait for their ACK, by number, in the order of delivery. `undefined` in mode auto. */
  readonly #unacked: Map<number, QueueMessage | Offset | undefined> | undefined;
  #isStopped = false;

  constructor({ id, destination, mode, form, unackedMax, client }: SubscriptionDetails) {
    this.id = id;
    this.destination = destination;
    this.mode = mode;
    this.form = form;
    this.unackedMax = unackedMax;
    this.#client = client;
    this.#unacked = mode === 'auto' ? undefined : new Map();
  }

  get isAuto(): boolean {
    return this.#unacked === undefined;
  }

  get canTake(): boolean {
    if (this.#isStopped) return false;
    return this.#unacked ? this.#unacked.size < this.unackedMax : this.#hasSpace;
  }

  /** Whether the connection takes more. If not, the session calls `onSpace` later. */
  get #hasSpace(): boolean {
    const { entered, namespace } = this.#client;
    const { conn } = entered.client;
    // A writable connection without waiting data calls nobody later.
    const isIdle = conn.waiting === undefined && conn.transport.writable;
    const hasSpace = isIdle || conn.bufferedBytes <= namespace.lateBytesMax;
    conn.isAwaitingSpace ||= !hasSpace;
    return hasSpace;
  }

  /** The number of messages that wait for their ACK. */
  get heldCount(): number {
    return this.#unacked?.size ?? 0;
  }

  /**
   * Notes that a message of a topic goes to the client and needs an ACK. `before` is the place in the log before the
   * message.
   */
  expect(number: number, before?: Offset): void {
    this.#unacked?.set(number, before);
  }

  /** The place in the log before the oldest message of the log that waits for its ACK, if any. */
  get firstOwed(): Offset | undefined {
    for (const item of this.#unacked?.values() ?? []) if (typeof item === 'string') return item;
    return undefined;
  }

  /** Whether a message waits for its ACK. */
  holds(number: number): boolean {
    return this.#unacked?.has(number) === true;
  }

  take(message: QueueMessage): void {
    this.#unacked?.set(message.number, message);
    const { number, headers, body, deliveries } = message;
    const all = deliveries > 1 ? [REDELIVERED, ...headers] : headers;
    this.#client.send(this.form.encode(body, number, all));
  }

  /**
   * Takes out the messages of a queue for which an ACK or a NACK has come. They are not given back when the
   * subscription ends.
   */
  takeOut(number: number): readonly QueueMessage[] {
    return this.queue ? this.#takeUpTo(number).filter(isMessage) : [];
  }

  /**
   * Takes an ACK (`isDone`) or a NACK of a message. In mode `client` it also applies to all messages before that one.
   * `messages` are those that were taken out. Settles when this is stored.
   */
  settle(number: number, isDone: boolean, messages = this.takeOut(number)): Answer<void> {
    if (this.queue) return isDone ? this.queue.finish(messages) : this.queue.giveBack(messages);
    this.#takeUpTo(number);
    return this.cursor?.onSettled();
  }

  /** Takes no more messages. The subscriptions of a client stop together, so that none gets messages of another. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Ends the subscription. Unacknowledged messages of a queue go to other subscribers. */
  end(): void {
    // The cursor ends first, because it needs to know the unacknowledged messages.
    this.cursor?.end();
    const held = [...(this.#unacked?.values() ?? [])];
    this.#unacked?.clear();
    this.queue?.remove(this, held.filter(isMessage));
  }

  /** Removes a message that waits for its ACK, and in mode `client` also those that were delivered before it. */
  #takeUpTo(number: number): (QueueMessage | Offset | undefined)[] {
    const unacked = this.#unacked;
    if (!unacked?.has(number)) return [];
    const taken: (QueueMessage | Offset | undefined)[] = [];
    for (const [each, item] of this.mode === 'client' ? unacked : [[number, unacked.get(number)] as const]) {
      taken.push(item);
      unacked.delete(each);
      if (each === number) break;
    }
    return taken;
  }
}

function isMessage(item: QueueMessage | Offset | undefined): item is QueueMessage {
  return typeof item === 'object';
}
