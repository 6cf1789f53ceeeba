/** Promises that resolve when a socket has read enough. */
import type { Clock } from '../../base/clock.js';
import { getOrCreate } from '../../base/get-or-create.js';
import { milliseconds, objectWith } from '../../base/options/kinds.js';
import { type OptionsOf, options } from '../../base/options/table.js';

/** The table of the options of `drained`. */
export const drainedTable = options('drained', {
  /** Time after which the promise resolves with `false`. @default none for one socket, 10000 for several */
  timeoutMs: milliseconds(undefined),
  /** Ends the waiting. The promise then rejects with the reason of the signal. */
  signal: objectWith<AbortSignal>('an AbortSignal', ['aborted', 'addEventListener']),
});

/** Options of `drained`. */
export interface DrainedOptions extends OptionsOf<typeof drainedTable> {}

/** The outcome of waiting for a socket. */
export type Outcome = 'drained' | 'gone' | 'timeout';

interface Wait {
  /** Whether too much still waits for the socket. */
  isOver(): boolean;
  end(outcome: Outcome): void;
}

/** The callers that wait for sockets. Invariant: a socket has an entry exactly while a caller waits for it. */
export class Waits<S extends { readonly connected: boolean }> {
  readonly #clock: Clock;
  readonly #waits = new Map<S, Set<Wait>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether a caller waits for a socket. */
  has(socket: S): boolean {
    return this.#waits.has(socket);
  }

  /**
   * Waits until `isOver` returns `false`. It is called now and at each `look`. Rejects with the reason of the signal.
   */
  wait(socket: S, isOver: () => boolean, options: DrainedOptions = {}): Promise<Outcome> {
    const { signal, timeoutMs } = options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (!socket.connected) return Promise.resolve('gone');
    if (!isOver()) return Promise.resolve('drained');
    return new Promise((resolve, reject) => {
      const end = (outcome: Outcome): void => {
        this.#remove(socket, wait);
        if (timer !== undefined) this.#clock.clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        resolve(outcome);
      };
      const wait: Wait = { isOver, end };
      const onAbort = (): void => {
        reject(signal?.reason);
        end('timeout');
      };
      const timer = timeoutMs === undefined ? undefined : this.#clock.setTimeout(end, timeoutMs, 'timeout' as Outcome);
      signal?.addEventListener('abort', onAbort);
      getOrCreate(this.#waits, socket, () => new Set()).add(wait);
    });
  }

  /** Ends the waits for a socket that has read enough. */
  look(socket: S): void {
    const waits = this.#waits.get(socket);
    if (waits) for (const wait of [...waits]) if (!wait.isOver()) wait.end('drained');
  }

  /** Ends the waits for a socket that has gone. */
  end(socket: S): void {
    const waits = this.#waits.get(socket);
    if (waits) for (const wait of [...waits]) wait.end('gone');
  }

  #remove(socket: S, wait: Wait): void {
    const waits = this.#waits.get(socket);
    waits?.delete(wait);
    if (waits?.size === 0) this.#waits.delete(socket);
  }
}
