/** Loads `prom-client`, which programs install beside this package if they use Prometheus. */
import { createRequire } from 'node:module';
import { ConfigError } from 'naru/base';

/** The module. */
export type PromClient = typeof import('prom-client');

/** Returns the module. Throws ConfigError with the command that installs it. */
export function loadPromClient(load: (name: string) => unknown = createRequire(import.meta.url)): PromClient {
  try {
    return load('prom-client') as PromClient;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    throw new ConfigError(
      'WRONG_STATE',
      'Metrics for Prometheus need the package "prom-client". Install it: npm install prom-client',
      error,
    );
  }
}
