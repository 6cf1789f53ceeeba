/** The one contract for answers of a home: steps that go on at once where the answer is there, and later where it is not. */
import type { MaybePromise } from '../../backplane/backplane.js';

/** An answer of a home. Only this file asks whether it is there already. */
export type Answer<T> = MaybePromise<T>;

/** Steps that wait for answers with `yield* of(answer)`, and return their outcome. An error of a home is thrown there. */
export type Steps<T> = Generator<unknown, T, unknown>;

/** Waits for an answer inside of steps. */
export function* of<T>(answer: Answer<T>): Steps<T> {
  return (yield answer) as T;
}

/** Carries out steps. The outcome is there in the same turn if all answers are. */
export function carryOut<T>(steps: Steps<T>, first = steps.next()): Answer<T> {
  for (let step = first; ; ) {
    if (step.done) return step.value;
    const answer = step.value;
    if (answer instanceof Promise)
      return answer.then(
        (value) => carryOut(steps, steps.next(value)),
        (error) => carryOut(steps, steps.throw(error)),
      );
    step = steps.next(answer);
  }
}

/** Returns the promise of an outcome that is not there yet. `onEnd` is called with it before it settles. */
export function pending<T>(answer: Answer<T>, onEnd: (own: Promise<T>) => void): Promise<T> | undefined {
  if (!(answer instanceof Promise)) return undefined;
  const own: Promise<T> = answer.finally(() => onEnd(own));
  return own;
}

/**
 * Returns who decides which process has a session. A home on another machine decides by the text of the session, because messages may come late
 * there. Elsewhere the log decides by the order of the messages.
 */
export function deciderOf({ isRemote }: { readonly isRemote: boolean }): 'text' | 'log' {
  return isRemote ? 'text' : 'log';
}
