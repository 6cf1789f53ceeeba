import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readVersion } from '../../../src/server/api/version.js';

it('reads the version of the package', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  expect(readVersion()).toBe(version);
});
