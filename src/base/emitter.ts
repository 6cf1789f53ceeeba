/** An event emitter that costs one field while nobody listens, with the methods of Node's EventEmitter. */
import type { EventsMap, Listener, ListenerOf, NamesOf } from './event-map.js';
import { throwLater } from './uncaught.js';

/** The name of an event. */
export type EventName = string | symbol;

/** The events of an emitter that declares none: any name, any arguments. */
export interface AnyEvents {
  [name: EventName]: Listener;
}

/** No events. */
export type NoEvents = Record<never, never>;

// One flat array per emitter: name, listener, original (for once), name, listener, original, ...
// With the handful of listeners that a socket has this is both smaller and faster than a Map of arrays.
type Slots = unknown[];
const STRIDE = 3;

/**
 * Base of everything that emits. Listeners run in the order of their registration; adding and removing while emitting is safe. The type of a
 * listener follows from the name of its event: `Listen` has the events of the application, `Reserved` those of Naru. Methods that only
 * remove or count take any name, as in Node.
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

  /** Removes the newest registration of `listener`; without one, all of the event; without a name, all. */
  off(name?: EventName, listener?: Listener): this {
    if (name === undefined) this.#slots = undefined;
    else if (listener === undefined) this.#removeAll(name);
    else this.#remove(name, listener);
    return this;
  }

  /** Same as `on`. */
  addListener<Name extends NamesOf<Listen, Reserved>>(name: Name, listener: ListenerOf<Listen, Reserved, Name>): this {
    return this.on(name, listener);
  }

  /** Same as `off` with both arguments. */
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

  /** The listeners of an event, as they were given. */
  listeners<Name extends NamesOf<Listen, Reserved>>(name: Name): ListenerOf<Listen, Reserved, Name>[] {
    return this.#select(name, 2);
  }

  /** The listeners of an event; those of `once` with their wrapper. */
  rawListeners<Name extends NamesOf<Listen, Reserved>>(name: Name): ListenerOf<Listen, Reserved, Name>[] {
    return this.#select(name, 1);
  }

  /** How many listeners an event has. */
  listenerCount(name: EventName): number {
    return this.#select(name, 1).length;
  }

  /** Whether an event has any listener. */
  hasListeners(name: EventName): boolean {
    const slots = this.#slots;
    if (slots) for (let at = 0; at < slots.length; at += STRIDE) if (slots[at] === name) return true;
    return false;
  }

  /** Whether nobody listens to anything: the quick answer on hot paths. */
  protected get isSilent(): boolean {
    return this.#slots === undefined;
  }

  /** The names that have listeners. */
  eventNames(): EventName[] {
    return [...new Set(this.#slots?.filter((_, at) => at % STRIDE === 0) as EventName[] | undefined)];
  }

  /** Accepted for compatibility; there is no limit to warn about. */
  setMaxListeners(_count: number): this {
    return this;
  }

  /** Always Infinity: there is no limit to warn about. */
  getMaxListeners(): number {
    return Number.POSITIVE_INFINITY;
  }

  /** Calls the local listeners of an event; `true` when there was one. An exception of a listener passes to the caller. */
  protected emitLocal(name: EventName, ...args: unknown[]): boolean {
    return this.applyLocal(name, args);
  }

  /** As `emitLocal`, but an exception of a listener ends where uncaught ones do, and the caller goes on with its work. */
  protected tell(name: EventName, ...args: unknown[]): void {
    try {
      this.applyLocal(name, args);
    } catch (error) {
      throwLater(error);
    }
  }

  /** As `emitLocal`, with the arguments in an array. */
  protected applyLocal(name: EventName, args: readonly unknown[]): boolean {
    // `#add` and `#remove` replace the array, so the one read here cannot change under the loop.
    const slots = this.#slots;
    if (!slots) return false;
    let called = false;
    for (let at = 0; at < slots.length; at += STRIDE) {
      if (slots[at] !== name) continue;
      called = true;
      (slots[at + 1] as Listener).apply(this, args as unknown[]);
    }
    return called;
  }

  #add(name: EventName, listener: Listener, original: Listener, first: boolean): this {
    if (typeof original !== 'function')
      throw new TypeError(`the listener of "${String(name)}" must be a function, not ${typeof original}`);
    const slots = this.#slots;
    if (!slots) this.#slots = [name, listener, original];
    // Concatenated, because a spread leaves room for more, which in most emitters is never used.
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
      // An emit inside an emit of the same event comes here first; the outer one still has this listener in its list.
      if (isCalled) return;
      isCalled = true;
      this.#remove(name, once);
      listener.apply(this, args);
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
