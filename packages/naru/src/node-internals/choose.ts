/**
 * Chooses the implementation of each part: with undocumented means if the runtime passes the start-up check, else with
 * documented ones.
 */
import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { detachBegunSocket, detachSocket, hasUnanswered, socketOf } from './detach.js';
import { writeDirectly } from './direct-write.js';
import { declineUpgrades, ignoreUpgrade } from './ignored-upgrade.js';
import type { NodeInternals, NodeInternalsParts } from './node-internals.js';
import { readShared } from './shared-reads.js';
import { checkParts } from './start-check.js';
import { takenBytes } from './taken-bytes.js';
import { addUpgradeTaker } from './upgrade-fast-path.js';

/** The response to the newest request of each connection. */
const newest = new WeakMap<Duplex, ServerResponse>();

const nothing = (): undefined => undefined;

/** The implementation with documented means only. Every part is off. */
export const PLAIN: NodeInternals = Object.freeze({
  parts: Object.freeze({
    fastUpgrades: false,
    bareStreams: false,
    directWrites: false,
    ignoredUpgrades: false,
    sharedReads: false,
  }),
  addUpgradeTaker: () => nothing,
  ignoreUpgrade: () => false,
  declineUpgrades: nothing,
  // Applications may emit requests without a connection.
  noteRequest: ({ socket }, response) => void (socket && newest.set(socket, response)),
  hasUnanswered: (socket) => newest.get(socket)?.writableFinished === false,
  detachSocket: nothing,
  detachBegunSocket: nothing,
  socketOf: nothing,
  writeDirectly: () => 'declined',
  takenBytes: nothing,
  readShared: () => false,
} satisfies NodeInternals);

let chosen: NodeInternals | undefined;

/**
 * Returns the parts for the option `nodeInternals`: those that pass the check, which runs once in a process, or none.
 */
export function nodeInternalsFor(isWanted: boolean): NodeInternals {
  if (!isWanted) return PLAIN;
  chosen ??= choose(checkParts());
  return chosen;
}

/** Returns the undocumented implementation of the parts that are on, and the documented one of the others. */
export function choose(parts: NodeInternalsParts): NodeInternals {
  return Object.freeze({
    ...PLAIN,
    parts: Object.freeze(parts),
    ...(parts.fastUpgrades && { addUpgradeTaker }),
    ...(parts.ignoredUpgrades && { ignoreUpgrade, declineUpgrades }),
    // Node itself records the newest request of a connection.
    ...(parts.bareStreams && { detachSocket, detachBegunSocket, socketOf, noteRequest: nothing, hasUnanswered }),
    ...(parts.directWrites && { writeDirectly, takenBytes }),
    ...(parts.sharedReads && { readShared }),
  });
}
