/** How messages look to one kind of subscription: those that look the same are the same packet, encoded once for all of them. */
import { Buffer } from 'node:buffer';
import { getOrCreate } from '../../base/get-or-create.js';
import type { OutgoingEvent } from '../../namespace/outgoing-event.js';
import { encodeHeader, type HeaderEntries } from '../../protocol/stomp/frame.js';
import type { StompVersion } from '../../protocol/stomp/version.js';
import { EncodedPacket } from '../../transport/encoded-packet.js';
import { writeMark } from '../events/last-event-id.js';
import { encodeBody, type MessageBody, type StompOrigin } from './message-body.js';

/** What makes subscriptions look the same. */
export interface FormKey {
  readonly version: StompVersion;
  readonly destination: string;
  /** The id of the subscription; in 1.0 there may be none. */
  readonly id: string | undefined;
  /** Whether the client has to acknowledge what it gets. */
  readonly isAcked: boolean;
  /** The life of the log, where it is told the place of each message in it. */
  readonly epoch?: string | undefined;
}

/** One form; there is one object for each key while a subscription of that form exists. */
export class MessageForm {
  /** How many subscriptions have it. */
  usersCount = 0;
  readonly key: string;
  readonly look: FormKey;
  /** Writes an event in this form; it is one function for all events, because it is asked for by every recipient. */
  readonly make: (event: OutgoingEvent) => readonly EncodedPacket[];
  readonly #start: string;
  readonly #idSuffix: string;

  /** `forms` gives numbers to events. */
  constructor(key: string, look: FormKey, forms: MessageForms) {
    const { version, destination, id, isAcked } = look;
    this.key = key;
    this.look = look;
    const subscription = id === undefined ? '' : encodeHeader('subscription', id, version);
    this.#start = `MESSAGE\n${subscription}${encodeHeader('destination', destination, version)}`;
    // An ACK names the message and its subscription by this one text.
    this.#idSuffix = isAcked ? `-${id ?? destination}` : '';
    this.make = (event) => {
      const origin = event.origin as StompOrigin | undefined;
      const body = origin?.body ?? event.formFor(BODY, encodeBody);
      return [this.encode(body, forms.numberOf(event), headersOf(event, origin, look))];
    };
  }

  /** A message. Its number is unique in the server; its headers are those of its sender, and those that only some messages have. */
  encode({ contentType, body }: MessageBody, number: number, headers: HeaderEntries): EncodedPacket {
    const { version, isAcked } = this.look;
    const id = `${number}${this.#idSuffix}`;
    let head = this.#start + encodeHeader('message-id', id, version);
    if (isAcked && version === '1.2') head += encodeHeader('ack', id, version);
    for (const [name, value] of headers) {
      // 1.0 has no way to write a colon in a name, and a name is never empty.
      if (version !== '1.0' || !name.includes(':')) head += encodeHeader(name, value, version);
    }
    if (contentType !== undefined) head += encodeHeader('content-type', contentType, version);
    head += `content-length:${Buffer.byteLength(body)}\n\n`;
    if (typeof body === 'string') return new EncodedPacket(`${head}${body}\0`);
    return new EncodedPacket(Buffer.concat([Buffer.from(head), body, END]));
  }
}

/** The forms that are in use, and the numbers of messages. Invariant: a form is here exactly while a subscription has it. */
export class MessageForms {
  readonly #forms = new Map<string, MessageForm>();
  #number = 0;

  /** Forms in use. */
  get count(): number {
    return this.#forms.size;
  }

  /** The form of a new subscription. */
  take(key: FormKey): MessageForm {
    const name = JSON.stringify([key.version, key.isAcked, key.epoch ?? null, key.destination, key.id]);
    const form = getOrCreate(this.#forms, name, () => new MessageForm(name, key, this));
    form.usersCount += 1;
    return form;
  }

  /** A subscription is over. */
  release(form: MessageForm): void {
    form.usersCount -= 1;
    if (form.usersCount === 0) this.#forms.delete(form.key);
  }

  /** The number of a new message. */
  nextNumber(): number {
    this.#number += 1;
    return this.#number;
  }

  /** The number of an event, which all its messages have. */
  numberOf(event: OutgoingEvent): number {
    return event.formFor(this, () => this.nextNumber());
  }

  /** An event as a message, made at the first call for the form. */
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
  // Naru's own come first, and of a repeated header the first counts.
  if (origin) for (const header of origin.headers) headers.push(header);
  return headers;
}
