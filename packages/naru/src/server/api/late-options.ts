/** Options that a program gives after the server has begun to use its engine. */
import { ConfigError } from '../../base/errors.js';
import { type EngineOptions, type EngineSettings, engineTable } from '../options/engine-options.js';

/** The options of the engine that each `attach` reads again. */
type AttachSettings = Pick<EngineSettings, 'path' | 'addTrailingSlash' | 'destroyUpgrade' | 'destroyUpgradeTimeout'>;

/** Returns the options that an engine takes with each HTTP server. */
export function attachSettingsOf(settings: AttachSettings): AttachSettings {
  const { path, addTrailingSlash, destroyUpgrade, destroyUpgradeTimeout } = settings;
  return { path, addTrailingSlash, destroyUpgrade, destroyUpgradeTimeout };
}

/**
 * Throws ConfigError if one of the options `names` has a new value that an engine in use cannot take any more. The
 * engine has copied its settings, and its sessions depend on them.
 */
export function refuseLateOptions(names: readonly string[], settings: EngineSettings, engine: EngineSettings): void {
  const { isDeepStrictEqual } = process.getBuiltinModule('node:util');
  const free = attachSettingsOf(settings);
  for (const name of names) {
    if (!Object.hasOwn(engineTable.entries, name) || Object.hasOwn(free, name)) continue;
    const key = name as keyof EngineOptions;
    if (isDeepStrictEqual(settings[key], engine[key])) continue;
    throw new ConfigError(
      'WRONG_STATE',
      `Option "${name}" cannot change after the engine is in use. Give it to the constructor, or to the first call of "attach" or "listen" and before "io.engine".`,
    );
  }
}
