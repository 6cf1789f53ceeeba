/** Lets clients of every wire see who is in a room and change their own state there, if the application allows it. */
import type { Clock } from '../../base/clock.js';
import { getOrCreate } from '../../base/get-or-create.js';
import { throwLater } from '../../base/uncaught.js';
import type { Room } from '../event/target.js';
import {
  type Answered,
  GONE,
  type OwnPresenceWish,
  type Permissions,
  type Refusal,
} from '../permissions/permissions.js';
import type { Member, Socket } from '../socket/socket.js';
import type { Presences } from './presences.js';
import type { PresenceList } from './room-presence.js';

/** Lists that one client may wait for at once. */
const LISTS_MAX = 1_000;

const TOO_MANY: Refusal = {
  code: 'TOO_MANY',
  message: `${LISTS_MAX} requests for presence are under way: wait for one`,
};
const FAILED: Refusal = { code: 'FAILED', message: 'the presence of the room could not be read' };

/** The lists that each client waits for: how many, and when the next one may be read. */
const waits = new WeakMap<Member, { count: number; turn: Promise<unknown> }>();

/** The parts of a namespace that presence queries use. */
export interface PresenceNamespace {
  readonly clock: Clock;
  readonly permissions: Permissions<Socket>;
  readonly presences: Presences<Socket>;
}

/**
 * Answers once: with the list of a room if the client may see it, otherwise with the reason. A list may be long, so
 * each client gets one in a turn.
 */
export function askForPresence(
  { permissions, presences, clock }: PresenceNamespace,
  member: Member,
  room: Room,
  answered: (refusal: Refusal | undefined, list: PresenceList | undefined) => void,
): void {
  permissions.mayLook('presence', member.socket, room, (refusal) => {
    const wait = getOrCreate(waits, member, () => ({ count: 0, turn: Promise.resolve() }));
    if (refusal || wait.count >= LISTS_MAX) {
      answered(refusal ?? TOO_MANY, undefined);
      return;
    }
    wait.count += 1;
    const { turn } = wait;
    wait.turn = turn.then(() => new Promise((resolve) => clock.defer(resolve, undefined)));
    turn
      .then(() => (member.connected ? presences.list(room) : undefined))
      .then(
        (list) => (list ? answered(undefined, list) : answered(GONE, undefined)),
        () => answered(FAILED, undefined),
      )
      .catch(throwLater)
      .finally(() => {
        wait.count -= 1;
      });
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
