/** The contract of everything that moves the data of one session. */
import type { ProtocolError, UnavailableError } from '../base/errors.js';
import type { EncodedPacket, EngineProtocol, Unit } from './encoded-packet.js';
import type { PacketList } from './packet-list.js';

/** The names of the transports. */
export type TransportName = 'polling' | 'websocket' | 'sse' | 'tcp' | 'udp' | 'webtransport';

/** The abilities of a transport. A transport declares its limits here, instead of failing silently. */
export interface Carries {
  readonly ordered: boolean;
  readonly reliable: boolean;
  readonly binary: boolean;
  /** The most bytes of one unit that the wire can carry. The server's own bounds apply too. */
  readonly bytesMax: number;
}

/** The abilities of most transports: everything. */
export const CARRIES_ALL: Carries = Object.freeze({
  ordered: true,
  reliable: true,
  binary: true,
  bytesMax: Number.POSITIVE_INFINITY,
});

/**
 * Moves the units of one connection, whatever they mean: a unit goes in at one end, and the same unit comes out at the
 * other.
 */
export interface Transport {
  readonly name: TransportName;
  readonly protocol: EngineProtocol;
  readonly carries: Carries;
  /**
   * Whether this is a plain wire. Its units, for example chunks, are not Engine.IO packets, and the session does not
   * decode them.
   */
  readonly isPlain?: boolean;
  /** Whether packets can be sent now. If not, `onWritable` is called when it can. */
  readonly writable: boolean;
  /** Bytes that were sent and that the system has not taken yet. */
  readonly bufferedBytes: number;
  /** The receiver of units and events. A session takes over a transport by setting this. */
  handler: TransportHandler;
  /**
   * Sends packets in one write, and never blocks. Call it only while `writable`. Units arrive whole and in order, or
   * not at all.
   */
  send(packets: PacketList): void;
  /**
   * Sends all packets of one message unreliably, outside the order of the others. Returns `false`, and sends nothing,
   * if it cannot do so now or at all. A transport that has only ordered data leaves the method out.
   */
  sendVolatile?(packets: readonly EncodedPacket[]): boolean;
  /**
   * Throws a ConfigError, with the size and the limit, for a message that the wire can never carry. Called for events
   * and answers to this client alone. A transport that carries every message leaves the method out.
   */
  checkFits?(packets: readonly EncodedPacket[]): void;
  /**
   * Ends the connection after the data that was sent, with a close frame or a close packet. `code` and `reason` are
   * those of RFC 6455; a transport without codes ignores them. `onClose` is called once, possibly before this returns.
   */
  close(code?: number, reason?: string): void;
  /**
   * Tells the peer to go, after the data that was sent. Data that the peer sends before it hears of this still arrives.
   * `onClose` follows if the transport learns that the peer has heard, and `abort` ends the wait. Absent if only
   * `close` is possible.
   */
  leave?(): void;
  /**
   * Stops reading, so that the peer has to wait, until `resume`. Data that was read may still come. A transport whose
   * peer cannot wait leaves both out.
   */
  pause?(): void;
  resume?(): void;
  /** Ends the connection, but not the session, which has moved to another transport. */
  retire(): void;
  /** Ends the connection at once, without telling the peer. */
  abort(): void;
}

/** Receives the units and events of a transport. One handler may serve many transports. */
export interface TransportHandler {
  /** Called when a unit has arrived. The receiver may keep binary units. */
  onData(transport: Transport, unit: Unit): void;
  /** Called with the units of a whole message that the peer sent with `sendVolatile`. The text comes first. */
  onVolatile?(transport: Transport, units: readonly Unit[]): void;
  /** Called when the transport can send again, and only after `writable` was false. */
  onWritable(transport: Transport): void;
  /** Called once, when the connection is over. Without an error, the peer closed it or `close` was called. */
  onClose(transport: Transport, error: ProtocolError | UnavailableError | undefined): void;
}

/**
 * Ignores the events of a transport that belongs to no session: before a session takes it over, and after the session
 * has left it.
 */
export const NOBODY: TransportHandler = Object.freeze({
  onData: () => undefined,
  onWritable: () => undefined,
  onClose: () => undefined,
});

/** The base of most transports: they carry everything, and tell their handler once that the connection is over. */
export abstract class BaseTransport implements Transport {
  abstract readonly name: TransportName;
  abstract readonly protocol: EngineProtocol;
  abstract readonly writable: boolean;
  abstract readonly bufferedBytes: number;
  handler: TransportHandler;
  #isOver = false;

  constructor(handler: TransportHandler = NOBODY) {
    this.handler = handler;
  }

  get carries(): Carries {
    return CARRIES_ALL;
  }

  /** Whether the handler was told that the connection is over. */
  get isOver(): boolean {
    return this.#isOver;
  }

  abstract send(packets: PacketList): void;
  abstract close(code?: number, reason?: string): void;
  abstract abort(): void;

  retire(): void {
    this.close();
  }

  /** Tells the handler, once, that the connection is over. Called by the code that moves the bytes. */
  onClosed(error?: ProtocolError | UnavailableError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.handler.onClose(this, error);
  }
}
