/** The settings and services that all namespaces of a server share. */
import type { Backplane } from '../backplane/backplane.js';
import type { Clock } from '../base/clock.js';
import type { Random } from '../base/id.js';
import type { Outbox } from '../session/outbox.js';
import type { ClientCall } from './client-calls.js';
import type { PacketCodec } from './event/codec.js';
import type { ExplainQuestion, Findings } from './explain/findings.js';
import type { Journal } from './explain/journal.js';
import type { JournalWriter } from './explain/journal-writer.js';
import type { HistorySettings } from './history/history.js';
import type { TrafficCounts } from './log/counts.js';
import type { Confirmations } from './log/fences.js';
import type { Guards } from './permissions/guard.js';
import type { PresenceSettings } from './presence/settings.js';
import type { SharedPresence } from './presence/shared-presence.js';
import type { RecoverySettings } from './recovery/recovery.js';
import type { OpenBridge } from './remote/bridge.js';
import type { Remote } from './remote/remote.js';
import type { ServerCalls } from './remote/server-calls.js';
import type { SlowSettings } from './slow-policies/namespace-policies.js';
import type { SlowTable } from './slow-readers/slow-table.js';
import type { ScopeSource } from './socket/broadcast.js';
import type { ListenerErrors } from './socket/listener-errors.js';
import type { UnjoinedConnections } from './socket/unjoined.js';

/** Settings and services that a server passes to its namespaces. The object is frozen. */
export interface NamespaceContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly outbox: Outbox;
  /** The codec of current clients. */
  readonly codec: PacketCodec;
  /** The codec of clients of Socket.IO 2. */
  readonly codecV4: PacketCodec;
  /** The connections that have not joined a namespace yet. */
  readonly unjoined: UnjoinedConnections;
  /** The most acknowledgements that a socket may wait for. */
  readonly acksMax: number;
  /** The most rooms that a socket may be in besides its own. */
  readonly roomsPerSocketMax: number;
  /** The most namespaces that a connection may join. */
  readonly namespacesPerConnectionMax: number;
  /** The backplane, if there is one. */
  readonly backplane: Backplane | undefined;
  /** Returns the backplane with the log of a namespace, or `undefined` for a namespace without a log. */
  homeFor(name: string): Backplane | undefined;
  /** Whether the nodes send each other the events of a namespace by talk, because they share no log of it. */
  isCarried(name: string): boolean;
  /** Whether the clients of this node get the events of a namespace without waiting for a log that is silent. */
  isLocalWhileAway(name: string): boolean;
  /** Counts what this node hears and sends. */
  readonly counts: TrafficCounts;
  /** The events on their way into the logs of all namespaces. */
  readonly confirmations: Confirmations;
  /** The calls to other servers that concern no single namespace. */
  readonly serverCalls: ServerCalls | undefined;
  /** The other nodes that share the backplane, if it connects them. */
  readonly remote: Remote | undefined;
  /** The bridge to nodes of another system, if there is one. */
  readonly bridge: OpenBridge | undefined;
  /** Prints how servers come and go, and that this one sends its clients away. Absent if the program wants no lines. */
  readonly nodeLines?: { drain(clientsCount: number): void } | undefined;
  /** Bytes that may wait for a client before it reads its events from the log. Has no effect without a log. */
  readonly lateBytesMax: number;
  /** Rooms of a namespace whose records are found in the log without reading the others. */
  readonly indexedRoomsMax: number;
  /** The defaults and bounds of the policies for clients that read slowly. */
  readonly slowSettings: SlowSettings;
  /** The clients that currently read slowly. */
  readonly slowTable: SlowTable;
  /** The hook for the errors of listeners. */
  readonly listenerErrors: ListenerErrors;
  /** Called when the log fails. */
  onLogError(error: unknown, namespace: string): void;
  /** Bounds of connection state recovery, if it is on. */
  readonly recovery: RecoverySettings | undefined;
  /** Bounds for reading the log for history. */
  readonly history: HistorySettings;
  /** Bounds and timeouts of presence. */
  readonly presence: PresenceSettings;
  /** Presence in other processes, if they may share the store. */
  readonly sharedPresence: SharedPresence | undefined;
  /** Naru's own events that clients may send, by name. */
  readonly calls: Map<string, ClientCall>;
  /** Remembers what happened to sockets, unless the option `explain` is off. */
  readonly journal?: Journal | undefined;
  /** Writes that into the store of the backplane, if it outlives this server. */
  readonly journalWriter?: JournalWriter | undefined;
  /** Returns what this server knows of a client and an event. */
  explain(question: ExplainQuestion): Findings;
  /** The guard that stands before the clients of all namespaces, if there is one. */
  readonly guards: Guards;
  /** The server, as applications see it. */
  readonly server: unknown;
}

/** The part of the namespace of applications that its core uses. */
export interface NamespaceApi extends ScopeSource {
  readonly name: string;
  /** The middleware that new sockets must pass. */
  readonly middleware: readonly unknown[];
}

/** The hooks by which the core of a namespace reaches the namespace that applications hold. */
export interface NamespaceHandler {
  /** Calls the listeners of the namespace. Their exceptions do not reach the caller. */
  announce(name: string, args: readonly unknown[]): void;
  /** Called when the namespace has become empty. */
  onEmpty(): void;
}
