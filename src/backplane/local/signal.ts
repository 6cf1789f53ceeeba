/** Tells the processes that share a folder when one of them has appended. */
import { appendFileSync, closeSync, type FSWatcher, ftruncateSync, openSync, watch, writeSync } from 'node:fs';
import { join } from 'node:path';

const FILE = 'signal';
const BYTE = Buffer.of(1);

/** A file that is written to, and watched where somebody listens. Signals may come together, and one's own come too. */
export class Signal {
  readonly #path: string;
  #file: number | undefined;
  #watcher: FSWatcher | undefined;
  readonly #listeners = new Set<() => void>();

  constructor(folder: string) {
    this.#path = join(folder, FILE);
    appendFileSync(this.#path, '');
    this.#file = openSync(this.#path, 'r+');
  }

  /** Tells the others. */
  raise(): void {
    // The first byte again and again: the file does not grow.
    if (this.#file !== undefined) writeSync(this.#file, BYTE, 0, 1, 0);
  }

  /** Calls `listener` after somebody has raised it; gives the function that ends it. */
  listen(listener: () => void): () => void {
    const own = (): void => listener();
    this.#listeners.add(own);
    this.#watcher ??= watch(this.#path, { persistent: false }, () => {
      for (const each of [...this.#listeners]) each();
    });
    return () => {
      this.#listeners.delete(own);
      if (this.#listeners.size > 0) return;
      this.#watcher?.close();
      this.#watcher = undefined;
    };
  }

  /** Lets go of the file. */
  close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#listeners.clear();
    if (this.#file === undefined) return;
    ftruncateSync(this.#file, 0);
    closeSync(this.#file);
    this.#file = undefined;
  }
}
