/** What the entry `naru/client/queue` offers. */
export { indexedDbStore } from './indexed-db.js';
export { type BufferDropReason, type OfflineBufferOptions, offlineBuffer } from './offline-buffer.js';
export { type DropReason, type OfflineQueueOptions, offlineQueue } from './offline-queue.js';
export { memoryStore, type QueueStore, type WaitingEvent } from './store.js';
