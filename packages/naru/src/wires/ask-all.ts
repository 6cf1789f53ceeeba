/** Asks the application several questions, one after another. */
import type { Answered, Refusal } from '../namespace/permissions/permissions.js';

/** Something that the application may refuse. */
export interface Question {
  /** Asks whether this is allowed. The answer may come later. A question without `ask` is allowed. */
  ask?(answered: Answered): void;
}

/**
 * Called once with the refused question and the reason, or with `undefined`. `isLate` is false during the call to
 * `askAll`.
 */
export type AskedAll<Q> = (
  refused: { readonly asked: Q; readonly refusal: Refusal } | undefined,
  isLate: boolean,
) => void;

/**
 * Asks the questions from the index `from` on, until one is refused. A loop takes immediate answers, so that many do
 * not fill the stack.
 */
export function askAll<Q extends Question>(
  questions: readonly Q[],
  askedAll: AskedAll<Q>,
  from = 0,
  wasLate = false,
): void {
  for (let index = from; index < questions.length; index += 1) {
    const asked = questions[index] as Q;
    if (!asked.ask) continue;
    let isLate = false;
    let isAllowed = false;
    asked.ask((refusal) => {
      if (refusal) askedAll({ asked, refusal }, wasLate || isLate);
      else if (isLate) askAll(questions, askedAll, index + 1, true);
      else isAllowed = true;
    });
    isLate = true;
    if (!isAllowed) return;
  }
  askedAll(undefined, wasLate);
}
