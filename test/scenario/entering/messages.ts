/** The messages between the entry soak and its servers, and what both know. */

/** The home of a log, as a server reaches it. */
export interface HomeAddress {
  readonly kind: 'memory' | 'folder' | 'redis' | 'nats';
  readonly folder?: string;
  readonly url?: string;
}

/** The setup of a server. */
export interface ServerSetup {
  readonly seed: number;
  /** The number of this process among all servers. */
  readonly boot: number;
  readonly home: HomeAddress;
  readonly rooms: readonly string[];
  /** Milliseconds between two events of the server. */
  readonly everyMs: number;
}

/** A client asks a server to enter a room. */
export interface Asking {
  readonly boot: number;
  readonly socketId: string;
  readonly room: string;
  readonly at: number;
  /** The newest event that the server had emitted to the room. */
  readonly newest: string | undefined;
}

/** An event of a room in the log. */
export interface LoggedWord {
  readonly offset: string;
  readonly tag: string;
  readonly rooms: readonly string[];
  readonly except: readonly string[];
}

/** A message to a server: say nothing more, or send the log. */
export type ToServer = 'rest' | 'log';

/** A message of a server. */
export interface FromServer {
  readonly port?: number;
  readonly asking?: Asking;
  readonly log?: readonly LoggedWord[];
}

/** Events that fill a connection whose client does not read. */
export const FLOOD = { count: 48, bytes: 256 * 1024 } as const;
