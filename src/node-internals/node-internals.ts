/**
 * The port to undocumented parts of Node. Transports and engines get one `NodeInternals` when they are made, and reach into Node by nothing
 * else. docs/node-internals.md says what each part does and gains.
 */
import type { Buffer } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { writeDirectly } from './direct-write.js';
import type { UpgradeTaker } from './upgrade-fast-path.js';

/** Which parts are on. Each part that is off is done in the documented way, or left out. */
export interface NodeInternalsParts {
  /** WebSockets and event streams are accepted from the first chunk of their connection. */
  readonly fastUpgrades: boolean;
  /** Event streams leave Node's HTTP server and keep the bare connection. */
  readonly bareStreams: boolean;
  /** Event streams write to the system past the queue of the connection. */
  readonly directWrites: boolean;
  /** Requests that offer an upgrade to HTTP/2 are answered as requests without one. */
  readonly ignoredUpgrades: boolean;
}

/** The steps that the server does beyond Node's documentation, or in the plain way. */
export interface NodeInternals {
  readonly parts: NodeInternalsParts;
  /** Adds somebody who takes upgrades from first chunks. Gives a function that removes the taker. */
  addUpgradeTaker(server: object, taker: UpgradeTaker): () => void;
  /** Gives an upgrade back to its server as a request without one; `false`: nothing was done. */
  ignoreUpgrade(server: object, request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  /** Has a server make no upgrade of requests that `ignoreUpgrade` would give back. */
  declineUpgrades(server: object): void;
  /** Notes a request for `hasUnanswered`. */
  noteRequest(request: IncomingMessage, response: ServerResponse): void;
  /** Whether an earlier request of an HTTP/1.1 connection still waits for its answer. */
  hasUnanswered(socket: Duplex): boolean;
  /** Takes a connection away from Node's HTTP server before its response has begun; `undefined`: it stays. */
  detachSocket(request: IncomingMessage, response: ServerResponse): Socket | undefined;
  /** The same for a response whose head was written. */
  detachBegunSocket(request: IncomingMessage, response: ServerResponse): Socket | undefined;
  /** The connection to which the body of a begun response may be written past it; `undefined`: the response itself writes. */
  socketOf(response: ServerResponse): Socket | undefined;
  /** Writes past the queue of a connection; `declined`: use its `write`. */
  writeDirectly: typeof writeDirectly;
}
