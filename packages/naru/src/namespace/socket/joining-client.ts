/** The connection of a client that joins a namespace. */
import type { DisconnectReason } from './disconnect-reason.js';
import type { Member, MemberClient } from './socket.js';

/** A connection as a namespace sees it, on any wire. */
export interface JoiningClient extends MemberClient {
  /**
   * Whether the client makes a single request. Its socket passes the middleware, but joins no rooms and is not
   * announced.
   */
  readonly isGuest?: boolean;
  /** Whether the client is Naru's, which asks again by itself after a refusal with `retryAfter`. */
  readonly isNaruClient?: boolean;
  /** Adds a member that joined. */
  add(member: Member): void;
  /**
   * Notes that the client will join a namespace later. A member that waits for its middleware ends with the connection.
   */
  expect(name: string, member?: Member): void;
  /** Tells the client that it may not join. */
  refuse(name: string, message: string, data: unknown): void;
  /** Ends the session. */
  close(reason: DisconnectReason): void;
  /** Ends all sockets, but not the session. */
  finish(reason: DisconnectReason, description: unknown): void;
  /**
   * Asks the client to go because the server shuts down. A client that understands `retryAfterMs` comes back after this
   * time. A client that talks gets its answers first, and is told in a silent moment: call this again, and with
   * `isLast` when it has to go now. Returns whether the client was told.
   */
  sendAway(retryAfterMs: number, isLast: boolean): boolean;
}

/** A client that has to go before the server ends. */
export type LeavingClient = Pick<JoiningClient, 'sendAway' | 'close'>;
