/** Folders for the logs of targets. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Makes a folder that goes with this process. */
export function makeFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'naru-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
