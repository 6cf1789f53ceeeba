/** Asks the application several questions, one after the other. */
import type { Answered, Refusal } from '../namespace/permissions/permissions.js';

/** Something that the application may refuse. */
export interface Question {
  /** Asks whether it may be done; the answer may come later. Without it, it may. */
  ask?(answered: Answered): void;
}

/** Told once: what was refused and why, or nothing. `isLate`: not in the call that asked. */
export type AskedAll<Q> = (
  refused: { readonly asked: Q; readonly refusal: Refusal } | undefined,
  isLate: boolean,
) => void;

/** Asks all questions from the index `from` on; the first refusal ends it. A loop where answers come at once: many must not fill the stack. */
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
