/** The version of this package. */
import { existsSync, readFileSync } from 'node:fs';

/** The package.json of this package, from the source and the entries, and from parts of the build. */
const FILES: readonly string[] = ['../../../package.json', '../../../../package.json'];

/** Returns the version of this package, or `unknown` if an application has been bundled with it. */
export function readVersion(): string {
  for (const up of FILES) {
    const file = new URL(up, import.meta.url);
    if (!existsSync(file)) continue;
    const { name, version } = JSON.parse(readFileSync(file, 'utf8')) as { name?: string; version: string };
    if (name === 'naru') return version;
  }
  return 'unknown';
}
