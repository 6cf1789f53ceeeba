import { expect, it } from 'vitest';
import { type Answer, carryOut, deciderOf, of, pending, type Steps } from '../../../src/namespace/recovery/answers.js';

function* sum(answers: readonly Answer<number>[]): Steps<number> {
  let all = 0;
  for (const answer of answers) all += yield* of(answer);
  return all;
}

function* saved(answer: () => Answer<number>): Steps<string> {
  try {
    return String(yield* of(answer()));
  } catch (error) {
    return (error as Error).message;
  }
}

function* failing(answer: () => Answer<number>): Steps<number> {
  return yield* of(answer());
}

it('carry out steps in the same turn if all answers are there', () => {
  expect(carryOut(sum([1, 2, 3]))).toBe(6);
});

it('carry out steps when their answers come, in order', async () => {
  const outcome = carryOut(sum([1, Promise.resolve(2), 3, Promise.resolve(4)]));
  expect(outcome).toBeInstanceOf(Promise);
  expect(await outcome).toBe(10);
});

it('throw the error of an answer inside of the steps, now or later', async () => {
  const failed = new Error('no answer');
  const throws = (): never => {
    throw failed;
  };
  expect(carryOut(saved(throws))).toBe('no answer');
  expect(await carryOut(saved(() => Promise.reject(failed)))).toBe('no answer');
  expect(() => carryOut(failing(throws))).toThrow(failed);
  await expect(carryOut(sum([1, Promise.reject(failed)]))).rejects.toBe(failed);
});

it('know what is pending, and say its end before others go on', async () => {
  expect(pending(1, () => undefined)).toBeUndefined();
  const order: string[] = [];
  const own = pending(Promise.resolve(1), (ended) => order.push(ended === own ? 'end' : 'other'));
  await own?.then(() => order.push('after'));
  expect(order).toEqual(['end', 'after']);
});

it('have the text decide on another machine, and the log elsewhere', () => {
  expect([true, false].map((isRemote) => deciderOf({ isRemote }))).toEqual(['text', 'log']);
});
