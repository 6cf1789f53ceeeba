/** A folder for a log and pictures that is there for one test, or one file of tests. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalBackplane, local } from 'naru/backplane/local';

/** Where a test keeps what the chat keeps. */
export class Data {
  readonly folder = mkdtempSync(join(tmpdir(), 'underworld-'));
  readonly #open: LocalBackplane[] = [];

  /** Opens the log, as a process does at its start. */
  open(): LocalBackplane {
    const backplane = local(join(this.folder, 'log'));
    this.#open.push(backplane);
    return backplane;
  }

  /** Closes what is open, and removes all. */
  async remove(): Promise<void> {
    for (const backplane of this.#open.splice(0)) await backplane.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
