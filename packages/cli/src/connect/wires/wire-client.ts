/** The contract between `naru connect` and its wires: the user's actions, and the events that a wire reports. */
import type { ConnectionOptions } from 'node:tls';

/** Acknowledges an event of the server. */
export type Answer = (...args: unknown[]) => void;

/** The events that a wire reports to the command line. */
export interface WireEvents {
  /** The client is connected. `isRecovered` says that the server continued the earlier session, with its rooms. */
  onOpen(detail: string, isRecovered?: boolean): void;
  /** The connection has moved to another transport. */
  onMove(detail: string): void;
  /** An event arrived. `answer` is set when the server waits for an acknowledgement. */
  onEvent(event: string, args: readonly unknown[], room: string | undefined, answer: Answer | undefined): void;
  /** An attempt to connect failed, and another one follows. */
  onFailure(reason: string): void;
  /** A note for the user: a refusal, an acknowledgement without an event, or an error that does not end the wire. */
  onNote(text: string): void;
  /** A frame or packet was sent or received. Only called with `showsWire`. */
  onWire(direction: 'out' | 'in', text: string): void;
  /** The connection is lost. `isFinal` says that the wire does not reconnect. */
  onClose(reason: string, isFinal: boolean): void;
}

/** A connection. Unsupported actions reject with a message for the user. */
export interface WireClient {
  /** Sends an event. With `wantsAnswer`, resolves with the acknowledgement. */
  emit(event: string, args: readonly unknown[], wantsAnswer: boolean): Promise<readonly unknown[] | undefined>;
  /** Joins a room. */
  join(room: string): Promise<void>;
  /** Leaves a room. */
  leave(room: string): Promise<void>;
  /** Sends an event to a room. */
  publish(room: string, event: string, args: readonly unknown[]): Promise<void>;
  /** Closes the connection; `onClose` follows. */
  close(): void;
}

/** The TLS options that decide which servers the client trusts. */
export type Trust = Readonly<Pick<ConnectionOptions, 'ca' | 'rejectUnauthorized'>>;

/** The options of a wire. */
export interface WireOptions {
  /** The client's credentials. */
  readonly auth: Record<string, unknown> | undefined;
  /** Transports in the order in which to try them, for Socket.IO. */
  readonly transports: readonly string[] | undefined;
  /** The servers that the client trusts, for TLS. */
  readonly trust: Trust;
  /** Whether frames are shown. */
  readonly showsWire: boolean;
}

/** Opens a wire. */
export type WireOpener = (url: string, options: WireOptions, events: WireEvents) => WireClient;
