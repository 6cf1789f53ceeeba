/** Reads the request target of plain events: `/events/<room>`, or `/events/<namespace>/<room>`. */

/** The namespace, the rooms and the query of a target. */
export interface EventsAddress {
  readonly namespace: string;
  /** The rooms, each once, in the order in which they are named. An empty last part of the path adds no room. */
  readonly rooms: readonly string[];
  readonly query: URLSearchParams;
}

/**
 * Reads a target below `prefix`, which has no slash at its end. The last part of the path names rooms, separated by
 * commas. The parts before it name the namespace. Each `room` in the query adds a room. In a name, `/`, `,` and `%` are
 * written as `%2F`, `%2C` and `%25`. Returns `undefined` for an invalid escape.
 */
export function parseAddress(prefix: string, url: string): EventsAddress | undefined {
  const [, pathname = '', search = ''] = /^([^?#]*)(?:\?([^#]*))?/.exec(url) ?? [];
  const path = pathname.slice(prefix.length);
  const query = new URLSearchParams(search);
  const slash = path.lastIndexOf('/');
  const rooms = new Set<string>();
  let namespace: string;
  try {
    namespace = decodeURIComponent(path.slice(0, Math.max(slash, 0)));
    for (const room of path.slice(slash + 1).split(',')) if (room !== '') rooms.add(decodeURIComponent(room));
  } catch {
    // The target has an invalid escape.
    return undefined;
  }
  for (const room of query.getAll('room')) if (room !== '') rooms.add(room);
  return { namespace: namespace === '' ? '/' : namespace, rooms: [...rooms], query };
}
