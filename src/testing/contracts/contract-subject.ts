/** What the contract of transports is tried on: a transport, and the other end of its wire. */
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import type { ProtocolError, UnavailableError } from '../../base/errors.js';
import { Batch } from '../../transport/batch.js';
import { EncodedPacket, type Unit } from '../../transport/encoded-packet.js';
import type { Transport, TransportHandler } from '../../transport/transport.js';

/** How a peer saw its connection end. */
export interface ContractEnd {
  /** The close code, as RFC 6455 numbers them; `undefined` where the wire has none. */
  readonly code?: number;
  /** What was said; `undefined` where the wire has no place for it. */
  readonly reason?: string;
}

/** The other end of the transport under test: a client that speaks its wire. What a wire does not have, its peer leaves out. */
export interface ContractPeer {
  /** The units that it read, oldest first. */
  readonly received: readonly Unit[];
  /** Whether it saw the connection end. */
  readonly isEnded: boolean;
  /** How it ended, for wires that say so. */
  readonly end?: ContractEnd | undefined;
  /** The volatile messages that it read, each with its units. */
  readonly receivedVolatile?: readonly (readonly Unit[])[];
  /** Sends a unit. */
  send(unit: Unit): void;
  /** Sends a message beside the ordered ones. */
  sendVolatile?(units: readonly Unit[]): void;
  /** Stops reading, so that what is sent has to wait. */
  pause(): void;
  /** Reads on. */
  resume(): void;
  /** Ends the connection as its protocol asks for. */
  close(): void;
  /** Sends no more, and still reads. */
  closeHalf?(): void;
  /** Is gone without a word, as if its cable were cut. */
  vanish(): void;
}

/** A transport that was just opened, and its peer. */
export interface ContractSubject {
  readonly transport: Transport;
  readonly peer: ContractPeer;
  /** The most bytes of one unit that the transport was told to take from its peer. */
  readonly unitBytesMax?: number;
  /** Resolves when everything that was set going has come to rest. */
  settle(): Promise<void>;
}

/** Opens a transport for one case; `handler` is its first. */
export type OpenSubject = (handler: TransportHandler) => Promise<ContractSubject>;

/** What a case gets. */
export interface Trial extends ContractSubject {
  readonly witness: Witness;
  /** Says why the wire makes no such promise. */
  waive(why: string): void;
}

/** A case. It rejects when the promise is broken. */
export type Case = (trial: Trial) => Promise<void>;

/** Cases by their claims. */
export type Cases = Readonly<Record<string, Case>>;

/** Sees all that a transport tells. */
export class Witness implements TransportHandler {
  readonly units: Unit[] = [];
  readonly volatile: (readonly Unit[])[] = [];
  readonly closes: (ProtocolError | UnavailableError | undefined)[] = [];
  writableCount = 0;

  onData(_transport: Transport, unit: Unit): void {
    strictEqual(this.closes.length, 0, 'a unit was delivered after onClose');
    this.units.push(unit);
  }

  onVolatile(_transport: Transport, units: readonly Unit[]): void {
    strictEqual(this.closes.length, 0, 'a volatile message was delivered after onClose');
    this.volatile.push(units);
  }

  onWritable(transport: Transport): void {
    ok(transport.writable, 'onWritable was called while writable is false');
    this.writableCount += 1;
  }

  onClose(_transport: Transport, error: ProtocolError | UnavailableError | undefined): void {
    this.closes.push(error);
  }
}

/** A batch of units. */
export function batchOf(units: readonly Unit[]): Batch {
  const [first, ...rest] = units.map((unit) => new EncodedPacket(unit));
  ok(first, 'a batch of nothing');
  return rest.reduce((batch, packet) => batch.append(packet), Batch.of(first));
}

/** Compares units, whatever class their bytes have; where the wire keeps no order, in any. */
export function sameUnits(actual: readonly Unit[], expected: readonly Unit[], { ordered } = { ordered: true }): void {
  const [one, other] = [actual.map(plain), expected.map(plain)];
  if (ordered) deepStrictEqual(one, other);
  else deepStrictEqual(one.map(String).sort(), other.map(String).sort());
}

function plain(unit: Unit): string | number[] {
  return typeof unit === 'string' ? unit : [...unit];
}
