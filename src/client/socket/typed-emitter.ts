/** Types for the emitters of the client: the listeners that an event has follow from its name. */
import type { EventNames, EventsMap, Listener, ReservedOrUserListener } from '../../base/event-map.js';
import type { ListenNames, TypedListeners } from '../../base/typed-listeners.js';
import { ClientEmitter } from '../emitter.js';

/** The rest of `TypedEmitterShape`. */
export interface TypedEmitterShape<Listen extends EventsMap, Reserved extends EventsMap>
  extends TypedListeners<Listen, Reserved> {}

/** What `ClientEmitter` is to the type checker once the events are known. There is no such class at run time. */
export declare class TypedEmitterShape<Listen extends EventsMap, Reserved extends EventsMap> {
  /** Removes a listener; without one, all of the event; without a name, all. */
  off<Name extends ListenNames<Listen, Reserved>>(
    name?: Name,
    listener?: ReservedOrUserListener<Reserved, Listen, Name>,
  ): this;
  /** Same as `off`. */
  removeListener<Name extends ListenNames<Listen, Reserved>>(
    name: Name,
    listener: ReservedOrUserListener<Reserved, Listen, Name>,
  ): this;
  /** Removes all listeners of an event, or of all events. */
  removeAllListeners<Name extends ListenNames<Listen, Reserved>>(name?: Name): this;
  /** Whether an event has any listener. */
  hasListeners<Name extends ListenNames<Listen, Reserved>>(name: Name): boolean;
  protected emitLocal(name: string | symbol, ...args: unknown[]): void;
  protected applyLocal(name: string | symbol, args: readonly unknown[]): void;
}

/** `ClientEmitter`, with typed listeners. */
export const TypedEmitter = ClientEmitter as unknown as typeof TypedEmitterShape;

/** `TypedEmitterShape` with an `emit` that calls the listeners. There is no such class at run time. */
export declare class TypedPublicEmitterShape<Events extends EventsMap> extends TypedEmitterShape<
  Record<never, never>,
  Events
> {
  /** Calls the listeners of an event. */
  emit(name: EventNames<Events>, ...args: unknown[]): void;
}

/** An emitter whose events can be emitted from outside: a transport tells its engine so what happened. */
class PublicEmitter extends ClientEmitter {
  emit(name: string, ...args: unknown[]): void {
    this.applyLocal(name, args);
  }
}

/** An emitter with a public `emit`, with typed listeners. */
export const TypedPublicEmitter = PublicEmitter as unknown as typeof TypedPublicEmitterShape;

/** What listens with `on` and lets go with `off`. */
interface Listenable {
  on(name: string, listener: Listener): unknown;
  off(name: string, listener: Listener): unknown;
}

/** Adds a listener and returns the function that removes it. */
export function listen(emitter: object, name: string, listener: Listener): () => void {
  (emitter as Listenable).on(name, listener);
  return () => {
    (emitter as Listenable).off(name, listener);
  };
}
