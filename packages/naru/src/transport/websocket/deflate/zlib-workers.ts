/**
 * Shares zlib among many connections. It bounds the concurrency, and lends contexts to connections without state
 * between messages.
 */
import type { ZlibOptions } from 'node:zlib';
import { getOrCreate } from '../../../base/get-or-create.js';
import { Ring } from '../../../base/ring.js';
import { DeflateContext, InflateContext, type ZlibContext } from './zlib-context.js';

/** Work that waits for its turn. It calls `release` of the workers when it is over. */
export interface ZlibJob {
  /** Starts the work. */
  start(): void;
}

/** The zlib of all connections that share settings. */
export class ZlibWorkers {
  readonly #concurrency: number;
  readonly #levels: ZlibOptions;
  readonly #inflateChunkSize: number;
  /** The unused contexts, by the size of their windows. */
  readonly #idle = { deflate: new Map<number, ZlibContext[]>(), inflate: new Map<number, ZlibContext[]>() };
  readonly #waiting = new Ring<ZlibJob>();
  #running = 0;

  /** At most `concurrency` jobs run at a time. Further jobs wait in order. */
  constructor(concurrency: number, levels: ZlibOptions, inflateChunkSize: number) {
    this.#concurrency = concurrency;
    this.#levels = levels;
    this.#inflateChunkSize = inflateChunkSize;
  }

  /** Starts the job now, or as soon as fewer jobs run. */
  run(job: ZlibJob): void {
    if (this.#running >= this.#concurrency) {
      this.#waiting.push(job);
      return;
    }
    this.#running += 1;
    job.start();
  }

  /** Ends a job that was started, and starts the next. */
  release(): void {
    const next = this.#waiting.shift();
    if (next) next.start();
    else this.#running -= 1;
  }

  /** Returns a context without history. */
  take(kind: 'deflate' | 'inflate', windowBits: number): ZlibContext {
    const context = this.#idle[kind].get(windowBits)?.pop();
    if (context !== undefined) return context;
    if (kind === 'deflate') return new DeflateContext(windowBits, this.#levels);
    return new InflateContext(windowBits, this.#inflateChunkSize);
  }

  /** Takes back a context that has not failed. It is kept for later jobs, or freed if enough are kept. */
  give(kind: 'deflate' | 'inflate', windowBits: number, context: ZlibContext): void {
    const idle = getOrCreate(this.#idle[kind], windowBits, createList);
    if (idle.length >= this.#concurrency) context.close();
    else {
      context.reset();
      idle.push(context);
    }
  }
}

function createList(): ZlibContext[] {
  return [];
}
