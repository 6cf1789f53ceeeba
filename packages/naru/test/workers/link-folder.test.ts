import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { makeFolder } from '../../../../test/kit/folders.js';
import { makeLinkFolder, removeLinkFolder } from '../../src/workers/link-folder.js';

/** Sets the folder for temporary files, for the running test. */
function setTemporary(folder: string): void {
  vi.stubEnv('TMPDIR', folder);
  onTestFinished(() => void vi.unstubAllEnvs());
}

describe('the folder of the links between workers', () => {
  it('is among the temporary files, and for its user only', () => {
    const temporary = makeFolder({});
    setTemporary(temporary);
    const folder = makeLinkFolder();
    expect([dirname(folder), statSync(folder).mode & 0o777]).toEqual([temporary, 0o700]);
  });

  it.each([
    [
      'does not exist',
      'none',
      /^The workers cannot have their links in .*none: ENOENT: .*; set the variable TMPDIR to/,
    ],
    [
      'is too deep',
      'x'.repeat(90),
      /: its path is too long for Unix sockets; set the variable TMPDIR to another folder$/,
    ],
  ])('is an error that names the fix when the folder for temporary files %s', (_what, name, message) => {
    const temporary = makeFolder(name.length > 80 ? { [`${name}/.keep`]: '' } : {});
    setTemporary(join(temporary, name));
    expect(makeLinkFolder).toThrow(message);
  });

  it('goes when the last socket in it has gone', () => {
    const folder = join(makeFolder({ 'links/a.sock': '' }), 'links');
    removeLinkFolder(folder);
    expect(existsSync(folder)).toBe(true);
    const empty = makeFolder({});
    removeLinkFolder(empty);
    expect(existsSync(empty)).toBe(false);
  });
});
