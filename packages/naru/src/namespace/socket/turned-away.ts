/** Turns clients away while the backplane cannot be used: they would get no event of the log. */
import type { Backplane } from '../../backplane/backplane.js';
import type { Auth } from '../event/target.js';
import type { JoiningClient } from './joining-client.js';

/** The `data` of the refusal, by which clients and wires tell it from a refusal by the application. */
export const UNUSABLE = Object.freeze({ code: 'BACKPLANE_UNUSABLE' });

/**
 * Servers of the home, such as ` at 10.0.0.5:6379`, and what begins the errors of options. Clients do not learn
 * addresses and file names.
 */
const PLACES = / at \S+:\d+(?:, \S+:\d+)*/g;
const OPTION = /^Option /;

/**
 * Refuses a client with the reason why the backplane cannot be used. Returns `false` for a backplane that can. A client
 * that asks for its session loses its connection instead, and so comes back by itself: after a refusal, it would begin
 * a new session.
 */
export function isTurnedAway(
  namespace: { readonly name: string; checkEmpty(): void },
  connection: JoiningClient,
  auth: Auth,
  backplane: Pick<Backplane, 'unusable'> | undefined,
): boolean {
  const reason = backplane?.unusable;
  if (!reason) return false;
  if (connection.isRecoverable && typeof auth?.pid === 'string') connection.close('forced server close');
  else connection.refuse(namespace.name, describe(reason), UNUSABLE);
  namespace.checkEmpty();
  return true;
}

function describe({ message }: Error): string {
  const why = OPTION.test(message) ? 'One of its options is wrong.' : message.replace(PLACES, '');
  return `The backplane of the server cannot be used. ${why}`;
}
