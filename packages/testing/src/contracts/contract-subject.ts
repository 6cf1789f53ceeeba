/** The subject of the transport contract: a transport, and the other end of its wire. */
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import type { ProtocolError, UnavailableError } from 'naru/base';
import type { Transport, TransportHandler } from 'naru/wire';
import { EncodedPacket, PacketList, type Unit } from 'naru/wire';

/** The end of a connection as its peer saw it. */
export interface ContractEnd {
  /** The close code in the numbers of RFC 6455, or `undefined` if the wire has none. */
  readonly code?: number;
  /** The reason, or `undefined` if the wire does not carry one. */
  readonly reason?: string;
}

/**
 * The other end of the transport under test: a client on its wire. A peer omits the optional members that its wire does
 * not support.
 */
export interface ContractPeer {
  /** The units that the peer has read, oldest first. */
  readonly received: readonly Unit[];
  /** Whether the peer has seen the connection end. */
  readonly isEnded: boolean;
  /** How the connection ended, if the wire says so. */
  readonly end?: ContractEnd | undefined;
  /** The volatile messages that the peer has read, each with its units. */
  readonly receivedVolatile?: readonly (readonly Unit[])[];
  /** Sends a unit. */
  send(unit: Unit): void;
  /** Sends a volatile message on a path of its own, beside the ordered units. */
  sendVolatile?(units: readonly Unit[]): void;
  /** Stops reading, so that data to the peer must wait. */
  pause(): void;
  /** Continues to read. */
  resume(): void;
  /** Ends the connection in the form of its protocol. */
  close(): void;
  /** Ends its sending half, and continues to read. */
  closeHalf?(): void;
  /** Disappears without a close, as if its cable were cut. */
  vanish(): void;
}

/** A newly opened transport and its peer. */
export interface ContractSubject {
  readonly transport: Transport;
  readonly peer: ContractPeer;
  /** The most bytes that the transport was configured to accept in one unit. */
  readonly unitBytesMax?: number;
  /** Resolves when all pending work is done. */
  settle(): Promise<void>;
}

/** Opens a transport for one case. `handler` is its first handler. */
export type OpenSubject = (handler: TransportHandler) => Promise<ContractSubject>;

/** The argument of a case. */
export interface Trial extends ContractSubject {
  readonly witness: Witness;
  /** Records why the wire does not make this promise. */
  waive(why: string): void;
}

/** A case of the contract. It rejects when the transport breaks the promise. */
export type Case = (trial: Trial) => Promise<void>;

/** Cases by their names. */
export type Cases = Readonly<Record<string, Case>>;

/** A handler that records all calls of a transport. */
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

/** Returns a packet list of units. */
export function listOf(units: readonly Unit[]): PacketList {
  const [first, ...rest] = units.map((unit) => new EncodedPacket(unit));
  ok(first, 'a packet list needs at least one unit');
  return rest.reduce((list, packet) => list.append(packet), PacketList.of(first));
}

/**
 * Asserts that units are equal, whatever class their bytes have. `ordered` says whether their order must be equal too.
 */
export function sameUnits(actual: readonly Unit[], expected: readonly Unit[], { ordered } = { ordered: true }): void {
  const [one, other] = [actual.map(plain), expected.map(plain)];
  if (ordered) deepStrictEqual(one, other);
  else deepStrictEqual(one.map(String).sort(), other.map(String).sort());
}

function plain(unit: Unit): string | number[] {
  return typeof unit === 'string' ? unit : [...unit];
}
