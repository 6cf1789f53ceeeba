// Checks the plain clients that begin each connection with the newest messages of their rooms: event streams and STOMP
// with `history`.

/**
 * Checks each connection by itself: the client has the newest messages of the time at which it asked, and all later
 * ones after them, once and in their order. An event stream has one page for all of its rooms, and each subscription of
 * STOMP has its own.
 */
export function checkPages(
  { wire, rooms: names, history, seen, seenAt, connects, gaps },
  { places, log, rooms },
  found,
) {
  const groups = wire === 'stomp' ? names.map((name) => [name]) : [names];
  const got = seen.map((tag, index) => ({ place: places.get(tag), time: seenAt[index] }));
  seen.forEach((tag, index) => {
    const { place } = got[index];
    if (place === undefined) found.add(`got tag ${tag}, which is not in the log`);
    else if (!names.includes(log[place].room)) found.add('got what was not for it', place);
  });
  connects.forEach(({ at, time: from }, index) => {
    const next = connects[index + 1];
    const own = got.slice(at, next?.at).filter(({ place }) => place !== undefined);
    // A page that could not be read is told as a gap.
    const isUnread = gaps.some(({ time }) => time >= from && !(time > next?.time));
    for (const group of groups) {
      const all = group.flatMap((name) => rooms.get(name) ?? []).sort((one, other) => one - other);
      const its = own.filter(({ place }) => group.includes(log[place].room));
      // The page has the newest messages of a time before its first one came.
      const older = all.filter((place) => log[place].at <= its[0]?.time).length;
      const newest = isUnread ? places.end : all[Math.max(0, older - history)];
      const facts = { newest, isLast: next === undefined, end: places.end };
      checkGroup(
        its.map(({ place }) => place),
        all,
        facts,
        found,
      );
    }
  });
}

/** `newest` is the latest place at which a page may begin. */
function checkGroup(got, all, { newest, isLast, end }, found) {
  const [first] = got;
  if (first === undefined) {
    if (isLast && all.length > 0) found.add('has got nothing by its last connection', all[0]);
    return;
  }
  if (first > newest) found.add('did not get it in its page', newest);
  got.forEach((place, index) => {
    if (got.indexOf(place) < index) found.add('got it twice', place);
    else if (index > 0 && place < got[index - 1]) found.add(`got it after the message at ${got[index - 1]}`, place);
  });
  const known = new Set(got);
  const last = isLast ? end : Math.max(...got);
  for (const place of all) if (place >= first && place <= last && !known.has(place)) found.add('did not get it', place);
}
