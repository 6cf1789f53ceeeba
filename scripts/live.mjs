// npm run live: installs and builds missing parts, then serves the live video. HOST and PORT set its address.
//
// Arguments are passed on: `npm run live -- --port 4000`.
import { fileURLToPath } from 'node:url';

process.argv.splice(2, 0, fileURLToPath(new URL('../apps/live', import.meta.url)));
await import('./start.mjs');
