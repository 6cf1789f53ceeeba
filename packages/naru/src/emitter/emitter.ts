/** Emits into the rooms of all servers that share a backplane, from a process without a server, such as a job. */
import type { Backplane } from '../backplane/backplane.js';
import type { DefaultEventsMap, EventNamesWithoutAck, EventParams, EventsMap } from '../base/event-map.js';
import { type OptionsOf, options, readOptions } from '../base/options/table.js';
import { fullName, namespaceMatcher, withoutLog } from '../namespace/event/namespace-names.js';
import { EVERYBODY } from '../namespace/rooms.js';
import { checkServerEventName } from '../namespace/socket/reserved.js';
import { EmitterOperator, refuseCallback } from './operator.js';
import { Outlet } from './outlet.js';

/** The table of the options of an emitter. */
export const emitterTable = options('emitter', { withoutLog });

/** Options of an emitter. */
export interface EmitterOptions extends OptionsOf<typeof emitterTable> {}

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
    checkServerEventName(name);
    refuseCallback(args);
    await this.outlet.announce(this.name, [name, ...args]);
  }
}

/**
 * Emits through a backplane without being a server: it has no sockets, reads nothing, and no server waits for its
 * answers. `EmitEvents` go to the clients, and `ServerSideEvents` to the servers. By itself it emits into the main
 * namespace. Throws ConfigError for a backplane in memory and for invalid options.
 */
export class Emitter<
  EmitEvents extends EventsMap = DefaultEventsMap,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
> extends EmitterNamespace<EmitEvents, ServerSideEvents> {
  constructor(backplane: Backplane, options: EmitterOptions = {}) {
    super(new Outlet(backplane, namespaceMatcher(readOptions(emitterTable, options).withoutLog ?? [])), '/');
  }

  /** Returns the emitter of a namespace. The type arguments declare events of the namespace's own. */
  of<Emit extends EventsMap = EmitEvents, Side extends EventsMap = ServerSideEvents>(
    name: string,
  ): EmitterNamespace<Emit, Side> {
    return new EmitterNamespace(this.outlet, fullName(name));
  }

  /** Waits until everything that was emitted is stored or refused, and closes the backplane. */
  close(): Promise<void> {
    return this.outlet.close();
  }
}
