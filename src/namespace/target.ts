/** To whom a message goes: rooms, exceptions and flags. */

/** The name of a room. Every socket is alone in the room that is called like its id, unless others join that room too. */
export type Room = string;

/** The id of a socket. Public: unlike the session's id it gives no power. */
export type SocketId = string;

/** How a message is sent. */
export interface Flags {
  /** Dropped instead of kept waiting where the connection cannot take it at once. */
  volatile?: boolean;
  /** Whether a transport that compresses may compress it. */
  compress?: boolean;
  /** Only to sockets of this node. */
  local?: boolean;
  /** Of the events with one key, only the newest matters to a client that is late. */
  key?: string;
  /** Milliseconds that acknowledgements are waited for. */
  timeout?: number;
  /** The acknowledgement of one socket is asked for: it is given as a value and not as an array. */
  expectSingleResponse?: boolean;
}

/** A set of sockets: those in one of `rooms` (in any when there are none named), without those in one of `except`. */
export interface Target {
  readonly rooms: ReadonlySet<Room>;
  readonly except: ReadonlySet<Room>;
  readonly flags: Flags;
  /** What the wire that brought the message wants to know again when it goes out; nobody else looks at it. */
  readonly origin?: unknown;
}

/** What a client gave as `auth`; nothing when it gave none. */
export type Auth = Record<string, unknown> | undefined;
