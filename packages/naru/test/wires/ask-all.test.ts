import { describe, expect, it } from 'vitest';
import type { Action } from '../../../stomp/src/actions.js';
import { askAll } from '../../src/wires/ask-all.js';

const REFUSAL = { code: 'FORBIDDEN', message: 'no' } as const;
const run = (): void => undefined;
const yes: Action = { what: 'yes', ask: (answered) => answered(undefined), run };
const no: Action = { what: 'no', ask: (answered) => answered(REFUSAL), run };
const open: Action = { what: 'open', run };

function later(): { action: Action; answer: (isRefused?: boolean) => void } {
  let answered: Parameters<NonNullable<Action['ask']>>[0] | undefined;
  const ask: Action['ask'] = (callback) => {
    answered = callback;
  };
  return { action: { what: 'later', ask, run }, answer: (isRefused) => answered?.(isRefused ? REFUSAL : undefined) };
}

function ask(...actions: Action[]): unknown[] {
  const log: unknown[] = [];
  askAll(actions, (refused, isLate) => log.push([refused?.asked.what, isLate]));
  return log;
}

describe('askAll', () => {
  it('asks one after the other, and stops at the first refusal', () => {
    expect(ask()).toEqual([[undefined, false]]);
    expect(ask(yes, open, yes)).toEqual([[undefined, false]]);
    const unasked: Action = {
      what: 'unasked',
      ask: () => {
        throw new Error('asked behind a refusal');
      },
      run,
    };
    expect(ask(yes, no, unasked)).toEqual([['no', false]]);
  });

  it('waits for late answers, and reports it', () => {
    const [first, second] = [later(), later()];
    const log = ask(yes, first.action, open, second.action, yes);
    expect(log).toEqual([]);
    first.answer();
    expect(log).toEqual([]);
    second.answer();
    expect(log).toEqual([[undefined, true]]);
    const third = later();
    const refused = ask(third.action, yes);
    third.answer(true);
    expect(refused).toEqual([['later', true]]);
    const fourth = later();
    const behind = ask(fourth.action, no);
    fourth.answer();
    expect(behind).toEqual([['no', true]]);
  });
});
