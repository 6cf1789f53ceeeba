/** Carries out requests about a room from clients on plain wires. */
import { type HistoryPage, toPage } from '../namespace/history/history.js';
import { askForHistory } from '../namespace/history/history-query.js';
import type { NamespaceCore } from '../namespace/namespace-core.js';
import type { Refusal } from '../namespace/permissions/permissions.js';
import { askForPresence } from '../namespace/presence/presence-query.js';
import type { PresenceList } from '../namespace/presence/room-presence.js';
import type { Member } from '../namespace/socket/socket.js';
import type { JsonAck, JsonMessage } from '../protocol/json-event/message.js';

/** A request about a room. An event is a request to send that event to the room. */
export type RoomRequest = Exclude<JsonMessage, JsonAck>;

/** Called once with the refusal, or with the requested history or list of members. */
export type RoomAnswered = (refusal: Refusal | undefined, page?: HistoryPage, list?: PresenceList) => void;

/** Why a request was not carried out, or may not have been. */
export interface Refused {
  readonly code: string;
  readonly message: string;
}

const UNCONFIRMED: Refused = { code: 'UNCONFIRMED', message: 'the log has not taken the event' };

/** Acknowledges a request by one of two functions. */
export type Acknowledge = (send: () => void, refuse: (refused: Refused) => void) => void;

/**
 * Returns the function that acknowledges a request, which begins now. With `acknowledge: 'kept'`, the acknowledgement
 * of an event waits until the log has the event. That of a leave waits for the events before it, which the client still
 * gets. Any other goes out at once.
 */
export function acknowledging(namespace: NamespaceCore, { type }: RoomRequest): Acknowledge {
  const { fences } = namespace;
  if (type === 'leave' && fences) return (send) => fences.run(send);
  if (type !== 'event' || !fences?.confirmations.isPatient) return (send) => send();
  const since = fences.confirmations.newest;
  return (send, refuse) => {
    namespace.settle();
    fences.acknowledge(since, send, () => refuse(UNCONFIRMED));
  };
}

/** Carries out a request if the permissions of the namespace allow it. */
export function askAboutRoom(
  namespace: NamespaceCore,
  member: Member,
  request: RoomRequest,
  room: string,
  answered: RoomAnswered,
): void {
  const { permissions } = namespace;
  const { socket } = member;
  switch (request.type) {
    case 'join':
      permissions.subscribe(socket, room, answered);
      break;
    case 'leave':
      permissions.unsubscribe(socket, room, () => answered(undefined));
      break;
    case 'event':
      permissions.publish(socket, room, request.event, request.args, answered);
      break;
    case 'history':
      askForHistory(namespace, member, { rooms: [room], query: request.query }, (refusal, page) =>
        answered(refusal, page && toPage(page)),
      );
      break;
    default:
      askForPresence(namespace, member, room, (refusal, list) => answered(refusal, undefined, list));
  }
}
