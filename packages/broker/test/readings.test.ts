import { expect, it } from 'vitest';
import type { ReadRequest } from '../src/call.js';
import { Readings } from '../src/readings.js';

it('has four pages read at once, and four single records beside them', async () => {
  const readings = new Readings();
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const run = (name: string, method: ReadRequest['method'], ...args: readonly unknown[]): void => {
    const carryOut = (): Promise<void> => {
      begun.push(name);
      return new Promise((resolve) => ends.push(resolve));
    };
    void readings.run({ method, args } as never as ReadRequest, () => true, carryOut);
  };
  for (let count = 1; count <= 3; count += 1) run(`page ${count}`, 'read', '/', '', 256);
  run('page 4', 'readAt', '/', ['a', 'b']);
  run('page 5', 'readBack', '/', undefined, 2);
  for (let count = 1; count <= 3; count += 1) run(`record ${count}`, 'read', '/', '', 1);
  run('record 4', 'readAt', '/', ['a']);
  run('record 5', 'readBack', '/', undefined, 1);
  await Promise.resolve();
  const [pages, records] = ['page', 'record'].map((kind) => [1, 2, 3, 4].map((count) => `${kind} ${count}`));
  expect(begun).toEqual([...(pages ?? []), ...(records ?? [])]);
  for (const end of ends) end();
  await expect.poll(() => begun.slice(8).sort()).toEqual(['page 5', 'record 5']);
});
