import { describe, expect, it } from 'vitest';
import * as answers from '../../../src/base/steps/answer.js';

const { ask, carryOut, pending, repeat, unlessThere, waitFor } = answers;

const refused = (): never => {
  throw new TypeError('refused');
};

describe('an answer that is there', () => {
  it('is passed on within the call', () => {
    expect(answers.after(1, (value) => value + 1)).toBe(2);
    expect(ask(() => 1, refused)).toBe(1);
    expect(ask(refused, () => 2)).toBe(2);
  });

  it('leaves nothing to do meanwhile', () => {
    expect(unlessThere(1, refused)).toBe(1);
  });
});

describe('an answer that comes later', () => {
  it('is passed on when it comes, and its error to the handler', async () => {
    expect(await answers.after(Promise.resolve(1), (value) => value + 1)).toBe(2);
    expect(
      await answers.after(
        Promise.reject(new TypeError('no')),
        () => 'yes',
        (error) => String(error),
      ),
    ).toBe('TypeError: no');
    expect(
      await ask(
        () => Promise.reject(new TypeError('no')),
        () => 3,
      ),
    ).toBe(3);
  });

  it('leaves time for something else', async () => {
    const seen: string[] = [];
    const answer = unlessThere(Promise.resolve('answer'), () => seen.push('meanwhile'));
    await answers.after(answer, (value) => seen.push(value));
    expect(seen).toEqual(['meanwhile', 'answer']);
  });
});

describe('repeated steps', () => {
  it('end with the first answer, and take no stack', () => {
    let count = 0;
    expect(
      repeat(() => {
        count += 1;
        return count === 1_000_000 ? 'end' : undefined;
      }),
    ).toBe('end');
  });

  it('go on after answers that come later', async () => {
    let count = 0;
    const answer = repeat(() => {
      count += 1;
      if (count === 10) return 'end';
      return count % 3 === 0 ? Promise.resolve(undefined) : undefined;
    });
    expect([await answer, count]).toEqual(['end', 10]);
  });
});

describe('steps', () => {
  function* sum(all: readonly answers.Answer<number>[]): answers.Steps<number> {
    let total = 0;
    for (const answer of all) total += yield* waitFor(answer);
    return total;
  }

  function* saved(request: () => answers.Answer<number>): answers.Steps<string> {
    try {
      return String(yield* waitFor(request()));
    } catch (error) {
      return (error as Error).message;
    }
  }

  function* failing(request: () => answers.Answer<number>): answers.Steps<number> {
    return yield* waitFor(request());
  }

  it('are carried out within the call if all answers are there', () => {
    expect(carryOut(sum([1, 2, 3]))).toBe(6);
  });

  it('are carried out when their answers come, in order', async () => {
    const outcome = carryOut(sum([1, Promise.resolve(2), 3, Promise.resolve(4)]));
    expect(outcome).toBeInstanceOf(Promise);
    expect(await outcome).toBe(10);
  });

  it('get the error of a refused request, now or later', async () => {
    expect(carryOut(saved(refused))).toBe('refused');
    expect(await carryOut(saved(() => Promise.reject(new TypeError('no'))))).toBe('no');
    expect(() => carryOut(failing(refused))).toThrow('refused');
    await expect(carryOut(sum([1, Promise.reject(new TypeError('no'))]))).rejects.toThrow('no');
  });
});

describe('a pending answer', () => {
  it('does not exist when the answer is there', () => {
    expect(pending(1, refused)).toBeUndefined();
  });

  it('says its end before others go on', async () => {
    const order: string[] = [];
    const own = pending(Promise.resolve(1), (ended) => order.push(ended === own ? 'end' : 'other'));
    await own?.then(() => order.push('after'));
    expect(order).toEqual(['end', 'after']);
  });
});
