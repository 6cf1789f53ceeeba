/** The names of people, and the ids of their broadcasts. */
import { Names } from 'naru-apps-kit/server/names.js';

/** The names of the application. */
export const names = new Names('live');

/**
 * The public id of the broadcast of a key. A broadcaster proves by the key, on every server, that the broadcast is
 * theirs. No server keeps a list of keys.
 */
export function broadcastOf(key: string): string {
  return names.alias('broadcast', key);
}
