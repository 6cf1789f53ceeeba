/** What the target of a request of plain events means: `/events/<room>`, or `/events/<namespace>/<room>`. */

/** A namespace, rooms in it, and what else the target says. */
export interface EventsAddress {
  readonly namespace: string;
  /** The rooms, each once, in the order in which they are named; none where the last part of the path is empty. */
  readonly rooms: readonly string[];
  readonly query: URLSearchParams;
}

/**
 * Reads a target below `prefix`, which has no slash at its end. The last part of the path names rooms, separated by commas, and what is
 * before it the namespace; each `room` of the query adds one. In a name, `/`, `,` and `%` are written as `%2F`, `%2C` and `%25`.
 * `undefined` when an escape is none.
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
    // An escape that is none: nobody can say what was meant.
    return undefined;
  }
  for (const room of query.getAll('room')) if (room !== '') rooms.add(room);
  return { namespace: namespace === '' ? '/' : namespace, rooms: [...rooms], query };
}
