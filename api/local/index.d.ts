// Written by npm run docs. The declarations of what the entry exports, and of their base classes, without comments.

// Backplane
export { Backplane } from 'naru/backplane';

// BackplaneState
export { BackplaneState } from 'naru/backplane';

// Batch
export { Batch } from 'naru/backplane';

// ConfigError
export { ConfigError } from 'naru/base';

// KeyValueStore
export { KeyValueStore } from 'naru/backplane';

// LeaseTable
export { LeaseTable } from 'naru/backplane';

// LocalBackplane
interface LocalBackplane extends Backplane {
    readonly log: LocalLog;
    readonly store: LocalStore;
    copy(target: string): Promise<number>;
}

// LocalOptions
interface LocalOptions extends OptionsOf<typeof localTable> {
}

// Log
export { Log } from 'naru/backplane';

// LogExtent
export { LogExtent } from 'naru/backplane';

// LogFollower
export { LogFollower } from 'naru/backplane';

// LogRecord
export { LogRecord } from 'naru/backplane';

// NamespaceStore
export { NamespaceStore } from 'naru/backplane';

// NodeCode
export { NodeCode } from 'naru/backplane';

// Offset
export { Offset } from 'naru/backplane';

// Page
export { Page } from 'naru/backplane';

// Replies
export { Replies } from 'naru/backplane';

// StoredRecord
export { StoredRecord } from 'naru/backplane';

// Swapped
export { Swapped } from 'naru/backplane';

// TableList
export { TableList } from 'naru/backplane';

// Talk
export { Talk } from 'naru/backplane';

// TalkHandler
export { TalkHandler } from 'naru/backplane';

// TalkMember
export { TalkMember } from 'naru/backplane';

// TextBounds
export { TextBounds } from 'naru/backplane';

// UnavailableError
export { UnavailableError } from 'naru/base';

// local
declare function local(folder: string, given?: LocalOptions): LocalBackplane;
