import { describe, expect, it } from 'vitest';
import { findForeign, holdCore, holdOwnClasses } from './packages.js';
import { one } from './run-rule.js';
import { parse } from './source.js';

const manifests = {
  naru: { name: 'naru', exports: { '.': {}, './wire': {} } },
  udp: { name: '@naru/udp', exports: { '.': {}, './client': {} }, peerDependencies: { naru: '^1' } },
  cli: { name: '@naru/cli', dependencies: { '@naru/udp': '^1' }, peerDependencies: { naru: '^1' } },
};
const find = (path: string, text: string) =>
  findForeign(parse(path, text), (folder) => manifests[folder as keyof typeof manifests]);

describe('an import of another package', () => {
  it.each([
    ['packages/udp/src/a.ts', "import { x } from 'naru/wire'; import { y } from './b/c.js'; import fs from 'node:fs';"],
    ['packages/cli/src/a.ts', "const x = await import('@naru/udp/client'); type Y = import('naru').Y;"],
    ['packages/udp/src/a.ts', "import x from 'narutils';"],
  ])('may be an entry that the manifest names, as in %s: %s', (path, text) => expect(find(path, text)).toEqual([]));

  it.each([
    ['by a path', 'packages/udp/src/a.ts', "import { x } from '../../naru/src/base/x.js';"],
    ['of a part that is not published', 'packages/udp/src/a.ts', "import { x } from 'naru/session';"],
    ['of a package that the manifest lacks', 'packages/udp/src/a.ts', "import { x } from '@naru/cli';"],
    ['of a package that is not named', 'packages/naru/src/a.ts', "import { x } from '@naru/udp';"],
    ['of the package itself', 'packages/udp/src/a.ts', "import { x } from '@naru/udp/client';"],
    ['of a type alone', 'packages/udp/src/a.ts', "import type { X } from 'naru/session';"],
  ])('is found %s', (_claim, path, text) => expect(find(path, text)).toHaveLength(1));
});

describe('an instanceof', () => {
  it('is found if it asks for a class of another package', () => {
    const text =
      "import { A } from 'naru/base'; import { B } from './b.js'; x instanceof A; x instanceof B; x instanceof Map;";
    expect(one(holdOwnClasses, text, 'packages/udp/src/a.ts')).toEqual([
      'packages/udp/src/a.ts:1: A is of another package; ask for its name',
    ]);
  });
});

describe('the core', () => {
  it('mentions no package around it, but for one file', () => {
    expect(one(holdCore, '// see @naru/udp')).toEqual([
      'packages/naru/src/base/x.ts:1: the core knows no package around it, such as @naru/udp',
    ]);
    expect(one(holdCore, "'@naru/udp'", 'packages/naru/src/base/options/known-packages.ts')).toEqual([]);
  });
});
