/** Namespaces. Each has the sockets of one part of an application, its middleware and its rooms. */
import type { DefaultEventsMap, EventsMap, Untyped } from '../base/event-map.js';
import { attempt } from '../base/uncaught.js';
import { Adapter, socketsView } from './adapter.js';
import { Audience, type AudienceParts } from './audience.js';
import type { NamespaceContext } from './context.js';
import type { SocketId } from './event/target.js';
import { NamespaceCore } from './namespace-core.js';
import type { BroadcastScope, BroadcastSocket } from './socket/broadcast.js';
import type { Socket } from './socket/socket.js';

/** Returns the core of a namespace. */
export let coreOf: (namespace: Namespace) => NamespaceCore;

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
 * middleware.
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
  /** Live views of the rooms. */
  readonly adapter: Adapter;
  /** The sockets by id. */
  readonly sockets: Map<SocketId, Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>;
  /** @internal */
  override readonly scope: BroadcastScope<BroadcastSocket>;
  readonly #core: NamespaceCore;

  static {
    coreOf = (namespace) => namespace.#core;
  }

  /** `onEmpty` is called when the last socket has left. */
  constructor(context: NamespaceContext, name: string, onEmpty?: (namespace: Namespace) => void) {
    super();
    this.name = name;
    this.#core = new NamespaceCore(context, this as object as Namespace, {
      announce: (event, args) => attempt(() => this.applyLocal(event, args)),
      onEmpty: () => onEmpty?.(this as object as Namespace),
    });
    this.scope = this.#core;
    this.adapter = new Adapter(this.#core.members, this);
    this.sockets = socketsView(this.#core.members) as object as typeof this.sockets;
  }

  /** @internal */
  override get parts(): AudienceParts<Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>> {
    return this.#core as object as typeof this.parts;
  }

  /** The server. */
  get server(): NamespaceServer<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    return this.#core.server as NamespaceServer<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  }
}
