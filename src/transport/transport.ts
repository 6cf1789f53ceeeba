/** The contract of everything that moves the data of one session. */
import type { ProtocolError, UnavailableError } from '../base/errors.js';
import type { Batch } from './batch.js';
import type { EncodedPacket, EngineProtocol, Unit } from './encoded-packet.js';

/** The transports that exist. */
export type TransportName = 'polling' | 'websocket' | 'sse' | 'tcp' | 'udp' | 'webtransport';

/** What a transport can carry; what it cannot is said here instead of failing silently. */
export interface Carries {
  readonly ordered: boolean;
  readonly reliable: boolean;
  readonly binary: boolean;
  /** Bytes of one unit that the wire itself can carry; the bounds of the server come besides. */
  readonly bytesMax: number;
}

/** What most transports carry: everything. */
export const CARRIES_ALL: Carries = Object.freeze({
  ordered: true,
  reliable: true,
  binary: true,
  bytesMax: Number.POSITIVE_INFINITY,
});

/** One connection's bytes. It knows no meaning: a unit goes in and the same unit comes out at the other end. */
export interface Transport {
  readonly name: TransportName;
  readonly protocol: EngineProtocol;
  readonly carries: Carries;
  /** Whether its units are a wire's own, a chunk of bytes say, and no Engine.IO packets: the session hands them on as they are. */
  readonly isPlain?: boolean;
  /** Whether a batch can be sent now. When it is false, `onWritable` says when it can. */
  readonly writable: boolean;
  /** Bytes that were sent and not yet taken by the system. */
  readonly bufferedBytes: number;
  /** Whom the transport tells. A session takes over a transport by setting it. */
  handler: TransportHandler;
  /** Sends one batch in one write; never blocks. Call it only while `writable`. Guarantee: units arrive whole and in order, or not at all. */
  send(batch: Batch): void;
  /**
   * Sends one message, all of its packets, beside the ordered ones and unreliably. `false`: it cannot, now or at all, and nothing was sent.
   * A transport without such a way does not have the method.
   */
  sendVolatile?(packets: readonly EncodedPacket[]): boolean;
  /**
   * Ends the connection in its own form (a close frame, a close packet), after what was sent. `code` and `reason` are RFC 6455's,
   * and a transport without codes leaves them out. `onClose` follows, once; it may come before this returns.
   */
  close(code?: number, reason?: string): void;
  /** Lets the connection go because the session moved to another transport: says nothing that would end the session. */
  retire(): void;
  /** Ends the connection at once, without a word. */
  abort(): void;
}

/** Who is told what a transport sees; one handler may serve many transports. */
export interface TransportHandler {
  /** A unit arrived; binary ones are the receiver's to keep. */
  onData(transport: Transport, unit: Unit): void;
  /** A whole message came beside the ordered ones, as the peer's `sendVolatile` sent it: its units, text first. */
  onVolatile?(transport: Transport, units: readonly Unit[]): void;
  /** The transport can send again. Called only after `writable` was false. */
  onWritable(transport: Transport): void;
  /** The connection is over; called once. Without an error the peer closed it, or `close` was called. */
  onClose(transport: Transport, error: ProtocolError | UnavailableError | undefined): void;
}

/** Takes what a transport tells while no session has it: before a session takes it over, and after one has left it. */
export const NOBODY: TransportHandler = Object.freeze({
  onData: () => undefined,
  onWritable: () => undefined,
  onClose: () => undefined,
});

/** What most transports have in common: they carry everything, and tell their handler once that they are over. */
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

  abstract send(batch: Batch): void;
  abstract close(code?: number, reason?: string): void;
  abstract abort(): void;

  retire(): void {
    this.close();
  }

  /** The connection is over. Tells the handler, once; called by whatever moves the bytes. */
  onClosed(error?: ProtocolError | UnavailableError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.handler.onClose(this, error);
  }
}
