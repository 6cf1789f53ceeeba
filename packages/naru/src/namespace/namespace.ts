/** Namespaces. Each has the sockets of one part of an application, its middleware and its rooms. */
import type { DefaultEventsMap, EventsMap, Untyped } from '../base/event-map.js';
import { attempt } from '../base/uncaught.js';
import { Adapter, socketsView } from './adapter.js';
import { Audience, type AudienceParts } from './audience.js';
import type { NamespaceContext } from './context.js';
import type { SocketId } from './event/target.js';
import { NamespaceCore } from './namespace-core.js';
import type { BroadcastScope, BroadcastSocket } from './socket/broadcast.js';
import type { NamespaceMiddleware } from './socket/middleware.js';
import type { Socket } from './socket/socket.js';

/** Returns the core of a namespace, and makes it if the namespace was never used. */
export let coreOf: (namespace: Namespace) => NamespaceCore;

/** Returns the core of a namespace that was used. */
export let usedCoreOf: (namespace: Namespace) => NamespaceCore | undefined;

declare module './socket/socket.js' {
  interface SocketNamespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>
    extends Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {}
}

/** The server of a namespace. The server's own module adds the members, because this module must not import it. */
export interface NamespaceServer<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> {
  /** The main namespace. */
  readonly sockets: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
}

/** The events that namespaces emit themselves. */
export interface NamespaceReservedEvents<Member> {
  connect: (socket: Member) => void;
  connection: (socket: Member) => void;
}

/**
 * The sockets of one part of an application. Emits `connection` (and `connect`) with each socket that passes its
 * middleware. A namespace that nobody has used takes little memory, because its core is made when it is first needed.
 */
export class Namespace<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  SocketData = Untyped,
> extends Audience<
  EmitEvents,
  ServerSideEvents,
  SocketData,
  Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
  NamespaceReservedEvents<Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>
> {
  /** The name, which begins with a slash. */
  readonly name: string;
  readonly #context: NamespaceContext;
  readonly #onEmpty: ((namespace: Namespace) => void) | undefined;
  #middleware: NamespaceMiddleware<Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>[] | undefined;
  #core: NamespaceCore | undefined;
  #adapter: Adapter | undefined;
  #sockets: Map<SocketId, Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>> | undefined;

  static {
    coreOf = (namespace) => namespace.#use();
    usedCoreOf = (namespace) => namespace.#core;
  }

  /** `onEmpty` is called when the last socket has left. */
  constructor(context: NamespaceContext, name: string, onEmpty?: (namespace: Namespace) => void) {
    super();
    this.#context = context;
    this.name = name;
    this.#onEmpty = onEmpty;
  }

  #use(): NamespaceCore {
    this.#core ??= new NamespaceCore(this.#context, this as object as Namespace, {
      announce: (event, args) => attempt(() => this.applyLocal(event, args)),
      onEmpty: () => this.#onEmpty?.(this as object as Namespace),
    });
    return this.#core;
  }

  /** Live views of the rooms. */
  get adapter(): Adapter {
    this.#adapter ??= new Adapter(this.#use().members, this);
    return this.#adapter;
  }

  /** The sockets by id. */
  get sockets(): Map<SocketId, Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>> {
    this.#sockets ??= socketsView(this.#use().members) as object as typeof this.sockets;
    return this.#sockets;
  }

  /** @internal */
  override get middleware(): NamespaceMiddleware<Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>[] {
    this.#middleware ??= [];
    return this.#middleware;
  }

  /** @internal */
  override get scope(): BroadcastScope<BroadcastSocket> {
    return this.#use();
  }

  /** @internal */
  override get parts(): AudienceParts<Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>> {
    return this.#use() as object as typeof this.parts;
  }

  /** The server. */
  get server(): NamespaceServer<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    return this.#context.server as NamespaceServer<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  }
}
