/** The entry `@naru/local`: a backplane with its log on the disk of one machine. */
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
  NodeCode,
  Offset,
  Page,
  Replies,
  StoredRecord,
  Swapped,
  TableList,
  Talk,
  TalkHandler,
  TalkMember,
  TextBounds,
} from 'naru/backplane';
export { ConfigError, UnavailableError } from 'naru/base';
export { type LocalBackplane, type LocalOptions, local } from '../local-backplane.js';
