import { expect, it } from 'vitest';
import type { Backplane } from '../../../naru/src/backplane/backplane.js';
import { brokenBy } from './broken-by.js';

it('notices a log that erases too much, or too little', async () => {
  const erasing = (change: Partial<Backplane['log']>) => (backplane: Backplane) => ({
    ...backplane,
    log: Object.assign(backplane.log, change),
  });
  const all = await brokenBy((backplane) => {
    const erase = backplane.log.erase.bind(backplane.log);
    return erasing({ erase: (namespace) => erase(namespace, { all: true }) })(backplane);
  });
  expect(all).toContain('erases what a person said');
  expect(await brokenBy(erasing({ erase: () => 0 }))).toContain('erases the record at an offset, and keeps its place');
  expect(await brokenBy(erasing({ retain: () => undefined }))).toEqual([
    'keeps the records of a namespace as long as it is told to',
  ]);
});
