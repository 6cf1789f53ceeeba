/** Chooses sockets of all nodes, sends events to them, and acts on them. Nothing here needs a server. */
import { ConfigError } from '../base/errors.js';
import type { DefaultEventsMap, EventNamesWithoutAck, EventParams, EventsMap } from '../base/event-map.js';
import { authorOf } from '../namespace/event/author.js';
import { checkMark, type Mark } from '../namespace/event/marks.js';
import type { Flags, Room, Target } from '../namespace/event/target.js';
import { checkKey, toList, withRooms } from '../namespace/socket/broadcast.js';
import { checkEventName } from '../namespace/socket/reserved.js';
import type { Outlet } from './outlet.js';

/** Sends events to the sockets of a target. Each call that changes the target returns a new operator. */
export class EmitterOperator<EmitEvents extends EventsMap> {
  /** The name of the namespace, which begins with a slash. */
  readonly name: string;
  /** The way into the backplane. @internal */
  readonly outlet: Outlet;
  readonly #target: Target;

  constructor(outlet: Outlet, name: string, target: Target) {
    this.outlet = outlet;
    this.name = name;
    this.#target = target;
  }

  /** Adds rooms to the target. It then has the sockets that are in at least one of its rooms. */
  to(room: Room | readonly Room[]): EmitterOperator<EmitEvents> {
    return this.#with({ rooms: withRooms(this.#target.rooms, room) });
  }

  /** Adds rooms to the target, as `to` does. */
  in(room: Room | readonly Room[]): EmitterOperator<EmitEvents> {
    return this.to(room);
  }

  /** Excludes the sockets that are in any of these rooms. */
  except(room: Room | readonly Room[]): EmitterOperator<EmitEvents> {
    return this.#with({ except: withRooms(this.#target.except, room) });
  }

  /** Makes the event volatile: no log keeps it, and sockets whose connection cannot take it at once do not get it. */
  get volatile(): EmitterOperator<EmitEvents> {
    return this.#withFlags({ volatile: true });
  }

  /**
   * Sends the event with a key. With the policy `newest-per-key`, a slow client gets only the newest of the waiting
   * events with the same name, rooms and key. Throws ConfigError unless the key is a string of 1 to 1,000 characters.
   */
  key(key: string): EmitterOperator<EmitEvents> {
    return this.#withFlags({ key: checkKey(key) });
  }

  /**
   * Marks the event for the policy `newest-group`: a `key` begins a group, a `delta` continues it, and `always` is
   * never dropped. A client that falls behind misses whole groups. Throws ConfigError for another mark.
   */
  mark(mark: Mark): EmitterOperator<EmitEvents> {
    return this.#withFlags({ mark: checkMark(mark) });
  }

  /**
   * Names the person on whose behalf the event is sent. The log keeps the name, so that `erase({ by })` finds the
   * event. No client gets it. Throws ConfigError unless the name is a string of 1 to 256 characters.
   */
  by(person: string): EmitterOperator<EmitEvents> {
    return this.#withFlags({ by: authorOf(person) });
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
    await this.outlet.emit(this.name, [name, ...args], this.#target);
  }

  /** Sends a `message` event. */
  send(...args: EventParams<EmitEvents, 'message'>): Promise<void> {
    return (this as unknown as EmitterOperator<DefaultEventsMap>).emit('message', ...args);
  }

  /** Makes the sockets join a room, or rooms. Resolves when the backplane has stored the request. */
  async socketsJoin(room: Room | readonly Room[]): Promise<void> {
    await this.outlet.act(this.name, this.#target, ['join', toList(room)]);
  }

  /** Makes the sockets leave a room, or rooms. Resolves when the backplane has stored the request. */
  async socketsLeave(room: Room | readonly Room[]): Promise<void> {
    await this.outlet.act(this.name, this.#target, ['leave', toList(room)]);
  }

  /**
   * Disconnects the sockets from the namespace. With `close`, the whole connection of each ends. Resolves when the
   * request is stored.
   */
  async disconnectSockets(close = false): Promise<void> {
    await this.outlet.act(this.name, this.#target, ['disconnect', close]);
  }

  #with(change: Partial<Target>): EmitterOperator<EmitEvents> {
    return new EmitterOperator(this.outlet, this.name, { ...this.#target, ...change });
  }

  #withFlags(flags: Flags): EmitterOperator<EmitEvents> {
    return this.#with({ flags: { ...this.#target.flags, ...flags } });
  }
}

/** Throws ConfigError if the last argument asks for an acknowledgement. */
export function refuseCallback(args: readonly unknown[]): void {
  if (typeof args.at(-1) !== 'function') return;
  throw new ConfigError('BAD_ARGUMENT', 'an emitter gets no acknowledgements; let a server emit the event instead');
}
