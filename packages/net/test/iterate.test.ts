import { expect, it } from 'vitest';
import { UnavailableError } from '../../naru/src/base/errors.js';
import { iterate } from '../src/iterate.js';

it('ends iteration at null and on close, throws other errors, and can be left', async () => {
  const items = [1, 2, null];
  const got: number[] = [];
  for await (const item of iterate(async () => items.shift() ?? null)) got.push(item);
  expect(got).toEqual([1, 2]);
  for await (const _ of iterate(() => Promise.reject(new UnavailableError('CLOSED', 'closed')))) expect.fail();
  const lost = iterate(() => Promise.reject(new UnavailableError('DISCONNECTED', 'lost')));
  await expect(lost.next()).rejects.toThrow('lost');
  for await (const item of iterate(async () => 5)) {
    expect(item).toBe(5);
    break;
  }
});
