// Starts the game for the measurements, and loads its modules.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launch, serving } from 'naru-apps-kit/bench/server.mjs';
import { rolldown } from 'rolldown';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Builds a module of the game, and returns what it exports. */
export async function load(name) {
  const folder = mkdtempSync(join(tmpdir(), 'arena-bench-'));
  try {
    const bundle = await rolldown({ input: path(name), platform: 'node', logLevel: 'silent' });
    await bundle.write({ dir: folder, entryFileNames: 'module.mjs' });
    return await import(join(folder, 'module.mjs'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Starts a server. `core` is the core that it is bound to, and `profile` a folder for a profile of its processor time.
 */
export function startServer({ core, env, profile, listen, data }) {
  const flags = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  return launch([...flags, ...serving(path('..'), data, listen)], { core, env });
}
