import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it.each(['test/kit/relay', 'bench/load'])('imports only Node.js and itself: %s', (path) => {
  const folder = fileURLToPath(new URL(`../../${path}`, import.meta.url));
  const names = readdirSync(folder).filter((name) => name.endsWith('.mjs'));
  expect(names.length).toBeGreaterThan(1);
  const specifiers = names.flatMap((name) => {
    const text = readFileSync(`${folder}/${name}`, 'utf8');
    return [...text.matchAll(/(?:from |import\()\s*'([^']+)'/g)].map(([, specifier]) => String(specifier));
  });
  expect(specifiers.length).toBeGreaterThan(1);
  expect(specifiers.filter((each) => !/^(node:|\.\/)/.test(each))).toEqual([]);
});
