/** How clients see by themselves who is in a room: asked of the application, for every wire alike. */
import { throwLater } from '../../base/uncaught.js';
import type { Refusal } from '../doors.js';
import type { Socket } from '../socket.js';
import type { Room } from '../target.js';
import type { PresenceList } from './room-presence.js';

/** Gives a client that may see it the list of a room, or says why not; once. */
export function askForPresence(
  socket: Socket,
  room: Room,
  answered: (refusal: Refusal | undefined, list: PresenceList | undefined) => void,
): void {
  const { doors, presences } = socket.nsp;
  doors.mayLook('presence', socket, room, (refusal) => {
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
