/** How clients see by themselves who is in a room, and change their own state there: asked of the application, for every wire alike. */
import { throwLater } from '../../base/uncaught.js';
import type { Answered, OwnPresenceWish, Refusal } from '../permissions/permissions.js';
import type { Socket } from '../socket/socket.js';
import type { Room } from '../target.js';
import type { PresenceList } from './room-presence.js';

/** Gives a client that may see it the list of a room, or says why not; once. */
export function askForPresence(
  socket: Socket,
  room: Room,
  answered: (refusal: Refusal | undefined, list: PresenceList | undefined) => void,
): void {
  const { permissions, presences } = socket.nsp;
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
export function askToChange(socket: Socket, room: Room, wish: OwnPresenceWish, answered: Answered): void {
  const { permissions, presences } = socket.nsp;
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
