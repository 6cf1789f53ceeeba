/** Listening, typed: the part that servers, namespaces and sockets have in common at the endpoint. */
import type { EventsMap, Listener, ReservedOrUserListener } from '../../base/event-map.js';
import type { ListenNames, TypedListeners } from '../../base/typed-listeners.js';

/**
 * An emitter whose listeners have their types by the name of the event. It has all methods of Node's EventEmitter; those that only
 * remove or count take any name, as there.
 */
export interface TypedListening<Listen extends EventsMap, Reserved extends EventsMap>
  extends TypedListeners<Listen, Reserved> {
  /** Adds a listener at the front. */
  prependListener<Name extends ListenNames<Listen, Reserved>>(
    name: Name,
    listener: ReservedOrUserListener<Reserved, Listen, Name>,
  ): this;
  /** Adds a listener at the front that is removed before its first call. */
  prependOnceListener<Name extends ListenNames<Listen, Reserved>>(
    name: Name,
    listener: ReservedOrUserListener<Reserved, Listen, Name>,
  ): this;
  /** Removes a listener; without one, all of the event; without a name, all. */
  off(name?: string | symbol, listener?: Listener): this;
  /** Same as `off` with both arguments. */
  removeListener(name: string | symbol, listener: Listener): this;
  /** Removes all listeners of an event, or of all events. */
  removeAllListeners(name?: string | symbol): this;
  /** The listeners of an event; those of `once` with their wrapper. */
  rawListeners<Name extends ListenNames<Listen, Reserved>>(
    name: Name,
  ): ReservedOrUserListener<Reserved, Listen, Name>[];
  /** How many listeners an event has. */
  listenerCount(name: string | symbol): number;
  /** The names that have listeners. */
  eventNames(): (string | symbol)[];
  /** Accepted for compatibility; there is no limit to warn about. */
  setMaxListeners(count: number): this;
  /** Always Infinity. */
  getMaxListeners(): number;
}
