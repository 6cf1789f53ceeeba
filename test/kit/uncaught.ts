/** Collects the exceptions and rejections that end nowhere until the test is over; the test runner would take them for its own. */
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
