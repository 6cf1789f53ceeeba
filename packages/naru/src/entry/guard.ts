/** The entry `naru/guard`: the port by which a guard decides about the clients of a server. */
export type { ClientCall } from '../namespace/client-calls.js';
export { FRESH, type Guard, type RoomAct } from '../namespace/permissions/guard.js';
export type { Member } from '../namespace/socket/socket.js';
export { endMembership, type GuardHost, openGuard, tell } from '../server/api/guard-host.js';
