/** The part of a server that its main namespace carries out: `io.on`, `io.emit`, `io.to` and similar methods. */
import type { Emitter, EventName } from '../../base/emitter.js';
import type { EventsMap, Listener, ListenerOf, NamesOf } from '../../base/event-map.js';
import { Audience, type AudienceParts, type AudienceSettings } from '../../namespace/audience.js';
import type { Namespace, NamespaceReservedEvents } from '../../namespace/namespace.js';
import type { BroadcastScope, BroadcastSocket } from '../../namespace/socket/broadcast.js';
import type { NamespaceMiddleware } from '../../namespace/socket/middleware.js';
import type { Socket } from '../../namespace/socket/socket.js';

/** The events that the server itself emits. */
export interface ServerReservedEvents<Listen extends EventsMap, Emit extends EventsMap, Side extends EventsMap, Data>
  extends NamespaceReservedEvents<Socket<Listen, Emit, Side, Data>> {
  new_namespace: (namespace: Namespace<Listen, Emit, Side, Data>) => void;
}

/** The audience of a server is that of its main namespace, which also has the listeners. */
export abstract class MainAudience<
  Listen extends EventsMap,
  Emit extends EventsMap,
  Side extends EventsMap,
  Data,
  Reserved extends EventsMap = ServerReservedEvents<Listen, Emit, Side, Data>,
> extends Audience<Emit, Side, Data, Socket<Listen, Emit, Side, Data>, Reserved> {
  /** The main namespace. `io.on`, `io.emit`, `io.to` and similar methods apply to it. */
  abstract readonly sockets: Namespace<Listen, Emit, Side, Data>;

  /** @internal */
  override get scope(): BroadcastScope<BroadcastSocket> {
    return this.sockets.scope;
  }

  /** @internal */
  override get parts(): AudienceParts<Socket<Listen, Emit, Side, Data>> {
    return this.sockets.parts;
  }

  /** @internal */
  override get settings(): AudienceSettings<Socket<Listen, Emit, Side, Data>> {
    return this.sockets.settings;
  }

  /** @internal */
  override get middleware(): NamespaceMiddleware<Socket<Listen, Emit, Side, Data>>[] {
    return this.sockets.middleware;
  }

  override on<Name extends NamesOf<Side, Reserved>>(name: Name, listener: ListenerOf<Side, Reserved, Name>): this {
    this.#main.on(name, listener);
    return this;
  }

  override once<Name extends NamesOf<Side, Reserved>>(name: Name, listener: ListenerOf<Side, Reserved, Name>): this {
    this.#main.once(name, listener);
    return this;
  }

  override off(name?: EventName, listener?: Listener): this {
    this.#main.off(name, listener);
    return this;
  }

  override prependListener<Name extends NamesOf<Side, Reserved>>(
    name: Name,
    listener: ListenerOf<Side, Reserved, Name>,
  ): this {
    this.#main.prependListener(name, listener);
    return this;
  }

  override prependOnceListener<Name extends NamesOf<Side, Reserved>>(
    name: Name,
    listener: ListenerOf<Side, Reserved, Name>,
  ): this {
    this.#main.prependOnceListener(name, listener);
    return this;
  }

  override listeners<Name extends NamesOf<Side, Reserved>>(name: Name): ListenerOf<Side, Reserved, Name>[] {
    return this.#main.listeners(name);
  }

  override rawListeners<Name extends NamesOf<Side, Reserved>>(name: Name): ListenerOf<Side, Reserved, Name>[] {
    return this.#main.rawListeners(name);
  }

  override listenerCount(name: EventName): number {
    return this.#main.listenerCount(name);
  }

  override hasListeners(name: EventName): boolean {
    return this.#main.hasListeners(name);
  }

  override eventNames(): EventName[] {
    return this.#main.eventNames();
  }

  /** The emitter of the main namespace, which emits the events of the server, too. */
  get #main(): Emitter<Side, Reserved> {
    return this.sockets as object as Emitter<Side, Reserved>;
  }
}
