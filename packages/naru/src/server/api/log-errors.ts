/** Chooses the errors of a log that an application is told of. */
import type { Backplane } from '../../backplane/backplane.js';
import type { Clock } from '../../base/clock.js';
import { UnavailableError } from '../../base/errors.js';

/** Milliseconds for which one error stands for all requests of the same kind that a home leaves without an answer. */
const SILENCE_MS = 10_000;

/**
 * Tells of the errors of a log. Guarantee: a home that cannot be used is told by its reason, and once more when the
 * first events are lost. The requests that are open at the end of a backplane are told by one error. A home that does
 * not answer is told every ten seconds for each kind of request.
 */
export class LogErrors {
  readonly #clock: Clock;
  readonly #backplane: Pick<Backplane, 'unusable'> | undefined;
  readonly #tell: (error: UnavailableError) => void;
  /**
   * The reason why a home cannot be used, and the end of the backplane. One error stands for all that follow from each.
   */
  readonly #told = new Set<unknown>();
  /** When a text about a silent home was told. There are as many texts as kinds of requests, for each namespace. */
  readonly #silences = new Map<string, number>();

  constructor(
    clock: Clock,
    backplane: Pick<Backplane, 'unusable'> | undefined,
    tell: (error: UnavailableError) => void,
  ) {
    this.#clock = clock;
    this.#backplane = backplane;
    this.#tell = tell;
  }

  /** Takes an error. `namespace` says what has failed. */
  take(error: unknown, namespace: string): void {
    const { code, cause, message } = error as Partial<UnavailableError>;
    const isClosed = error instanceof UnavailableError && code === 'CLOSED';
    const isRefused = cause !== undefined && cause === this.#backplane?.unusable;
    if (isRefused && code !== 'NOT_KEPT') return;
    if (isClosed || isRefused) {
      const what = isClosed ? code : cause;
      if (this.#told.has(what)) return;
      this.#told.clear();
      this.#told.add(what);
    }
    const of = isClosed || isRefused ? 'all namespaces' : namespace;
    const text = `The log of ${of} failed: ${message}`;
    if (code !== 'TIMEOUT' || this.#isNew(text)) this.#tell(new UnavailableError('IO_FAILED', text, error));
  }

  /** Whether a text about a silent home has not been told for a while. */
  #isNew(text: string): boolean {
    const now = this.#clock.now();
    for (const [each, at] of this.#silences) if (now - at >= SILENCE_MS) this.#silences.delete(each);
    if (this.#silences.has(text)) return false;
    this.#silences.set(text, now);
    return true;
  }
}
