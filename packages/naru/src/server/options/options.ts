/** The options of the server. */
import type { Backplane } from '../../backplane/backplane.js';
import { isShared } from '../../backplane/shared.js';
import { ConfigError } from '../../base/errors.js';
import { isClusterWorker } from '../../base/node/modules.js';
import {
  bytes,
  count,
  flag,
  group,
  milliseconds,
  objectWith,
  oneOf,
  switched,
  text,
  value,
} from '../../base/options/kinds.js';
import {
  isObject,
  join,
  type OptionsOf,
  type OptionTable,
  options,
  readOptions,
  type SettingsOf,
} from '../../base/options/table.js';
import { whileAway, withoutLog } from '../../namespace/event/namespace-names.js';
import { type HistoryOptions, historyTable } from '../../namespace/history/history.js';
import { INDEXED_ROOMS } from '../../namespace/log/late/late-pages.js';
import { type IdempotencyOptions, idempotencyTable } from '../../namespace/once/options.js';
import {
  type PresenceServerOptions,
  type PresenceSettings,
  presenceSettings,
  presenceTable,
} from '../../namespace/presence/settings.js';
import type { Bridge } from '../../namespace/remote/bridge.js';
import type { PublishedParser } from '../../protocol/socket-io/parser.js';
import { type EngineOptions, type EngineSettings, engineTable } from './engine-options.js';
import { type EventsOptions, eventsTable } from './events-options.js';
import { type HealthOptions, healthTable } from './health-options.js';
import { type LinksOptions, linksTable } from './links-options.js';
import { type SlowReadersOptions, slowReadersTable } from './slow-options.js';
import { type TcpOptions, tcpTable } from './tcp-options.js';

/** The table of `connectionStateRecovery`. */
export const recoveryTable = options('connectionStateRecovery', {
  /** Time for which sessions and events are kept. @default 120000 */
  maxDisconnectionDuration: milliseconds(120_000),
  /**
   * Whether a recovered session skips the middleware. Then a user who was banned meanwhile comes back. @default false
   */
  skipMiddlewares: flag(false),
  /**
   * Bytes of events that a namespace keeps. Beyond that, the oldest are dropped, and a client that needs them is not
   * recovered.
   * @default 67108864
   */
  bytesMax: bytes(64 * 1024 * 1024),
  /**
   * Sessions that a namespace keeps after their connection is lost. Beyond that, the earliest are dropped. @default
   * 100000
   */
  keptSessionsMax: count(100_000),
});

/** Connection state recovery: a client that comes back in time gets its id, rooms, data and missed events. */
export interface ConnectionStateRecoveryOptions extends OptionsOf<typeof recoveryTable> {}

const SERVE_CLIENT = 'use "serveClient"';

/** The table of the server's options, without those of the engine. */
export const serverTable = options(
  '',
  {
    /** Path of the server's requests. @default "/socket.io" */
    path: text('/socket.io', 'a path such as "/socket.io"'),
    /** Whether the client bundles are served under the path. @default true */
    serveClient: flag(true),
    /** Time that a client has to join a namespace. Then it is closed. @default 45000 */
    connectTimeout: milliseconds(45_000),
    /** Replaces the packet format on both ends. @default Socket.IO's own */
    parser: objectWith<PublishedParser>('a parser with the classes "Encoder" and "Decoder"', ['Encoder', 'Decoder']),
    /** Keeps sessions and events for clients that come back. */
    connectionStateRecovery: switched<ConnectionStateRecoveryOptions, typeof recoveryTable>(recoveryTable, false),
    /** Plain events over HTTP: streams for `EventSource` and `curl`, POST to publish, WebSockets without a library. */
    events: switched<EventsOptions, typeof eventsTable>(eventsTable, false),
    /** Routes on the HTTP server by which load balancers and orchestrators ask how the server is. */
    health: switched<HealthOptions, typeof healthTable>(healthTable, false),
    /**
     * Whether a namespace that a pattern or function made is removed a minute after it became empty: it has no socket,
     * and no client may come back to its session. @default true
     */
    cleanupEmptyChildNamespaces: flag(true),
    /**
     * Attachments of one packet. Beyond that, the session ends with `parse error`. @default 1000 (whole number, 0 or
     * more)
     */
    attachmentsMax: count(1_000, { min: 0 }),
    /**
     * Bytes of all attachments of one packet. Beyond that, the session ends with `parse error`. @default 16 times
     * maxHttpBufferSize
     */
    attachmentBytesMax: bytes(undefined, { min: 0 }),
    /** Levels of arrays and objects in one packet. Beyond that, the session ends with `parse error`. @default 1000 */
    depthMax: count(1_000),
    /**
     * Whether the server remembers for 15 minutes what happened to its sockets, in at most 8 MiB, so that
     * `naru explain` can say what became of an event. @default true
     */
    explain: flag(true),
    /** Acknowledgements that one socket may owe. Beyond that, the oldest is dropped. @default 10000 */
    acksMax: count(10_000),
    /**
     * How long an acknowledgement waits for a log on another machine. `soon`: it stops waiting once the log has been
     * silent for a second. `kept`:
     * it waits until the log has the events that were emitted before it. Answers to events with a key always
     * do. @default "soon"
     */
    acknowledge: oneOf(['soon', 'kept'], 'soon'),
    /**
     * Acknowledgements of all clients that may wait until the log has their events. Beyond that, events with a key are
     * refused before their listener runs, and other acknowledgements that would wait are not sent. @default 100000
     */
    waitingAcksMax: count(100_000),
    /** Rooms of one socket besides its own. Joining one more disconnects it. @default 10000 */
    roomsPerSocketMax: count(10_000),
    /** Namespaces of one connection. Joining one more is refused with `connect_error`. @default 100 */
    namespacesPerConnectionMax: count(100),
    /**
     * Namespaces that patterns and functions made, with names of at most 500 characters. Beyond that, clients are
     * refused with `connect_error`. @default 100000 (whole number, 0 or more)
     */
    dynamicNamespacesMax: count(100_000, { min: 0 }),
    /**
     * Backplane that keeps the namespaces' log. The application closes it. @default none, or memory with
     * connectionStateRecovery
     */
    backplane: value<Backplane>('a backplane, such as local("./data")', isBackplane),
    /**
     * Namespaces that need no log, by name or pattern. Their events go to the other servers at most once, and are not
     * kept. docs/backplanes.md has what they give up. @default none
     */
    withoutLog,
    /**
     * The choice for events once a log on another machine has been silent for a second. `wait`: they go out when the
     * log has them. `local`: the clients of this server get them at once, and the log gets them later. An object names
     * the namespaces with `local`. docs/clusters.md has what each gives up. @default "wait"
     */
    whileAway,
    /**
     * Bridge to nodes of another system that have clients of the same service, such as those of Socket.IO during a
     * move.
     * @default none
     */
    bridge: objectWith<Bridge>('a bridge, such as socketIo(client)', ['open']),
    /**
     * Whether lines on standard error tell of other servers on the backplane that come, leave or are lost, and of
     * `drain`.
     * @default true, or false in workers, whose primary process tells what happens to them
     */
    printNodes: flag(!isClusterWorker()),
    /**
     * Links to the servers on other machines, so that clients need no sticky routing. docs/clusters.md has these
     * options.
     */
    links: group<LinksOptions, typeof linksTable>(linksTable),
    /**
     * Bytes that may wait in memory for a client. With a log, the client gets further events from the log
     * later. @default 1048576
     */
    lateBytesMax: bytes(1024 * 1024),
    /**
     * Rooms of a namespace whose records the server can find in the log without reading the others. With more rooms, it
     * finds only the newest records. With 0, it reads everything. @default 10000 (whole number, 0 or more)
     */
    indexedRoomsMax: count(INDEXED_ROOMS, { min: 0 }),
    /**
     * Policy for clients that read slowly, if neither namespace nor room has one. docs/slow-readers.md has these
     * options.
     */
    slowReaders: group<SlowReadersOptions, typeof slowReadersTable>(slowReadersTable),
    /** Memory of the answers to events with a key. docs/delivery.md has these options. */
    idempotency: group<IdempotencyOptions, typeof idempotencyTable>(idempotencyTable),
    /** Bounds of one page of a room's history. docs/history.md has these options. */
    history: group<HistoryOptions, typeof historyTable>(historyTable),
    /** Times and bounds of presence. docs/presence.md has these options. */
    presence: group<PresenceServerOptions, typeof presenceTable>(presenceTable),
    /** Endpoints of byte streams: `tcp://`, `tls://` and `unix:`. docs/tcp.md has these options. */
    tcp: group<TcpOptions, typeof tcpTable>(tcpTable),
  },
  {
    adapter: 'use a "backplane" where several processes share their events (docs/migration.md)',
    store: 'use a "backplane" where several processes share their events (docs/migration.md)',
    'browser client': SERVE_CLIENT,
    'browser client cache': SERVE_CLIENT,
    'browser client etag': SERVE_CLIENT,
    'browser client gzip': SERVE_CLIENT,
    'browser client minification': SERVE_CLIENT,
  },
);

/** Options of a server without those of optional wires. */
export interface BaseServerOptions extends EngineOptions, OptionsOf<typeof serverTable> {
  path?: string | undefined;
}

type ReadSettings = SettingsOf<typeof serverTable>;

/** These options with all defaults in place. */
export interface BaseServerSettings extends Omit<ReadSettings, 'presence'>, Omit<EngineSettings, 'path'> {
  readonly attachmentBytesMax: number;
  readonly presence: PresenceSettings;
}

const baseTable = join(engineTable, serverTable);

/**
 * Returns the options of a server with defaults. `more` has options that stand beside them. Throws a ConfigError that
 * names the option, the value and the fix.
 */
export function readServerOptions(
  given: BaseServerOptions = {},
  more: OptionTable = options('', {}),
): BaseServerSettings {
  const read = readOptions(join(baseTable as OptionTable, more), given) as SettingsOf<typeof baseTable>;
  const { maxHttpBufferSize, attachmentBytesMax, presence, connectionStateRecovery } = read;
  if (!read.tcp.records && !read.tcp.lines)
    throw new ConfigError('BAD_OPTION', 'Options "tcp.records" and "tcp.lines" are both off: leave one on.');
  checkLinks(read);
  const settings = {
    ...read,
    attachmentBytesMax: attachmentBytesMax ?? 16 * maxHttpBufferSize,
    presence: presenceSettings(presence, connectionStateRecovery?.maxDisconnectionDuration),
  };
  return Object.freeze(settings);
}

function checkLinks({ links, backplane }: Pick<ReadSettings, 'links' | 'backplane'>): void {
  const { address, secret } = links;
  if (address !== undefined && secret === undefined)
    throw new ConfigError(
      'BAD_OPTION',
      'Option "links.address" needs "links.secret": give all servers the same secret.',
    );
  if (secret === undefined || (backplane?.talk && isShared(backplane))) return;
  throw new ConfigError(
    'BAD_OPTION',
    'Option "links" needs a log that the servers share: set "backplane", for example to redis("redis://localhost:6379").',
  );
}

function isBackplane(given: unknown): boolean {
  return given === null || (isObject(given) && isObject(given.log) && isObject(given.store));
}
