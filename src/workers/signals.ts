/** Ends the program on a signal: cleanly if possible, and always within a time limit. */

import { systemClock } from '../base/clock.js';

/** A signal that ends a program, or begins something else in it. */
export type Signal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** The part of Node's `process` that `endOnSignal` needs. */
export interface Program {
  on(signal: Signal, listener: () => void): unknown;
  exit(code: number): unknown;
}

/** Milliseconds that closing may take. After that the program exits even if something is still open. */
export const closeTimeMsMax = 3000;

/** Milliseconds that closing may take after SIGTERM, when the server sends its clients away in waves. */
export const drainTimeMsMax = 28_000;

/** The signals that end a program. */
const ENDING: readonly Signal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Calls `close` at the first of `signals`, with `isGentle` for SIGTERM. Exits with 0 when it is done or the time is
 * over. When it fails, reports the error and exits with 1. Later signals have no effect, because a terminal and npm may
 * both send one for the same Ctrl-C. Returns a function that does the same as a signal.
 */
export function endOnSignal(
  program: Program,
  close: (isGentle: boolean) => Promise<void>,
  report: (error: unknown) => void,
  signals = ENDING,
): (isGentle: boolean) => void {
  let ending = false;
  const end = (isGentle: boolean) => {
    if (ending) return;
    ending = true;
    const limitMs = isGentle ? drainTimeMsMax : closeTimeMsMax;
    const late = systemClock.setTimeout(() => program.exit(0), limitMs, undefined);
    const failed = (error: unknown) => {
      report(error);
      program.exit(1);
    };
    close(isGentle)
      .then(() => program.exit(0), failed)
      .finally(() => systemClock.clearTimeout(late));
  };
  for (const signal of signals) program.on(signal, () => end(signal === 'SIGTERM'));
  return end;
}
