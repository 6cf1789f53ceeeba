/** The entry `naru/client/room`: history and presence of rooms. */
export type { Member } from '../socket/naru-events.js';
export { type HistoryEvent, type HistoryPage, type HistoryQuery, history, pages, subscribe } from './history.js';
export { type PresenceEvents, type PresenceOptions, presence, RoomPresence } from './presence.js';
export type { RoomSocket } from './request.js';
