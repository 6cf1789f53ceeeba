/** Asks whether actions may be done, one after the other, before any of them is. */
import { getOrCreate } from '../../base/get-or-create.js';
import type { Refusal } from '../../namespace/permissions/permissions.js';
import type { Action } from './actions.js';

/** Told once: which action was refused and why, or nothing. `isLate`: not in the call that asked. */
export type AskedAll = (refused: { action: Action; refusal: Refusal } | undefined, isLate: boolean) => void;

/** Asks for all actions from the index `from` on; the first refusal ends it. */
export function askAll(actions: readonly Action[], askedAll: AskedAll, from = 0, wasLate = false): void {
  for (let index = from; index < actions.length; index += 1) {
    const action = actions[index] as Action;
    if (!action.ask) continue;
    let isLate = false;
    let isAllowed = false;
    action.ask((refusal) => {
      if (refusal) askedAll({ action, refusal }, wasLate || isLate);
      else if (isLate) askAll(actions, askedAll, index + 1, true);
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
    getOrCreate(puts, put.queue, () => [] as number[]).push(put.size);
  }
  return puts;
}
