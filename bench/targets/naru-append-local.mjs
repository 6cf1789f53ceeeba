/** Naru with recovery and a log on the disk. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { local } from 'naru/backplane/local';
import { appendTo } from './append-app.mjs';

/** @param {string} _app @param {{ perTurn: number }} options */
export function start(_app, { perTurn }) {
  const folder = mkdtempSync(join(tmpdir(), 'naru-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return appendTo({ backplane: local(folder, { bytes: 256 * 1024 ** 2 }) }, perTurn);
}
