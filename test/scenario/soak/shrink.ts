/**
 * Finds a short list of actions that still fails by leaving out parts. Zeller and Hildebrandt, "Simplifying and
 * isolating failure-inducing input".
 */

/** The test to shorten, and its time limit. */
export interface ShrinkOptions {
  /** Whether a list of actions fails. */
  fails(keep: readonly number[]): Promise<boolean>;
  /** Whether there is time for another try. */
  mayGoOn(): boolean;
}

/** Returns the shortest failing part of `failing` that it could find in its time. `failing` itself must fail. */
export async function shrink(failing: readonly number[], { fails, mayGoOn }: ShrinkOptions): Promise<number[]> {
  let best = [...failing];
  let parts = 2;
  while (best.length > 0 && mayGoOn()) {
    const size = Math.ceil(best.length / parts);
    const smaller = await findSmaller(best, size, { fails, mayGoOn });
    if (smaller) {
      best = smaller;
      parts = Math.max(2, Math.min(best.length, parts - 1));
    } else if (size === 1) {
      return best;
    } else {
      parts = Math.min(best.length, parts * 2);
    }
  }
  return best;
}

/** Leaves out one part after the other, the last first, because failures are usually caused near the end. */
async function findSmaller(
  list: readonly number[],
  size: number,
  { fails, mayGoOn }: ShrinkOptions,
): Promise<number[] | undefined> {
  const starts = Array.from({ length: Math.ceil(list.length / size) }, (_, index) => index * size);
  for (const start of starts) {
    if (!mayGoOn()) return undefined;
    const rest = [...list.slice(0, start), ...list.slice(start + size)];
    if (await fails(rest)) return rest;
  }
  return undefined;
}
