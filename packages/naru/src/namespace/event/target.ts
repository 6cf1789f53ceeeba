/** The target of a message: rooms, exceptions and flags. */
import type { Mark } from './marks.js';

/**
 * The name of a room. Every socket has a room with its id as the name, and is alone there unless others join it too.
 */
export type Room = string;

/** The id of a socket. It may be public. The session's id, in contrast, is secret. */
export type SocketId = string;

/** Flags for sending a message. */
export interface Flags {
  /** Drops the message for connections that cannot take it at once, instead of queuing it. */
  volatile?: boolean;
  /** Whether a transport may compress the message. */
  compress?: boolean;
  /** Sends the message only to sockets of this node. */
  local?: boolean;
  /** With the policy `newest-per-key`, a slow client gets only the newest event with this key, name and rooms. */
  key?: string;
  /** With the policy `newest-group`, says whether a slow client may miss the event, and with which others. */
  mark?: Mark;
  /** The person on whose behalf the message is sent. Only the log gets it. */
  by?: string;
  /** The `traceparent` of the event, if a listener of the tap `event.out` has given one. */
  trace?: string | undefined;
  /** Milliseconds to wait for acknowledgements. */
  timeout?: number;
  /** Passes the acknowledgement of a single socket as a value instead of an array. */
  expectSingleResponse?: boolean;
}

/** A set of sockets: those in at least one of `rooms`, or all if `rooms` is empty, without those in one of `except`. */
export interface Target {
  readonly rooms: ReadonlySet<Room>;
  readonly except: ReadonlySet<Room>;
  readonly flags: Flags;
  /** A value that the incoming wire gets back when the message is sent. Nothing else reads it. */
  readonly origin?: unknown;
}

/** The `auth` data of a client, or `undefined` if it sent none. */
export type Auth = Record<string, unknown> | undefined;
