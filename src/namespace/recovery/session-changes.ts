/** The sessions of one namespace that have changed, until they are written. */
import type { Clock, Timer } from '../../base/clock.js';
import type { Outbox } from '../../session/outbox.js';
import type { KeptSession } from './kept-session.js';

/**
 * Milliseconds for which the text of a recovered session may wait. The store has one that serves for the next recovery, too. After a restart,
 * many clients come back at once, and a transaction in each turn would cost an eighth of the CPU time.
 */
export const RECOVERED_WAIT_MS = 20;

/** Says when changed sessions are written. */
export class SessionChanges {
  readonly #clock: Clock;
  readonly #outbox: Pick<Outbox, 'atEnd'>;
  readonly #write: () => void;
  readonly #changed = new Set<KeptSession>();
  #isScheduled = false;
  #timer: Timer | undefined = undefined;

  /** `write` takes the changed sessions and writes them. */
  constructor({ clock, outbox }: { clock: Clock; outbox: Pick<Outbox, 'atEnd'> }, write: () => void) {
    this.#clock = clock;
    this.#outbox = outbox;
    this.#write = write;
  }

  /** A session has changed. */
  add(session: KeptSession): void {
    this.#changed.add(session);
  }

  /** Has them written at the end of the turn, before the outbox writes: before a client is told of a room. */
  writeAtEnd(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#outbox.atEnd(() => {
      this.#isScheduled = false;
      this.#write();
    });
  }

  /** Has them written within `RECOVERED_WAIT_MS`. */
  writeSoon(): void {
    this.#timer ??= this.#clock.setTimeout(
      (changes: SessionChanges) => {
        changes.#timer = undefined;
        changes.#write();
      },
      RECOVERED_WAIT_MS,
      this,
    );
  }

  /** Returns the changed sessions, once. */
  take(): Set<KeptSession> {
    const changed = new Set(this.#changed);
    this.#changed.clear();
    return changed;
  }

  /** A session is not written any more. */
  drop(session: KeptSession): void {
    this.#changed.delete(session);
  }

  /** Forgets all changes, and stops waiting. */
  close(): void {
    this.#changed.clear();
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
