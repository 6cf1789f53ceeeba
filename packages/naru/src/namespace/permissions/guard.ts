/** The port by which a guard stands before the clients of all namespaces of a server, on every wire. */
import { UnavailableError } from '../../base/errors.js';
import type { Room } from '../event/target.js';
import type { ExtendedError, NamespaceMiddleware } from '../socket/middleware.js';
import type { Socket } from '../socket/socket.js';

/** An error with which a guard refuses no client, but its session: the client begins a new one. */
export const FRESH: ExtendedError = new UnavailableError('REFUSED', 'the session cannot be continued');

/** A use of a room that a client may ask for by itself. `enter` is the moment in which it joins, after `subscribe`. */
export type RoomAct = 'subscribe' | 'publish' | 'history' | 'presence' | 'ownPresence' | 'enter' | 'leave';

/** Decides about clients beside the middleware and the rules of each namespace. All of them must agree. */
export interface Guard {
  /**
   * Decides whether a client joins a namespace, before the middleware of the namespace. Clients that go on with their
   * session are asked about as well, whatever `skipMiddlewares` says, with the `rooms` of that session. `next(FRESH)`
   * lets such a client begin a new session, about which the guard is asked anew.
   */
  admit(socket: Socket, next: (error?: ExtendedError) => void, rooms: readonly Room[] | undefined): void;
  /**
   * Whether a client may still go on with a session, whose rooms may have changed since `admit`. With `false`, it asks
   * for its session again.
   */
  mayGoOn?(socket: Socket, rooms: readonly Room[]): boolean;
  /** Called once for each socket that was passed to `admit`, when its membership has ended for any reason. */
  onGone(socket: Socket): void;
  /**
   * Returns why a client may not do something with a room, or `undefined` when it may. Asked after the rules of `allow`
   * have agreed, and with `enter` again when the client enters the room.
   */
  refuse(act: RoomAct, socket: Socket, room: Room, event: string | undefined): GuardRefusal | undefined;
  /**
   * Decides whether an event of a client goes on to its listeners. Called before anything of the program sees it. With
   * `false`, the guard has answered. `answer` is there if the client waits for an acknowledgement.
   */
  takes?(socket: Socket, event: readonly unknown[], answer: ((...args: unknown[]) => void) | undefined): boolean;
  /**
   * Called with the size of each message of a client: its bytes, or the characters of a text. With `isRest`, the
   * message is an attachment of the packet before it.
   */
  onMessage?(session: object, size: number, isRest: boolean): void;
}

/** The reason why a guard refuses a request. It goes to the client. */
export interface GuardRefusal {
  readonly code: 'FORBIDDEN' | 'LIMITED';
  readonly message: string;
  /** Milliseconds after which the client may try again. */
  readonly retryAfter?: number;
}

/** The parts of a namespace by which a guard is asked before its middleware. */
export interface GuardedNamespace {
  readonly middleware: readonly NamespaceMiddleware<Socket>[];
  readonly recovery: { readonly settings: { readonly skipMiddlewares: boolean } } | undefined;
}

/** The guard of a server. */
export class Guards {
  current: Guard | undefined = undefined;

  /** Returns a state of a session, if its client may go on with it. */
  agreed<State extends { readonly rooms: readonly Room[] }>(
    socket: Socket,
    state: State | undefined,
  ): State | undefined {
    return state && this.current?.mayGoOn?.(socket, state.rooms) === false ? undefined : state;
  }

  /**
   * Returns the steps that a new socket must pass: the guard, and then the middleware. A client that goes on with a
   * session may skip the middleware.
   */
  before(
    { middleware, recovery }: GuardedNamespace,
    session: { readonly rooms: readonly Room[] } | undefined,
  ): NamespaceMiddleware<Socket>[] {
    const { current } = this;
    const steps = session && recovery?.settings.skipMiddlewares ? [] : [...middleware];
    if (current) steps.unshift((socket, next) => current.admit(socket, next, session?.rooms));
    return steps;
  }
}
