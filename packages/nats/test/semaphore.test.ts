import { expect, it } from 'vitest';
import { Semaphore } from '../src/semaphore.js';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('lets a few requests run at a time, in their order, and leaves out what nobody wants any more', async () => {
  const semaphore = new Semaphore(2);
  const ends: (() => void)[] = [];
  const begun: number[] = [];
  const settled: number[] = [];
  const unwanted = new Set<number>();
  const request = (n: number) => () => {
    begun.push(n);
    return new Promise<void>((resolve) => void ends.push(resolve));
  };
  for (let n = 0; n < 6; n += 1) void semaphore.run(() => !unwanted.has(n), request(n)).then(() => settled.push(n));
  await nextTurn();
  expect(begun).toEqual([0, 1]);
  unwanted.add(2).add(4);
  ends[0]?.();
  await nextTurn();
  expect(begun).toEqual([0, 1, 3]);
  for (const end of ends) end();
  await nextTurn();
  for (const end of ends) end();
  await nextTurn();
  expect([begun, settled]).toEqual([
    [0, 1, 3, 5],
    [0, 1, 3, 5],
  ]);
});

it('lets the next request run when one has failed', async () => {
  const semaphore = new Semaphore(1);
  const failing = semaphore.run(
    () => true,
    () => Promise.reject(new Error('refused')),
  );
  const next = semaphore.run(
    () => true,
    async () => 'next',
  );
  await expect(failing).rejects.toThrow('refused');
  expect(await next).toBe('next');
});
