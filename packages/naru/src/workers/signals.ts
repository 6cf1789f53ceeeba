/** Ends the program on a signal: cleanly if possible, and always within a time limit. */

import { systemClock, type Timer } from '../base/clock.js';

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

/**
 * Milliseconds after a SIGTERM in which another one means the same end. npm, `timeout` and service managers may send
 * more than one.
 */
const SAME_END_MS = 2_000;

/** The signals that end a program. */
const ENDING: readonly Signal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Calls `close` at the first of `signals`, with `isGentle` for SIGTERM. Exits with 0 when it is done or the time is
 * over. When it fails, reports the error and exits with 1. During a gentle end, another signal calls `close` again,
 * without `isGentle`. Signals after that have no effect, because a terminal and npm may both send one for the same
 * Ctrl-C. Returns a function that does the same as the first signal.
 */
export function endOnSignal(
  program: Program,
  close: (isGentle: boolean) => Promise<void>,
  report: (error: unknown) => void,
  signals = ENDING,
): (isGentle: boolean) => void {
  let state: 'open' | 'gentle' | 'fast' = 'open';
  let late: Timer = 0;
  const failed = (error: unknown): void => {
    report(error);
    program.exit(1);
  };
  const end = (isGentle: boolean): void => {
    if (state === 'fast' || (isGentle && state === 'gentle')) return;
    state = isGentle ? 'gentle' : 'fast';
    systemClock.clearTimeout(late);
    const limitMs = isGentle ? drainTimeMsMax : closeTimeMsMax;
    late = systemClock.setTimeout(() => program.exit(0), limitMs, undefined);
    close(isGentle)
      .then(() => program.exit(0), failed)
      .finally(() => systemClock.clearTimeout(late));
  };
  let firstTermAt: number | undefined;
  const onTerm = (): void => {
    const now = systemClock.now();
    firstTermAt ??= now;
    end(now - firstTermAt < SAME_END_MS);
  };
  for (const signal of signals) program.on(signal, signal === 'SIGTERM' ? onTerm : () => end(false));
  return end;
}
