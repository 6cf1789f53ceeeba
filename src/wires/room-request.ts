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
      permissions.unsubscribe(socket, room);
      answered(undefined);
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
