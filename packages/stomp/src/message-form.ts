/** Encodes messages for subscriptions. Subscriptions with the same form share one packet, which is encoded once. */
import { Buffer } from 'node:buffer';
import { getOrCreate } from 'naru/base';
import type { OutgoingEvent } from 'naru/wire';
import { EncodedPacket, writeMark } from 'naru/wire';
import { encodeBody, type MessageBody, type StompOrigin } from './message-body.js';
import { encodeHeader, type HeaderEntries } from './protocol/frame.js';
import type { StompVersion } from './protocol/version.js';

/** The properties that give a subscription its form. */
export interface FormKey {
  readonly version: StompVersion;
  readonly destination: string;
  /** The id of the subscription, which is optional in STOMP 1.0. */
  readonly id: string | undefined;
  /** Whether the client has to acknowledge messages. */
  readonly isAcked: boolean;
  /** The epoch of the log, if messages carry the header `offset`. See `epochOf`. */
  readonly epoch?: string | undefined;
}

/** One form. While subscriptions of a form exist, there is exactly one object for its key. */
export class MessageForm {
  /** The number of subscriptions with this form. */
  usersCount = 0;
  readonly key: string;
  readonly look: FormKey;
  /** Encodes an event in this form. It is one function for all events, so that a recipient does not need a new one. */
  readonly make: (event: OutgoingEvent) => readonly EncodedPacket[];
  readonly #start: string;
  readonly #idSuffix: string;

  /** `forms` numbers the events. */
  constructor(key: string, look: FormKey, forms: MessageForms) {
    const { version, destination, id, isAcked } = look;
    this.key = key;
    this.look = look;
    const subscription = id === undefined ? '' : encodeHeader('subscription', id, version);
    this.#start = `MESSAGE\n${subscription}${encodeHeader('destination', destination, version)}`;
    // The ids of messages with ACK contain the subscription, so that an ACK names both by one text.
    this.#idSuffix = isAcked ? `-${id ?? destination}` : '';
    this.make = (event) => {
      const origin = event.origin as StompOrigin | undefined;
      const body = origin?.body ?? event.formFor(BODY, encodeBody);
      return [this.encode(body, forms.numberOf(event), headersOf(event, origin, look))];
    };
  }

  /**
   * Encodes a message. `number` is unique in the server. `headers` are the sender's headers and those that only some
   * messages have.
   */
  encode({ contentType, body }: MessageBody, number: number, headers: HeaderEntries): EncodedPacket {
    const { version, isAcked } = this.look;
    const id = `${number}${this.#idSuffix}`;
    let head = this.#start + encodeHeader('message-id', id, version);
    if (isAcked && version === '1.2') head += encodeHeader('ack', id, version);
    for (const [name, value] of headers) {
      // STOMP 1.0 cannot escape a colon in a name, so such headers are left out.
      if (version !== '1.0' || !name.includes(':')) head += encodeHeader(name, value, version);
    }
    if (contentType !== undefined) head += encodeHeader('content-type', contentType, version);
    head += `content-length:${Buffer.byteLength(body)}\n\n`;
    if (typeof body === 'string') return new EncodedPacket(`${head}${body}\0`);
    return new EncodedPacket(Buffer.concat([Buffer.from(head), body, END]));
  }
}

/**
 * The forms in use, and the numbers of messages. Invariant: a form is in this table exactly while a subscription has
 * it.
 */
export class MessageForms {
  readonly #forms = new Map<string, MessageForm>();
  #number = 0;

  /** The number of forms in use. */
  get count(): number {
    return this.#forms.size;
  }

  /** Returns the form of a new subscription. Call `release` when the subscription ends. */
  take(key: FormKey): MessageForm {
    const name = JSON.stringify([key.version, key.isAcked, key.epoch ?? null, key.destination, key.id]);
    const form = getOrCreate(this.#forms, name, () => new MessageForm(name, key, this));
    form.usersCount += 1;
    return form;
  }

  /** Releases the form of a subscription that has ended. */
  release(form: MessageForm): void {
    form.usersCount -= 1;
    if (form.usersCount === 0) this.#forms.delete(form.key);
  }

  /** Returns the number of a new message. */
  nextNumber(): number {
    this.#number += 1;
    return this.#number;
  }

  /** The number of an event, which all its messages share. */
  numberOf(event: OutgoingEvent): number {
    return event.formFor(this, () => this.nextNumber());
  }

  /** Encodes an event as a message. The first call for a form does the work. */
  encode(form: MessageForm, event: OutgoingEvent): readonly EncodedPacket[] {
    return event.formFor(form, form.make);
  }
}

const BODY = {};
const END = Uint8Array.of(0);

function headersOf(
  event: OutgoingEvent,
  origin: StompOrigin | undefined,
  { epoch }: FormKey,
): (readonly [string, string])[] {
  const headers: (readonly [string, string])[] = [['event', event.name]];
  if (epoch !== undefined && event.offset !== undefined) headers.push(['offset', writeMark(event.offset, epoch)]);
  if (event.id !== undefined) headers.push(['reply-to', `/ack/${event.id}`]);
  // Naru's own headers come first, because the first of repeated headers counts.
  if (origin) for (const header of origin.headers) headers.push(header);
  return headers;
}
