/** Emits into the rooms of all servers that share a backplane, from a process without a server, such as a job. */
import type { Backplane } from '../backplane/backplane.js';
import type { DefaultEventsMap, EventNamesWithoutAck, EventParams, EventsMap } from '../base/event-map.js';
import { EVERYBODY } from '../namespace/rooms.js';
import { checkEventName } from '../namespace/socket/reserved.js';
import { EmitterOperator, refuseCallback } from './operator.js';
import { Outlet } from './outlet.js';

/** Emits into one namespace. */
export class EmitterNamespace<
  EmitEvents extends EventsMap = DefaultEventsMap,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
> extends EmitterOperator<EmitEvents> {
  /** Sends to everybody in the namespace, until the target is narrowed. */
  constructor(outlet: Outlet, name: string) {
    super(outlet, name, EVERYBODY);
  }

  /**
   * Sends an event to the listeners of this namespace on all servers. Resolves when it is on its way. Rejects with
   * ConfigError for a reserved name, for data that cannot be encoded, for an acknowledgement, and if the backplane does
   * not connect servers.
   */
  async serverSideEmit<Name extends EventNamesWithoutAck<ServerSideEvents>>(
    name: Name,
    ...args: EventParams<ServerSideEvents, Name>
  ): Promise<void> {
    checkEventName(name);
    refuseCallback(args);
    await this.outlet.announce(this.name, [name, ...args]);
  }
}

/**
 * Emits through a backplane without being a server: it has no sockets, reads nothing, and no server waits for its
 * answers. `EmitEvents` go to the clients, and `ServerSideEvents` to the servers. By itself it emits into the main
 * namespace. Throws ConfigError for a backplane in memory.
 */
export class Emitter<
  EmitEvents extends EventsMap = DefaultEventsMap,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
> extends EmitterNamespace<EmitEvents, ServerSideEvents> {
  constructor(backplane: Backplane) {
    super(new Outlet(backplane), '/');
  }

  /** Returns the emitter of a namespace. The type arguments declare events of the namespace's own. */
  of<Emit extends EventsMap = EmitEvents, Side extends EventsMap = ServerSideEvents>(
    name: string,
  ): EmitterNamespace<Emit, Side> {
    return new EmitterNamespace(this.outlet, name.startsWith('/') ? name : `/${name}`);
  }

  /** Waits until everything that was emitted is stored or refused, and closes the backplane. */
  close(): Promise<void> {
    return this.outlet.close();
  }
}
