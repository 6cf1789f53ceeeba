/**
 * The port of a bridge: nodes of another system that have sockets in the same namespaces, such as those of Socket.IO.
 */
import type { Backplane } from '../../backplane/backplane.js';
import type { NodeCode } from '../../backplane/talk/talk.js';
import type { Clock } from '../../base/clock.js';
import type { UnavailableError } from '../../base/errors.js';
import type { Random } from '../../base/id.js';
import type { Room, Target } from '../event/target.js';
import type { AnswerHandler, FarSockets, SocketAction, SocketFacts } from '../socket/far-sockets.js';
import type { FarAnswerHandler } from './questions.js';

/** A bridge, as a program gives it to one server. */
export interface Bridge {
  /** Called once, when the server begins. */
  open(host: BridgeHost): OpenBridge;
}

/** The parts of a server that a bridge uses. */
export interface BridgeHost {
  readonly clock: Clock;
  readonly random: Random;
  /** The backplane of the server, if it has one. */
  readonly backplane: Backplane | undefined;
  /** Whether the servers share a log of a namespace. One of them then appends what the other nodes send. */
  isLogged(namespace: string): boolean;
  /** Resolves when everything that went to the namespaces is in the log. Gives `undefined` if it is by now. */
  whenDelivered(): Promise<unknown> | undefined;
  /** Milliseconds for which a client that is away may come back to what it has missed. It is 0 without recovery. */
  readonly recoveryMs: number;
  /** Takes the errors of what the bridge does by itself. Programs get them as `log_error`. */
  onError(error: UnavailableError): void;
}

/** A bridge while its server is there. */
export interface OpenBridge {
  /** Called when a namespace is used. The other nodes reach its sockets from then on, until the span is closed. */
  join(namespace: BridgedNamespace): Span;
  /** The server closes. Nothing more goes to its namespaces. Resolves when everything that was sent is on its way. */
  close(): Promise<void>;
  /** The server listens again. */
  reopen(): void;
}

/** The sockets and listeners of some nodes, as a namespace reaches them. */
export interface FarNodes extends FarListeners {
  /** Changes the sockets of a target. */
  act(target: Target, action: SocketAction): void;
  /**
   * Asks the sockets of a target for acknowledgements. Returns the function that stops waiting, and names the missing
   * nodes.
   */
  ask(target: Target, data: readonly unknown[], handler: FarAnswerHandler): () => readonly NodeCode[];
  /** Finds the sockets of a target. */
  fetch(target: Target): Promise<FarSockets>;
}

/** The listeners of some nodes for events between servers. */
export interface FarListeners {
  /** Calls the listeners of these nodes for an event between servers. */
  emit(args: readonly unknown[]): void;
  /**
   * Calls these listeners, and resolves with the first value with which each node calls its acknowledgement. Rejects
   * with UnavailableError, which has the `responses` and the `missing` nodes.
   */
  emitWithAck(args: readonly unknown[]): Promise<unknown[]>;
}

/** The other nodes behind one namespace. */
export interface Span extends FarNodes {
  /** Whether this node waits for answers of the other nodes. */
  readonly isWaiting: boolean;
  /** Sends an event to the sockets of a target, with its flags. */
  send(target: Target, data: readonly unknown[]): void;
  /** The namespace is no longer used on this node. */
  close(): void;
}

/** The sockets of this node in one namespace, as the other nodes reach them. Nothing goes back over the bridge. */
export interface BridgedNamespace {
  readonly name: string;
  /**
   * Delivers an event of another node: through the log if the servers share one, and otherwise to the sockets of this
   * node. Throws ConfigError for data that cannot be encoded.
   */
  deliver(target: Target, data: readonly unknown[]): void;
  /**
   * Changes the sockets of a target, in order with what `deliver` was given. The log keeps the flag `by` as the origin.
   */
  act(target: Target, action: SocketAction): void;
  /**
   * Calls back when the log that the servers share has all that the program has sent by now. Without one, it calls back
   * at once.
   */
  whenKept(callback: () => void): void;
  /** Asks the sockets of this node for acknowledgements. Returns the function that stops waiting for them. */
  ask(target: Target, data: readonly unknown[], handler: AnswerHandler): () => void;
  /** Returns the facts of the sockets of a target, which are connected to this node. */
  describe(target: Target): readonly SocketFacts[];
  /** Calls the listeners of the namespace. */
  announce(name: string, args: readonly unknown[]): void;
  /** Returns the rooms that have sockets on this node, those of the sockets' own ids among them. */
  rooms(): Iterable<Room>;
  /** Calls back when one of these rooms begins to exist, and when it ends. There is one listener. */
  watchRooms(listener: (room: Room, exists: boolean) => void): void;
}
