/** What the entry `naru/client/room` offers. */
export type { RoomSocket } from './ask.js';
export { type HistoryEvent, type HistoryPage, type HistoryQuery, history, pages, subscribe } from './history.js';
export { type Member, type PresenceEvents, type PresenceOptions, presence, RoomPresence } from './presence.js';
