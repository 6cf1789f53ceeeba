// The TypeScript projects of the repository.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Returns the project of the root, and those of the apps, whose tests are not part of it. */
export function listProjects(root) {
  const apps = existsSync(join(root, 'apps')) ? readdirSync(join(root, 'apps')) : [];
  const projects = apps.map((app) => `apps/${app}/tsconfig.json`).filter((file) => existsSync(join(root, file)));
  return ['tsconfig.json', ...projects];
}
