/** Shares zlib among many connections: bounded concurrency, and one set of contexts for all that keep no state between messages. */
import { getOrCreate } from '../../../base/get-or-create.js';
import { Ring } from '../../../base/ring.js';
import { type CompressionLevels, DeflateContext, InflateContext, type ZlibContext } from './zlib-context.js';

/** Work that waits for its turn; it calls `release` on the workers when it is over. */
export interface ZlibJob {
  /** Starts the work. */
  start(): void;
}

/** One for all connections that share settings. */
export class ZlibWorkers {
  readonly #concurrency: number;
  readonly #levels: CompressionLevels;
  readonly #inflateChunkSize: number;
  /** Contexts that nobody uses, by the size of their windows. */
  readonly #idle = { deflate: new Map<number, ZlibContext[]>(), inflate: new Map<number, ZlibContext[]>() };
  readonly #waiting = new Ring<ZlibJob>();
  #running = 0;

  /** At most `concurrency` jobs run at a time; more wait in the order they came. */
  constructor(concurrency: number, levels: CompressionLevels, inflateChunkSize: number) {
    this.#concurrency = concurrency;
    this.#levels = levels;
    this.#inflateChunkSize = inflateChunkSize;
  }

  /** Starts the job now or when it is its turn. */
  run(job: ZlibJob): void {
    if (this.#running >= this.#concurrency) {
      this.#waiting.push(job);
      return;
    }
    this.#running += 1;
    job.start();
  }

  /** Ends one job that was started and starts the next. */
  release(): void {
    const next = this.#waiting.shift();
    if (next) next.start();
    else this.#running -= 1;
  }

  /** A context without history. */
  take(kind: 'deflate' | 'inflate', windowBits: number): ZlibContext {
    const context = this.#idle[kind].get(windowBits)?.pop();
    if (context !== undefined) return context;
    if (kind === 'deflate') return new DeflateContext(windowBits, this.#levels);
    return new InflateContext(windowBits, this.#inflateChunkSize);
  }

  /** Gives back a context that is in order; it is kept for the next, or freed where enough are kept. */
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
