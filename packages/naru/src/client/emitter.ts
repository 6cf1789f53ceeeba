/** The emitter of the client. It is a third of the size of base/emitter.ts, because every page loads it. */
import { ConfigError } from '../base/errors.js';
import type { EventNames, EventsMap, Listener, ListenerOf, NamesOf } from '../base/event-map.js';
import { attempt } from '../base/uncaught.js';
import { hasChecks } from './features.js';

/** A registration. `original` is the caller's function, which `once` wraps. */
interface Entry {
  readonly name: unknown;
  readonly listener: Listener;
  readonly original: Listener;
}

/** Calls listeners in the order of their registration. Adding and removing them during an emit is safe. */
export class ClientEmitter<Listen extends EventsMap, Reserved extends EventsMap> {
  #entries: readonly Entry[] = [];

  /** Adds a listener at the end. Throws ConfigError BAD_ARGUMENT unless it is a function. */
  on<Name extends NamesOf<Listen, Reserved>>(name: Name, listener: ListenerOf<Listen, Reserved, Name>): this {
    return this.#add(name, listener, listener);
  }

  /** Adds a listener that is removed before its first call. Throws as `on` does. */
  once<Name extends NamesOf<Listen, Reserved>>(name: Name, original: ListenerOf<Listen, Reserved, Name>): this {
    const listener: Listener = (...args) => {
      this.#remove(name, listener);
      (original as Listener).apply(this, args);
    };
    return this.#add(name, listener, original);
  }

  /**
   * Removes the oldest registration of a listener. Without a listener, removes all listeners of the event. Without a
   * name, removes all listeners.
   */
  off<Name extends NamesOf<Listen, Reserved>>(name?: Name, listener?: ListenerOf<Listen, Reserved, Name>): this {
    return this.#remove(name, listener);
  }

  /** Adds a listener of an event, as `on` does. */
  addListener<Name extends NamesOf<Listen, Reserved>>(name: Name, listener: ListenerOf<Listen, Reserved, Name>): this {
    return this.on(name, listener);
  }

  /** Removes the oldest registration of a listener, as `off` does. */
  removeListener<Name extends NamesOf<Listen, Reserved>>(
    name: Name,
    listener: ListenerOf<Listen, Reserved, Name>,
  ): this {
    return this.#remove(name, listener);
  }

  /** Removes all listeners of an event, or of all events. */
  removeAllListeners<Name extends NamesOf<Listen, Reserved>>(name?: Name): this {
    return this.#remove(name);
  }

  /** The listeners of an event. */
  listeners<Name extends NamesOf<Listen, Reserved>>(name: Name): ListenerOf<Listen, Reserved, Name>[] {
    return this.#entries.filter((entry) => entry.name === name).map((entry) => entry.original) as never;
  }

  /** Whether an event has any listener. */
  hasListeners<Name extends NamesOf<Listen, Reserved>>(name: Name): boolean {
    return !!this.listeners(name).length;
  }

  /** Calls the listeners of an event. The exceptions of a listener are uncaught ones, and keep nobody from its work. */
  protected applyLocal(name: unknown, args: readonly unknown[]): void {
    for (const entry of this.#entries) if (entry.name === name) attempt(entry.listener.bind(this, ...args));
  }

  #add(name: unknown, listener: Listener, original: unknown): this {
    if (hasChecks && typeof original !== 'function') {
      throw new ConfigError(
        'BAD_ARGUMENT',
        `the listener of "${String(name)}" must be a function, got ${typeof original}`,
      );
    }
    this.#entries = [...this.#entries, { name, listener, original: original as Listener }];
    return this;
  }

  #remove(name?: unknown, listener?: Listener): this {
    const found = this.#entries.find(
      (entry) => entry.name === name && (entry.listener === listener || entry.original === listener),
    );
    this.#entries = this.#entries.filter((entry) => (listener ? entry !== found : name && entry.name !== name));
    return this;
  }
}

/** An emitter whose events can be emitted from outside. A transport reports to its engine this way. */
export class PublicEmitter<Events extends EventsMap> extends ClientEmitter<Record<never, never>, Events> {
  /** Calls the listeners of an event. */
  emit(name: EventNames<Events>, ...args: unknown[]): void {
    this.applyLocal(name, args);
  }
}

/** An object with the methods `on` and `off`. */
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
