/** The plain way: what Node documents, and nothing beyond it. */
import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { NodeInternals } from './node-internals.js';

/** The newest request of each connection, by its response. */
const newest = new WeakMap<Duplex, ServerResponse>();

const nothing = (): undefined => undefined;

/** Every part off. */
export const PLAIN: NodeInternals = Object.freeze({
  parts: Object.freeze({ fastUpgrades: false, bareStreams: false, directWrites: false, ignoredUpgrades: false }),
  addUpgradeTaker: () => nothing,
  ignoreUpgrade: () => false,
  declineUpgrades: nothing,
  // Requests that somebody emits without a connection are allowed.
  noteRequest: ({ socket }, response) => void (socket && newest.set(socket, response)),
  hasUnanswered: (socket) => newest.get(socket)?.writableFinished === false,
  detachSocket: nothing,
  detachBegunSocket: nothing,
  socketOf: nothing,
  writeDirectly: () => 'declined',
} satisfies NodeInternals);
