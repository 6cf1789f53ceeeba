/** Namespaces. Each has the sockets of one part of an application, its middleware and its rooms. */
import type { DefaultEventsMap, EventsMap, Untyped } from '../base/event-map.js';
import { getOrCreate } from '../base/get-or-create.js';
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

/** Marks a namespace that its server has removed. A program that still holds it may use it. */
export let markRemoved: (namespace: Namespace) => void;

/** The hooks by which a namespace reaches those who made it. */
export interface NamespaceOwner {
  /** Called when the last socket has left. */
  onEmpty(): void;
  /** Called when a removed namespace is used. Returns the namespace that has its name now, or adds this one again. */
  onUse(): Namespace;
}

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
  readonly #owner: NamespaceOwner | undefined;
  #middleware: NamespaceMiddleware<Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>[] | undefined;
  #core: NamespaceCore | undefined;
  #isRemoved = false;

  static {
    coreOf = (namespace) => namespace.#use();
    usedCoreOf = (namespace) => namespace.#core;
    markRemoved = (namespace) => {
      namespace.#isRemoved = true;
    };
  }

  constructor(context: NamespaceContext, name: string, owner?: NamespaceOwner) {
    super();
    this.#context = context;
    this.name = name;
    this.#owner = owner;
  }

  #use(): NamespaceCore {
    if (this.#isRemoved) {
      const now = this.#owner?.onUse();
      if (now && now !== (this as object)) return coreOf(now);
      this.#isRemoved = false;
    }
    this.#core ??= new NamespaceCore(this.#context, this as object as Namespace, {
      announce: (event, args) => attempt(() => this.applyLocal(event, args)),
      onEmpty: () => this.#owner?.onEmpty(),
    });
    return this.#core;
  }

  /** Live views of the rooms. */
  get adapter(): Adapter {
    return viewsOf(this.#use()).adapter;
  }

  /** The sockets by id. */
  get sockets(): Map<SocketId, Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>> {
    return viewsOf(this.#use()).sockets as object as typeof this.sockets;
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

/** The members of a namespace as programs see them. */
interface Views {
  readonly adapter: Adapter;
  readonly sockets: Map<SocketId, Socket>;
}

const views = new WeakMap<NamespaceCore, Views>();

function viewsOf(core: NamespaceCore): Views {
  const { members, api } = core;
  return getOrCreate(views, core, () => ({ adapter: new Adapter(members, api), sockets: socketsView(members) }));
}
