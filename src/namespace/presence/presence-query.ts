/** How clients see by themselves who is in a room, and change their own state there: asked of the application, for every wire alike. */
import { throwLater } from '../../base/uncaught.js';
import type { Answered, OwnPresenceWish, Permissions, Refusal } from '../permissions/permissions.js';
import type { Member, Socket } from '../socket/socket.js';
import type { Room } from '../target.js';
import type { Presences } from './presences.js';
import type { PresenceList } from './room-presence.js';

/** What queries for presence need of a namespace. */
export interface PresenceNamespace {
  readonly permissions: Permissions<Socket>;
  readonly presences: Presences<Socket>;
}

/** Gives a client that may see it the list of a room, or says why not; once. */
export function askForPresence(
  { permissions, presences }: PresenceNamespace,
  { socket }: Member,
  room: Room,
  answered: (refusal: Refusal | undefined, list: PresenceList | undefined) => void,
): void {
  permissions.mayLook('presence', socket, room, (refusal) => {
    if (refusal) {
      answered(refusal, undefined);
      return;
    }
    presences
      .list(room)
      .then(
        (list) => answered(undefined, list),
        () => answered({ code: 'FAILED', message: 'the presence of the room could not be read' }, undefined),
      )
      .catch(throwLater);
  });
}

/** Has a client that the application made present in a room change its state there, or leave, where it may. */
export function askToChange(
  { permissions, presences }: PresenceNamespace,
  { socket }: Member,
  room: Room,
  wish: OwnPresenceWish,
  answered: Answered,
): void {
  permissions.mayChangePresence(socket, room, wish, (refusal) => {
    if (refusal) {
      answered(refusal);
      return;
    }
    let isPresent = false;
    try {
      isPresent = wish.type === 'leave' ? presences.leave(room, socket) : presences.update(room, socket, wish.state);
    } catch (error) {
      // What was asked for cannot be kept: it is too big.
      answered({ code: 'BAD_STATE', message: (error as Error).message });
      return;
    }
    answered(isPresent ? undefined : { code: 'NOT_PRESENT', message: `the client is not present in "${room}"` });
  });
}
