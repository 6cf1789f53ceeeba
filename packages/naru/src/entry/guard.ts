/** The entry `naru/guard`: the port by which a guard decides about the clients of a server. */
export type { ClientCall } from '../namespace/client-calls.js';
export { PERSON_ROOM } from '../namespace/event/person-room.js';
export { FRESH, type Guard, type GuardRefusal, type RoomAct } from '../namespace/permissions/guard.js';
export type { Member } from '../namespace/socket/socket.js';
export { endMembership, type GuardHost, noteLimited, openGuard, stopReading, tell } from '../server/api/guard-host.js';
