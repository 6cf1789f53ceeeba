// The programs of the soak in a folder of their own, as an application that is updated: the package below them becomes
// the next version of Naru.
import { cpSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildLater, makePackage, presentVersion, root } from '../../kit/programs/later-build.mjs';

/** The next minor version: it reads the next formats, and writes those of the present version. */
const NEXT = { read: 2, written: 1 };

/** An application with the present build, which can be updated to a later one. */
export class Update {
  #app;
  #later;

  /** Makes the application, and the later build. */
  constructor(folder) {
    this.#app = join(folder, 'app');
    this.#later = join(folder, 'later');
    const [major, minor] = presentVersion.split('.').map(Number);
    buildLater(this.#later, `${major}.${minor + 1}.0`, NEXT);
    makePackage(this.#app, presentVersion);
    symlinkSync(join(root, 'dist'), join(this.#app, 'dist'));
    const programs = fileURLToPath(new URL('.', import.meta.url));
    cpSync(programs, join(this.#app, 'soak'), { recursive: true });
  }

  /** Returns the path of a program of the soak in the application. */
  program(name) {
    return join(this.#app, 'soak', name);
  }

  /** Updates the application. Processes that start from now on have the later build. */
  carryOut() {
    const next = join(this.#app, 'next');
    symlinkSync(join(this.#later, 'dist'), next);
    renameSync(next, join(this.#app, 'dist'));
  }
}
