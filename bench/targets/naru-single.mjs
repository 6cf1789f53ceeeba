/** Naru in one process, with a log that other processes can share, and without recovery. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server } from 'naru';
import { local } from 'naru/backplane/local';
import { serve } from './socket.io-apps.mjs';

/** @param {string} app @param {{ folder?: string } & Record<string, unknown>} options */
export function start(app, { folder = makeFolder(), ...options }) {
  return serve(Server, app, { ...options, backplane: local(folder) });
}

/** Makes a folder that goes with this process. */
export function makeFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'naru-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
