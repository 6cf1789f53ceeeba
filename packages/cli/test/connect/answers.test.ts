import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ANSWER_MS, Answers } from '../../src/connect/answers.js';

describe('Answers', () => {
  it('gives each question the answer with its number', async () => {
    const answers = new Answers<string>();
    const sent: number[] = [];
    const asked = [answers.ask((id) => sent.push(id)), answers.ask((id) => sent.push(id))];
    expect(sent).toEqual([1, 2]);
    expect(answers.resolve('2', 'two')).toBe(true);
    expect(answers.resolve(1, 'one')).toBe(true);
    expect(answers.resolve(1, 'again')).toBe(false);
    expect(answers.resolve(undefined, 'nobody asked')).toBe(false);
    expect(await Promise.all(asked)).toEqual(['one', 'two']);
  });

  it('rejects with a refusal, with an error of the sender, and at the end of the wire', async () => {
    const answers = new Answers<string>();
    const refused = answers.ask(() => undefined);
    expect(answers.reject(1, 'not for you')).toBe(true);
    await expect(refused).rejects.toMatchObject({ code: 'REFUSED', message: 'not for you' });
    const unsent = answers.ask(() => {
      throw new RangeError('too long');
    });
    await expect(unsent).rejects.toThrow('too long');
    expect(answers.resolve(2, 'late')).toBe(false);
    const cut = answers.ask(() => undefined);
    answers.close('the server is gone');
    await expect(cut).rejects.toMatchObject({ code: 'DISCONNECTED', message: 'the server is gone' });
  });

  it('rejects without an answer in time', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const asked = new Answers<string>().ask(() => undefined);
    vi.advanceTimersByTime(ANSWER_MS);
    await expect(asked).rejects.toMatchObject({ code: 'TIMEOUT', message: 'no answer within 10 seconds' });
  });
});
