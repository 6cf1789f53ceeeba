/** Namespaces. Each has the sockets of one part of an application, its middleware and its rooms. */
import type { DefaultEventsMap, EventsMap, Untyped } from '../base/event-map.js';
import { getOrCreate } from '../base/get-or-create.js';
import { attempt } from '../base/uncaught.js';
import { Adapter, socketsView } from './adapter.js';
import { Audience, type AudienceParts, type AudienceSettings } from './audience.js';
import type { NamespaceContext } from './context.js';
import type { SocketId } from './event/target.js';
import { LastingParts } from './lasting.js';
import { NamespaceCore } from './namespace-core.js';
import type { Rooms } from './rooms.js';
import type { BroadcastScope, BroadcastSocket } from './socket/broadcast.js';
import type { NamespaceMiddleware } from './socket/middleware.js';
import type { Member, Socket } from './socket/socket.js';

/** Returns the core of a namespace, and makes it if the namespace was never used. */
export let coreOf: (namespace: Namespace) => NamespaceCore;

/** Returns the core of a namespace that was used. */
export let usedCoreOf: (namespace: Namespace) => NamespaceCore | undefined;

/** Lets go of the core of a namespace. The namespace makes another one when it is used again. */
export let dropCore: (namespace: Namespace) => void;

/** Copies the rules and policies of a namespace to a new one. */
export let copySettings: (from: Namespace, to: Namespace) => void;

/** The hooks by which a namespace reaches those who made it. */
export interface NamespaceOwner {
  /**
   * Called before a core is made. Returns the namespace that has the name. If it was removed, adds this one again.
   */
  onUse(namespace: Namespace): Namespace;
  /** Returns the namespace that has the name of this one, which may have been removed. */
  present(namespace: Namespace): Namespace;
  /** Called with the core that was made. */
  onMade(core: NamespaceCore): void;
  /** Called when the last socket has left. */
  onEmpty(core: NamespaceCore): void;
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
 * middleware. A namespace that nobody uses takes little memory: it has a core while it is used, and for a minute after.
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
  #lasting: LastingParts | undefined;
  #middleware: NamespaceMiddleware<Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>[] | undefined;
  #core: NamespaceCore | undefined;

  static {
    coreOf = (namespace) => namespace.#use();
    usedCoreOf = (namespace) => namespace.#core;
    dropCore = (namespace) => {
      namespace.#core?.close();
      namespace.#core?.reach.leaveBridge();
      namespace.#core = undefined;
      namespace.#last().onPolicy = undefined;
    };
    copySettings = (from, to) => {
      if (from.#lasting) to.#last().copy(from.#lasting);
    };
  }

  constructor(context: NamespaceContext, name: string, owner?: NamespaceOwner) {
    super();
    this.#context = context;
    this.name = name;
    this.#owner = owner;
  }

  #use(): NamespaceCore {
    if (this.#core) return this.#core;
    const self = this as object as Namespace;
    const now = this.#owner?.onUse(self) ?? self;
    if (now !== self) return coreOf(now);
    const core = new NamespaceCore(this.#context, self, this.#last(), {
      announce: (event, args) => attempt(() => this.#announce(event, args)),
      onEmpty: () => this.#owner?.onEmpty(core),
    });
    this.#core = core;
    this.#owner?.onMade(core);
    return core;
  }

  #announce(event: string, args: readonly unknown[]): void {
    const [socket] = args;
    // The other events come from the program itself, and no socket belongs to them.
    if (event !== 'connection' && event !== 'connect') {
      this.applyLocal(event, args);
      return;
    }
    const onFailed = (error: unknown): void => this.#context.listenerErrors.take(error, event, socket as Socket, args);
    try {
      this.applyLocal(event, args, onFailed, this.#context.listenerErrors.isHooked);
    } catch (error) {
      onFailed(error);
    }
  }

  /** A look at the rooms makes no core. */
  #views(): Views {
    const self = this as object as Namespace;
    const now = this.#core ? self : (this.#owner?.present(self) ?? self);
    const { members } = now.#last();
    return getOrCreate(views, members, () => ({ adapter: new Adapter(members, now), sockets: socketsView(members) }));
  }

  #last(): LastingParts {
    this.#lasting ??= new LastingParts(this.name, this.#context);
    return this.#lasting;
  }

  /** @internal */
  override get settings(): AudienceSettings<Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>> {
    return this.#last() as object as typeof this.settings;
  }

  /** Live views of the rooms. */
  get adapter(): Adapter {
    return this.#views().adapter;
  }

  /** The sockets by id. */
  get sockets(): Map<SocketId, Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>> {
    return this.#views().sockets as object as typeof this.sockets;
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

const views = new WeakMap<Rooms<Member>, Views>();
