/** Chooses how a server reaches into Node: part by part the fast way, where the runtime passes the start-up check, or the plain way. */
import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { detachBegunSocket, detachSocket, hasUnanswered, socketOf } from './detach.js';
import { writeDirectly } from './direct-write.js';
import { declineUpgrades, ignoreUpgrade } from './ignored-upgrade.js';
import type { NodeInternals, NodeInternalsParts } from './node-internals.js';
import { checkParts } from './start-check.js';
import { addUpgradeTaker } from './upgrade-fast-path.js';

/** The newest request of each connection, by its response. */
const newest = new WeakMap<Duplex, ServerResponse>();

const nothing = (): undefined => undefined;

/** The plain way: what Node documents, and nothing beyond it. Every part is off. */
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

let chosen: NodeInternals | undefined;

/** The internals of a server by its option: the parts that this runtime passes, checked once a process, or none. */
export function nodeInternalsFor(isWanted: boolean): NodeInternals {
  if (!isWanted) return PLAIN;
  chosen ??= choose(checkParts());
  return chosen;
}

/** The fast way for the parts that are on, and the plain way for the others. */
export function choose(parts: NodeInternalsParts): NodeInternals {
  return Object.freeze({
    ...PLAIN,
    parts: Object.freeze(parts),
    ...(parts.fastUpgrades && { addUpgradeTaker }),
    ...(parts.ignoredUpgrades && { ignoreUpgrade, declineUpgrades }),
    // Node notes the newest request of a connection itself.
    ...(parts.bareStreams && { detachSocket, detachBegunSocket, socketOf, noteRequest: nothing, hasUnanswered }),
    ...(parts.directWrites && { writeDirectly }),
  });
}
