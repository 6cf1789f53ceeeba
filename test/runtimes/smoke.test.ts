// needs: modules
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { readOutcomes } from '../../scripts/runtimes/table.mjs';
import { root } from '../tidy/source.js';

it('passes every scene of npm run test:runtimes in this Node', { timeout: 120_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'test/runtimes/smoke.mjs')]);
  const { outcomes, parts } = readOutcomes(stdout) as { outcomes: Map<string, { outcome: string }>; parts: object };
  const skipped = [...outcomes].filter(([, { outcome }]) => outcome !== 'ok').map(([scene]) => scene);
  expect(skipped).toEqual(typeof WebSocket === 'undefined' ? ['the WebSocket class of the runtime'] : []);
  expect(outcomes.size).toBeGreaterThan(15);
  expect(Object.values(parts)).toEqual([true, true, true, true, true]);
});
