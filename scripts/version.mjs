// npm run version -- 1.2.3: writes the version into each package.json, and into the ranges by which packages name each
// other.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setVersion } from './release/version.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const [version] = process.argv.slice(2);
if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version ?? '')) {
  console.error('naru: name a version: npm run version -- 1.2.3');
  process.exit(1);
}
for (const [path, text] of setVersion(root, version, (file) => readFileSync(join(root, file), 'utf8')))
  writeFileSync(join(root, path), text);
console.log(`all packages have the version ${version}; run npm run lock next`);
