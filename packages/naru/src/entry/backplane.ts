/** The entry `naru/backplane`: the contract of a backplane, and what the homes of a log share. */
export {
  type Appended,
  type Backplane,
  type BackplaneState,
  type Batch,
  decodeOffset,
  type Erasure,
  encodeOffset,
  type Following,
  type KeyValueStore,
  type LeaseTable,
  type Log,
  type LogExtent,
  type LogFollower,
  type LogRecord,
  type NamespaceStore,
  nextOffset,
  notUsed,
  type Offset,
  type Page,
  type Retention,
  type StateListener,
  type StoredRecord,
  type SwapOrder,
  type Swapped,
  storedAs,
  storeOf,
  type TableList,
  type TextBounds,
  ZERO_OFFSET,
} from '../backplane/backplane.js';
export { FORMATS, isReadable, readStoredObject, warnOfLaterVersion } from '../backplane/formats.js';
export { MemoryLog, memoryBackplane } from '../backplane/memory.js';
export { MemoryStore } from '../backplane/memory-store.js';
export {
  erasedNotice,
  erasedRecord,
  gapRecord,
  isErased,
  isForNoSocket,
  isGapRecord,
  isToErase,
  isTold,
  lostRecord,
  TOLD_ROOM,
} from '../backplane/own-records.js';
export { BATCH_RECORDS_MAX, BATCH_SIZE_MAX, costOf, sizeOfNames } from '../backplane/record-size.js';
export {
  type Envelope,
  isEnvelope,
  NOBODY,
  NODE_CHARACTERS,
  SAID_BYTES_MAX,
  TALK_BYTES_MAX,
  TalkExchange,
  UNKNOWN,
} from '../backplane/talk/exchange.js';
export type { NodeCode, Replies, Talk, TalkHandler, TalkLosses, TalkMember } from '../backplane/talk/talk.js';
export { readTrace } from '../backplane/trace.js';
export { audienceOf, audienceOfAll, markSocketId, TAG_CHARACTERS } from '../base/node/socket-ids.js';
