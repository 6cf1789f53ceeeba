// npm run arena: installs and builds missing parts, then serves the game. HOST and PORT set its address.
//
// Arguments are passed on: `npm run arena -- --port 4000`.
import { fileURLToPath } from 'node:url';

process.argv.splice(2, 0, fileURLToPath(new URL('../apps/arena', import.meta.url)));
await import('./start.mjs');
