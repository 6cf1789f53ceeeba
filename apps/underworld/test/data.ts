/** A folder for a log and pictures that exists for one test or one file of tests. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalBackplane, local } from '@naru/local';

/** The log and the folder of a test. */
export class Data {
  readonly folder = mkdtempSync(join(tmpdir(), 'underworld-'));
  readonly #open: LocalBackplane[] = [];

  /** Opens the log, as a process does when it starts. */
  open(): LocalBackplane {
    const backplane = local(join(this.folder, 'log'));
    this.#open.push(backplane);
    return backplane;
  }

  /** Closes the logs and removes the folder. */
  async remove(): Promise<void> {
    for (const backplane of this.#open.splice(0)) await backplane.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
