import { describe, expect, it } from 'vitest';
import { holdOneAnswer } from './answers.js';
import { parse } from './source.js';

const find = (text: string, path: string) => holdOneAnswer(parse(path, text), new Map());

describe('answers', () => {
  const path = 'packages/naru/src/namespace/x.ts';

  it.each([
    ['the type of a home', "import type { MaybePromise } from '../backplane/backplane.js';"],
    ['a promise that is looked for', 'if (answer instanceof Promise) answer.then(next);'],
    ['a thenable that is looked for', "const isLater = typeof answer.then === 'function';"],
    ['a name that is looked for', "const isLater = 'then' in answer;"],
    ['a helper of homes', 'whenResolved(answer, next);'],
    ['a question for the place of the home', 'if (log.isRemote) wait();'],
    ['a place that is taken from the home', 'const { isRemote } = log;'],
  ])('are not told apart by %s', (_what, text) => {
    expect(find(text, path)).not.toEqual([]);
    expect(find(text, 'packages/naru/src/backplane/x.ts')).toEqual([]);
  });

  it('may be told apart in the files that do so for all others', () => {
    expect(find('a instanceof Promise', 'packages/naru/src/base/steps/answer.ts')).toEqual([]);
    expect(find('log.isRemote', 'packages/naru/src/namespace/log/log-home.ts')).toEqual([]);
    expect(find('after(answer, next); promise.then(next); a instanceof Map', path)).toEqual([]);
  });
});
