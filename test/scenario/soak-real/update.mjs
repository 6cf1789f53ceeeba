// The programs of the soak in a folder of their own, as an application that is updated: the packages below them
// become those of the next version of Naru.
import { cpSync, mkdirSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { linkModules } from '../../../scripts/prepare/links.mjs';
import { buildLater, presentVersion, root } from '../../kit/programs/later-build.mjs';

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
    mkdirSync(this.#app, { recursive: true });
    symlinkSync(join(root, 'packages'), join(this.#app, 'packages'));
    linkModules(root, this.#app);
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
    symlinkSync(join(this.#later, 'packages'), next);
    renameSync(next, join(this.#app, 'packages'));
  }
}
