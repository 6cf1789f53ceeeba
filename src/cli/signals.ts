/** Ends the program when it is asked to, cleanly where that is possible and in bounded time always. */

/** The part of Node's `process` that this needs. */
export interface Program {
  on(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP', listener: () => void): unknown;
  exit(code: number): unknown;
}

/** How long the end may take, in milliseconds, until the program ends regardless of what is still open. */
export const closeTimeMsMax = 3000;

/** The same where the end was announced (SIGTERM): clients are sent away little by little, and whoever waits has patience. */
export const drainTimeMsMax = 28_000;

/**
 * Calls `close` once at the first signal, gently for SIGTERM, and exits with 0 when it is done, or late. One that fails is reported, and exits
 * with 1. More signals change nothing: a terminal and npm may both send one for the same Ctrl-C.
 */
export function endOnSignal(
  program: Program,
  close: (isGentle: boolean) => Promise<void>,
  report: (error: unknown) => void,
): void {
  let ending = false;
  const end = (isGentle: boolean) => {
    if (ending) return;
    ending = true;
    const late = setTimeout(() => program.exit(0), isGentle ? drainTimeMsMax : closeTimeMsMax);
    const failed = (error: unknown) => {
      report(error);
      program.exit(1);
    };
    close(isGentle)
      .then(() => program.exit(0), failed)
      .finally(() => clearTimeout(late));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) program.on(signal, () => end(signal === 'SIGTERM'));
}
