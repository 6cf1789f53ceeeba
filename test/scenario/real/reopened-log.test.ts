import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const PROGRAM = fileURLToPath(new URL('reopened-log.mjs', import.meta.url));

// In a program of its own, because what lay at an address before depends on all that has run.
it('a log is read as it was written, whatever one that was closed before had at the same addresses', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM]);
  expect(JSON.parse(stdout)).toEqual([]);
}, 60_000);
