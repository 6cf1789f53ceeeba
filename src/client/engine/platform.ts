/** What differs between Node, browsers and the smaller bundles: injected, so that none carries what it does not use. */
import type { BinaryType, EngineOptions, TransportClass } from './options.js';
import type { Upgrader } from './probe.js';
import type { WebSocketMemory } from './websocket-memory.js';

/** The parts of a platform. */
export interface Platform {
  /** The transports by name. */
  readonly transports: Readonly<Record<string, TransportClass>>;
  /** The names of those that are used when the user says nothing, in the order of trial. */
  readonly defaults: readonly string[];
  /** The same for addresses of other schemes than HTTP's and WebSocket's. */
  readonly schemes?: Readonly<Record<string, readonly string[]>>;
  /** Brings an address of a form of its own, a Unix socket's say, into the form that all have; others stay as they are. */
  readonly rewrite?: (uri: string) => string;
  /** How bytes are given to listeners. */
  readonly binaryType: BinaryType;
  /** Moves a session to a better transport; absent where there is only one. */
  readonly upgrade?: Upgrader;
  /** Where a WebSocket has worked; absent where there is no other transport. */
  readonly memory?: WebSocketMemory;
  /** Adds what a platform has beside a connection. */
  readonly accompany?: (connection: object) => void;
  /** Completes the options of one session; they are its own copy. */
  readonly prepare?: (options: EngineOptions) => void;
}
