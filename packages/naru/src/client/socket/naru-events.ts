/** The events that only Naru servers send by themselves. Other Socket.IO servers do not have them. */
import type { Untyped } from '../../base/event-map.js';

/** A member that is present in a room, with any number of connections. */
export interface Member<State = unknown> {
  /** The identity that the application assigned. */
  readonly id: string;
  /** The newest state, or null if none was set. */
  readonly state: State;
  readonly connections: number;
  /** The time of the member's first connection, in milliseconds since the Unix epoch, by the clock of the server. */
  readonly since: number;
}

/** The members of a room. */
export interface MemberList<State = unknown> {
  /** The members in the order in which they joined. At most as many as the server lists at once. */
  readonly members: Member<State>[];
  /** The number of members, including those that are not listed. */
  readonly count: number;
}

/** Naru's own events, as the listeners of a socket get them. */
export interface NaruEvents {
  /** The log no longer has the events between two offsets. `before` is null when all events up to now are lost. */
  'naru:gap': (gap: { readonly after: string; readonly before: string | null }) => void;
  /** The server dropped this many events, because this client reads too slowly. */
  'naru:dropped': (dropped: { readonly count: number }) => void;
  /** The server closes. The client reconnects after this many milliseconds. */
  'naru:restart': (restart: { readonly retryAfterMs: number }) => void;
  /**
   * The guard of the server asks for a new token, because this one ends at `expiresAt` (milliseconds since the Unix
   * epoch). The client sends what `auth` gives.
   */
  'naru:renew': (token: { readonly expiresAt: number }) => void;
  /** The guard of the server ends the session, for this reason. */
  'naru:ended': (why: { readonly code: string; readonly message: string }) => void;
  /** The guard of the server has refused an event. There is room for it after this many milliseconds. */
  'naru:limited': (limited: { readonly event: string; readonly retryAfter: number }) => void;
  /** The client has left a room, because its new token has no right to be there. */
  'naru:left': (left: { readonly room: string; readonly code: string; readonly message: string }) => void;
  /** A member joined a room. */
  'naru:presence:join': (room: string, member: Member<Untyped>) => void;
  /** A member of a room has a new state. */
  'naru:presence:update': (room: string, member: Member<Untyped>) => void;
  /** A member left a room. */
  'naru:presence:leave': (room: string, member: Member<Untyped>) => void;
  /** The members of a room, for a client that becomes present in it. */
  'naru:presence:list': (room: string, list: MemberList<Untyped>) => void;
}
