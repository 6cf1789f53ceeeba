import { expect, it } from 'vitest';
import { abortable } from '../src/abort.js';
import { failure } from './pair.js';

it('ends a wait on abort, or when it is done', async () => {
  const never = new Promise<void>(() => {});
  const controller = new AbortController();
  const waiting = failure(abortable('it', never, controller.signal));
  controller.abort();
  expect(await waiting).toMatchObject({ code: 'ABORTED', message: 'it: aborted' });
  expect((await failure(abortable('it', never, controller.signal))).code).toBe('ABORTED');
  expect(await abortable('it', Promise.resolve(5), new AbortController().signal)).toBe(5);
  expect(await abortable('it', Promise.resolve(5), undefined)).toBe(5);
  await expect(abortable('it', Promise.reject(new RangeError('no')), new AbortController().signal)).rejects.toThrow(
    'no',
  );
});
