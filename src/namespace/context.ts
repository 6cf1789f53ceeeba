/** What all namespaces of a server have in common. */
import type { Backplane } from '../backplane/backplane.js';
import type { Clock } from '../base/clock.js';
import type { DeadlineEntry, Deadlines } from '../base/deadlines.js';
import type { Random } from '../base/id.js';
import type { Outbox } from '../session/outbox.js';
import type { PacketCodec } from './codec.js';
import type { HistorySettings } from './history/history.js';
import type { ClientCall } from './permissions/client-calls.js';
import type { PresenceSettings } from './presence/settings.js';
import type { SharedPresence } from './presence/shared-presence.js';
import type { RecoverySettings } from './recovery/recovery.js';
import type { SlowSettings } from './slow-readers/namespace-policies.js';
import type { SlowTable } from './slow-readers/slow-table.js';

/** A connection that is closed when it does not join a namespace in time. */
export interface Unjoined extends DeadlineEntry {
  onUnjoined(): void;
}

/** Settings and services that the server gives to its namespaces; frozen. */
export interface NamespaceContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly outbox: Outbox;
  /** The codec of current clients. */
  readonly codec: PacketCodec;
  /** The codec of clients of Socket.IO 2. */
  readonly codecV4: PacketCodec;
  /** The connections that have not joined a namespace yet. */
  readonly unjoined: Deadlines<Unjoined>;
  /** Acknowledgements that may wait per socket. */
  readonly acksMax: number;
  /** Rooms that a socket may be in besides its own. */
  readonly roomsPerSocketMax: number;
  /** Namespaces that a connection may join. */
  readonly namespacesPerConnectionMax: number;
  /** The home of the log, where there is one. */
  readonly backplane: Backplane | undefined;
  /** Bytes that may wait for a client before it reads from the log what it gets; only where there is one. */
  readonly lateBytesMax: number;
  /** What becomes of events for clients that read slowly, where nothing else is said. */
  readonly slowSettings: SlowSettings;
  /** The clients that read slowly now. */
  readonly slowTable: SlowTable;
  /** Told when the log could not keep something. */
  onLogError(error: unknown, namespace: string): void;
  /** Bounds of connection state recovery, when it is on. */
  readonly recovery: RecoverySettings | undefined;
  /** Bounds of what is read of the log for history. */
  readonly history: HistorySettings;
  /** Bounds and times of presence. */
  readonly presence: PresenceSettings;
  /** Presence in other processes, where the store is one that several may have. */
  readonly sharedPresence: SharedPresence | undefined;
  /** The events of Naru's own that clients may send, by name. */
  readonly calls: Map<string, ClientCall>;
  /** The server, as applications see it. */
  readonly server: unknown;
}
