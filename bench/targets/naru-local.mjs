/** Naru with recovery and the log on the disk: each event is written before it is sent. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server } from 'naru';
import { local } from 'naru/backplane/local';
import { serve } from './socket.io-apps.mjs';

/** @param {string} app @param {Record<string, unknown>} options */
export function start(app, options) {
  const folder = mkdtempSync(join(tmpdir(), 'naru-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const backplane = local(folder, { bytes: 256 * 1024 ** 2 });
  return serve(Server, app, { ...options, backplane, connectionStateRecovery: {} });
}
