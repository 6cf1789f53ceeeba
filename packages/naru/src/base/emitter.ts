/** An event emitter with the methods of Node's EventEmitter that costs one field while it has no listeners. */
import type { EventsMap, Listener, ListenerOf, NamesOf } from './event-map.js';
import { follow, isAsync, throwLater } from './uncaught.js';

/** The name of an event. */
export type EventName = string | symbol;

/** The events of an emitter without declared events: any name, any arguments. */
export interface AnyEvents {
  [name: EventName]: Listener;
}

/** Takes the reason why the promise of a listener has rejected, and the call of the listener. */
export type OnRejected = (error: unknown, emitter: object, name: EventName, args: readonly unknown[]) => void;

/** No events. */
export type NoEvents = Record<never, never>;

// One flat array per emitter: name, listener, original (for once), name, listener, original, ...
// For the few listeners of a socket, this is smaller and faster than a Map of arrays.
type Slots = unknown[];
const STRIDE = 3;

/**
 * Base of all emitters. Listeners run in the order of their registration, and may be added and removed while an event
 * is emitted. The name of an event determines the type of its listeners: `Listen` has the events of the application,
 * `Reserved` those of Naru. Methods that only remove or count take any name, as in Node.
 */
export class Emitter<Listen extends EventsMap = AnyEvents, Reserved extends EventsMap = NoEvents> {
  #slots: Slots | undefined;

  /** Adds a listener at the end. */
  on<Name extends NamesOf<Listen, Reserved>>(name: Name, listener: ListenerOf<Listen, Reserved, Name>): this {
    return this.#add(name, listener, listener, false);
  }

  /** Adds a listener that is removed before its first call. */
  once<Name extends NamesOf<Listen, Reserved>>(name: Name, listener: ListenerOf<Listen, Reserved, Name>): this {
    return this.#add(name, this.#onceOf(name, listener), listener, false);
  }

  /**
   * Removes the newest registration of `listener`. Without a listener, removes all listeners of the event. Without a
   * name, removes all listeners.
   */
  off(name?: EventName, listener?: Listener): this {
    if (name === undefined) this.#slots = undefined;
    else if (listener === undefined) this.#removeAll(name);
    else this.#remove(name, listener);
    return this;
  }

  /** Adds a listener of an event, as `on` does. */
  addListener<Name extends NamesOf<Listen, Reserved>>(name: Name, listener: ListenerOf<Listen, Reserved, Name>): this {
    return this.on(name, listener);
  }

  /** Removes the newest registration of a listener, as `off` does. */
  removeListener(name: EventName, listener: Listener): this {
    return this.off(name, listener);
  }

  /** Removes all listeners of an event, or of all events. */
  removeAllListeners(name?: EventName): this {
    return this.off(name);
  }

  /** Adds a listener at the front. */
  prependListener<Name extends NamesOf<Listen, Reserved>>(
    name: Name,
    listener: ListenerOf<Listen, Reserved, Name>,
  ): this {
    return this.#add(name, listener, listener, true);
  }

  /** Adds a listener at the front that is removed before its first call. */
  prependOnceListener<Name extends NamesOf<Listen, Reserved>>(
    name: Name,
    listener: ListenerOf<Listen, Reserved, Name>,
  ): this {
    return this.#add(name, this.#onceOf(name, listener), listener, true);
  }

  /** Returns the listeners of an event as they were given. */
  listeners<Name extends NamesOf<Listen, Reserved>>(name: Name): ListenerOf<Listen, Reserved, Name>[] {
    return this.#select(name, 2);
  }

  /** Returns the listeners of an event. Listeners added with `once` are returned in their wrapper. */
  rawListeners<Name extends NamesOf<Listen, Reserved>>(name: Name): ListenerOf<Listen, Reserved, Name>[] {
    return this.#select(name, 1);
  }

  /** Returns the number of listeners of an event. */
  listenerCount(name: EventName): number {
    return this.#select(name, 1).length;
  }

  /** Whether an event has any listener. */
  hasListeners(name: EventName): boolean {
    const slots = this.#slots;
    if (slots) for (let at = 0; at < slots.length; at += STRIDE) if (slots[at] === name) return true;
    return false;
  }

  /** Whether the emitter has no listeners at all. A fast check for hot paths. */
  protected get isSilent(): boolean {
    return this.#slots === undefined;
  }

  /** Returns the names of the events that have listeners. */
  eventNames(): EventName[] {
    return [...new Set(this.#slots?.filter((_, at) => at % STRIDE === 0) as EventName[] | undefined)];
  }

  /** Does nothing. Naru does not limit the number of listeners. */
  setMaxListeners(_count: number): this {
    return this;
  }

  /** Returns Infinity, because Naru does not limit the number of listeners. */
  getMaxListeners(): number {
    return Number.POSITIVE_INFINITY;
  }

  /**
   * Calls the local listeners of an event. Returns whether it had any. An exception of a listener passes to the caller.
   */
  protected emitLocal(name: EventName, ...args: unknown[]): boolean {
    return this.applyLocal(name, args);
  }

  /**
   * Calls the local listeners of an event. An exception of a listener becomes an uncaught one, and the caller
   * continues.
   */
  protected tell(name: EventName, ...args: unknown[]): void {
    try {
      this.applyLocal(name, args);
    } catch (error) {
      throwLater(error);
    }
  }

  /**
   * Calls the local listeners of an event with the arguments in an array. Returns whether it had any. An exception
   * passes to the caller. `onRejected` gets the reason of each promise that rejects: of asynchronous functions, which
   * nobody else has, and with `followsAll` of any other listener.
   */
  protected applyLocal(
    name: EventName,
    args: readonly unknown[],
    onRejected?: OnRejected,
    followsAll?: boolean,
  ): boolean {
    // `#add` and `#remove` replace the array, so this one cannot change during the loop.
    const slots = this.#slots;
    if (!slots) return false;
    let called = false;
    for (let at = 0; at < slots.length; at += STRIDE) {
      if (slots[at] !== name) continue;
      called = true;
      const result: unknown = (slots[at + 1] as Listener).apply(this, args as unknown[]);
      if (onRejected !== undefined && result instanceof Promise)
        follow(result, followsAll || isAsync(slots[at + 2]), (error) => onRejected(error, this, name, args));
    }
    return called;
  }

  #add(name: EventName, listener: Listener, original: Listener, first: boolean): this {
    if (typeof original !== 'function')
      throw new TypeError(`The listener of "${String(name)}" must be a function, got ${typeof original}.`);
    const slots = this.#slots;
    if (!slots) this.#slots = [name, listener, original];
    // `concat`, because a spread reserves room for more items, which most emitters never use.
    else
      this.#slots = first
        ? ([name, listener, original] as Slots).concat(slots)
        : slots.concat(name, listener, original);
    return this;
  }

  #onceOf(name: EventName, listener: Listener): Listener {
    if (typeof listener !== 'function') return listener;
    let isCalled = false;
    const once: Listener = (...args) => {
      // A nested emit of the same event calls this first. The outer emit still has this listener in its list.
      if (isCalled) return;
      isCalled = true;
      this.#remove(name, once);
      return listener.apply(this, args);
    };
    return once;
  }

  #remove(name: EventName, listener: Listener): void {
    const slots = this.#slots;
    if (!slots) return;
    for (let at = slots.length - STRIDE; at >= 0; at -= STRIDE) {
      if (slots[at] !== name || (slots[at + 1] !== listener && slots[at + 2] !== listener)) continue;
      this.#slots = slots.length === STRIDE ? undefined : [...slots.slice(0, at), ...slots.slice(at + STRIDE)];
      return;
    }
  }

  #removeAll(name: EventName): void {
    const slots = this.#slots;
    if (!slots) return;
    const kept = slots.filter((_, at) => slots[at - (at % STRIDE)] !== name);
    this.#slots = kept.length === 0 ? undefined : kept;
  }

  #select<Selected>(name: EventName, offset: 1 | 2): Selected[] {
    const slots = this.#slots ?? [];
    return slots.filter((_, at) => at % STRIDE === offset && slots[at - offset] === name) as Selected[];
  }
}
