/** Spans and emits that wait for an acknowledgement, bounded in number and in time. */
import { type Clock, type Timer, unreferenced } from 'naru/base';

/** The most entries. One more drops the oldest. */
const OPEN_MAX = 10_000;
/** Milliseconds after which an entry is dropped. */
const OPEN_MS = 60_000;

/** Something that waits. */
export interface Open {
  /** Called once if it is dropped: there are too many, it waited for too long, or the tracing ends. */
  readonly drop?: () => void;
}

/** Entries by key. Invariant: at most `OPEN_MAX` entries, each for at most `OPEN_MS`, and one timer for all. */
export class OpenSpans<Entry extends Open> {
  readonly #clock: Pick<Clock, 'now' | 'setTimeout' | 'clearTimeout'>;
  readonly #open = new Map<unknown, { readonly entry: Entry; readonly until: number }>();
  #timer: Timer | undefined;

  constructor(clock: Pick<Clock, 'now' | 'setTimeout' | 'clearTimeout'>) {
    this.#clock = clock;
  }

  /** The number of entries. */
  get size(): number {
    return this.#open.size;
  }

  /** Adds an entry, in place of an earlier one with its key. */
  add(key: unknown, entry: Entry): void {
    this.#drop(key);
    const [oldest] = this.#open.size >= OPEN_MAX ? this.#open.keys() : [];
    if (oldest !== undefined) this.#drop(oldest);
    this.#open.set(key, { entry, until: this.#clock.now() + OPEN_MS });
    this.#watch(OPEN_MS);
  }

  /** Returns the entry with a key. */
  get(key: unknown): Entry | undefined {
    return this.#open.get(key)?.entry;
  }

  /** Removes an entry that waits no more. */
  remove(key: unknown): void {
    this.#open.delete(key);
  }

  /** Drops all entries. */
  close(): void {
    for (const key of [...this.#open.keys()]) this.#drop(key);
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #watch(delayMs: number): void {
    this.#timer ??= unreferenced(this.#clock.setTimeout(() => this.#sweep(), delayMs, undefined));
  }

  #sweep(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    // Without a copy: at a steady rate of entries, each sweep drops one of thousands.
    for (const [key, { until }] of this.#open) {
      if (until > now) {
        this.#watch(until - now);
        return;
      }
      this.#drop(key);
    }
  }

  #drop(key: unknown): void {
    const found = this.#open.get(key);
    this.#open.delete(key);
    found?.entry.drop?.();
  }
}
