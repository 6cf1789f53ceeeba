/** Checks what other nodes say. They may run a later version, and anything of the same user can open a link. */

import { readTrace } from '../../backplane/trace.js';
import { UnavailableError } from '../../base/errors.js';
import { isObject } from '../../base/options/table.js';
import { RESERVED_EVENTS } from '../../protocol/socket-io/decoder.js';
import type { Room, Target } from '../event/target.js';
import type { PresenceHint } from '../presence/shared-presence.js';
import type { SocketAction, SocketFacts } from '../socket/far-sockets.js';
import { NAMESPACE_EVENTS } from '../socket/reserved.js';

/** The first word of a message that changes sockets. */
export const ACT = 'act';

/** Returns the error for something of another node that this version cannot read. */
export function unreadable(what: string): UnavailableError {
  return new UnavailableError('REFUSED', `another node sent ${what} that this version of Naru cannot read`);
}

/** Returns the target that another node names, among the sockets of this one. Throws `unreadable`. */
export function readTarget(far: unknown): Target {
  const [rooms, except, compress, given] = Array.isArray(far) ? far : [];
  if (!isRooms(rooms) || !isRooms(except) || typeof compress !== 'boolean') throw unreadable('a target');
  const trace = readTrace(given);
  return { rooms: new Set(rooms), except: new Set(except), flags: { local: true, compress, ...(trace && { trace }) } };
}

/** Returns a change of sockets, or `undefined` for a kind that this version does not know. Throws `unreadable`. */
export function readAction([kind, what, takes]: readonly unknown[]): SocketAction | undefined {
  if (kind === 'disconnect' && typeof what === 'boolean') return [kind, what];
  // A bridge names the origin of a change there.
  const isLate = typeof takes === 'number';
  if ((kind === 'join' || kind === 'leave') && isRooms(what)) return isLate ? [kind, what, takes] : [kind, what];
  if (kind === 'disconnect' || kind === 'join' || kind === 'leave') throw unreadable(`a change "${kind}"`);
  return undefined;
}

/** Returns the name and the arguments of an event. Throws `unreadable`, also for a reserved name. */
export function readEvent(
  data: unknown,
  reserved = RESERVED_EVENTS,
): readonly [name: string | number, ...args: unknown[]] {
  const [name, ...args] = Array.isArray(data) ? data : [];
  const isName = (typeof name === 'string' || Number.isFinite(name)) && !reserved.has(name);
  if (!isName) throw unreadable('an event');
  return [name, ...args];
}

/** Returns the name and the arguments of an event between servers. Throws `unreadable`. */
export function readServerEvent(data: unknown): ReturnType<typeof readEvent> {
  return readEvent(data, NAMESPACE_EVENTS);
}

/**
 * Returns the facts about sockets in an answer, or `undefined` for another answer. A node without the namespace answers
 * `null`.
 */
export function readFacts(answer: unknown): readonly SocketFacts[] | undefined {
  if (answer === null) return [];
  return Array.isArray(answer) && answer.every(isFacts) ? answer : undefined;
}

/** Whether a value has the facts about a socket. */
export function isFacts(value: unknown): value is SocketFacts {
  const { id, handshake, rooms } = (value ?? {}) as Partial<SocketFacts>;
  return typeof id === 'string' && isObject(handshake) && isRooms(rooms);
}

/** Returns a hint at changed presence. Throws `unreadable`. */
export function readHint(value: unknown): PresenceHint {
  const { node, changes, topics } = (value ?? {}) as Partial<PresenceHint>;
  const isHint = typeof node === 'string' && Number.isSafeInteger(changes) && Array.isArray(topics);
  if (!isHint || !topics.every((topic) => typeof topic === 'string')) throw unreadable('a hint at presence');
  return { node, changes: changes as number, topics };
}

/** Whether a value is a list of rooms. A program in JavaScript may use numbers, too. */
export function isRooms(value: unknown): value is readonly Room[] {
  return Array.isArray(value) && value.every((room) => typeof room === 'string' || typeof room === 'number');
}
