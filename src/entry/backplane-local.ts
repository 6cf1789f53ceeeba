/** The entry `naru/backplane/local`: a backplane with its log on the disk of one machine. */
export type {
  Backplane,
  KeyValueStore,
  Log,
  LogExtent,
  LogRecord,
  Offset,
  Page,
  StoredRecord,
  TextBounds,
} from '../backplane/backplane.js';
export { type LocalBackplane, type LocalOptions, local } from '../backplane/local/local-backplane.js';
export { ConfigError, UnavailableError } from '../base/errors.js';
