/** Lets clients of every wire see who is in a room and change their own state there, if the application allows it. */
import { throwLater } from '../../base/uncaught.js';
import type { Room } from '../event/target.js';
import type { Answered, OwnPresenceWish, Permissions, Refusal } from '../permissions/permissions.js';
import type { Member, Socket } from '../socket/socket.js';
import type { Presences } from './presences.js';
import type { PresenceList } from './room-presence.js';

/** The parts of a namespace that presence queries use. */
export interface PresenceNamespace {
  readonly permissions: Permissions<Socket>;
  readonly presences: Presences<Socket>;
}

/** Answers once: with the list of a room if the client may see it, otherwise with the reason. */
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

/** Changes the state of a present client in a room, or ends its presence there, if the client may do so. */
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
      // The state is too big or cannot be encoded.
      answered({ code: 'BAD_STATE', message: (error as Error).message });
      return;
    }
    answered(isPresent ? undefined : { code: 'NOT_PRESENT', message: `the client is not present in "${room}"` });
  });
}
