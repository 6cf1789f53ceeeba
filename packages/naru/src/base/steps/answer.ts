/** Answers to requests. Some are there within the call, and others come later. Only this file asks which. */
import type { Clock } from '../clock.js';
import { type Closable, within } from '../within.js';

/** The value, or a promise of it. A home on this machine answers within the call, and one on another machine later. */
export type Answer<T> = T | Promise<T>;

/** Takes the answer of an application's function. Anything with `then` counts as an answer that comes later. */
export function answerOf(given: unknown): Answer<unknown> {
  const isComing = typeof given === 'object' && given !== null && 'then' in given && typeof given.then === 'function';
  return isComing ? Promise.resolve(given) : given;
}

/**
 * Calls `next` with an answer: within the call if it is there, otherwise when it comes. `failed` gets the error of a
 * request that was refused later. Without `failed`, the answer of `after` is refused with it.
 */
export function after<T, U>(
  answer: Answer<T>,
  next: (value: T) => Answer<U>,
  failed?: (error: unknown) => Answer<U>,
): Answer<U> {
  return answer instanceof Promise ? answer.then(next, failed) : next(answer);
}

/** Makes a request. `failed` supplies the answer if the request is refused, within the call or later. */
export function ask<T>(request: () => Answer<T>, failed: (error: unknown) => Answer<T>): Answer<T> {
  try {
    const answer = request();
    return answer instanceof Promise ? answer.catch(failed) : answer;
  } catch (error) {
    return failed(error);
  }
}

/**
 * Calls `step` again and again, until its answer is something else than `undefined`. Steps that answer within the call
 * take no stack, however many there are.
 */
export function repeat<T>(step: () => Answer<T | undefined>): Answer<T> {
  for (;;) {
    const answer = step();
    if (answer instanceof Promise) return answer.then((value) => value ?? repeat(step));
    if (answer !== undefined) return answer;
  }
}

/**
 * Steps that wait for answers with `yield* waitFor(answer)`, and return their outcome. The error of a refused request
 * is thrown there.
 */
export type Steps<T> = Generator<unknown, T, unknown>;

/**
 * Waits for an answer inside of steps. One that is there costs nothing but this call: `yield*` takes it from `READY` at
 * once.
 */
export function waitFor<T>(answer: Answer<T>): Iterable<unknown, T, unknown> {
  if (answer instanceof Promise) return wait(answer);
  READY.result = { done: true, value: answer };
  return READY as Iterable<unknown, T, unknown>;
}

const TAKEN: IteratorReturnResult<unknown> = { done: true, value: undefined };
const READY = {
  result: TAKEN,
  [Symbol.iterator]: () => READY,
  next(): IteratorReturnResult<unknown> {
    const { result } = READY;
    READY.result = TAKEN;
    return result;
  },
};

function* wait<T>(answer: Promise<T>): Steps<T> {
  return (yield answer) as T;
}

/** Carries out steps. The outcome is there within the call if all answers are. */
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

/** Calls `meanwhile` with the promise of an answer that is not there yet. Returns the answer. */
export function unlessThere<T>(answer: Answer<T>, meanwhile: (coming: Promise<T>) => void): Answer<T> {
  if (answer instanceof Promise) meanwhile(answer);
  return answer;
}

/** Lets a request be refused later although nobody waits for it. Returns its answer. */
export function unawaited<T>(answer: Answer<T>): Answer<T> {
  return unlessThere(answer, (coming) => void coming.catch(() => undefined));
}

/**
 * Waits for an answer, but not for ever. The outcome is `undefined` as `within` says, and never for an answer that is
 * there.
 */
export function inTime<T>(
  clock: Clock,
  answer: Answer<T>,
  ms: number,
  connection?: Closable,
): Answer<{ readonly value: T } | undefined> {
  return answer instanceof Promise ? within(clock, answer, ms, connection) : { value: answer };
}

/** Returns the promise of an outcome that is not there yet. `onEnd` is called with it before it settles. */
export function pending<T>(answer: Answer<T>, onEnd: (own: Promise<T>) => void): Promise<T> | undefined {
  if (!(answer instanceof Promise)) return undefined;
  const own: Promise<T> = answer.finally(() => onEnd(own));
  return own;
}
