/** The part of a server that its main namespace carries out: `io.on`, `io.emit`, `io.to` and similar methods. */
import type { EventsMap, Listener } from '../../base/event-map.js';
import { Audience, type AudienceParts, type AudienceSettings } from '../../namespace/audience.js';
import type { Namespace, NamespaceReservedEvents } from '../../namespace/namespace.js';
import type { BroadcastScope, BroadcastSocket } from '../../namespace/socket/broadcast.js';
import { type ListenerErrorHook, ListenerErrors } from '../../namespace/socket/listener-errors.js';
import type { NamespaceMiddleware } from '../../namespace/socket/middleware.js';
import type { Socket } from '../../namespace/socket/socket.js';

/** The events that the server itself emits. */
export interface ServerReservedEvents<Listen extends EventsMap, Emit extends EventsMap, Side extends EventsMap, Data>
  extends NamespaceReservedEvents<Socket<Listen, Emit, Side, Data>> {
  new_namespace: (namespace: Namespace<Listen, Emit, Side, Data>) => void;
}

/** The audience of a server is that of its main namespace, which also has the listeners: see `LISTENING`. */
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
  readonly listenerErrors = new ListenerErrors();

  /**
   * Sets the function that takes what listeners throw or reject with: those of sockets in all namespaces, and those of
   * `connection`. A client that waits for an acknowledgement then gets `{ error: { code: 'LISTENER_FAILED' } }`.
   * Without a function, or with `undefined`, such an error ends the process, and its stack names the event. A second
   * call replaces the function. Throws ConfigError (BAD_ARGUMENT) for anything else.
   */
  onListenerError(hook: ListenerErrorHook<Socket<Listen, Emit, Side, Data>> | undefined): this {
    this.listenerErrors.set(hook);
    return this;
  }

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
}

/** The methods of an emitter that concern its listeners. The others call these. */
const LISTENING = [
  ...(['on', 'once', 'off', 'prependListener', 'prependOnceListener'] as const),
  ...(['listeners', 'rawListeners', 'listenerCount', 'hasListeners', 'eventNames'] as const),
];

for (const name of LISTENING) {
  const value = function (this: MainAudience<EventsMap, EventsMap, EventsMap, unknown>, ...args: unknown[]): unknown {
    const main = this.sockets as object as Record<typeof name, Listener>;
    const outcome: unknown = main[name](...args);
    return outcome === main ? this : outcome;
  };
  Object.defineProperty(MainAudience.prototype, name, { value, writable: true, configurable: true });
}
