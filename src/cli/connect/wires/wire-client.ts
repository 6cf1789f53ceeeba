/** A wire as `naru connect` uses it: what a person can do on it, and what it reports. */
import type { ConnectionOptions } from 'node:tls';

/** Answers an event that the other side wants acknowledged. */
export type Answer = (...args: unknown[]) => void;

/** What a wire reports to the command line. */
export interface WireEvents {
  /** The client is in. `isRecovered`: it is the session that it was before, with its rooms. */
  onOpen(detail: string, isRecovered?: boolean): void;
  /** The connection has moved to something else. */
  onMove(detail: string): void;
  /** An event came; `answer` is there where the other side waits for one. */
  onEvent(event: string, args: readonly unknown[], room: string | undefined, answer: Answer | undefined): void;
  /** An attempt to connect failed; another one follows. */
  onFailure(reason: string): void;
  /** Something to know: a refusal, an acknowledgement that has no event, an error that does not end the wire. */
  onNote(text: string): void;
  /** A frame or packet as it went, or came; only where frames are shown. */
  onWire(direction: 'out' | 'in', text: string): void;
  /** The connection is gone. `isFinal`: it is not made again. */
  onClose(reason: string, isFinal: boolean): void;
}

/** A connection. What it cannot do it refuses by a rejected promise, in words for a person. */
export interface WireClient {
  /** Sends an event; with `wantsAnswer` resolves with the acknowledgement. */
  emit(event: string, args: readonly unknown[], wantsAnswer: boolean): Promise<readonly unknown[] | undefined>;
  /** Enters a room. */
  join(room: string): Promise<void>;
  /** Leaves a room. */
  leave(room: string): Promise<void>;
  /** Sends an event to a room. */
  publish(room: string, event: string, args: readonly unknown[]): Promise<void>;
  /** Ends it; `onClose` follows. */
  close(): void;
}

/** Whom the client trusts, as node:tls takes it. */
export type Trust = Readonly<Pick<ConnectionOptions, 'ca' | 'rejectUnauthorized'>>;

/** How a wire is opened. */
export interface WireOptions {
  /** What the client proves itself with. */
  readonly auth: Record<string, unknown> | undefined;
  /** Transports in the order of trial, for Socket.IO. */
  readonly transports: readonly string[] | undefined;
  /** Whom the client trusts, where there is TLS. */
  readonly trust: Trust;
  /** Whether frames are shown. */
  readonly showsWire: boolean;
}

/** Opens a wire. */
export type WireOpener = (url: string, options: WireOptions, events: WireEvents) => WireClient;
