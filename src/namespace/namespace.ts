/** A namespace: the sockets of one part of an application, its middleware and its rooms. */
import type { DefaultEventsMap, Untyped } from '../base/event-map.js';
import { attempt } from '../base/uncaught.js';
import { Adapter, SocketsView } from './adapter.js';
import { Audience, type AudienceParts } from './audience.js';
import type { BroadcastScope } from './broadcast.js';
import type { NamespaceContext } from './context.js';
import { NamespaceCore } from './namespace-core.js';
import type { Socket } from './socket/socket.js';
import type { SocketId } from './target.js';

/** Gives the inside of a namespace. */
export let coreOf: (namespace: Namespace) => NamespaceCore;

/** A namespace. Emits `connection` (and `connect`) with each socket that its middleware let in. */
export class Namespace extends Audience<DefaultEventsMap, DefaultEventsMap, Untyped, Socket, DefaultEventsMap> {
  /** Its name, which begins with a slash. */
  readonly name: string;
  /** Views of its rooms. */
  readonly adapter: Adapter;
  /** The sockets by id. */
  readonly sockets: Map<SocketId, Socket>;
  override readonly scope: BroadcastScope<Socket>;
  readonly #core: NamespaceCore;

  static {
    coreOf = (namespace) => namespace.#core;
  }

  /** `onEmpty` is called when the last socket has left. */
  constructor(context: NamespaceContext, name: string, onEmpty?: (namespace: Namespace) => void) {
    super();
    this.name = name;
    this.#core = new NamespaceCore(context, this, {
      announce: (event, args) => attempt(() => this.applyLocal(event, args)),
      onEmpty: () => onEmpty?.(this),
    });
    this.scope = this.#core.scope;
    this.adapter = new Adapter(this.#core.members, this);
    this.sockets = new SocketsView(this.#core.members);
  }

  override get parts(): AudienceParts<Socket> {
    return this.#core;
  }

  /** The server. */
  get server(): unknown {
    return this.#core.server;
  }
}
