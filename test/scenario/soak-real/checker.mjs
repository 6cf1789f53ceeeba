// Proves from the log, and from what every client has seen, that nothing is lost, nothing is twice, and the order is one.

/** Wires on which a client gets what it missed, so that it must never be told that something is missing. */
export const RECOVERABLE = (wire) => wire !== 'stomp';

/** Faults of one client that are listed one by one; the rest is counted. */
const LISTED_MAX = 5;

/** Milliseconds for which a process may not have heard of what another one has said. */
const UNHEARD_MS = 1_000;

/**
 * Finds faults. `log` is the log as it is at the end: `{ tag, n, room, attempt, at }`, in its order. `records` are what clients have seen,
 * `said` what servers have confirmed of their own messages. Gives texts, each with the client, its wire, and what happened around it.
 * @param {{ log: any[], records: any[], said?: number[], maybe?: number[], events?: { at: number, what: string, client?: number }[] }} course
 * @returns {string[]}
 */
export function check({ log, records, said = [], maybe = [], events = [] }) {
  const faults = [];
  const places = placesOf(log, faults);
  checkSaid({ log, records, said, maybe }, faults);
  const rooms = new Map();
  log.forEach(({ room }, place) => {
    if (!rooms.has(room)) rooms.set(room, []);
    rooms.get(room).push(place);
  });
  for (const record of records) {
    const found = new ClientFaults(record, log, events);
    checkTold(record, found);
    const seen = checkOrder(record, places, found);
    if (record.wire === 'stomp') checkConnections(record, seen, log, rooms, found);
    else if (record.wire === 'events') checkSlice(seen, record.rooms, rooms, found);
    else checkSessions(record, seen, log, rooms, found);
    faults.push(...found.list());
  }
  return faults;
}

/** What is wrong with one client. */
class ClientFaults {
  #record;
  #log;
  #events;
  #texts = [];
  #count = 0;

  constructor(record, log, events) {
    this.#record = record;
    this.#log = log;
    this.#events = events;
  }

  /** `place`: where in the log; `time`: when, where it is no matter of the log. */
  add(what, place, time = this.#log[place]?.at) {
    this.#count += 1;
    if (this.#texts.length >= LISTED_MAX) return;
    const { index, wire } = this.#record;
    const entry = this.#log[place];
    const where = entry ? ` (place ${place}, room ${entry.room}, number ${entry.n}, tag ${entry.tag})` : '';
    this.#texts.push(`client ${index}, ${wire}: ${what}${where}${around(this.#events, this.#record, time)}`);
  }

  list() {
    const more = this.#count - this.#texts.length;
    return more > 0
      ? [...this.#texts, `client ${this.#record.index}, ${this.#record.wire}: and ${more} more`]
      : this.#texts;
  }
}

/** What was done to the servers, and to this client, shortly before and after. */
function around(events, { index, connects }, time) {
  if (time === undefined) return '';
  const own = connects.map(({ time: at, goesOn }) => ({ at, what: `it connects, ${goesOn ? 'and goes on' : 'anew'}` }));
  const near = [...events.filter(({ client }) => client === undefined || client === index), ...own]
    .filter(({ at }) => Math.abs(at - time) < 2_500)
    .sort((one, other) => one.at - other.at)
    .map(({ at, what }) => `${at - time} ms ${what}`);
  return near.length > 0 ? `; around it: ${near.join(', ')}` : '';
}

function placesOf(log, faults) {
  const places = new Map();
  log.forEach(({ tag }, place) => {
    if (places.has(tag)) faults.push(`the log: tag ${tag} stands at ${places.get(tag)} and at ${place}`);
    places.set(tag, place);
  });
  return places;
}

/** What was said stands in the log: once where it was confirmed, and once at most where nobody knows. */
function checkSaid({ log, records, said, maybe }, faults) {
  const counts = new Map();
  for (const { n } of log) if (n >= 0) counts.set(n, (counts.get(n) ?? 0) + 1);
  const expect = (n, least, who) => {
    const count = counts.get(n) ?? 0;
    counts.delete(n);
    if (count < least) faults.push(`${who}: number ${n} was confirmed, and is not in the log`);
    if (count > 1) faults.push(`${who}: number ${n} is in the log ${count} times: ${describe(log, n)}`);
  };
  for (const { index, wire, sure, maybe: unknown } of records) {
    for (const n of sure) expect(n, 1, `client ${index}, ${wire}`);
    for (const n of unknown) expect(n, 0, `client ${index}, ${wire}`);
    if (wire.startsWith('our')) checkSender(log, new Set(sure), `client ${index}, ${wire}`, faults);
  }
  for (const n of said) expect(n, 1, 'a server');
  for (const n of maybe) expect(n, 0, 'a server');
  for (const n of counts.keys()) faults.push(`the log: number ${n} was said by nobody`);
}

function describe(log, n) {
  return log
    .map((entry, place) => ({ ...entry, place }))
    .filter((entry) => entry.n === n)
    .map(({ place, tag, at }) => `place ${place}, tag ${tag}, at ${at}`)
    .join('; ');
}

/** What one of our clients emits arrives in the order in which it was emitted. */
function checkSender(log, own, who, faults) {
  let newest = -1;
  for (const { n } of log) {
    if (!own.has(n)) continue;
    if (n < newest) faults.push(`${who}: number ${n} arrived behind ${newest}`);
    newest = Math.max(newest, n);
  }
}

/** Everything stands in the log, in the same order, and came once. Gives the places. */
function checkOrder({ seen: tags }, places, found) {
  const seen = [];
  const known = new Set();
  let newest = -1;
  for (const tag of tags) {
    const place = places.get(tag);
    if (place === undefined) found.add(`got tag ${tag}, which is not in the log`);
    else if (known.has(place)) found.add('got it twice', place);
    else if (place < newest) found.add(`got it behind what stands at ${newest}`, place);
    if (place === undefined) continue;
    known.add(place);
    newest = Math.max(newest, place);
    seen.push(place);
  }
  return seen;
}

/** All of its rooms, from the first message that it has got to the end of the log. */
function checkSlice(seen, names, rooms, found) {
  const known = new Set(seen);
  const expected = new Set();
  const first = Math.min(...seen);
  for (const name of names) for (const place of rooms.get(name) ?? []) if (place >= first) expected.add(place);
  if (seen.length === 0) found.add('has got nothing');
  for (const place of expected) if (!known.has(place)) found.add('did not get it', place);
  for (const place of known) if (!expected.has(place)) found.add('got what was not for it', place);
}

/** Without recovery, each connection by itself is without a gap, in each room from when it has entered that. */
function checkConnections({ connects, rooms: names }, seen, log, rooms, found) {
  connects.forEach(({ at, inAt }, index) => {
    const next = connects[index + 1];
    const end = next?.at ?? seen.length;
    const own = seen.slice(at, end);
    const behind =
      inAt === undefined ? Number.POSITIVE_INFINITY : (seen.slice(inAt, end)[0] ?? Number.POSITIVE_INFINITY);
    for (const name of names) {
      const of = own.filter((place) => log[place].room === name);
      const first = Math.min(of[0] ?? Number.POSITIVE_INFINITY, behind);
      const last = next === undefined ? Number.POSITIVE_INFINITY : (own.at(-1) ?? -1);
      const known = new Set(of);
      for (const place of rooms.get(name) ?? [])
        if (place >= first && place <= last && !known.has(place)) found.add('did not get it', place);
      if (next === undefined && of.length === 0) found.add(`has got nothing of ${name} by its last connection`);
    }
    for (const place of own) if (!names.includes(log[place].room)) found.add('got what was not for it', place);
  });
}

/** A session, over all of its connections: everything of a room from the moment in which it was told that it is in. */
function checkSessions({ connects, enters }, seen, log, rooms, found) {
  const begins = connects.filter(({ goesOn }) => !goesOn).map(({ at }) => at);
  const attempts = new Map();
  log.forEach(({ attempt }, place) => {
    if (attempt !== undefined) attempts.set(attempt, place);
  });
  begins.forEach((begin, session) => {
    const isLast = session === begins.length - 1;
    const end = isLast ? seen.length : begins[session + 1];
    const known = new Set(seen.slice(begin, end));
    const last = isLast ? Number.POSITIVE_INFINITY : (seen[end - 1] ?? -1);
    const allowed = new Set();
    for (const [room, { possible, sure }] of boundsOf({ enters, session, attempts, seen, log })) {
      for (const place of rooms.get(room) ?? []) {
        if (place >= possible) allowed.add(place);
        if (place >= sure && place <= last && !known.has(place)) found.add('did not get it', place);
      }
      if (isLast && sure === Number.POSITIVE_INFINITY) found.add(`was never told that it is in ${room}`);
    }
    for (const place of known) if (!allowed.has(place)) found.add('got what was not for it', place);
  });
}

/**
 * From where on a client may get what is said in a room, and from where on it must. Who enters a room while it reads what it missed may
 * get what was said there since, and who enters where a process has not heard of another's newest may get that (docs/recovery.md): all of it
 * is newer than what the client had when it asked.
 */
function boundsOf({ enters, session, attempts, seen, log }) {
  const bounds = new Map();
  for (const { room, attempt, session: its, isSure, at, time } of enters) {
    if (its !== session) continue;
    const known = bounds.get(room) ?? { possible: Number.POSITIVE_INFINITY, sure: Number.POSITIVE_INFINITY };
    const place = attempts.get(attempt) ?? Number.POSITIVE_INFINITY;
    const had = seen[at - 1] ?? log.findIndex((entry) => entry.at >= time - UNHEARD_MS) - 1;
    bounds.set(room, {
      possible: Math.min(known.possible, had + 1),
      sure: isSure ? Math.min(known.sure, place) : known.sure,
    });
  }
  return bounds;
}

/** The log is big enough: nobody has to be told that something is missing, or that a session is not known. */
function checkTold({ wire, connects, gaps }, found) {
  for (const { gap, time } of gaps) found.add(`was told of a gap: ${JSON.stringify(gap)}`, undefined, time);
  if (!RECOVERABLE(wire) || wire === 'events') return;
  connects.forEach(({ goesOn, time }, index) => {
    if (index > 0 && !goesOn) found.add('was not recovered', undefined, time);
  });
}
