/** Listening, typed: what emitters of the server and of the client have in common. The listeners that an event has follow from its name. */
import type { EventNames, EventsMap, ReservedOrUserListener } from './event-map.js';

/** The names that can be listened to: the reserved ones and the user's. */
export type ListenNames<Listen extends EventsMap, Reserved extends EventsMap> =
  | EventNames<Reserved>
  | EventNames<Listen>;

/** The methods whose types tie a listener to the name of its event. */
export interface TypedListeners<Listen extends EventsMap, Reserved extends EventsMap> {
  /** Adds a listener at the end. */
  on<Name extends ListenNames<Listen, Reserved>>(
    name: Name,
    listener: ReservedOrUserListener<Reserved, Listen, Name>,
  ): this;
  /** Adds a listener that is removed before its first call. */
  once<Name extends ListenNames<Listen, Reserved>>(
    name: Name,
    listener: ReservedOrUserListener<Reserved, Listen, Name>,
  ): this;
  /** Same as `on`. */
  addListener<Name extends ListenNames<Listen, Reserved>>(
    name: Name,
    listener: ReservedOrUserListener<Reserved, Listen, Name>,
  ): this;
  /** The listeners of an event. */
  listeners<Name extends ListenNames<Listen, Reserved>>(name: Name): ReservedOrUserListener<Reserved, Listen, Name>[];
}
