/** Tells the processes that share a folder when one of them has appended. */
import {
  appendFileSync,
  closeSync,
  type FSWatcher,
  ftruncateSync,
  futimesSync,
  openSync,
  watch,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Clock, Timer } from '../../base/clock.js';

const FILE = 'signal';
const BYTE = Buffer.of(1);
const LOOK_MS = 25;

/** A file that is written to, and watched where somebody listens. Signals may come together, and one's own come too. */
export class Signal {
  readonly #clock: Clock;
  readonly #path: string;
  #file: number | undefined;
  #watcher: FSWatcher | undefined;
  #timer: Timer | undefined;
  readonly #listeners = new Set<() => void>();

  constructor(folder: string, clock: Clock) {
    this.#clock = clock;
    this.#path = join(folder, FILE);
    appendFileSync(this.#path, '');
    this.#file = openSync(this.#path, 'r+');
  }

  /** Tells the others. Never throws: what they are to be told of is written already. */
  raise(): void {
    if (this.#file === undefined) return;
    try {
      // The first byte again and again: the file does not grow.
      writeSync(this.#file, BYTE, 0, 1, 0);
    } catch {
      this.#touch(this.#file);
    }
  }

  /** A disk that is full takes no byte, and still takes a time. */
  #touch(file: number): void {
    try {
      const now = this.#clock.now() / 1_000;
      futimesSync(file, now, now);
    } catch {
      // The others hear of it with what is appended next.
    }
  }

  /** Calls `listener` after somebody has raised it; gives the function that ends it. */
  listen(listener: () => void): () => void {
    const own = (): void => listener();
    this.#listeners.add(own);
    this.#watch();
    return () => {
      this.#listeners.delete(own);
      if (this.#listeners.size === 0) this.#unwatch();
    };
  }

  #watch(): void {
    if (this.#watcher || this.#timer !== undefined) return;
    try {
      this.#watcher = watch(this.#path, { persistent: false }, () => this.#tell());
      this.#watcher.on('error', () => {
        this.#unwatch();
        this.#look();
      });
    } catch {
      // The system has no watch to give (fs.inotify.max_user_instances).
      this.#look();
    }
  }

  /** Where nothing can be watched, one looks from time to time. */
  #look(): void {
    this.#timer = this.#clock.setTimeout(
      (signal: Signal) => {
        signal.#look();
        signal.#tell();
      },
      LOOK_MS,
      this,
    );
  }

  #tell(): void {
    for (const each of [...this.#listeners]) each();
  }

  #unwatch(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Lets go of the file. */
  close(): void {
    this.#unwatch();
    this.#listeners.clear();
    if (this.#file === undefined) return;
    try {
      ftruncateSync(this.#file, 0);
    } catch {
      // A disk that takes no writes keeps the byte: nobody reads it.
    }
    closeSync(this.#file);
    this.#file = undefined;
  }
}
