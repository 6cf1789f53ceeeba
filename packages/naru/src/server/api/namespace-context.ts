/** The settings and services that the namespaces of a server share. */
import type { Backplane, KeyValueStore } from '../../backplane/backplane.js';
import { memoryBackplane } from '../../backplane/memory.js';
import { isShared } from '../../backplane/shared.js';
import type { Clock } from '../../base/clock.js';
import { createClientCalls } from '../../namespace/client-calls.js';
import type { NamespaceContext } from '../../namespace/context.js';
import { DIALECT_V4, DIALECT_V5, ParserCodec, StandardCodec } from '../../namespace/event/codec.js';
import { localMatcher, namespaceMatcher } from '../../namespace/event/namespace-names.js';
import { JOURNAL_BYTES_MAX, Journal } from '../../namespace/explain/journal.js';
import { JournalWriter } from '../../namespace/explain/journal-writer.js';
import { TrafficCounts } from '../../namespace/log/counts.js';
import { Confirmations } from '../../namespace/log/fences.js';
import { homeOf } from '../../namespace/log/log-home.js';
import { Guards } from '../../namespace/permissions/guard.js';
import { type PresenceHint, SharedPresence } from '../../namespace/presence/shared-presence.js';
import type { BridgeHost, OpenBridge } from '../../namespace/remote/bridge.js';
import { ServerCalls, type ServerCallsContext } from '../../namespace/remote/server-calls.js';
import { SlowTable } from '../../namespace/slow-readers/slow-table.js';
import { UnjoinedConnections } from '../../namespace/socket/unjoined.js';
import { Outbox } from '../../session/outbox.js';
import { printTaps } from '../../taps/debug.js';
import type { BaseServerSettings } from '../options/options.js';
import { slowSettings } from '../options/slow-options.js';
import { NodeLines } from './node-lines.js';
import { readVersion } from './version.js';

/** The parts of a server for its bridge. */
type BridgeServices = Pick<BridgeHost, 'onError' | 'whenDelivered'>;

const contexts = new WeakMap<object, NamespaceContext>();

/** Returns the context of a server. */
export function contextOf(server: object): NamespaceContext | undefined {
  return contexts.get(server);
}

/** Makes the context that all namespaces of a server share. */
export function createNamespaceContext(
  settings: BaseServerSettings,
  services: Pick<NamespaceContext, 'server' | 'listenerErrors' | 'onLogError'>,
  registry: Pick<ServerCallsContext, 'find' | 'all' | 'requests' | 'explain'> & BridgeServices,
): NamespaceContext {
  printTaps();
  const { parser, clock, random, history, presence, connectionStateRecovery: recovery } = settings;
  const { acksMax, roomsPerSocketMax, namespacesPerConnectionMax, lateBytesMax, indexedRoomsMax } = settings;
  const bounds = { acksMax, roomsPerSocketMax, namespacesPerConnectionMax, lateBytesMax, indexedRoomsMax };
  const { acknowledge, waitingAcksMax: waitingMax } = settings;
  const { isLate, hasLog, ...logs } = createLogs(settings);
  const { backplane } = logs;
  const store = backplane?.store;
  if (backplane) reportFailures(backplane, services.onLogError);
  const slowTable = new SlowTable(clock);
  const counts = new TrafficCounts();
  const confirmations = new Confirmations(acknowledge === 'kept', waitingMax, isLate);
  // Other processes can read what this one sets in a durable store.
  const onError = (error: unknown): void => services.onLogError(error, 'presence');
  const hint = (given: PresenceHint): void => serverCalls?.hintPresence(given);
  const sharedPresence = store?.isDurable
    ? new SharedPresence({ clock, store, settings: presence, node: random.id(), onError, hint })
    : undefined;
  const nodeLines = settings.printNodes ? new NodeLines(clock, () => serverCalls?.remote) : undefined;
  const serverCalls =
    backplane?.talk &&
    new ServerCalls(backplane.talk, {
      ...registry,
      clock,
      store: backplane.store,
      hasSharedStore: !backplane.isCarrier,
      version: readVersion(),
      run: random.id(),
      address: settings.links.address,
      onError: services.onLogError,
      slowTable,
      onPresence: (hint) => sharedPresence?.onHint(hint),
      counts,
      unusable: () => backplane.unusable,
      onNode: (node, change) => nodeLines?.note(node, change),
    });
  return noted({
    ...services,
    ...{ ...bounds, clock, random },
    // The outbox flushes a durable store before it sends, so clients never see data that a crash would lose.
    outbox: new Outbox(clock, store?.isDurable ? () => store.flush?.() : undefined),
    ...{ slowTable, counts, confirmations, guards: new Guards() },
    ...(settings.explain && createJournal(clock, serverCalls, store)),
    explain: registry.explain,
    ...createCodecs(settings),
    unjoined: new UnjoinedConnections(clock, settings.connectTimeout),
    calls: createClientCalls(parser ? Number.POSITIVE_INFINITY : undefined),
    ...logs,
    bridge: openBridge(settings, logs, registry),
    ...{ serverCalls, nodeLines, history, presence, recovery },
    remote: serverCalls?.remote,
    sharedPresence,
    slowSettings: slowSettings(settings.slowReaders, settings, hasLog),
  });
}

/** Returns the memory of what happens to sockets, and what writes that into a store that outlives this server. */
function createJournal(clock: Clock, calls: ServerCalls | undefined, store: KeyValueStore | undefined) {
  const isKept = calls && store?.isDurable;
  const journalWriter = isKept ? new JournalWriter(clock, store, () => calls.remote.node) : undefined;
  return { journal: new Journal(clock, JOURNAL_BYTES_MAX, journalWriter?.note), journalWriter };
}

/** Notes the context of a server, so that a guard finds it. */
function noted(context: NamespaceContext): NamespaceContext {
  contexts.set(context.server as object, Object.freeze(context));
  return context;
}

/** Returns the codecs of current clients, and of those of Socket.IO 2. */
function createCodecs(settings: BaseServerSettings): Pick<NamespaceContext, 'codec' | 'codecV4'> {
  const { parser, attachmentsMax, attachmentBytesMax, depthMax } = settings;
  const limits = { attachmentsMax, attachmentBytesMax, depthMax };
  const own = parser && new ParserCodec(parser);
  return { codec: own ?? new StandardCodec(DIALECT_V5, limits), codecV4: own ?? new StandardCodec(DIALECT_V4, limits) };
}

/**
 * Reports why the home of the log cannot be reached or used, at the start and when that changes, and the errors of its
 * own work.
 */
function reportFailures(backplane: Backplane, onLogError: NamespaceContext['onLogError']): void {
  const report = (reason: unknown): void => onLogError(reason, 'all namespaces');
  // Each try to connect has an error of its own.
  let reported: string | undefined;
  const reportOnce = (reason: unknown): void => {
    const { message } = reason as Error;
    if (message !== reported) report(reason);
    reported = message;
  };
  backplane.ready?.().catch(reportOnce);
  backplane.onError?.(report);
  backplane.onState?.((state, reason) => {
    if (state === 'up') reported = undefined;
    if ((state === 'away' || state === 'unusable') && reason !== undefined) reportOnce(reason);
  });
}

/** Opens the bridge that the program has given. */
function openBridge(
  { bridge, clock, random, connectionStateRecovery: recovery }: BaseServerSettings,
  { backplane, homeFor, isCarried }: Pick<NamespaceContext, 'backplane' | 'homeFor' | 'isCarried'>,
  { whenDelivered, onError }: BridgeServices,
): OpenBridge | undefined {
  const isLogged = (name: string): boolean => isShared(homeFor(name)) && !isCarried(name);
  const recoveryMs = recovery?.maxDisconnectionDuration ?? 0;
  return bridge?.open({ clock, random, backplane, isLogged, recoveryMs, whenDelivered, onError });
}

/** Returns the backplane, which namespaces have a log and where, and whether a log answers later. */
function createLogs(settings: BaseServerSettings): Pick<
  NamespaceContext,
  'backplane' | 'homeFor' | 'isCarried' | 'isLocalWhileAway'
> & {
  readonly hasLog: boolean;
  readonly isLate: boolean;
} {
  const home = logHomeOf(settings);
  const backplane = settings.backplane ?? home;
  const isWithoutLog = namespaceMatcher(settings.withoutLog ?? []);
  return {
    backplane,
    homeFor: (name) => (isWithoutLog(name) ? undefined : home),
    isCarried: (name) => backplane?.isCarrier === true || isWithoutLog(name),
    isLocalWhileAway: localMatcher(settings.whileAway),
    hasLog: home !== undefined,
    isLate: home !== undefined && !homeOf(home.log).keepsAtOnce,
  };
}

/** Returns the home of the log: the backplane of the option, or the memory of this process for recovery alone. */
function logHomeOf(settings: BaseServerSettings): Backplane | undefined {
  const { backplane, connectionStateRecovery: recovery, clock } = settings;
  if (backplane && !backplane.isCarrier) return backplane;
  return recovery && memoryBackplane(clock, { ageMs: recovery.maxDisconnectionDuration, bytes: recovery.bytesMax });
}
