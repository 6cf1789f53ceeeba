/** Chooses how a server reaches into Node: part by part the fast way, where the runtime passes the start-up check, or the plain way. */
import { detachBegunSocket, detachSocket, hasUnanswered, socketOf } from './detach.js';
import { writeDirectly } from './direct-write.js';
import { declineUpgrades, ignoreUpgrade } from './ignored-upgrade.js';
import type { NodeInternals, NodeInternalsParts } from './node-internals.js';
import { PLAIN } from './plain.js';
import { checkParts } from './start-check.js';
import { addUpgradeTaker } from './upgrade-fast-path.js';

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
    ...(parts.bareStreams && { detachSocket, detachBegunSocket, socketOf, noteRequest: noteNothing, hasUnanswered }),
    ...(parts.directWrites && { writeDirectly }),
  });
}

/** Node notes the newest request of a connection itself. */
function noteNothing(): void {}
