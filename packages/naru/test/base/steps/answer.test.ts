import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../testing/src/index.js';
import * as answers from '../../../src/base/steps/answer.js';

const { answerOf, ask, carryOut, inTime, pending, repeat, unawaited, unlessThere, waitFor } = answers;

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
    expect(unawaited(1)).toBe(1);
  });

  it('is in time without a timer', () => {
    const clock = new FakeClock();
    expect(inTime(clock, undefined, 1_000)).toEqual({ value: undefined });
    expect(clock.timerCount).toBe(0);
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
    const promise = Promise.resolve('answer');
    const answer = unlessThere(promise, (coming) => seen.push(coming === promise ? 'meanwhile' : 'another'));
    await answers.after(answer, (value) => seen.push(value));
    expect(seen).toEqual(['meanwhile', 'answer']);
  });

  it('is waited for, but not for ever', async () => {
    const clock = new FakeClock();
    expect(await inTime(clock, Promise.resolve(1), 1_000)).toEqual({ value: 1 });
    const never = inTime(clock, new Promise(() => undefined), 1_000);
    await clock.advance(1_000);
    expect(await never).toBeUndefined();
  });

  it('may be refused although nobody waits for it', async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', note);
    const answer = unawaited(Promise.reject(new TypeError('no')));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
    await expect(answer).rejects.toThrow('no');
  });
});

it('takes anything with `then` from an application as an answer that comes later', async () => {
  // biome-ignore lint/suspicious/noThenProperty: applications may return one.
  const thenable = { then: (resolve: (value: string) => void) => resolve('allowed') };
  expect(answerOf(thenable)).toBeInstanceOf(Promise);
  expect(await answerOf(thenable)).toBe('allowed');
  const others = [true, undefined, null, 'text', []];
  expect(others.map(answerOf)).toEqual(others);
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
