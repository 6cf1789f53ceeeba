/** Chooses sockets of all nodes, sends events to them, and acts on them. Nothing here needs a server. */
import { ConfigError } from '../base/errors.js';
import type { DefaultEventsMap, EventNamesWithoutAck, EventParams, EventsMap } from '../base/event-map.js';
import type { Room, Target } from '../namespace/event/target.js';
import { Aiming, toList } from '../namespace/socket/broadcast.js';
import { checkEventName } from '../namespace/socket/reserved.js';
import type { Outlet } from './outlet.js';

/** Sends events to the sockets of a target. Each call that changes the target returns a new operator. */
export class EmitterOperator<EmitEvents extends EventsMap> extends Aiming<EmitterOperator<EmitEvents>> {
  /** The name of the namespace, which begins with a slash. */
  readonly name: string;
  /** The way into the backplane. @internal */
  readonly outlet: Outlet;
  /** @internal */
  readonly target: Target;

  constructor(outlet: Outlet, name: string, target: Target) {
    super();
    this.outlet = outlet;
    this.name = name;
    this.target = target;
  }

  /** @internal */
  at(target: Target): EmitterOperator<EmitEvents> {
    return new EmitterOperator(this.outlet, this.name, target);
  }

  /**
   * Sends an event. Resolves when the backplane has stored it; a volatile event is then on its way. Rejects with
   * ConfigError for a reserved name, for data that cannot be encoded and for an acknowledgement, and with
   * UnavailableError if the event was not stored.
   */
  async emit<Name extends EventNamesWithoutAck<EmitEvents>>(
    name: Name,
    ...args: EventParams<EmitEvents, Name>
  ): Promise<void> {
    checkEventName(name);
    refuseCallback(args);
    await this.outlet.emit(this.name, [name, ...args], this.target);
  }

  /** Sends a `message` event. */
  send(...args: EventParams<EmitEvents, 'message'>): Promise<void> {
    return (this as unknown as EmitterOperator<DefaultEventsMap>).emit('message', ...args);
  }

  /** Makes the sockets join a room, or rooms. Resolves when the backplane has stored the request. */
  async socketsJoin(room: Room | readonly Room[]): Promise<void> {
    await this.outlet.act(this.name, this.target, ['join', toList(room)]);
  }

  /** Makes the sockets leave a room, or rooms. Resolves when the backplane has stored the request. */
  async socketsLeave(room: Room | readonly Room[]): Promise<void> {
    await this.outlet.act(this.name, this.target, ['leave', toList(room)]);
  }

  /**
   * Disconnects the sockets from the namespace. With `close`, the whole connection of each ends. Resolves when the
   * request is stored.
   */
  async disconnectSockets(close = false): Promise<void> {
    await this.outlet.act(this.name, this.target, ['disconnect', close]);
  }
}

/** Throws ConfigError if the last argument asks for an acknowledgement. */
export function refuseCallback(args: readonly unknown[]): void {
  if (typeof args.at(-1) !== 'function') return;
  throw new ConfigError('BAD_ARGUMENT', 'an emitter gets no acknowledgements; let a server emit the event instead');
}
