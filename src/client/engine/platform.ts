/** The differences between Node, browsers and the smaller bundles. They are injected, so that no bundle contains code that it does not use. */
import type { BinaryType, EngineOptions, TransportClass } from './options.js';
import type { Upgrader } from './probe.js';
import type { WebSocketMemory } from './websocket-memory.js';

/** The parts of a platform. */
export interface Platform {
  /** The transports by name. */
  readonly transports: Readonly<Record<string, TransportClass>>;
  /** The names of the default transports, in the order in which they are tried. */
  readonly defaults: readonly string[];
  /** The default transports for schemes other than those of HTTP and WebSocket. */
  readonly schemes?: Readonly<Record<string, readonly string[]>>;
  /** Rewrites a special address, such as that of a Unix socket, to the common form. Other addresses stay as they are. */
  readonly rewrite?: (uri: string) => string;
  /** The type in which listeners get received bytes. */
  readonly binaryType: BinaryType;
  /** Moves a session to a better transport. Absent if there is only one transport. */
  readonly upgrade?: Upgrader;
  /** Remembers the servers where a WebSocket has worked. Absent if there is only one transport. */
  readonly memory?: WebSocketMemory;
  /** Adds the platform's extras to a connection, such as a lane. */
  readonly accompany?: (connection: object) => void;
  /** Completes the options of one session, which are its own copy. */
  readonly prepare?: (options: EngineOptions) => void;
}
