/** Keeps applications from emitting reserved events. */
import { ConfigError } from '../../base/errors.js';
import { RESERVED_EVENTS } from '../../protocol/socket-io/decoder.js';

/** Throws ConfigError when an application emits a reserved event. */
export function checkEventName(name: unknown): void {
  if (RESERVED_EVENTS.has(name)) throw reserved(name);
}

function reserved(name: unknown): ConfigError {
  return new ConfigError('RESERVED_EVENT', `"${String(name)}" is a reserved event name`);
}

/** The events of a namespace. Its listeners get them from the namespace alone, so no server sends them to others. */
export const NAMESPACE_EVENTS: ReadonlySet<unknown> = new Set<unknown>(['connect', 'connection', 'new_namespace']);

/** Throws ConfigError when an application emits a reserved event to other servers. */
export function checkServerEventName(name: unknown): void {
  if (NAMESPACE_EVENTS.has(name)) throw reserved(name);
}

/** The event with which a client of any wire sends an event once: a key, the name of the event, and its arguments. */
export const ONCE = 'naru:once';

/** Whether an event may be one of Naru's own, whose names begin with `naru:`. */
export function isOwnEvent(name: unknown): boolean {
  return typeof name === 'string' && name.charCodeAt(0) === 0x6e && name.startsWith('naru:');
}
