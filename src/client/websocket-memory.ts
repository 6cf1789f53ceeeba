/** Remembers at which servers a WebSocket has worked, so that the next session starts with one. */
import type { Platform } from './platform.js';

const SERVERS_MAX = 1_000;
const PREFIX = 'naru:websocket:';

const known = new Set<string>();

/** Whether a WebSocket has worked at `server` and has not failed there since. */
export function isRemembered(server: string, storage: Platform['storage']): boolean {
  if (known.has(server)) return true;
  try {
    return !!storage?.().getItem(PREFIX + server);
  } catch {
    // A page may be denied its storage; then only this program's memory counts.
    return false;
  }
}

/** Notes whether a WebSocket worked at `server`. */
export function remember(server: string, works: boolean, storage: Platform['storage']): void {
  if (known.size >= SERVERS_MAX) known.clear();
  if (works) known.add(server);
  else known.delete(server);
  try {
    if (works) storage?.().setItem(PREFIX + server, '1');
    else storage?.().removeItem(PREFIX + server);
  } catch {
    // As above.
  }
}
