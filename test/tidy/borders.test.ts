import { describe, expect, it } from 'vitest';
import { holdAppBorders } from './ranks.js';
import { parse } from './source.js';

describe('the borders of applications', () => {
  it.each([
    ['apps/x/server/a/b.ts', "import { x } from '../../shared/x.js'; import { y } from './y.js';"],
    ['apps/x/page/a.tsx', "import { x } from 'naru-apps-kit/page/x.js'; import { io } from 'naru/client';"],
    ['apps/x/server/a.ts', "import { x } from 'naru-apps-kit/shared/x.js';"],
    ['apps/kit/server/a.ts', "import { x } from '../shared/x.js';"],
    ['apps/x/bench/a.mjs', "import { x } from './server.mjs';"],
  ])('let %s pass with %s', (path, text) => {
    expect(holdAppBorders(parse(path, text), new Map())).toEqual([]);
  });

  it.each([
    ['to another application', 'apps/x/server/a.ts', "import { x } from '../../y/server/x.js';"],
    ['from the kit to an application', 'apps/kit/page/a.ts', "import { x } from '../../x/page/x.js';"],
    ['to the kit by a path', 'apps/x/page/a.ts', "import { x } from '../../kit/page/x.js';"],
    ['to the sources of the package', 'apps/x/server/a.ts', "import { x } from '../../../src/base/x.js';"],
    ['from the page to the server', 'apps/x/page/a.ts', "import type { X } from '../server/x.js';"],
    ['from the server to the page of the kit', 'apps/x/server/a.ts', "import { x } from 'naru-apps-kit/page/x.js';"],
    ['from shared to the server', 'apps/x/shared/a.ts', "import { x } from '../server/x.js';"],
    ['from the page to the build', 'apps/x/page/a.ts', "import { x } from '../x.config.js';"],
  ])('are crossed by an import %s', (_claim, path, text) => {
    expect(holdAppBorders(parse(path, text), new Map())).toHaveLength(1);
  });
});
