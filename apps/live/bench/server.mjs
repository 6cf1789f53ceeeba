// Starts a server of the benchmarks: the application, or the same rooms on socket.io.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launch, serving } from 'naru-apps-kit/bench/server.mjs';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Starts a server on one core. `kind` is `naru` or `socket.io`. */
export async function startServer(kind) {
  const data = mkdtempSync(join(tmpdir(), 'live-bench-'));
  const args = kind === 'naru' ? serving(path('..'), data) : [path('./socket-io-server.mjs')];
  const env = { LIVE_VIEWERS: '100000', LIVE_REPORTER_AGE_MS: '0' };
  const server = await launch(args, { core: process.env.BENCH_CORE, env });
  return {
    ...server,
    async stop() {
      await server.stop('SIGKILL');
      rmSync(data, { recursive: true, force: true });
    },
  };
}
