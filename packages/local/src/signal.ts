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
import type { Clock, Timer } from 'naru/base';

const FILE = 'signal';
const BYTE = Buffer.of(1);
const LOOK_MS = 25;

/** Called after a process has raised the signal. With `isOwn`, this process has done so, and others may have, too. */
export type SignalListener = (isOwn: boolean) => void;

/**
 * A file that one process writes and others watch. Several signals may arrive as one, and a process also gets its own.
 */
export class Signal {
  readonly #clock: Clock;
  readonly #path: string;
  #file: number | undefined;
  #watcher: FSWatcher | undefined;
  #timer: Timer | undefined;
  readonly #listeners = new Set<SignalListener>();
  /** Whether this process has raised the signal since its listeners were last called. */
  #hasRaised = false;

  constructor(folder: string, clock: Clock) {
    this.#clock = clock;
    this.#path = join(folder, FILE);
    appendFileSync(this.#path, '');
    this.#file = openSync(this.#path, 'r+');
  }

  /** Tells the other processes. Never throws, because the records are already written. */
  raise(): void {
    if (this.#file === undefined) return;
    this.#hasRaised = true;
    try {
      // The same byte every time, so the file does not grow.
      writeSync(this.#file, BYTE, 0, 1, 0);
    } catch {
      this.#touch(this.#file);
    }
  }

  /** Sets the time of the file: a full disk refuses a byte, but still takes a time. */
  #touch(file: number): void {
    try {
      const now = this.#clock.now() / 1_000;
      futimesSync(file, now, now);
    } catch {
      // The next append tells the others.
    }
  }

  /** Calls `listener` after a process has raised the signal. Returns the function that ends this. */
  listen(listener: SignalListener): () => void {
    const own: SignalListener = (isOwn) => listener(isOwn);
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
      // The system has no more watches (fs.inotify.max_user_instances).
      this.#look();
    }
  }

  /** Calls the listeners at intervals, because the file cannot be watched. */
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
    const isOwn = this.#hasRaised;
    this.#hasRaised = false;
    for (const each of [...this.#listeners]) each(isOwn);
  }

  #unwatch(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Releases the file. */
  close(): void {
    this.#unwatch();
    this.#listeners.clear();
    if (this.#file === undefined) return;
    try {
      ftruncateSync(this.#file, 0);
    } catch {
      // On a disk that refuses writes, the byte stays. Nobody reads it.
    }
    closeSync(this.#file);
    this.#file = undefined;
  }
}
