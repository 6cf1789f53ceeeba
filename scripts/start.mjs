// npm start: installs and builds missing parts, then serves the chat. HOST and PORT set its address.
//
// Arguments are passed on: `npm start -- --port 4000`, `npm start -- apps/other`.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './prepare/build.mjs';
import { install, requireNode } from './prepare/install.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

requireNode();
install(root);
build(root, ['--quiet']);

// The server runs in this process, so that a signal reaches it directly.
const { run } = await import(new URL('../packages/cli/dist/esm/run.js', import.meta.url).href);
const args = process.argv.slice(2);
const app = args[0] === undefined || args[0].startsWith('-') ? [join(root, 'apps/underworld')] : [];
await run(['serve', ...app, ...args]);
