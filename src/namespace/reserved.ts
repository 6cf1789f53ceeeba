/** Keeps applications from emitting the event names that are taken. */
import { ConfigError } from '../base/errors.js';
import { RESERVED_EVENTS } from '../protocol/socket-io/decoder.js';

/** Throws ConfigError when an application emits a reserved event. */
export function checkEventName(name: unknown): void {
  if (RESERVED_EVENTS.has(name)) throw new ConfigError('RESERVED_EVENT', `"${String(name)}" is a reserved event name`);
}
