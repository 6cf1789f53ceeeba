/**
 * The ids of sessions. A sid names its node if several processes share the backplane, so that any of them knows whose
 * session it is.
 */
import { NODE_CHARACTERS } from '../backplane/talk/exchange.js';
import type { NodeCode } from '../backplane/talk/talk.js';

/**
 * Stands between the id and the code. It needs no escape in URLs (RFC 3986, section 2.3) and in cookies (RFC 6265,
 * section 4.1.1).
 */
const SEPARATOR = '.';
const CODE = /^[\w-]+$/;

/** Returns the sid of a session of a node: the id, a dot and the code. Without a node, it is the id. */
export function sidOf(id: string, node: NodeCode | undefined): string {
  return node === undefined ? id : `${id}${SEPARATOR}${node}`;
}

/**
 * Returns the code of the node that a sid names, or `undefined` for a sid that names none. Anybody may have made up the
 * sid, so there may be no such node, and a node that exists may have no such session. Takes the same time for texts of
 * any length.
 */
export function nodeOfSid(sid: unknown): NodeCode | undefined {
  if (typeof sid !== 'string' || sid.length <= NODE_CHARACTERS + 1) return undefined;
  if (sid.at(-NODE_CHARACTERS - 1) !== SEPARATOR) return undefined;
  const code = sid.slice(-NODE_CHARACTERS);
  return CODE.test(code) ? code : undefined;
}
