/** The entry `naru/client/queue`: queues for events that wait for a connection, and stores for them. */
export { indexedDbStore } from './indexed-db.js';
export { type BufferDropReason, type OfflineBufferOptions, offlineBuffer } from './offline-buffer.js';
export { type DropReason, type OfflineQueueOptions, offlineQueue } from './offline-queue.js';
export { memoryStore, type QueueStore, type WaitingEvent } from './store.js';
