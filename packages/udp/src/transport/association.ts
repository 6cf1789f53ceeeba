/**
 * One end of a session over datagrams. It numbers and authenticates them, drops old ones, and repeats those that have
 * to arrive.
 */
import { Buffer } from 'node:buffer';
import type { Timers } from 'naru/base';
import { type Bytes, isNaruError, ProtocolError, transitionOf, UnavailableError, utf8Size } from 'naru/base';
import { decodeRecords, readUint32, writeRecordHeader, writeUint32 } from 'naru/protocol';
import type { Unit } from 'naru/wire';
import {
  CONTROL_BYTES_MAX,
  HEADER_BYTES,
  Kind,
  NUMBER_BYTES,
  readSequence,
  TAG_BYTES,
  writeHeader,
} from '../protocol/datagram/layout.js';
import { BLOCK_BYTES, createArea, sign, verify } from './authentication/authenticator.js';
import { KeyTable } from './authentication/keys.js';
import { UdpCounts } from './counts.js';
import type { DatagramPort } from './port.js';
import { Repeating, Repeats, Repetition } from './repeats.js';
import { ASSOCIATION, type AssociationState } from './states.js';

/** The state that all associations of a socket share, and their access to the network. */
export abstract class AssociationContext {
  abstract readonly isServer: boolean;
  readonly counts = new UdpCounts();
  readonly keys: KeyTable;
  readonly repeats: Repeats;
  /** The most bytes of control that may wait for a confirmation. If more wait, the association fails. */
  readonly controlBytesMax: number;
  /** The socket, while it is bound. */
  port: DatagramPort | undefined = undefined;

  constructor(timers: Timers, controlBytesMax: number, keys = new KeyTable()) {
    this.repeats = new Repeats(timers);
    this.controlBytesMax = controlBytesMax;
    this.keys = keys;
  }

  /** Sends a datagram. Returns `true` if it waits for the system, so that its bytes must not change any more. */
  transmit(datagram: Buffer, port: number, address: string): boolean {
    const outcome = this.port?.send(datagram, port, address) ?? 'dropped';
    if (outcome === 'dropped') this.counts.congested += 1;
    else this.counts.sent += 1;
    return outcome === 'kept';
  }

  /**
   * Called when a newer datagram of an association came from another address than the association's. A client ignores
   * this: servers do not move.
   */
  onMoved(_link: Association, _port: number, _address: string, _size: number): void {}
  /** Called when the other side proves its new address, or asks this side to prove its own. */
  abstract onPath(association: Association, kind: number, token: Bytes, port: number, address: string): void;
  /** Called when an association is released. It receives nothing from then on. */
  abstract onReleased(association: Association): void;
}

/** The id, keys and peer of a new association. */
export interface AssociationPlace {
  /** The connection id, which names the association on the wire. */
  readonly id: number;
  /** The slot of its keys in the key table. */
  readonly slot: number;
  /** The port and address of the peer. */
  readonly port: number;
  readonly address: string;
}

let area = createArea();
let datagram = area.subarray(BLOCK_BYTES);
const CLOSE_REPEATS = 2;
/** A closing association repeats an unconfirmed body this many times before it gives up. */
const LINGER_REPEATS = 5;

/**
 * An association. Guarantees: data arrives in the order it was sent, or not at all. While the association lives,
 * control arrives in order and once. Nothing arrives twice, and everything that arrives was sent by the holder of the
 * key.
 */
export abstract class Association {
  /** The connection id, which names the association on the wire. */
  readonly id: number;
  /** The port and address of the peer. */
  port: number;
  address: string;
  protected readonly context: AssociationContext;
  readonly #slot: number;
  #state: AssociationState = 'open';
  #sequence = 0;
  #newest = 0;
  #controlExpected = 1;
  #controlSent = 0;
  #control: Control | undefined = undefined;

  constructor(context: AssociationContext, { id, slot, port, address }: AssociationPlace) {
    this.context = context;
    this.id = id;
    this.#slot = slot;
    this.port = port;
    this.address = address;
  }

  /** Called with the units of one datagram. */
  protected abstract onUnits(units: Unit[], isControl: boolean): void;
  /**
   * Called when the other side has closed the association or it has failed. It is called at most once, and never after
   * `close`.
   */
  protected abstract onEnd(error: ProtocolError | UnavailableError | undefined): void;
  /**
   * Called when an authentic datagram arrives that is newer than all others, which shows that the other side is there.
   * Anybody can repeat an old one.
   */
  protected onHeard(): void {}

  /** Whether the association is open: neither closed nor failed. */
  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** Bytes of control that wait to be confirmed. */
  get controlBytes(): number {
    return this.#control?.bytes ?? 0;
  }

  /** Sends a body of records that may be lost. */
  sendData(records: Bytes): void {
    if (this.#state === 'open') this.#send(Kind.DATA, records);
  }

  /** Sends one text that may be lost, written straight into the datagram. The text has to fit. */
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
        this.fail(new UnavailableError('BUFFER_FULL', `the peer has not confirmed more than ${controlBytesMax} bytes`));
      return;
    }
    this.#control = new Control(this, records);
    this.#advance(this.#control);
  }

  /** Sends a datagram that is neither data nor control. */
  sendPath(kind: number, token: Bytes, port: number, address: string): void {
    this.#send(kind, token, port, address);
  }

  /** Takes a datagram with the id of this association. */
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
      this.onHeard();
    }
    const end = bytes.byteLength - TAG_BYTES;
    const kind = bytes[0];
    if (kind === Kind.CONTROL) this.#onControl(bytes, end);
    else if (kind === Kind.ACK) this.#onAck(bytes, end);
    else if (!isNewer) counts.stale += 1;
    else if (kind === Kind.DATA) this.#deliver(bytes, HEADER_BYTES, end, false);
    else if (kind === Kind.CLOSE) this.#onClose();
    else this.context.onPath(this, kind as number, bytes.subarray(HEADER_BYTES, end), port, address);
  }

  /**
   * Closes the association. Control that has to arrive is repeated for a while, then the other side is told. Nothing
   * more is delivered.
   */
  close(): void {
    if (this.#state !== 'open') return;
    this.#state = transitionOf(ASSOCIATION, this.#state, 'close').to;
    if (!this.#control) this.#sayGoodbye();
  }

  /** Releases the association without telling the other side. */
  abortAssociation(): void {
    if (this.#state === 'released') return;
    this.#state = transitionOf(ASSOCIATION, this.#state, 'release').to;
    if (this.#control) this.context.repeats.stop(this.#control);
    this.#control = undefined;
    this.context.keys.remove(this.#slot);
    this.context.onReleased(this);
  }

  /** Ends the association with an error, and tells the other side. */
  fail(error: ProtocolError | UnavailableError): void {
    const wasOpen = this.#state === 'open';
    this.#sayGoodbye();
    if (wasOpen) this.onEnd(error);
  }

  /** Called by Control when a repetition is due. Sends its body again, or gives up if the association is closing. */
  repeat(control: Control): void {
    if (this.#state === 'lingering' && control.repeatCount > LINGER_REPEATS) this.#sayGoodbye();
    else this.#send(Kind.CONTROL, control.body);
  }

  #send(kind: number, body: Bytes, port = this.port, address = this.address): void {
    if (this.#state === 'released') return;
    datagram.set(body, HEADER_BYTES);
    this.#transmit(this.#finish(kind, body.byteLength), port, address);
  }

  /** Completes the datagram whose body is in the shared area, and returns its size. */
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
    // A repeated datagram is confirmed again, because the first confirmation may have been lost.
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
    if (isNaruError(units, 'ProtocolError')) this.fail(units);
    else this.onUnits(units, isControl);
  }

  #onClose(): void {
    const wasOpen = this.#state === 'open';
    this.abortAssociation();
    if (wasOpen) this.onEnd(undefined);
  }

  /** Releases the association and sends a CLOSE three times, because nothing confirms it. */
  #sayGoodbye(): void {
    if (this.#state === 'released') return;
    const { context, port, address } = this;
    const copy = Buffer.from(datagram.subarray(0, this.#finish(Kind.CLOSE, 0)));
    this.abortAssociation();
    context.transmit(copy, port, address);
    context.repeats.start(
      new Repetition((goodbye) => {
        context.transmit(copy, port, address);
        if (goodbye.repeatCount >= CLOSE_REPEATS) context.repeats.stop(goodbye);
      }),
    );
  }
}

/**
 * The records of an association that have to arrive: one body on its way, and those that wait for its confirmation. An
 * idle association has none.
 */
export class Control extends Repeating {
  /** The body that is on its way. It begins with its number. */
  body: Uint8Array = new Uint8Array(0);
  readonly #association: Pick<Association, 'repeat'>;
  #waiting: Bytes[];
  #waitingBytes: number;

  constructor(association: Pick<Association, 'repeat'>, records: Bytes) {
    super();
    this.#association = association;
    this.#waiting = [records];
    this.#waitingBytes = records.byteLength;
  }

  /** Bytes that wait, including the body on its way. */
  get bytes(): number {
    return this.#waitingBytes + this.body.byteLength;
  }

  /** Whether records wait to be sent after the current body. */
  get hasMore(): boolean {
    return this.#waiting.length > 0;
  }

  /** Adds records after all others. */
  add(records: Bytes): void {
    this.#waiting.push(records);
    this.#waitingBytes += records.byteLength;
  }

  /** Builds the next body from as many waiting records as fit. */
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
    this.#association.repeat(this);
  }
}
