/** Asks whether actions may be done, one after the other, before any of them is. */
import type { Refusal } from '../../namespace/permissions/permissions.js';
import type { Action } from './actions.js';

/** What came of asking: which action was refused and why, or nothing. */
export interface Refused {
  readonly action: Action;
  readonly refusal: Refusal;
}

/** Told once. `isLate`: not in the call that asked. */
export type AskedAll = (refused: Refused | undefined, isLate: boolean) => void;

/** Asks for all actions; the first refusal ends it. */
export function askAll(actions: readonly Action[], askedAll: AskedAll): void {
  askFrom(actions, 0, false, askedAll);
}

function askFrom(actions: readonly Action[], from: number, wasLate: boolean, askedAll: AskedAll): void {
  for (let index = from; index < actions.length; index += 1) {
    const action = actions[index] as Action;
    if (!action.ask) continue;
    let isLate = false;
    let isAllowed = false;
    action.ask((refusal) => {
      if (refusal) askedAll({ action, refusal }, wasLate || isLate);
      else if (isLate) askFrom(actions, index + 1, true, askedAll);
      else isAllowed = true;
    });
    isLate = true;
    if (!isAllowed) return;
  }
  askedAll(undefined, wasLate);
}

/** The sizes of what actions put into work queues, by queue. */
export function putsOf(actions: readonly Action[]): Map<string, number[]> {
  const puts = new Map<string, number[]>();
  for (const { puts: put } of actions) {
    if (!put) continue;
    const sizes = puts.get(put.queue);
    if (sizes) sizes.push(put.size);
    else puts.set(put.queue, [put.size]);
  }
  return puts;
}
