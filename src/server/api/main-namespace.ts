/** The half of the server that speaks for its main namespace: `io.on`, `io.emit`, `io.to` and their like mean the namespace `/`. */
import type { Emitter } from '../../base/emitter.js';
import type { EventsMap } from '../../base/event-map.js';
import { Audience, type AudienceParts } from '../../namespace/audience.js';
import type { BroadcastScope, BroadcastSocket } from '../../namespace/broadcast.js';
import type { Namespace, NamespaceReservedEvents } from '../../namespace/namespace.js';
import type { Socket } from '../../namespace/socket/socket.js';

/** The events that servers emit by themselves. */
export interface ServerReservedEvents<Listen extends EventsMap, Emit extends EventsMap, Side extends EventsMap, Data>
  extends NamespaceReservedEvents<Socket<Listen, Emit, Side, Data>> {
  new_namespace: (namespace: Namespace<Listen, Emit, Side, Data>) => void;
}

const LISTENING = [
  'on',
  'once',
  'off',
  'prependListener',
  'prependOnceListener',
  'listeners',
  'rawListeners',
  'listenerCount',
  'hasListeners',
  'eventNames',
] as const satisfies (keyof Emitter)[];

/** An audience whose members, listeners and rules are those of its main namespace. */
export abstract class MainNamespaceAudience<
  Listen extends EventsMap,
  Emit extends EventsMap,
  Side extends EventsMap,
  Data,
> extends Audience<Emit, Side, Data, Socket<Listen, Emit, Side, Data>, ServerReservedEvents<Listen, Emit, Side, Data>> {
  /** The main namespace. */
  abstract readonly sockets: Namespace<Listen, Emit, Side, Data>;

  /** @internal */
  override get scope(): BroadcastScope<BroadcastSocket> {
    return this.sockets.scope;
  }

  /** @internal */
  override get parts(): AudienceParts<Socket<Listen, Emit, Side, Data>> {
    return this.sockets.parts;
  }

  static {
    for (const name of LISTENING) {
      Object.defineProperty(MainNamespaceAudience.prototype, name, {
        configurable: true,
        writable: true,
        value(this: { sockets: Record<string, (...args: unknown[]) => unknown> }, ...args: unknown[]): unknown {
          const result = this.sockets[name]?.(...args);
          return result === this.sockets ? this : result;
        },
      });
    }
  }
}
