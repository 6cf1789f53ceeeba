/** The server: an engine, namespaces and an HTTP server under the API of Socket.IO's server. */
import type { Server as HttpServer } from 'node:http';
import type { Http2SecureServer, Http2Server } from 'node:http2';
import type { Server as HttpsServer } from 'node:https';
import { isShared } from '../../backplane/shared.js';
import { ConfigError, type UnavailableError } from '../../base/errors.js';
import type { DefaultEventsMap, EventsMap, Listener, Untyped } from '../../base/event-map.js';
import type { SettingsOf } from '../../base/options/table.js';
import { withoutUndefined } from '../../base/options/without-undefined.js';
import { Connection } from '../../namespace/connection.js';
import type { NamespaceContext } from '../../namespace/context.js';
import { coreOf, type Namespace } from '../../namespace/namespace.js';
import { Once } from '../../namespace/once/once.js';
import { type NamespaceMatcher, NamespaceRegistry } from '../../namespace/registry.js';
import type { NodeInfo } from '../../namespace/remote/nodes.js';
import { type NodesSlowReport, sumOf } from '../../namespace/remote/server-calls.js';
import type { LeavingClient } from '../../namespace/socket/joining-client.js';
import { ONCE } from '../../namespace/socket/reserved.js';
import type { Socket } from '../../namespace/socket/socket.js';
import type { Session } from '../../session/session.js';
import type { EndpointContext, ServerEndpoint, Wire } from '../endpoints/endpoint.js';
import { askForLock } from '../endpoints/endpoint-lock.js';
import { eventsWire } from '../endpoints/events.js';
import { type Health, healthWire, ServerHealth } from '../endpoints/health.js';
import { isEndpoint, OpenedEndpoints } from '../endpoints/opened-endpoints.js';
import { tcpWire } from '../endpoints/tcp.js';
import { joinServerWires, type WiresOptions, wiresTable } from '../endpoints/wires.js';
import { type AnyHttpServer, listenOn, toPrefix } from '../engine/attach.js';
import { EngineServer } from '../engine/engine-server.js';
import { MachineLinks } from '../links/machine-links.js';
import { routed } from '../links/other-nodes.js';
import { type BaseServerOptions, type BaseServerSettings, readServerOptions } from '../options/options.js';
import { ServerBackplane, STATE } from './backplane.js';
import { withClientFiles } from './client-files.js';
import { type DrainOptions, drain, HandshakeRate, whenDelivered } from './drain.js';
import { findingsOf } from './explain-host.js';
import { attachSettingsOf, refuseLateOptions } from './late-options.js';
import { LogErrors } from './log-errors.js';
import { MainAudience } from './main-audience.js';
import { createNamespaceContext } from './namespace-context.js';
import { hostOf } from './server-host.js';

/** Node's servers that Naru can be attached to. */
export type NodeServer = HttpServer | HttpsServer | Http2SecureServer | Http2Server;

declare module '../../namespace/namespace.js' {
  interface NamespaceServer<ListenEvents, EmitEvents, ServerSideEvents, SocketData>
    extends Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {}
}

/** Options of the server. */
export interface ServerOptions extends BaseServerOptions, WiresOptions {}

/** The server's options with all defaults in place. */
export interface ServerSettings extends BaseServerSettings, SettingsOf<typeof wiresTable> {}

/** Returns the part of a server that its endpoints need. @internal */
export let endpointContextOf: (server: Server) => EndpointContext;

/** The wires of every server, beside those of the engine's own path. */
const OWN_WIRES: readonly Wire[] = [tcpWire, eventsWire, healthWire];

/**
 * A server. It listens at once when it is given an HTTP server or a port, and otherwise after `attach` or `listen`.
 * `ListenEvents` come from the clients, `EmitEvents` go to them, `ServerSideEvents` travel between nodes, and
 * `SocketData` is the type of `socket.data`. Throws ConfigError for invalid options, with the fix.
 */
export class Server<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  SocketData = Untyped,
> extends MainAudience<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
  override readonly sockets: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  /** The HTTP server. */
  httpServer = undefined as unknown as NodeServer;
  /** The backplane: its name, its state and what this node has heard and sent. `undefined` if the server has none. */
  readonly backplane: ServerBackplane | undefined;
  #options: ServerOptions;
  readonly #context: NamespaceContext;
  readonly #registry: NamespaceRegistry;
  readonly #handshakes: HandshakeRate;
  readonly #once: Once;
  readonly #links: MachineLinks | undefined;
  #settings: ServerSettings;
  #engine: EngineServer | undefined;
  readonly #endpoints = new OpenedEndpoints();
  readonly #health = new ServerHealth(() => {
    return { engine: this.engine, backplane: this.#context.backplane, settings: this.#settings };
  });
  #closing: Promise<Error | undefined> | undefined;
  /** Whether `close` waits for the log, and has closed nothing yet. */
  #isWaiting = false;

  static {
    endpointContextOf = (server) => server.#endpointContext;
  }

  constructor(input?: NodeServer | number | string | Partial<ServerOptions>, options: Partial<ServerOptions> = {}) {
    super();
    const isInput =
      input !== undefined && input !== null && (typeof input !== 'object' || 'listen' in input || 'listeners' in input);
    this.#options = { ...(isInput ? options : ((input as ServerOptions | undefined) ?? options)) };
    this.#settings = readOptions(this.#options);
    const { listenerErrors } = this;
    const { clock, idempotency } = this.#settings;
    const logErrors = new LogErrors(clock, this.#settings.backplane, (error) => this.#tell('log_error', error));
    const heardAt = (session: Session): number => this.engine.heartbeats.heardAt(session);
    this.#context = createNamespaceContext(
      this.#settings,
      { server: this, listenerErrors, onLogError: (...failure) => logErrors.take(...failure) },
      {
        find: (name) => this.#registry.get(name)?.reach.calls,
        all: () => this.#registry.cores().flatMap(({ reach }) => reach.calls ?? []),
        requests: () => this.#links,
        explain: (question) => findingsOf(this.#context, this.#registry.cores(), heardAt, question),
        whenDelivered: () => this.#whenDelivered(),
        onError: (error) => this.#tell('log_error', error),
      },
    );
    const { backplane, calls, onLogError, serverCalls } = this.#context;
    this.#once = new Once({ clock, store: backplane?.store, onLogError }, idempotency);
    calls.set(ONCE, this.#once.call);
    this.backplane = backplane && new ServerBackplane(backplane, this.#context);
    calls.set(STATE, (_namespace, _member, _args, answer) => answer({ state: this.backplane?.state ?? 'up' }));
    this.#handshakes = new HandshakeRate(clock);
    // Without a log that others share, the sids name no node.
    const linked = isShared(backplane) ? serverCalls : undefined;
    this.#links = linked && new MachineLinks(this, linked, this.#settings, (error) => this.#tell('link_error', error));
    this.#registry = new NamespaceRegistry(this.#context, this.#settings, (namespace) =>
      coreOf(main).announce('new_namespace', namespace),
    );
    const main = this.#registry.of('/');
    this.sockets = main as object as typeof this.sockets;
    if (isInput) this.attach(input as NodeServer | number | string);
  }

  /** All options, with their defaults. */
  get opts(): ServerSettings {
    return this.#settings;
  }

  /** The engine: the connections below the events. It is made when it is first used, and stays until `close`. */
  get engine(): EngineServer {
    this.#engine ??= new EngineServer({}, this.#settings, hostOf(this, this.#context));
    return this.#engine;
  }

  /** The namespaces by name. */
  get _nsps(): ReadonlyMap<string, Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>> {
    return this.#registry.namespaces as ReadonlyMap<string, object> as typeof this._nsps;
  }

  /** Returns the path of the server's requests, or sets it for servers that are attached later. */
  path(): string;
  path(value: string): this;
  path(value?: string): string | this {
    return value === undefined ? toPrefix(this.#settings.path, false) : this.#change({ path: value });
  }

  /** Returns whether the client bundles are served, or sets it. */
  serveClient(): boolean;
  serveClient(value: boolean): this;
  serveClient(value?: boolean): boolean | this {
    return value === undefined ? this.#settings.serveClient : this.#change({ serveClient: value });
  }

  /** Returns the milliseconds that a client has to join a namespace, or sets them. */
  connectTimeout(): number;
  connectTimeout(value: number): this;
  connectTimeout(value?: number): number | this {
    return value === undefined ? this.#settings.connectTimeout : this.#change({ connectTimeout: value });
  }

  /** Throws ConfigError, because Naru does not support adapter classes. See docs/migration.md. */
  adapter(_value?: unknown): never {
    throw new ConfigError(
      'BAD_ARGUMENT',
      'Naru has no adapter classes. Use the option "backplane" to share events, and "namespace.adapter" to see rooms (docs/migration.md).',
    );
  }

  /**
   * Listens with an HTTP server, on a port, or at an endpoint such as `tcp://0.0.0.0:4000`. `ready` rejects when an
   * endpoint cannot listen. `options` are added to the server's.
   */
  attach(input: NodeServer | number | string, options: Partial<ServerOptions> = {}): this {
    if (typeof input === 'function') {
      throw new ConfigError(
        'BAD_ARGUMENT',
        'A request listener, such as an Express application, cannot be attached. Give http.createServer(app) instead.',
      );
    }
    if (this.#isWaiting)
      throw new ConfigError('WRONG_STATE', 'The server waits for its log before it closes. Await close() first.');
    if (this.#closing) {
      // A closed engine stays closed, so a server that listens again needs a new one.
      this.#closing = undefined;
      this.#engine = undefined;
      this.#context.serverCalls?.open();
      this.#context.bridge?.reopen();
      this.#registry.open();
      this.#once.open();
    }
    if (Object.keys(options).length > 0) this.#change(options);
    if (isEndpoint(input)) {
      this.#endpoints.open(input, this.#wires, this.#endpointContext);
      return this;
    }
    this.#links?.open();
    const server = typeof input === 'object' ? input : listenOn(input);
    this.httpServer = server;
    const target = withClientFiles(this.engine, toPrefix(this.#settings.path, true), () => this.#settings.serveClient);
    const route = routed(this, () => target);
    this.engine.attach(server as AnyHttpServer, attachSettingsOf(this.#settings), route);
    this.#endpoints.openOnHttp(server as AnyHttpServer, this.#wires, this.#endpointContext);
    return this;
  }

  /** Listens with an HTTP server, on a port, or at an endpoint, as `attach` does. */
  listen(input: NodeServer | number | string, options: Partial<ServerOptions> = {}): this {
    return this.attach(input, options);
  }

  /**
   * Lists at most `limit` (100) clients of all nodes that read slowly now, those with the most waiting bytes first, and
   * counts since the start. Rejects with UnavailableError (TIMEOUT) if a node does not answer; the error has the
   * `report` of the others, and the codes of the `missing` nodes. `engine.slow` does the same for this process.
   */
  async fetchSlowReaders(limit = 100): Promise<NodesSlowReport> {
    const { serverCalls, slowTable } = this.#context;
    return serverCalls ? serverCalls.fetchSlow(limit) : sumOf([['', slowTable.report(limit)]], limit);
  }

  /** Tells how the server is now: whether it is ready for new clients, and why it is not. */
  health(): Health {
    return this.#health.read();
  }

  /** Lists the nodes that share the backplane, this one included. Empty without a backplane that connects servers. */
  async fetchNodes(): Promise<readonly NodeInfo[]> {
    return (await this.#context.serverCalls?.nodes.list()) ?? [];
  }

  /**
   * The code of this server among the nodes of its backplane. A server that listens again after `close` has a new one.
   */
  get node(): string | undefined {
    return this.#context.remote?.node;
  }

  /** The endpoints that `listen` opened at addresses such as `tcp://0.0.0.0:4000`. */
  get endpoints(): readonly ServerEndpoint[] {
    return this.#endpoints.list;
  }

  /**
   * Resolves when all endpoints and links listen and the home of the log was reached. Rejects with an UnavailableError
   * that names the endpoint that cannot listen, or with the reason why the first try to reach the home failed. The
   * server goes on trying.
   */
  async ready(): Promise<void> {
    const { backplane, serverCalls } = this.#context;
    await Promise.all([this.#endpoints.ready(), this.#links?.ready, backplane?.ready?.()]);
    // The other servers find this one from then on.
    if (this.#links) await serverCalls?.nodes.listed;
  }

  /** Takes the sessions of an engine that was made elsewhere. */
  bind(engine: EngineServer): this {
    engine.giveTo(hostOf(this, this.#context));
    this.#engine = engine;
    return this;
  }

  /** Takes a session. The engine calls it for each session that it opens. */
  onconnection(session: Session): this {
    this.#handshakes.note();
    new Connection(this.#registry, session);
    return this;
  }

  /**
   * Returns the namespace with a name, and makes it if it does not exist. A pattern or a function returns a parent
   * namespace, which makes namespaces when clients ask for them. `listener` listens to `connection`. The type arguments
   * declare events of the namespace's own.
   */
  of<
    Listen extends EventsMap = ListenEvents,
    Emit extends EventsMap = EmitEvents,
    Side extends EventsMap = ServerSideEvents,
    Data = SocketData,
  >(
    name: string | RegExp | NamespaceMatcher,
    listener?: (socket: Socket<Listen, Emit, Side, Data>) => void,
  ): Namespace<Listen, Emit, Side, Data> {
    const namespace = this.#registry.of(name);
    if (listener) namespace.on('connection', listener as Listener);
    return namespace as object as Namespace<Listen, Emit, Side, Data>;
  }

  /**
   * Prepares a shutdown: refuses new clients (503 with `Retry-After`), and closes the sessions in waves, with
   * `server shutting down`. Resolves when the last session is closed. Call `close` then; the server cannot be used
   * again before that.
   */
  drain(options: DrainOptions = {}): Promise<void> {
    const clients = (): Iterable<LeavingClient> => this.#registry.leaving();
    const { admission, clientsCount } = this.engine;
    admission.close();
    const { clock, nodeLines } = this.#context;
    nodeLines?.drain(clientsCount);
    const handshakesPerSecondMax = admission.pace.perSecondMax;
    return drain({ clock, clients, measuredRate: this.#handshakes.most, handshakesPerSecondMax }, options);
  }

  /**
   * Disconnects all clients with `server shutting down`, and closes the engine and the HTTP server. Resolves when all
   * are closed. Earlier events go out first, as far as the connections accept them at once. `drain` waits for the rest.
   * Events that are on their way into a log on another machine are waited for, for five seconds at most.
   */
  close(callback?: (error?: Error) => void): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing.then((error) => void callback?.(error));
  }

  get #wires(): readonly Wire[] {
    return joinServerWires(OWN_WIRES, this.#settings.wires);
  }

  #whenDelivered(): ReturnType<typeof whenDelivered> {
    return whenDelivered(this.#settings.clock, this.#registry.cores(), this.backplane?.unusable);
  }

  async #close(): Promise<Error | undefined> {
    // Earlier events go out first. A client that has just connected gets its first packet by the first flush, and the
    // rest by the second.
    const { outbox } = this.#context;
    outbox.flush();
    const delivered = this.#whenDelivered();
    this.#isWaiting = delivered !== undefined;
    const isAnswered = !delivered || (await delivered) !== undefined;
    this.#isWaiting = false;
    outbox.flush();
    for (const connection of this.#registry.connections()) connection.finish('server shutting down', undefined);
    const endpointsClosed = this.#endpoints.close();
    this.#engine?.close();
    this.#links?.close();
    this.#health.end();
    this.#registry.close();
    this.#context.serverCalls?.close();
    const bridgeClosed = this.#context.bridge?.close();
    this.#context.sharedPresence?.end(this.#settings.presence.graceMs);
    this.#once.close();
    const server = this.httpServer as NodeServer | undefined;
    // The callback is also called when the application has already closed the HTTP server.
    const closed = server && new Promise<Error | undefined>((resolve) => void server.close(resolve));
    await endpointsClosed;
    await bridgeClosed;
    const error = await closed;
    // Events that were emitted meanwhile must also be in the log before the application closes it.
    outbox.settle();
    this.#context.journalWriter?.flush();
    // A log that has not answered for so long is not waited for again.
    if (isAnswered) await this.#whenDelivered();
    return error;
  }

  /** Emits an error on the engine, or warns of it if nobody listens there. */
  #tell(event: 'log_error' | 'link_error', error: UnavailableError): void {
    // An engine that is not made yet has no listeners.
    if (this.#engine?.hasListeners(event)) this.#engine.emit(event, error);
    else process.emitWarning(error);
  }

  get #endpointContext(): EndpointContext {
    const [namespaces, settings, health] = [this.#registry, this.#settings, this.#health];
    return { engine: this.engine, namespaces, settings, askForLock, health };
  }

  /** Reads the options again. Throws ConfigError for options that the engine has already read. */
  #change(given: ServerOptions): this {
    const changed = withoutUndefined(given);
    const options = { ...this.#options, ...changed };
    const settings = readOptions(options);
    if (this.#engine) refuseLateOptions(Object.keys(changed), settings, this.#engine.opts);
    this.#options = options;
    this.#settings = settings;
    this.#context.unjoined.timeoutMs = settings.connectTimeout;
    return this;
  }
}

/** Reads the options of a server. Throws ConfigError for invalid ones. */
function readOptions(given: ServerOptions): ServerSettings {
  const settings = readServerOptions(given, wiresTable) as ServerSettings;
  joinServerWires(OWN_WIRES, settings.wires);
  return settings;
}
