/** Calls back when the log has everything that the program has sent in a turn of the event loop. */
import type { Clock } from '../../base/clock.js';
import { attempt } from '../../base/uncaught.js';

/** The namespace of the log. */
interface KeptNamespace {
  readonly clock: Clock;
  /** Appends the events that wait. */
  settle(): void;
  readonly log: { readonly fences: { run(operation: () => void): void } } | undefined;
}

/** Callbacks that wait for the end of the turn, and then for the log. They run in the order in which they came. */
export class KeptCallbacks {
  readonly #namespace: KeptNamespace;
  readonly #callbacks: (() => void)[] = [];

  constructor(namespace: KeptNamespace) {
    this.#namespace = namespace;
  }

  add(callback: () => void): void {
    this.#callbacks.push(callback);
    if (this.#callbacks.length > 1) return;
    this.#namespace.clock.defer((kept: KeptCallbacks) => kept.#onEnd(), this);
  }

  #onEnd(): void {
    this.#namespace.settle();
    const callbacks = this.#callbacks.splice(0);
    this.#namespace.log?.fences.run(() => {
      for (const callback of callbacks) attempt(callback);
    });
  }
}
