import { describe, expect, it } from 'vitest';
import { commentColumnsMax, holdComments } from './comments.js';
import { holdFileNames, holdLinks, holdNoMachine, holdNoRegistry, listAnchors } from './documents.js';
import { holdCompanions, holdDocs, isDeclarationOnly } from './exports.js';
import { holdNames, holdPrivate } from './names.js';
import { holdAppClock, holdBrowserFree, holdOneClock, holdOneImporter, holdPureProtocol } from './purity.js';
import { one, project, run } from './run-rule.js';
import { holdCatches, holdErrors, holdTypes } from './safety.js';
import { fileLinesMax, functionLinesMax, holdFileSize, holdFunctionSize } from './size.js';
import { parse } from './source.js';

describe('purity', () => {
  it.each([
    "import fs from 'node:fs';",
    "import x from 'lodash';",
    "import type { Clock } from '../../base/clock.js';",
    "import { Emitter } from '../../base/emitter.js';",
    'setTimeout(() => {}, 1);',
    'const { x = queueMicrotask } = y;',
    'export const x = Buffer.alloc(1);',
    'export const x: Buffer = y;',
    'process.nextTick(x);',
  ])('finds in a codec: %s', (text) => {
    expect(one(holdPureProtocol, text, 'packages/naru/src/protocol/stomp/x.ts')).toHaveLength(1);
  });

  it.each(["import { x } from '../../base/bytes.js';", 'options.setTimeout; ({ process: 1 });'])(
    'accepts: %s',
    (text) => {
      expect(one(holdPureProtocol, text, 'packages/naru/src/protocol/stomp/x.ts')).toEqual([]);
    },
  );

  it('finds a node: module that the browser reaches indirectly', () => {
    const files = {
      'packages/naru/src/client/browser.ts': "export * from './io.js';",
      'packages/naru/src/client/io.ts': "import type { X } from '../base/x.js';",
      'packages/naru/src/base/x.ts': "\nimport fs from 'node:fs';",
      'packages/naru/src/client/node/y.ts': "import fs from 'node:fs';",
    };
    expect(run(holdBrowserFree, files)).toEqual([
      'packages/naru/src/base/x.ts:2: packages/naru/src/client/browser.ts reaches node:fs, which no browser has',
    ]);
  });

  it.each([
    'setTimeout(x, 1)',
    'Date.now()',
    'const r = Math.random',
    'performance.now()',
    'globalThis.x ?? setInterval',
  ])('finds time and randomness from outside base: %s', (text) => {
    expect(one(holdOneClock, text, 'packages/naru/src/session/x.ts')).toHaveLength(1);
    expect(one(holdOneClock, text, 'packages/naru/src/base/clock.ts')).toEqual([]);
  });

  it('accepts time from a clock', () => {
    expect(
      one(
        holdOneClock,
        'clock.setTimeout(x, 1); clock.now(); type T = typeof setTimeout;',
        'packages/naru/src/session/x.ts',
      ),
    ).toEqual([]);
  });

  it('finds time outside main.ts in the server of an app', () => {
    expect(one(holdAppClock, 'Date.now(); setTimeout(x, 1)', 'apps/x/server/a/b.ts')).toHaveLength(2);
    expect(one(holdAppClock, 'now(); setImmediate(x)', 'apps/x/server/a/b.ts')).toEqual([]);
    expect(one(holdAppClock, 'Date.now()', 'apps/x/server/main.ts')).toEqual([]);
    expect(one(holdAppClock, 'setTimeout(x, 1)', 'apps/x/page/b.ts')).toEqual([]);
  });

  it('finds a package with two importers', () => {
    const importer = "import { open } from '@x/lmdb/sub';";
    expect(
      holdOneImporter(
        project({
          'packages/naru/src/a/b.ts': importer,
          'packages/naru/src/a/c.ts': "import fs from 'node:fs'; import type { X } from '@x/lmdb';",
        }),
      ),
    ).toEqual([]);
    expect(
      holdOneImporter(
        project({ 'packages/naru/src/a/b.ts': importer, 'packages/naru/src/a/c.ts': "import '@x/lmdb';" }),
      ),
    ).toHaveLength(2);
  });
});

describe('size', () => {
  const lines = (count: number) => Array.from({ length: count }, () => 'x();').join('\n');

  it('counts the lines of a file without its last newline', () => {
    expect(one(holdFileSize, `${lines(fileLinesMax)}\n`)).toEqual([]);
    expect(one(holdFileSize, lines(fileLinesMax + 1))).toEqual([
      'packages/naru/src/base/x.ts:1: 401 lines; a file has at most 400',
    ]);
  });

  it.each([
    ['long', `function long() {\n${lines(functionLinesMax - 1)}\n}`],
    ['long', `class C { long() {\n${lines(functionLinesMax - 1)}\n} }`],
    ['long', `class C { #long = async () => {\n${lines(functionLinesMax - 1)}\n}; }`],
    ['long', `const long = () => {\n${lines(functionLinesMax - 1)}\n};`],
    ['a function', `x(() => {\n${lines(functionLinesMax - 1)}\n});`],
  ])('finds %s function', (name, text) => {
    expect(one(holdFunctionSize, text)).toEqual([expect.stringContaining(`${name} has 61 lines`)]);
  });

  it('accepts a function of the largest size', () => {
    expect(one(holdFunctionSize, `function f() {\n${lines(functionLinesMax - 2)}\n}`)).toEqual([]);
  });
});

describe('names', () => {
  it.each([
    'function handle() {}',
    'const processPacket = 1;',
    'class SocketManager {}',
    'class C { handleData() {} }',
    'class C { #utils = 1; }',
    'interface HelperOptions {}',
    'interface X { common: number }',
    'type Misc = 1;',
    'function f(utilityBelt: X) {}',
    'const f = (helper = 1) => helper;',
    'function f(...helpers) {}',
    'const { x: processed } = y;',
    'const COMMON_PORT = 1;',
  ])('finds %s', (text) => {
    expect(one(holdNames, text)).toHaveLength(1);
  });

  it.each([
    'const handler = 1;',
    'class C { handleUpgrade() {} }',
    'class C extends D { override handle() {} }',
    "import { util } from 'x'; util.handle();",
    'const { managed } = options;',
    'const accommodate = 1;',
    'const isCommonJs = 1;',
  ])('accepts: %s', (text) => {
    expect(one(holdNames, text)).toEqual([]);
  });

  it('looks at files and folders', () => {
    expect(one(holdNames, '', 'packages/naru/src/base/string-utils.ts')).toHaveLength(1);
    expect(one(holdNames, '', 'test/helpers/x.ts')).toHaveLength(1);
    expect(one(holdNames, '', 'test/net/udp-stage.ts')).toHaveLength(1);
    expect(one(holdNames, '', 'test/net/staged.ts')).toEqual([]);
  });

  it('accepts the Manager of Socket.IO in its own paths only', () => {
    expect(one(holdNames, 'class Manager {}', 'packages/naru/src/client/socket/manager.ts')).toEqual([]);
    expect(one(holdNames, 'class Manager {}', 'packages/naru/src/server/x.ts')).toHaveLength(1);
  });

  it('finds members hidden by an underscore', () => {
    expect(one(holdPrivate, 'class C { _x = 1; _y() {} #z = 1; }')).toHaveLength(2);
    expect(one(holdPrivate, 'class C extends Duplex { override _read() {} }')).toHaveLength(0);
  });
});

describe('exports', () => {
  it.each([
    'export function f() {}',
    'export const a = 1;',
    'export class C {}',
    'export interface I {}',
    'export type T = 1;',
    '// A line comment here.\nexport const a = 1;',
    '/** */\nexport const a = 1;',
    '/** Word */\nexport const a = 1;',
    '/** @internal no sentence */\nexport const a = 1;',
    '/** A doc comment too far. */\nconst b = 1;\nexport const a = 1;',
    'const a = 1;\nexport { a };',
  ])('without a doc sentence are found: %j', (text) => {
    expect(one(holdDocs, text)).toHaveLength(1);
  });

  it.each([
    '/** Does a thing. */\nexport function f(x: 1): 1;\nexport function f(x: 2): 2;\nexport function f(x: 1 | 2) { return x }',
    '/**\n * Does a thing.\n */\nexport default class C {}',
    '/** Has a value. */\nconst a = 1;\nexport { a };',
    "export * from './y.js'; export { z } from './z.js';",
    'const hidden = 1;',
  ])('with one, or re-exported, pass: %j', (text) => {
    expect(one(holdDocs, text)).toEqual([]);
  });

  it('need a test if they can run', () => {
    const all = project({
      'packages/naru/src/a/b.ts': 'export const x = 1;',
      'packages/naru/src/a/c.ts': 'export type X = 1;',
    });
    expect(holdCompanions(all, new Set())).toEqual([
      'packages/naru/src/a/b.ts:1: has no test; packages/naru/test/a/b.test.ts is missing',
    ]);
    for (const test of ['b.test.ts', 'b.fuzz.test.ts', 'b/one.test.ts']) {
      expect(holdCompanions(all, new Set([`packages/naru/test/a/${test}`]))).toEqual([]);
    }
    expect(holdCompanions(all, new Set(['packages/naru/test/a/b.ts', 'packages/naru/test/a/bb.test.ts']))).toHaveLength(
      1,
    );
  });

  it('need no test if they are types or re-exports', () => {
    const text =
      "import type { A } from './a.js'; export interface I {} type T = A; export type { T }; export * from './b.js';";
    expect(isDeclarationOnly(parse('packages/naru/src/a/b.ts', text))).toBe(true);
    expect(isDeclarationOnly(parse('packages/naru/src/a/b.ts', `${text} run();`))).toBe(false);
  });
});

describe('comments', () => {
  const words = (columns: number) => 'a'.repeat(columns);

  it('have at most as many columns as code', () => {
    expect(one(holdComments, `// ${words(commentColumnsMax - 3)}\nx();`)).toEqual([]);
    expect(one(holdComments, `x();\n// ${words(commentColumnsMax - 2)}`)).toEqual([
      'packages/naru/src/base/x.ts:2: 121 columns; a comment has at most 120',
    ]);
    expect(one(holdComments, `/**\n * Short.\n * ${words(120)}\n */\nx();`)).toEqual([
      'packages/naru/src/base/x.ts:3: 123 columns; a comment has at most 120',
    ]);
    expect(one(holdComments, `x(); // ${words(120)}`)).toHaveLength(1);
  });

  it('may be longer for programs, and beside them code may', () => {
    expect(one(holdComments, `// biome-ignore lint/x/y: ${words(120)}\nx('${words(120)}');`)).toEqual([]);
  });

  it.each([
    '/** Does the same, and waits. */',
    '/**\n * Does the same for two.\n */',
    '/** The same as `x`. */',
    '/** Same as `x`. */',
    '/** See `x`. */',
  ])('begin by themselves: %j', (text) => {
    expect(one(holdComments, `${text}\nx();`)).toEqual([
      'packages/naru/src/base/x.ts:1: begins by naming another comment; say what this member does',
    ]);
  });

  it('may name another one later', () => {
    expect(one(holdComments, '/** Sends a message, as `send` does. */\nx();')).toEqual([]);
  });
});

describe('safety', () => {
  it.each([
    'let x: any;',
    'f(x as any);',
    'x!.y;',
    'class C { x!: number; }',
    'enum E { A }',
    'class C { constructor(private x: number) {} }',
    `// @ts-${'ignore'}`,
    `/* @ts-${'nocheck'} */`,
    `// @ts-${'expect-error'}`,
  ])('finds a way around the types: %s', (text) => {
    expect(one(holdTypes, text)).toHaveLength(1);
  });

  it('accepts one any in the event map, and expected errors in tests of types', () => {
    expect(one(holdTypes, 'type A = any;', 'packages/naru/src/base/event-map.ts')).toEqual([]);
    expect(one(holdTypes, 'type A = any; type B = any;', 'packages/naru/src/base/event-map.ts')).toHaveLength(1);
    expect(one(holdTypes, `// @ts-${'expect-error'}: no`, 'test/types/x.ts')).toEqual([]);
  });

  it.each(["throw new Error('x');", 'throw Error();', 'class MyError extends Error {}'])(
    'finds a bare error: %s',
    (text) => {
      expect(one(holdErrors, text)).toHaveLength(1);
    },
  );

  it("accepts an app's own errors in one file", () => {
    const text = 'class RefusedError extends Error {}';
    expect(one(holdErrors, text, 'apps/x/server/errors.ts')).toEqual([]);
    expect(one(holdErrors, text, 'apps/x/server/world.ts')).toHaveLength(1);
    expect(one(holdErrors, "throw new Error('x');", 'apps/x/server/errors.ts')).toHaveLength(1);
  });

  it('accepts errors of the families', () => {
    expect(
      one(
        holdErrors,
        "throw new ConfigError('BAD_OPTION', 'x'); x instanceof Error; class E extends UnavailableError {}",
      ),
    ).toEqual([]);
  });

  it('finds an empty catch without a reason', () => {
    expect(one(holdCatches, 'try { x() } catch {}')).toHaveLength(1);
    expect(one(holdCatches, 'try { x() } catch (e) { } // fine')).toHaveLength(1);
    expect(one(holdCatches, 'try { x() } catch (e) { /* y is the answer then */ }')).toEqual([]);
    expect(one(holdCatches, 'try { x() } catch { x = y }')).toEqual([]);
  });
});

describe('documents', () => {
  const paths = new Set(['README.md', 'docs/a.md', 'docs/b.md', 'src/x.ts']);
  const links = (text: string) =>
    holdLinks(
      new Map([
        ['docs/a.md', text],
        ['docs/b.md', '# One *Two*\n## `Three`: 4'],
      ]),
      paths,
    );

  it.each([
    '[x](none.md)',
    'a\n[x](../src/none.ts)',
    '[x](b.md#three)',
    '[x](#none)',
    '[x]: none.md',
    '![x](x.png "t")',
  ])('fail with a dead link: %j', (text) => {
    expect(links(text)).toHaveLength(1);
  });

  it.each([
    '[x](b.md) [y](../src/x.ts) [z](../src/) [r](..)',
    '[x](b.md#one-two) [y](./b.md#three-4)',
    '# Here\n[x](#here)',
    '[x](https://example.org/none) [m](mailto:a@b.c)',
    '`[x](none.md)`',
    '```md\n[x](none.md)\n```',
  ])('pass with links that lead somewhere: %j', (text) => {
    expect(links(text)).toEqual([]);
  });

  it('name the line of a dead link', () => {
    expect(links('a\n\n[x](none.md)')).toEqual(['docs/a.md:3: none.md leads nowhere']);
  });

  it('have anchors as GitHub makes them', () => {
    expect([...listAnchors('# A b\n# A b\n## C: `d-e`, f!\n```\n# not one\n```\n### 나루 ferry')]).toEqual([
      'a-b',
      'a-b-1',
      'c-d-e-f',
      '나루-ferry',
    ]);
  });

  it('are searched for names of files that have gone', () => {
    const find = (text: string) => holdFileNames('A.md', text, paths);
    expect(find('see `x.ts`, src/x.ts and [x.ts](src/x.ts)')).toEqual([]);
    expect(find('a\nsee y/x.ts and `ax.ts`')).toEqual([
      'A.md:2: names y/x.ts, which does not exist',
      'A.md:2: names ax.ts, which does not exist',
    ]);
  });

  it('are searched for paths of a machine and for registries', () => {
    expect(holdNoMachine('x.ts', `\n// see /work${'/main'}`)).toHaveLength(1);
    expect(holdNoMachine('x.ts', 'https://x/work-in-progress')).toEqual([]);
    expect(holdNoRegistry('{\n"resolved": "https://r/x.tgz"')).toHaveLength(1);
    expect(holdNoRegistry('"resolved": "apps/underworld"')).toEqual([]);
  });
});
