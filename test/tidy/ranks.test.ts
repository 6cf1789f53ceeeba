import { describe, expect, it } from 'vitest';
import { holdAcyclic, holdImportsExist, holdLayers, holdParts, holdRanks } from './ranks.js';
import { one, run } from './run-rule.js';

describe('ranks', () => {
  it.each([
    ['packages/naru/src/session/a.ts', "import { x } from '../transport/x.js';"],
    ['packages/naru/src/session/a.ts', "import { x } from './b/c.js'; import fs from 'node:fs'; import y from 'y';"],
    ['packages/naru/src/transport/tcp/a.ts', "import { x } from '../../node-internals/x.js';"],
    ['packages/naru/src/client/node/a.ts', "import { x } from '../../transport/websocket/x.js';"],
    ['packages/naru/src/client/node/platform.ts', "import { NodeWebTransport } from './webtransport.js';"],
    ['packages/naru/src/server/engine/a.ts', "import { x } from '../../session/x.js';"],
    [
      'packages/naru/src/entry/index.ts',
      "export * from '../server/index.js'; export { io as default } from '../client/io.js';",
    ],
  ])('lets %s pass with %s', (path, text) => {
    expect(one(holdRanks, text, path)).toEqual([]);
  });

  it.each([
    ['up', 'packages/naru/src/base/a.ts', "import type { X } from '../session/x.js';"],
    ['sideways', 'packages/naru/src/server/a.ts', "export { x } from '../client/x.js';"],
    ['up by a type alone', 'packages/naru/src/base/a.ts', "type X = import('../session/x.js').X;"],
    ['up at run time', 'packages/naru/src/base/a.ts', "const x = await import('../session/x.js');"],
    [
      'from the client to a lower rank',
      'packages/naru/src/client/a.ts',
      "import { x } from '../transport/websocket/x.js';",
    ],
    [
      'from the contract of wires to a lower rank',
      'packages/naru/src/transport/a.ts',
      "import { x } from '../node-internals/x.js';",
    ],
    [
      'by the exception to something else',
      'packages/naru/src/client/node/a.ts',
      "import { x } from '../../session/x.js';",
    ],
    ['of an optional wire', 'packages/naru/src/client/node/tcp.ts', "import { x } from './webtransport.js';"],
    [
      'of the engine to a namespace',
      'packages/naru/src/server/engine/a.ts',
      "import { x } from '../../namespace/x.js';",
    ],
    [
      'of the engine to a type of it',
      'packages/naru/src/server/engine/a.ts',
      "import type { X } from '../../namespace/a/x.js';",
    ],
    ['to an entry', 'packages/naru/src/server/a.ts', "import { x } from '../index.js';"],
    ['out of src', 'packages/naru/src/server/a.ts', "import { x } from '../../test/x.js';"],
    ['from a folder without a rank', 'packages/naru/src/stuff/a.ts', ''],
    ['into a folder without a rank', 'packages/naru/src/workers/a.ts', "import { x } from '../stuff/x.js';"],
    ['with code in an entry', 'packages/naru/src/entry/index.ts', 'export const x = 1;'],
    [
      'with an import in an entry',
      'packages/naru/src/entry/index.ts',
      "import { x } from '../base/x.js'; export { x };",
    ],
  ])('finds an import %s', (_claim, path, text) => {
    expect(one(holdRanks, text, path).length).toBeGreaterThan(0);
  });

  it('names the file, the line and both ranks', () => {
    expect(one(holdRanks, "\n\nimport '../session/x.js';", 'packages/naru/src/base/a.ts')).toEqual([
      'packages/naru/src/base/a.ts:3: base (rank 0) must not import session (rank 4): ../session/x.js',
    ]);
  });
});

describe('cycles', () => {
  it('are found through types and over several files, once', () => {
    const files = {
      'packages/naru/src/base/a.ts': "import type { B } from './b.js';",
      'packages/naru/src/base/b.ts': "export * from './c.js';",
      'packages/naru/src/base/c.ts': "import './d.js'; import './a.js';",
      'packages/naru/src/base/d.ts': "import 'node:fs';",
    };
    expect(run(holdAcyclic, files)).toEqual([
      'packages/naru/src/base/a.ts:1: import cycle: packages/naru/src/base/a.ts -> packages/naru/src/base/b.ts -> packages/naru/src/base/c.ts -> packages/naru/src/base/a.ts',
    ]);
  });

  it('are found when a file imports itself', () => {
    expect(one(holdAcyclic, "import './x.js';")).toHaveLength(1);
  });

  it('are not found in two paths to the same file', () => {
    const files = {
      'packages/naru/src/base/a.ts': "import './b.js'; import './c.js';",
      'packages/naru/src/base/b.ts': "import './c.js';",
      'packages/naru/src/base/c.ts': '',
    };
    expect(run(holdAcyclic, files)).toEqual([]);
  });

  it('are found through the parts of a page', () => {
    const files = {
      'apps/x/page/a.tsx': "import { B } from './b.js';",
      'apps/x/page/b.tsx': "import { A } from './a.js';",
    };
    expect(run(holdAcyclic, files)).toEqual([
      'apps/x/page/a.tsx:1: import cycle: apps/x/page/a.tsx -> apps/x/page/b.tsx -> apps/x/page/a.tsx',
    ]);
    expect(run(holdImportsExist, files)).toEqual([]);
  });

  it('are found through the kit of the applications', () => {
    const files = {
      'apps/kit/page/a.ts': "import { B } from 'naru-apps-kit/page/b.js';",
      'apps/kit/page/b.tsx': "import { A } from './a.js'; import 'naru-apps-kit/page/none.js';",
    };
    expect(run(holdAcyclic, files)).toHaveLength(1);
    expect(run(holdImportsExist, files)).toEqual(['apps/kit/page/b.tsx:1: naru-apps-kit/page/none.js does not exist']);
  });

  it('do not hide an import of a file that does not exist', () => {
    expect(one(holdImportsExist, "import './y.js';")).toEqual(['packages/naru/src/base/x.ts:1: ./y.js does not exist']);
  });
});

describe('parts', () => {
  const files = {
    'packages/naru/src/base/a/x.ts': "import type { Y } from '../b/y.js';",
    'packages/naru/src/base/b/y.ts': "import '../c.js';",
    'packages/naru/src/base/c.ts': "import './a/z.js';",
    'packages/naru/src/base/a/z.ts': '',
  };

  it('form a circle although no file imports itself', () => {
    expect(run(holdAcyclic, files)).toEqual([]);
    expect(run(holdParts, files)).toEqual([
      'packages/naru/src/base/a/x.ts:1: circle in packages/naru/src/base/: a -> b -> c.ts -> a',
      'packages/naru/src/base/b/y.ts:1: circle in packages/naru/src/base/: b -> c.ts -> a -> b',
      'packages/naru/src/base/c.ts:1: circle in packages/naru/src/base/: c.ts -> a -> b -> c.ts',
    ]);
  });

  it('form none when the imports of two folders lead one way', () => {
    expect(run(holdParts, { ...files, 'packages/naru/src/base/c.ts': '' })).toEqual([]);
  });
});

describe('layers', () => {
  const at = 'packages/naru/src/namespace/log/late/a.ts';

  it.each([
    [at, "import type { Y } from '../../event/y.js'; import '../b.js'; import '../../../base/z.js';"],
    ['packages/naru/src/namespace/registry.ts', "import './namespace.js'; import './event/x.js';"],
    ['packages/naru/src/session/a.ts', "import '../transport/b.js'; import './c.js';"],
  ])('let %s pass with %s', (path, text) => {
    expect(one(holdLayers, text, path)).toEqual([]);
  });

  it.each([
    ['an import up', at, "import '../../namespace-core.js';"],
    ['an import up by a type alone', at, "import type { X } from '../../recovery/x.js';"],
    ['an import sideways', at, "export { x } from '../../permissions/x.js';"],
    ['a file without a layer', 'packages/naru/src/namespace/stuff.ts', ''],
    ['a folder without a layer', 'packages/naru/src/namespace/stuff/a.ts', ''],
  ])('show %s', (_claim, path, text) => {
    expect(one(holdLayers, text, path)).toHaveLength(1);
  });

  it('are named with the file, the line and both parts', () => {
    expect(one(holdLayers, "\nimport '../../recovery/x.js';", at)).toEqual([
      `${at}:2: log is not above recovery in packages/naru/src/namespace/: ../../recovery/x.js`,
    ]);
  });
});
