/** Shares zlib among many connections: bounded concurrency, and one set of contexts for all that keep no state between messages. */
import { Ring } from '../../../base/ring.js';
import { type CompressionLevels, DeflateContext, InflateContext, type ZlibContext } from './zlib-context.js';

/** Work that waits for its turn; it calls `release` on the workers when it is over. */
export interface ZlibJob {
  /** Starts the work. */
  start(): void;
}

// Window sizes are 8 to 15; contexts to compress and to decompress are kept apart.
const KINDS = 32;

/** One for all connections that share settings. */
export class ZlibWorkers {
  readonly #concurrency: number;
  readonly #levels: CompressionLevels;
  readonly #inflateChunkSize: number;
  readonly #idle: (ZlibContext[] | undefined)[] = new Array(KINDS).fill(undefined);
  readonly #waiting = new Ring<ZlibJob>();
  #running = 0;

  /** At most `concurrency` jobs run at a time; more wait in the order they came. */
  constructor(concurrency: number, levels: CompressionLevels, inflateChunkSize: number) {
    this.#concurrency = concurrency;
    this.#levels = levels;
    this.#inflateChunkSize = inflateChunkSize;
  }

  /** How many jobs run or wait. */
  get jobsCount(): number {
    return this.#running + this.#waiting.count;
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
    const context = this.#idle[slotOf(kind, windowBits)]?.pop();
    if (context !== undefined) return context;
    if (kind === 'deflate') return new DeflateContext(windowBits, this.#levels);
    return new InflateContext(windowBits, this.#inflateChunkSize);
  }

  /** Gives back a context that is in order; it is kept for the next, or freed where enough are kept. */
  give(kind: 'deflate' | 'inflate', windowBits: number, context: ZlibContext): void {
    const slot = slotOf(kind, windowBits);
    const idle = this.#idle[slot] ?? [];
    this.#idle[slot] = idle;
    if (idle.length >= this.#concurrency) context.close();
    else {
      context.reset();
      idle.push(context);
    }
  }
}

function slotOf(kind: 'deflate' | 'inflate', windowBits: number): number {
  return kind === 'deflate' ? windowBits : 16 + windowBits;
}
