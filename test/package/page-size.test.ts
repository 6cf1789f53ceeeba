// needs: package
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BOUNDS } from '../../scripts/release/bounds.mjs';
import { bundlePage, bundlePageWithVite, loadedBytes } from '../../scripts/release/pages.mjs';
import { type Consumer, makeConsumer } from './consumer.js';

let project: Consumer;

beforeAll(() => {
  project = makeConsumer();
}, 120_000);
afterAll(() => project?.remove());

const page = (entry: string): string => `import { io } from '${entry}'; io('/chat').emit('hello');`;

it('has no import that bundlers warn about, because it is for effects alone', () => {
  const files = (project.published.naru ?? []).filter((path) => path.startsWith('dist/page/'));
  expect(files).toContain('dist/page/client.js');
  for (const path of files) {
    const code = readFileSync(join(project.folder, 'node_modules/naru', path), 'utf8');
    expect([path, /import\s*["'`]/.test(code)]).toEqual([path, false]);
  }
});

describe.each(Object.entries(BOUNDS.page))('a page with %s', (entry, bytesMax) => {
  it(`loads at most ${bytesMax} bytes in production, by esbuild`, async () => {
    expect(loadedBytes(await bundlePage(project.folder, page(entry)))).toBeLessThanOrEqual(bytesMax);
  });

  it('loads hardly more for older browsers, because esbuild replaces operators such as ??= alone', async () => {
    const old = await bundlePage(project.folder, page(entry), ['production'], 'es2020');
    expect(loadedBytes(old)).toBeLessThanOrEqual(bytesMax + 24);
  });

  it('loads the same bytes without a condition', async () => {
    const [plain, production] = [
      await bundlePage(project.folder, page(entry), []),
      await bundlePage(project.folder, page(entry)),
    ];
    expect(loadedBytes(plain)).toBe(loadedBytes(production));
  });

  const viteMax = BOUNDS.pageByVite[entry as keyof typeof BOUNDS.pageByVite];
  it(`loads at most ${viteMax} bytes by Vite`, async () => {
    expect(loadedBytes(await bundlePageWithVite(project.folder, page(entry)))).toBeLessThanOrEqual(viteMax);
  });

  it('has the checks with the condition "development" only', async () => {
    const hasChecks = async (condition: string): Promise<boolean> => {
      const { files } = await bundlePage(project.folder, page(entry), [condition]);
      return [...files.values()].some((code) => code.includes('does not exist: use '));
    };
    expect([await hasChecks('development'), await hasChecks('production')]).toEqual([true, false]);
  });
});
