/**
 * A transport whose other end is an object in the same test. It is the simplest implementation of the contract of
 * transports.
 */
import type { Clock, UnavailableError } from 'naru/base';
import { bytes, flag, type OptionsOf, options, readOptions, value } from 'naru/base';
import type { EngineProtocol, PacketList, Unit } from 'naru/wire';
import { CARRIES_ALL, type Transport, type TransportHandler, type TransportName } from 'naru/wire';

/** The table of the options of a MemoryTransport. */
export const memoryTransportTable = options('', {
  /** Name of the transport. @default "websocket" */
  name: value<TransportName, TransportName>('a text', (given) => typeof given === 'string', 'websocket'),
  /** Version of the Engine.IO protocol. @default 4 */
  protocol: value<EngineProtocol, EngineProtocol>('3 or 4', (given) => given === 3 || given === 4, 4),
  /** Whether its units belong to a plain wire instead of Engine.IO. @default false */
  isPlain: flag(false),
  /** Bytes that may wait for a peer that does not read. Beyond that, `writable` is false. @default 65536 */
  windowBytes: bytes(65_536),
});

/** Options of a MemoryTransport. */
export interface MemoryTransportOptions extends OptionsOf<typeof memoryTransportTable> {}

/** A transport in memory. It never calls the handler during the call that caused the event. */
export class MemoryTransport implements Transport {
  readonly name: TransportName;
  readonly protocol: EngineProtocol;
  readonly carries = CARRIES_ALL;
  readonly isPlain: boolean;
  handler: TransportHandler;
  /** The other end. */
  readonly peer: MemoryPeer;
  readonly #clock: Clock;
  readonly #windowBytes: number;
  #state: 'open' | 'closing' | 'closed' = 'open';
  #wasFull = false;

  constructor(clock: Clock, handler: TransportHandler, given?: MemoryTransportOptions) {
    const { name, protocol, windowBytes, isPlain } = readOptions(memoryTransportTable, given);
    this.#clock = clock;
    this.handler = handler;
    this.name = name;
    this.protocol = protocol;
    this.isPlain = isPlain;
    this.#windowBytes = windowBytes;
    this.peer = new MemoryPeer({
      onUnit: (unit) => this.#later(() => this.#state === 'open' && this.handler.onData(this, unit)),
      onRead: () => this.#later(() => this.#onRead()),
      // Deferred, so that data which the peer sent earlier arrives first.
      onEnd: (error) => this.#later(() => this.#state === 'open' && this.#finish(error)),
    });
  }

  get writable(): boolean {
    const isFull = this.peer.unreadBytes >= this.#windowBytes;
    this.#wasFull ||= isFull;
    return this.#state === 'open' && !isFull;
  }

  get bufferedBytes(): number {
    return this.peer.unreadBytes;
  }

  send(list: PacketList): void {
    if (this.#state !== 'open') return;
    for (const packet of list.packets()) this.peer.take(packet.unitFor(this.protocol));
    this.#wasFull ||= this.peer.unreadBytes >= this.#windowBytes;
  }

  close(code = 1000, reason = ''): void {
    if (this.#state !== 'open') return;
    this.peer.end({ code, reason });
    this.#state = 'closing';
    this.#later(() => this.#finish(undefined));
  }

  retire(): void {
    this.close();
  }

  abort(): void {
    this.close(1006);
  }

  #onRead(): void {
    if (this.#state !== 'open' || !this.#wasFull || this.peer.unreadBytes >= this.#windowBytes) return;
    this.#wasFull = false;
    this.handler.onWritable(this);
  }

  #finish(error: UnavailableError | undefined): void {
    this.#state = 'closed';
    this.handler.onClose(this, error);
  }

  #later(run: () => unknown): void {
    this.#clock.defer(run, undefined);
  }
}

/** The end of a connection as its peer sees it. The code is 1006 if none was sent. */
export interface MemoryEnd {
  readonly code: number;
  readonly reason: string;
}

interface PeerOwner {
  onUnit(unit: Unit): void;
  onRead(): void;
  onEnd(error: UnavailableError | undefined): void;
}

/** The other end of a MemoryTransport. */
export class MemoryPeer {
  /** The units that the peer has read, oldest first. */
  readonly received: Unit[] = [];
  /** The end of the connection, after it has ended. */
  ended: MemoryEnd | undefined = undefined;
  readonly #owner: PeerOwner;
  readonly #unread: Unit[] = [];
  #unreadBytes = 0;
  #isReading = true;

  constructor(owner: PeerOwner) {
    this.#owner = owner;
  }

  /** Bytes that wait because the peer does not read. */
  get unreadBytes(): number {
    return this.#unreadBytes;
  }

  /** Sends a unit to the transport. */
  send(unit: Unit): void {
    if (!this.ended) this.#owner.onUnit(unit);
  }

  /** Stops reading. */
  pause(): void {
    this.#isReading = false;
  }

  /** Continues to read. */
  resume(): void {
    this.#isReading = true;
    this.received.push(...this.#unread.splice(0));
    this.#unreadBytes = 0;
    this.#owner.onRead();
  }

  /** Closes the connection, or breaks it if an error is given. */
  close(error?: UnavailableError): void {
    if (this.ended) return;
    this.ended = { code: error ? 1006 : 1000, reason: '' };
    this.#owner.onEnd(error);
  }

  /** The transport calls it with each unit. */
  take(unit: Unit): void {
    if (this.#isReading) {
      this.received.push(unit);
    } else {
      this.#unread.push(unit);
      this.#unreadBytes += unit.length;
    }
  }

  /** The transport calls it when it ends. */
  end(end: MemoryEnd): void {
    this.ended ??= end;
  }
}
