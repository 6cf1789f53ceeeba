/** Names as taps and explanations show them. Some contain a secret, of which the beginning is shown alone. */
import { isSessionRoom } from '../base/node/socket-ids.js';

/**
 * Returns the id of a socket or the name of a room as it may be shown. The id of a client of Socket.IO 2 is that of its
 * session, and the room of a pass tells the rights of a token.
 */
export function shownRoom(room: string): string {
  return cut(room, isSessionRoom(room) ? /^(?:[^#]*#)?.{6}/s : /^naru:pass(?=:)|.*/s);
}

/** Returns the name of a namespace without the query after it, which may have tokens. */
export function shownNamespace(name: string): string {
  return cut(name, /^[^?]*/);
}

/** How the names among the facts of a tap are shown. Anything may follow the transport in a request. */
const SHOWN: Readonly<Record<string, (name: string) => unknown>> = {
  namespace: shownNamespace,
  socket: shownRoom,
  room: shownRoom,
  transport: (name) => cut(`${name}`, /^\w{0,16}/),
};

/** Replaces the names among the facts of a tap by what may be shown of them. */
export function hideSecrets(given: object): void {
  const facts = given as Record<string, unknown>;
  for (const name in facts) {
    const value = facts[name];
    if (Array.isArray(value) && (name === 'rooms' || name === 'except')) facts[name] = value.map(shownRoom);
    else if (value !== undefined) facts[name] = SHOWN[name]?.(value as string) ?? value;
  }
}

function cut(text: string, begin: RegExp): string {
  const [shown = ''] = begin.exec(text) ?? [];
  return shown.length === text.length ? text : `${shown}...`;
}
