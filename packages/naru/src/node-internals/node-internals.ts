/**
 * The port to undocumented parts of Node. Transports and engines get a `NodeInternals` when they are made, and use
 * these parts only through it. docs/node-internals.md describes what each part does and gains.
 */
import type { Buffer } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { writeDirectly } from './direct-write.js';
import type { readShared } from './shared-reads.js';
import type { takenBytes } from './taken-bytes.js';
import type { UpgradeTaker } from './upgrade-fast-path.js';

/** The parts that are on. A part that is off is replaced by documented means or left out. */
export interface NodeInternalsParts {
  /** WebSockets and event streams are accepted from the first chunk of their connection. */
  readonly fastUpgrades: boolean;
  /** Event streams leave Node's HTTP server and keep only the connection. */
  readonly bareStreams: boolean;
  /** Event streams write to the system past the queue of the connection, and a closing one sees parts of a write. */
  readonly directWrites: boolean;
  /** Requests that offer an upgrade to HTTP/2 are answered as ordinary requests. */
  readonly ignoredUpgrades: boolean;
  /** WebSockets read into memory that all connections share. */
  readonly sharedReads: boolean;
}

/** The steps for which the server uses undocumented parts of Node, or their plain replacements. */
export interface NodeInternals {
  readonly parts: NodeInternalsParts;
  /** Adds a taker of upgrades from first chunks. Returns a function that removes it. */
  addUpgradeTaker(server: object, taker: UpgradeTaker): () => void;
  /** Passes an upgrade back to its server as an ordinary request. Returns `false` if it did nothing. */
  ignoreUpgrade(server: object, request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  /** Makes a server treat requests that `ignoreUpgrade` would pass back as ordinary requests from the start. */
  declineUpgrades(server: object): void;
  /** Records a request for `hasUnanswered`. */
  noteRequest(request: IncomingMessage, response: ServerResponse): void;
  /** Whether an earlier request of an HTTP/1.1 connection still waits for its answer. */
  hasUnanswered(socket: Duplex): boolean;
  /**
   * Takes a connection away from Node's HTTP server before its response has begun. Returns `undefined` if it must stay
   * there.
   */
  detachSocket(request: IncomingMessage, response: ServerResponse): Socket | undefined;
  /**
   * Takes a connection away from Node's HTTP server after the head of its response. Returns `undefined` if it must stay
   * there.
   */
  detachBegunSocket(request: IncomingMessage, response: ServerResponse): Socket | undefined;
  /**
   * Returns the connection to which the body of a begun response can be written directly, or `undefined` to use the
   * response.
   */
  socketOf(response: ServerResponse): Socket | undefined;
  /** Writes past the queue of a connection. Use the connection's `write` if it returns `declined`. */
  writeDirectly: typeof writeDirectly;
  /** Counts the bytes of a connection that the system has taken. Returns `undefined` if it cannot. */
  takenBytes: typeof takenBytes;
  /** Lets a connection read into shared memory. Use its `data` events if it returns `false`. */
  readShared: typeof readShared;
}
