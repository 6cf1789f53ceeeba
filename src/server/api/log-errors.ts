/** Chooses the errors of a log that an application is told of. */
import type { Backplane } from '../../backplane/backplane.js';
import { UnavailableError } from '../../base/errors.js';

/**
 * Tells of the errors of a log. Guarantee: a home that cannot be used is told by its reason, and once more when the first events are lost. The
 * requests that are open at the end of a backplane are told by one error.
 */
export class LogErrors {
  readonly #backplane: Pick<Backplane, 'unusable'> | undefined;
  readonly #tell: (error: UnavailableError) => void;
  /** The reason why a home cannot be used, and the end of the backplane. One error stands for all that follow from each. */
  readonly #told = new Set<unknown>();

  constructor(backplane: Pick<Backplane, 'unusable'> | undefined, tell: (error: UnavailableError) => void) {
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
    this.#tell(new UnavailableError('IO_FAILED', `The log of ${of} failed: ${message}`, error));
  }
}
