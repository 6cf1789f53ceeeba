/** The emitter of the client: what base/emitter.ts does, in a third of its size, because every page loads it. */
import type { Listener } from '../base/event-map.js';

/** A registration; `original` is what the caller gave, where `once` wrapped it. */
interface Entry {
  readonly name: unknown;
  readonly listener: Listener;
  readonly original: Listener;
}

/** Listeners run in the order of their registration; adding and removing while emitting is safe. */
export class ClientEmitter {
  #entries: readonly Entry[] = [];

  /** Adds a listener at the end; `original` is what `off` and `listeners` know it by. */
  on(name: unknown, listener: Listener, original: Listener = listener): this {
    this.#entries = [...this.#entries, { name, listener, original }];
    return this;
  }

  /** Adds a listener that is removed before its first call. */
  once(name: unknown, original: Listener): this {
    const listener: Listener = (...args) => {
      this.off(name, listener);
      original.apply(this, args);
    };
    return this.on(name, listener, original);
  }

  /** Removes the oldest registration of `listener`; without one, all of the event; without a name, all. */
  off(name?: unknown, listener?: Listener): this {
    const found = this.#entries.find(
      (entry) => entry.name === name && (entry.listener === listener || entry.original === listener),
    );
    this.#entries = this.#entries.filter((entry) => (listener ? entry !== found : name && entry.name !== name));
    return this;
  }

  /** Same as `on`. */
  addListener(name: unknown, listener: Listener): this {
    return this.on(name, listener);
  }

  /** Same as `off`. */
  removeListener(name?: unknown, listener?: Listener): this {
    return this.off(name, listener);
  }

  /** Removes all listeners of an event, or of all events. */
  removeAllListeners(name?: unknown): this {
    return this.off(name);
  }

  /** The listeners of an event. */
  listeners(name: unknown): Listener[] {
    return this.#entries.filter((entry) => entry.name === name).map((entry) => entry.original);
  }

  /** Whether an event has any listener. */
  hasListeners(name: unknown): boolean {
    return this.listeners(name).length > 0;
  }

  /** Calls the listeners of an event with the arguments in an array. */
  protected applyLocal(name: unknown, args: readonly unknown[]): void {
    for (const entry of this.#entries) if (entry.name === name) entry.listener.apply(this, args as unknown[]);
  }

  /** Calls the listeners of an event. */
  protected emitLocal(name: unknown, ...args: unknown[]): void {
    this.applyLocal(name, args);
  }
}
