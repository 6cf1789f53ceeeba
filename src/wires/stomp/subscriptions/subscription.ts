/** One subscription of one client: what it gets, and what it has not acknowledged yet. STOMP 1.2, "SUBSCRIBE". */
import type { Offset } from '../../../backplane/backplane.js';
import type { OutgoingEvent } from '../../../namespace/outgoing-event.js';
import type { EncodedPacket } from '../../../transport/encoded-packet.js';
import type { Destination } from '../destination.js';
import type { MessageForm } from '../message-form.js';
import type { QueueMessage, QueueSubscriber, WorkQueue } from './work-queues.js';

/** How a client acknowledges: not at all, one message and all before it, or each message. */
export type AckMode = 'auto' | 'client' | 'client-individual';

/** What a subscription is made of. */
export interface SubscriptionDetails extends Pick<Subscription, 'id' | 'destination' | 'mode' | 'form' | 'unackedMax'> {
  readonly client: { send(packet: EncodedPacket): void };
}

/** What reads the log for a subscription. */
export interface SubscriptionCursor {
  /** What the client gets of an event that is handed out to the room. */
  offer(event: OutgoingEvent): readonly EncodedPacket[];
  /** The client has acknowledged something. */
  onSettled(): void;
  end(): void;
}

const REDELIVERED = ['redelivered', 'true'] as const;

/** A subscription. Invariant: `held` counts exactly the messages that were delivered and wait for their ACK. */
export class Subscription implements QueueSubscriber {
  /** The id by which the client names it; in 1.0, where there may be none, its destination. */
  readonly id: string;
  readonly destination: Destination;
  readonly mode: AckMode;
  readonly form: MessageForm;
  /** Messages that may wait for their ACK. */
  readonly unackedMax: number;
  /** The work queue it draws from, if it does. */
  queue: WorkQueue | undefined = undefined;
  /** Where it stands in the log, if it reads that by itself. */
  cursor: SubscriptionCursor | undefined = undefined;
  readonly #client: SubscriptionDetails['client'];
  /** What was delivered and waits for its ACK, by its number, in the order of delivery; none in mode auto. */
  readonly #unacked: Map<number, QueueMessage | Offset | undefined> | undefined;

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
    return this.#unacked === undefined || this.#unacked.size < this.unackedMax;
  }

  /** Messages that wait for their ACK. */
  get heldCount(): number {
    return this.#unacked?.size ?? 0;
  }

  /** A message of a topic goes to the client, who has to acknowledge it; `before`: the place in the log that it is behind. */
  expect(number: number, before?: Offset): void {
    this.#unacked?.set(number, before);
  }

  /** The place in the log before the oldest message that waits for its ACK; nothing where none does. */
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

  /** The client is done with a message, or cannot do with it. In mode `client` that is meant for all before it too. */
  settle(number: number, isDone: boolean): void {
    const taken = this.#takeUpTo(number);
    this.cursor?.onSettled();
    if (this.queue === undefined) return;
    const messages = taken.filter(isMessage);
    if (isDone) this.queue.finish(messages);
    else this.queue.giveBack(messages);
  }

  /** Nothing goes to the client any more; what a queue had given it goes to others. */
  end(): void {
    // While it is known what is owed.
    this.cursor?.end();
    const held = [...(this.#unacked?.values() ?? [])];
    this.#unacked?.clear();
    this.queue?.remove(this, held.filter(isMessage));
  }

  /** Takes out a message that waits, and in mode `client` those that were delivered before it. */
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
