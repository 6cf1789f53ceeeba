/** Keeps applications from emitting reserved events. */
import { ConfigError } from '../../base/errors.js';
import { RESERVED_EVENTS } from '../../protocol/socket-io/decoder.js';

/** Throws ConfigError when an application emits a reserved event. */
export function checkEventName(name: unknown): void {
  if (RESERVED_EVENTS.has(name)) throw new ConfigError('RESERVED_EVENT', `"${String(name)}" is a reserved event name`);
}

/** Whether an event may be one of Naru's own, whose names begin with `naru:`. */
export function isOwnEvent(name: unknown): boolean {
  return typeof name === 'string' && name.charCodeAt(0) === 0x6e && name.startsWith('naru:');
}
