import { expect, it, onTestFinished } from 'vitest';
import type { Backplane } from '../../../src/backplane/backplane.js';
import { warnOfLocalReach } from '../../../src/namespace/remote/local-reach.js';

it('warns once for each backplane and method, unless the call is local or nobody else is there', () => {
  const warned: string[] = [];
  const { emitWarning } = process;
  process.emitWarning = ((text: string) => warned.push(text)) as never;
  onTestFinished(() => {
    process.emitWarning = emitWarning;
  });
  const backplane = (isDurable: boolean) => ({ store: { isDurable } }) as Backplane;
  const shared = backplane(true);
  for (const method of ['one()', 'other()', 'one()']) warnOfLocalReach(shared, method, {});
  warnOfLocalReach(backplane(true), 'one()', {});
  warnOfLocalReach(backplane(true), 'two()', { local: true });
  warnOfLocalReach(backplane(false), 'three()', {});
  warnOfLocalReach(undefined, 'four()', {});
  expect(warned.map((text) => text.split(' ')[0])).toEqual(['one()', 'other()', 'one()']);
});
