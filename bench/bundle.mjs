/** Measures the client bundles, minified as shipped, then gzipped at level 9. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const require = createRequire(import.meta.url);
const peer = join(dirname(require.resolve('socket.io-client/package.json')), 'dist');
const ours = fileURLToPath(new URL('../packages/naru/dist/client/', import.meta.url));

const FILES = [
  { target: 'socket.io', path: join(peer, 'socket.io.min.js'), title: 'socket.io-client, socket.io.min.js' },
  { target: 'socket.io', path: join(peer, 'socket.io.esm.min.js'), title: 'socket.io-client, socket.io.esm.min.js' },
  { target: 'naru', path: join(ours, 'naru.min.js'), title: 'naru, naru.min.js', goalBytes: 10_000 },
  { target: 'naru', path: join(ours, 'naru.esm.min.js'), title: 'naru, naru.esm.min.js', goalBytes: 10_000 },
  {
    target: 'naru',
    path: join(ours, 'naru.websocket.min.js'),
    title: 'naru, WebSocket alone, naru.websocket.min.js',
    goalBytes: 8000,
  },
  {
    target: 'naru',
    path: join(ours, 'naru.websocket.esm.min.js'),
    title: 'naru, WebSocket alone, naru.websocket.esm.min.js',
    goalBytes: 8000,
  },
];

/** Returns each existing bundle with its sizes in bytes. */
export function bundleSizes() {
  return FILES.filter(({ path }) => existsSync(path)).map(({ path, ...rest }) => {
    const bytes = readFileSync(path);
    return { ...rest, minifiedBytes: bytes.length, gzippedBytes: gzipSync(bytes, { level: 9 }).length };
  });
}
