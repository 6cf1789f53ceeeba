import { expect, it } from 'vitest';
import { findCommit } from '../../../bench/against/builds.mjs';

it.each(['', 'no-such-commit', '--all'])('refuses "%s" as a commit', async (name) => {
  await expect(findCommit(name)).rejects.toThrow(`must name a commit of this repository, got "${name}"`);
});
