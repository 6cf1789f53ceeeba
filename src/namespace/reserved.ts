/** The event names that are taken: they tell of the connection and cannot be emitted to the other side. */
import { ConfigError } from '../base/errors.js';

const RESERVED: ReadonlySet<unknown> = new Set([
  'connect',
  'connect_error',
  'disconnect',
  'disconnecting',
  'newListener',
  'removeListener',
]);

/** Throws ConfigError when an application emits a reserved event. */
export function checkEventName(name: unknown): void {
  if (RESERVED.has(name)) throw new ConfigError('RESERVED_EVENT', `"${String(name)}" is a reserved event name`);
}
