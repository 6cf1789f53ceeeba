/** The entry `naru/backplane/local`: a backplane with its log on the disk of one machine. */
export type {
  Backplane,
  BackplaneState,
  Batch,
  KeyValueStore,
  LeaseTable,
  Log,
  LogExtent,
  LogFollower,
  LogRecord,
  NamespaceStore,
  Offset,
  Page,
  StoredRecord,
  Swapped,
  TableList,
  TextBounds,
} from '../backplane/backplane.js';
export { type LocalBackplane, type LocalOptions, local } from '../backplane/local/local-backplane.js';
export type { NodeCode, Replies, Talk, TalkHandler, TalkMember } from '../backplane/talk/talk.js';
export { ConfigError, UnavailableError } from '../base/errors.js';
