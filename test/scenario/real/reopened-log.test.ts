import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const PROGRAM = fileURLToPath(new URL('reopened-log.mjs', import.meta.url));

// The test needs its own program, because the content of memory depends on everything that has run before.
it('reads a log as it was written, whatever an earlier, closed one had at the same addresses', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM]);
  expect(JSON.parse(stdout)).toEqual([]);
}, 60_000);
