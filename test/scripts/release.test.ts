// needs: package
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listPackages } from '../../scripts/build/packages.mjs';
import { findLint, findWrongTypes } from '../../scripts/release/checks.mjs';
import { inOrder, withLinks } from '../../scripts/release/pack.mjs';
import { setVersion } from '../../scripts/release/version.mjs';
import { makeFolder } from '../kit/folders.js';
import { readText, root } from '../tidy/source.js';

describe('inOrder', () => {
  it('places each package after those that it needs', () => {
    const names = inOrder(listPackages(root)).map(({ name }: { name: string }) => name);
    expect(names[0]).toBe('naru');
    for (const [first, second] of [
      ['@naru/broker', '@naru/redis'],
      ['@naru/udp', '@naru/cli'],
      ['@naru/webtransport', '@naru/testing'],
    ] as const)
      expect(names.indexOf(first), second).toBeLessThan(names.indexOf(second));
  });
});

describe('withLinks', () => {
  const link = (text: string, from: string, url = 'https://x.example/naru') => withLinks(text, from, url, '1.2.3');

  it('leads relative links to the repository at the tag', () => {
    expect(link('[a](../../docs/a.md#b) [c](LICENSE)', 'packages/udp/README.md')).toBe(
      '[a](https://x.example/naru/blob/v1.2.3/docs/a.md#b) [c](https://x.example/naru/blob/v1.2.3/packages/udp/LICENSE)',
    );
    expect(link('[a](docs/a.md)', 'README.md')).toBe('[a](https://x.example/naru/blob/v1.2.3/docs/a.md)');
  });

  it('leaves other links, and everything without an address', () => {
    for (const text of ['[a](https://y.example/) [b](#b)', 'no link']) expect(link(text, 'README.md')).toBe(text);
    expect(link('[a](docs/a.md)', 'README.md', '')).toBe('[a](docs/a.md)');
  });
});

describe('setVersion', () => {
  it('changes the version everywhere, and the ranges of our own packages alone', () => {
    const texts = new Map(setVersion(root, '7.8.9', readText) as [string, string][]);
    const cli = JSON.parse(texts.get('packages/cli/package.json') ?? '');
    expect(cli.version).toBe('7.8.9');
    expect(cli.dependencies).toMatchObject({ '@naru/local': '^7.8.9' });
    expect(cli.peerDependencies).toMatchObject({ naru: '^7.8.9', '@naru/redis': '^7.8.9' });
    const local = JSON.parse(texts.get('packages/local/package.json') ?? '');
    expect(local.dependencies).toEqual(JSON.parse(readText('packages/local/package.json')).dependencies);
    expect(JSON.parse(texts.get('apps/arena/package.json') ?? '').dependencies.naru).toBe('^7.8.9');
  });

  it('leaves every file as it is if nothing changes', () => {
    const { version } = JSON.parse(readText('package.json')) as { version: string };
    for (const [path, text] of setVersion(root, version, readText)) expect(text, path).toBe(readText(path));
  });
});

describe('the checks of a tarball', () => {
  /** Packs the package of WebTransport with some files changed. */
  function pack(change: (folder: string) => void) {
    const folder = makeFolder({});
    for (const file of ['package.json', 'README.md', 'dist'])
      cpSync(join(root, 'packages/webtransport', file), join(folder, file), { recursive: true });
    change(folder);
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const words = ['pack', '--ignore-scripts', '--json'];
    const packed = Object.values(JSON.parse(execFileSync('npm', words, { cwd: folder, encoding: 'utf8' })));
    const { filename } = packed[0] as { filename: string };
    return { name: manifest.name as string, manifest, tarball: join(folder, filename) };
  }

  it('find nothing as it is', async () => {
    const packed = pack(() => undefined);
    expect([...(await findLint(packed)), ...(await findWrongTypes(packed))]).toEqual([]);
  });

  it('find code that is missing, and types that are not those of the code', async () => {
    const packed = pack((folder) => {
      const path = join(folder, 'package.json');
      const text = readFileSync(path, 'utf8').replaceAll('dist/cjs/entry/index.d.ts', 'dist/esm/entry/index.d.ts');
      writeFileSync(path, text.replaceAll('dist/esm/entry/index.js', 'dist/none.js'));
    });
    const lint = await findLint(packed);
    expect(lint.filter((line: string) => line.includes('dist/none.js'))).toHaveLength(2);
    expect(lint).toContainEqual(expect.stringContaining('types is interpreted as ESM'));
    expect(await findWrongTypes(packed)).toContainEqual(expect.stringMatching(/^@naru\/webtransport: types: /));
  });
});
