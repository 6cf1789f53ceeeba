import { describe, expect, it } from 'vitest';
import * as answers from '../../../src/base/steps/answer.js';

const { ask, repeat, unlessThere } = answers;

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
