/**
 * Collects uncaught exceptions and rejections until the test is over, because the test runner would report them as its
 * own.
 */
import { onTestFinished } from 'vitest';

const EVENTS = ['uncaughtException', 'unhandledRejection'] as const;

export function catchUncaught(): string[] {
  const uncaught: string[] = [];
  for (const event of EVENTS) {
    const runners = process.listeners(event as 'uncaughtException');
    process.removeAllListeners(event);
    process.on(event, (error: unknown) => uncaught.push((error as Error).message));
    onTestFinished(() => {
      process.removeAllListeners(event);
      for (const runner of runners) process.on(event as 'uncaughtException', runner);
    });
  }
  return uncaught;
}
