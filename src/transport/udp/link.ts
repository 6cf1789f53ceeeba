/** One end of a session over datagrams: numbers, authenticates and checks them, drops what is old, and repeats what has to arrive. */
import { Buffer } from 'node:buffer';
import { type Bytes, utf8Size } from '../../base/bytes.js';
import type { Timers } from '../../base/clock.js';
import { ProtocolError, UnavailableError } from '../../base/errors.js';
import { readUint32, writeUint32 } from '../../protocol/bytes.js';
import {
  CONTROL_BYTES_MAX,
  HEADER_BYTES,
  Kind,
  NUMBER_BYTES,
  readSequence,
  TAG_BYTES,
  writeHeader,
} from '../../protocol/datagram/layout.js';
import { decodeRecords } from '../../protocol/datagram/records.js';
import { writeRecordHeader } from '../../protocol/record/header.js';
import type { Unit } from '../encoded-packet.js';
import { BLOCK_BYTES, createArea, sign, verify } from './authentication/authenticator.js';
import { KeyTable } from './authentication/keys.js';
import { UdpCounts } from './counts.js';
import type { DatagramPort } from './port.js';
import { Repeating, Repeats, Repetition } from './repeats.js';

/** What all links of a socket share, and their way to the network. */
export abstract class LinkContext {
  abstract readonly isServer: boolean;
  readonly counts = new UdpCounts();
  readonly keys: KeyTable;
  readonly repeats: Repeats;
  /** Bytes that may wait until the other side has what was sent before; beyond it the link ends. */
  readonly controlBytesMax: number;
  /** The socket, while it is bound. */
  port: DatagramPort | undefined = undefined;

  constructor(timers: Timers, controlBytesMax: number, keys = new KeyTable()) {
    this.repeats = new Repeats(timers);
    this.controlBytesMax = controlBytesMax;
    this.keys = keys;
  }

  /** Sends a datagram. `true`: it waits for the system, and its bytes must not change any more. */
  transmit(datagram: Buffer, port: number, address: string): boolean {
    const outcome = this.port?.send(datagram, port, address) ?? 'dropped';
    if (outcome === 'dropped') this.counts.congested += 1;
    else this.counts.sent += 1;
    return outcome === 'kept';
  }

  /** A newer datagram of the link came from another address than its own. Servers do not move, so a client does nothing. */
  onMoved(_link: DatagramLink, _port: number, _address: string, _size: number): void {}
  /** The other side proves its new address, or asks for a proof. */
  abstract onPath(link: DatagramLink, kind: number, token: Bytes, port: number, address: string): void;
  /** The link is let go: nothing can come for it any more. */
  abstract onReleased(link: DatagramLink): void;
}

/** Where a link is made. */
export interface LinkPlace {
  /** The connection id, which names the link on the wire. */
  readonly id: number;
  /** Where its keys stand. */
  readonly slot: number;
  /** Where the other end is. */
  readonly port: number;
  readonly address: string;
}

let area = createArea();
let datagram = area.subarray(BLOCK_BYTES);
const CLOSE_REPEATS = 2;
/** A link that is closing gives the other side so many repetitions to confirm the last that it has to know. */
const LINGER_REPEATS = 5;

/** Where a link is in its life; `lingering`: it was closed, and what had to arrive has not yet. */
type State = 'open' | 'lingering' | 'released';

/**
 * A link. Guarantees: data arrives in the order in which it was sent or not at all; control arrives in order, once, while the link lives;
 * nothing arrives that the holder of the key did not send, and nothing twice.
 */
export abstract class DatagramLink {
  /** The connection id, which names the link on the wire. */
  readonly id: number;
  /** Where the other end is. */
  port: number;
  address: string;
  protected readonly context: LinkContext;
  readonly #slot: number;
  #state: State = 'open';
  #sequence = 0;
  #newest = 0;
  #controlExpected = 1;
  #controlSent = 0;
  #control: Control | undefined = undefined;

  constructor(context: LinkContext, { id, slot, port, address }: LinkPlace) {
    this.context = context;
    this.id = id;
    this.#slot = slot;
    this.port = port;
    this.address = address;
  }

  /** Units came, all of one datagram. */
  protected abstract onUnits(units: Unit[], isControl: boolean): void;
  /** The link is over: the other side closed it, or it had to end. Called once at most, and not after `close`. */
  protected abstract onEnd(error: ProtocolError | UnavailableError | undefined): void;
  /** A datagram of the other side came, which shows that it is there. */
  protected onHeard(): void {}

  /** Whether it was not closed. */
  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** Bytes that wait to be confirmed. */
  get controlBytes(): number {
    return this.#control?.bytes ?? 0;
  }

  /** Sends a body of records that may be lost. */
  sendData(records: Bytes): void {
    if (this.#state === 'open') this.#send(Kind.DATA, records);
  }

  /** Sends one text that may be lost, which has to fit, without anything in between. */
  sendText(text: string): void {
    if (this.#state !== 'open') return;
    const size = utf8Size(text);
    const at = writeRecordHeader(datagram, HEADER_BYTES, false, size);
    datagram.write(text, at, size, 'utf8');
    this.#transmit(this.#finish(Kind.DATA, at + size - HEADER_BYTES), this.port, this.address);
  }

  /** Sends a body of records that has to arrive. */
  sendControl(records: Bytes): void {
    if (this.#state !== 'open') return;
    if (this.#control) {
      this.#control.add(records);
      const { controlBytesMax } = this.context;
      if (this.#control.bytes > controlBytesMax)
        this.fail(new UnavailableError('BUFFER_FULL', `more than ${controlBytesMax} bytes wait to be confirmed`));
      return;
    }
    this.#control = new Control(this, records);
    this.#advance(this.#control);
  }

  /** Sends a datagram that is neither data nor control. */
  sendPath(kind: number, token: Bytes, port: number, address: string): void {
    this.#send(kind, token, port, address);
  }

  /** Takes a datagram that names this link. */
  receive(bytes: Buffer, port: number, address: string): void {
    const { counts, keys, isServer } = this.context;
    if (!verify(bytes, keys.placeOf(this.#slot, !isServer))) {
      counts.forged += 1;
      return;
    }
    const sequence = readSequence(bytes);
    const isNewer = sequence > this.#newest;
    if (isNewer) {
      this.#newest = sequence;
      if (port !== this.port || address !== this.address) this.context.onMoved(this, port, address, bytes.byteLength);
    }
    this.onHeard();
    const end = bytes.byteLength - TAG_BYTES;
    const kind = bytes[0];
    if (kind === Kind.CONTROL) this.#onControl(bytes, end);
    else if (kind === Kind.ACK) this.#onAck(bytes, end);
    else if (!isNewer) counts.stale += 1;
    else if (kind === Kind.DATA) this.#deliver(bytes, HEADER_BYTES, end, false);
    else if (kind === Kind.CLOSE) this.#onClose();
    else this.context.onPath(this, kind as number, bytes.subarray(HEADER_BYTES, end), port, address);
  }

  /** Closes: what has to arrive is repeated for a while, and then the other side is told. Nothing is delivered any more. */
  close(): void {
    if (this.#state !== 'open') return;
    this.#state = 'lingering';
    if (!this.#control) this.#sayGoodbye();
  }

  /** Lets the link go without a word. */
  abortLink(): void {
    if (this.#state === 'released') return;
    this.#state = 'released';
    if (this.#control) this.context.repeats.stop(this.#control);
    this.#control = undefined;
    this.context.keys.remove(this.#slot);
    this.context.onReleased(this);
  }

  /** Ends the link because of an error. */
  fail(error: ProtocolError | UnavailableError): void {
    if (this.#state !== 'open') return;
    this.#state = 'lingering';
    this.#sayGoodbye();
    this.onEnd(error);
  }

  /** What waits is sent again, or given up. Called by Control. */
  repeat(control: Control): void {
    if (this.#state === 'lingering' && control.repeatCount > LINGER_REPEATS) this.#sayGoodbye();
    else this.#send(Kind.CONTROL, control.body);
  }

  #send(kind: number, body: Bytes, port = this.port, address = this.address): void {
    if (this.#state === 'released') return;
    datagram.set(body, HEADER_BYTES);
    this.#transmit(this.#finish(kind, body.byteLength), port, address);
  }

  /** Completes the datagram whose body stands in the common area, and returns its size. */
  #finish(kind: number, bodySize: number): number {
    const { keys, isServer } = this.context;
    this.#sequence += 1;
    const size = HEADER_BYTES + bodySize;
    writeHeader(datagram, 0, kind, this.id, this.#sequence);
    sign(area, size, keys.placeOf(this.#slot, isServer));
    return size + TAG_BYTES;
  }

  #transmit(size: number, port: number, address: string): void {
    if (!this.context.transmit(datagram.subarray(0, size), port, address)) return;
    area = createArea();
    datagram = area.subarray(BLOCK_BYTES);
  }

  #advance(control: Control): void {
    this.#controlSent = (this.#controlSent + 1) >>> 0;
    control.next(this.#controlSent);
    this.context.repeats.start(control);
    this.#send(Kind.CONTROL, control.body);
  }

  #onControl(bytes: Buffer, end: number): void {
    if (end < HEADER_BYTES + NUMBER_BYTES) {
      this.fail(new ProtocolError('EIO_BAD_PAYLOAD', 'a control datagram without a number'));
      return;
    }
    const number = readUint32(bytes, HEADER_BYTES);
    const isNext = number === this.#controlExpected;
    if (isNext) this.#controlExpected = (number + 1) >>> 0;
    else this.context.counts.stale += 1;
    // Its confirmation may have been lost, so that it came again.
    if (isNext || (number + 1) >>> 0 === this.#controlExpected)
      this.#send(Kind.ACK, bytes.subarray(HEADER_BYTES, HEADER_BYTES + NUMBER_BYTES));
    if (isNext) this.#deliver(bytes, HEADER_BYTES + NUMBER_BYTES, end, true);
  }

  #onAck(bytes: Buffer, end: number): void {
    const control = this.#control;
    if (!control || end !== HEADER_BYTES + NUMBER_BYTES || readUint32(bytes, HEADER_BYTES) !== this.#controlSent)
      return;
    if (control.hasMore) {
      this.#advance(control);
      return;
    }
    this.context.repeats.stop(control);
    this.#control = undefined;
    if (this.#state === 'lingering') this.#sayGoodbye();
  }

  #deliver(bytes: Buffer, start: number, end: number, isControl: boolean): void {
    if (this.#state !== 'open') return;
    const units = decodeRecords(bytes, start, end);
    if (units instanceof ProtocolError) this.fail(units);
    else this.onUnits(units, isControl);
  }

  #onClose(): void {
    const wasOpen = this.#state === 'open';
    this.abortLink();
    if (wasOpen) this.onEnd(undefined);
  }

  /** The last word, said three times because nobody confirms it. */
  #sayGoodbye(): void {
    if (this.#state === 'released') return;
    const { context, port, address } = this;
    const copy = Buffer.from(datagram.subarray(0, this.#finish(Kind.CLOSE, 0)));
    this.abortLink();
    context.transmit(copy, port, address);
    context.repeats.start(
      new Repetition((goodbye) => {
        context.transmit(copy, port, address);
        if (goodbye.repeatCount >= CLOSE_REPEATS) context.repeats.stop(goodbye);
      }),
    );
  }
}

/** What a link has to bring over: one body on its way, the rest behind it. An idle link has none. */
export class Control extends Repeating {
  /** The body that is on its way, its number first. */
  body: Uint8Array = new Uint8Array(0);
  readonly #link: Pick<DatagramLink, 'repeat'>;
  #waiting: Bytes[];
  #waitingBytes: number;

  constructor(link: Pick<DatagramLink, 'repeat'>, records: Bytes) {
    super();
    this.#link = link;
    this.#waiting = [records];
    this.#waitingBytes = records.byteLength;
  }

  /** Bytes that wait, those on their way included. */
  get bytes(): number {
    return this.#waitingBytes + this.body.byteLength;
  }

  /** Whether something waits behind the body. */
  get hasMore(): boolean {
    return this.#waiting.length > 0;
  }

  /** Adds records behind all others. */
  add(records: Bytes): void {
    this.#waiting.push(records);
    this.#waitingBytes += records.byteLength;
  }

  /** Puts as much of what waits as fits into the next body. */
  next(number: number): void {
    let count = 0;
    let size = 0;
    for (const { byteLength } of this.#waiting) {
      if (count > 0 && size + byteLength > CONTROL_BYTES_MAX) break;
      count += 1;
      size += byteLength;
    }
    this.body = new Uint8Array(NUMBER_BYTES + size);
    writeUint32(this.body, 0, number);
    let at = NUMBER_BYTES;
    for (const records of this.#waiting.splice(0, count)) {
      this.body.set(records, at);
      at += records.byteLength;
    }
    this.#waitingBytes -= size;
  }

  onRepeat(): void {
    this.#link.repeat(this);
  }
}
