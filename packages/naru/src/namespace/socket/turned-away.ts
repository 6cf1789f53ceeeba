/** Turns clients away that cannot have a session now, and tells them when to come back. */
import type { Backplane } from '../../backplane/backplane.js';
import type { Auth } from '../event/target.js';
import type { JoiningClient } from './joining-client.js';

/**
 * The `data` of the refusal, by which clients and wires tell it from a refusal by the application. The server has tried
 * the home again by then.
 */
export const UNUSABLE = Object.freeze({ code: 'BACKPLANE_UNUSABLE', retryAfter: 2_000 });

/** The `data` for a client whose session was not found in time. */
const LATE = Object.freeze({ code: 'UNAVAILABLE', retryAfter: 1_000 });

/**
 * Servers of the home, such as ` at 10.0.0.5:6379`, and what begins the errors of options. Clients do not learn
 * addresses and file names.
 */
const PLACES = / at \S+:\d+(?:, \S+:\d+)*/g;
const OPTION = /^Option /;

/** Sends a client away whose session was not found in time. */
export function putOff(name: string, connection: JoiningClient): void {
  if (connection.isNaruClient) connection.refuse(name, 'The server did not find the session in time', LATE);
  else connection.close('forced server close');
}

/**
 * Refuses a client with the reason why the backplane cannot be used. Returns `false` for a backplane that can. Clients
 * of Socket.IO stay away after a refusal. One that asks for its session loses its connection instead, and so comes back
 * by itself.
 */
export function isTurnedAway(
  namespace: { readonly name: string; checkEmpty(): void },
  connection: JoiningClient,
  auth: Auth,
  backplane: Pick<Backplane, 'unusable'> | undefined,
): boolean {
  const reason = backplane?.unusable;
  if (!reason) return false;
  const isAsking = connection.isRecoverable && typeof auth?.pid === 'string';
  if (isAsking && !connection.isNaruClient) connection.close('forced server close');
  else connection.refuse(namespace.name, describe(reason), UNUSABLE);
  namespace.checkEmpty();
  return true;
}

function describe({ message }: Error): string {
  const why = OPTION.test(message) ? 'One of its options is wrong.' : message.replace(PLACES, '');
  return `The backplane of the server cannot be used. ${why}`;
}
