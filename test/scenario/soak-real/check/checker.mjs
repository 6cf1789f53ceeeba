// Proves from the log and from the records of all clients that nothing is lost or doubled, and that there is one order.
import { checkAnswers, checkAsked, checkFar, isFar, sessionsOf } from './far-checker.mjs';
import { checkAhead, Places } from './forgotten.mjs';
import { isOfNewSession } from './gaps.mjs';
import { LateJoins, TAGS_OF_EACH } from './late-joins.mjs';
import { Outages } from './outages.mjs';
import { checkPages } from './pages.mjs';

/** Wires on which a client recovers what it missed, so that it must never be told of a gap. */
export const RECOVERABLE = (wire) => wire !== 'stomp';

/**
 * The most milliseconds between the gap that a client is told of when it is disconnected, and the end of its
 * connection.
 */
const PUT_OUT_MS = 500;

/** The most faults that are listed for one client; the rest is counted. */
const LISTED_MAX = 5;

const NO_CALLS = { questions: [], sides: [], fetches: [], lives: new Map() };

/** Milliseconds in which a client reads what it has got at once, and for which it may stall. */
const BURST_MS = 100;
const STALL_MS_MAX = 6_000;

/** Milliseconds after which a client is told that its page cannot be read. */
const UNREAD_MS = 10_000;

/** Milliseconds for which a process may not know the newest messages of another one. */
const UNHEARD_MS = 1_000;

/**
 * Finds faults. `log` is the log at the end, in its order: `{ tag, n, room, attempt, at }`, and `marks` and `deeds`
 * stand between. `records` are the clients' records, `said` the messages that servers confirmed, and `calls` what
 * servers asked all processes. Returns texts, each with the client, its wire, and the events around it. `forgottenAt`
 * is when the home lost records, which stand in `log` as `isForgotten`. `outages` are those of the home.
 * @param {{ log: any[], records: any[], said?: number[], maybe?: number[], events?: { at: number, what: string,
 * client?: number }[], marks?: any[], deeds?: any[], calls?: any, forgottenAt?: number | undefined, outages?: Outages
 * }} course
 * @returns {string[]}
 */
export function check({
  log,
  records,
  said = [],
  maybe = [],
  events = [],
  marks = [],
  deeds = [],
  calls = NO_CALLS,
  forgottenAt = undefined,
  outages = new Outages(),
}) {
  const faults = [];
  const places = new Places(log, forgottenAt, faults);
  const asked = new Map(deeds.filter(({ kind }) => kind === 'ask').map((deed) => [deed.question, deed]));
  const clients = new Map();
  checkSaid({ log, records, said, maybe, outages }, faults);
  const rooms = new Map();
  log.forEach(({ room }, place) => {
    if (!rooms.has(room)) rooms.set(room, []);
    rooms.get(room).push(place);
  });
  const marked = new Map(marks.map((mark) => [`${mark.index}:${mark.attempt}`, mark]));
  const ids = new Set(records.flatMap(({ connects }) => connects.map(({ id }) => id)));
  // Rooms that clients do not ask for themselves. The calls in the log decide who is in them.
  const far = new Map([...rooms].filter(([room]) => isFar(room) || ids.has(room)));
  const joins = new LateJoins(deeds, calls.lives, outages, log);
  for (const record of records) {
    const found = new ClientFaults(record, log, events);
    const seen = record.history ? [] : checkOrder(record, places, outages, found);
    if (record.history) checkPages(record, { places, log, rooms }, found);
    else if (record.wire === 'stomp') checkConnections(record, { seen, places }, log, rooms, found);
    else if (record.wire === 'events') checkSlice(record.rooms, { seen, places }, log, rooms, found);
    else {
      const sessions = sessionsOf(record, { places, marks: marked, deeds, outages, log }, found);
      checkSessions(record, { seen, sessions, far, places, joins }, log, rooms, found);
      checkFar(record, sessions, { places, deeds, far, outages, log }, found);
      checkAsked(record, { places, asked, marks: marked, outages, log }, found);
      clients.set(record.index, { record, sessions });
    }
    checkTold(record, places, outages, found);
    checkAhead(record, places, found);
    faults.push(...found.list());
  }
  return [...faults, ...checkAnswers(calls, clients, asked, outages)];
}

/** The faults of one client. */
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

  /** `place` is the place in the log. `time` is for faults without one. */
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

/** Returns what happened to the servers and to this client shortly before and after. */
function around(events, { index, connects }, time) {
  if (time === undefined) return '';
  const own = connects.map(({ time: at, goesOn }) => ({ at, what: `it connects, ${goesOn ? 'and goes on' : 'anew'}` }));
  const near = [...events.filter(({ client }) => client === undefined || client === index), ...own]
    .filter(({ at }) => Math.abs(at - time) < 2_500)
    .sort((one, other) => one.at - other.at)
    .map(({ at, what }) => `${at - time} ms ${what}`);
  return near.length > 0 ? `; around it: ${near.join(', ')}` : '';
}

/**
 * Checks that the log has each confirmed message once, and each unconfirmed one, or one that was lost with its home, at
 * most once.
 */
function checkSaid({ log: all, records, said, maybe, outages }, faults) {
  const counts = new Map();
  const log = all.filter(({ isForgotten }) => !isForgotten);
  const lost = new Set(all.filter(({ isForgotten }) => isForgotten).map(({ n }) => n));
  const answered = keyedNumbers(records);
  const runs = new Map();
  for (const entry of log) if (entry.n >= 0) runs.set(entry.n, [...(runs.get(entry.n) ?? []), entry]);
  for (const [n, entries] of runs) {
    entries.sort((one, other) => one.at - other.at);
    // The listener runs again if its server lost its claim or did not store its answer (docs/delivery.md).
    const again = entries.slice(0, -1).filter(({ tag, at }) => {
      const server = Math.floor(tag / TAGS_OF_EACH);
      return answered.has(n) && (outages.mayLoseAnswer(server, at) || outages.mayLoseClaim(server, at));
    });
    counts.set(n, entries.length - again.length);
  }
  const expect = (n, least, who) => {
    const count = counts.get(n) ?? 0;
    counts.delete(n);
    if (count < least && !lost.has(n)) faults.push(`${who}: number ${n} was confirmed, and is not in the log`);
    if (count > 1) faults.push(`${who}: number ${n} is in the log ${count} times: ${describe(log, n)}`);
  };
  for (const { index, wire, hasQueue = wire.startsWith('our'), sure, sureAt = [], maybe: unknown } of records) {
    // A POST and an event with a key have no answer before the log has what they emit. A receipt goes ahead once the
    // home is silent (docs/delivery.md).
    const mayMiss = (at) => wire === 'stomp' && outages.mayMiss(sureAt[at], readBefore(sureAt, at));
    for (const [at, n] of sure.entries()) expect(n, mayMiss(at) ? 0 : 1, `client ${index}, ${wire}`);
    for (const n of unknown) expect(n, 0, `client ${index}, ${wire}`);
    const confirmed = new Map(sure.map((n, at) => [n, sureAt[at]]));
    if (hasQueue) checkSender({ log, confirmed, outages }, `client ${index}, ${wire}`, faults);
  }
  for (const n of said) expect(n, 1, 'a server');
  for (const n of maybe) expect(n, 0, 'a server');
  for (const n of counts.keys()) faults.push(`the log: number ${n} was sent by nobody`);
}

/**
 * When the client had read everything that was there, before it read the answer at `index`. A client that stalls reads
 * late.
 */
function readBefore(times, index) {
  const earlier = times.findLast((time, at) => at < index && times[index] - time > BURST_MS) ?? 0;
  return Math.max(earlier, times[index] - STALL_MS_MAX);
}

/** The numbers that clients send again under the same key until they have an answer. */
function keyedNumbers(records) {
  return new Set(records.filter(({ wire }) => /^(stock|our)/.test(wire)).flatMap(({ sure }) => sure));
}

function describe(log, n) {
  return log
    .map((entry, place) => ({ ...entry, place }))
    .filter((entry) => entry.n === n)
    .map(({ place, tag, at }) => `place ${place}, tag ${tag}, at ${at}`)
    .join('; ');
}

/**
 * Checks that the events of one of our clients arrive in the order in which they were emitted. `confirmed` has its
 * numbers and the times of their answers. A server that could not reach its home may have emitted what another one has
 * emitted again, and it gets to the log later.
 */
function checkSender({ log, confirmed, outages }, who, faults) {
  let newest = -1;
  const counts = new Map();
  for (const { n } of log) if (confirmed.has(n)) counts.set(n, (counts.get(n) ?? 0) + 1);
  for (const { n, tag, at } of log) {
    if (!confirmed.has(n)) continue;
    const isAgain = counts.get(n) > 1 && outages.isOutBetween(Math.floor(tag / TAGS_OF_EACH), at, confirmed.get(n));
    if (n < newest && !isAgain) faults.push(`${who}: number ${n} arrived after ${newest}`);
    newest = Math.max(newest, n);
  }
}

/** Milliseconds after an outage in which a server may still hear others late. */
const LATE_MS = 1_000;

/** Checks that every message is in the log, in the same order, and arrived once. Returns the places. */
function checkOrder({ wire, connects, seen: tags }, places, outages, found) {
  const seen = [];
  const known = new Set();
  let newest = -1;
  // A client without a session may get messages again at a server that hears others late (docs/recovery.md).
  const isLate = ({ time }) => wire === 'stomp' && outages.isOutBetween(undefined, time - LATE_MS, time);
  const anew = new Set(connects.filter(isLate).map(({ at }) => at));
  const connectedAt = (at) => (wire === 'stomp' ? connects.findLast((connect) => connect.at <= at)?.time : undefined);
  for (const [at, tag] of tags.entries()) {
    if (anew.has(at)) known.clear();
    if (anew.has(at)) newest = -1;
    const place = places.after(newest, tag, connectedAt(at));
    if (place === undefined) found.add(`got tag ${tag}, which is not in the log`);
    else if (known.has(place)) found.add('got it twice', place);
    else if (place < newest) found.add(`got it after the message at ${newest}`, place);
    if (place === undefined) continue;
    known.add(place);
    newest = Math.max(newest, place);
    seen.push(place);
  }
  return seen;
}

/** Checks that the client has all messages of its rooms, from its first one to the end of the log. */
function checkSlice(names, { seen, places }, log, rooms, found) {
  const known = new Set(seen);
  const expected = new Set();
  const first = Math.min(...seen);
  for (const name of names) for (const place of rooms.get(name) ?? []) if (place >= first) expected.add(place);
  if (seen.length === 0) found.add('has got nothing');
  for (const place of expected) if (isMissing(place, known, log, places)) found.add('did not get it', place);
  for (const place of known) if (!expected.has(place)) found.add('got what was not for it', place);
}

/** Whether a client without a record must have it. */
function isMissing(place, known, log, places) {
  return place <= places.end && !log[place].isForgotten && !places.isKnown(known, place, log[place]);
}

/** Without recovery, each connection by itself must be without a gap, in each room from the time of joining it. */
function checkConnections({ connects, rooms: names }, { seen, places }, log, rooms, found) {
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
        if (place >= first && place <= last && isMissing(place, known, log, places)) found.add('did not get it', place);
      if (next === undefined && of.length === 0) found.add(`has got nothing of ${name} by its last connection`);
    }
    for (const place of own) if (!names.includes(log[place].room)) found.add('got what was not for it', place);
  });
}

/**
 * Checks a session over all of its connections: every message of a room from the moment when the client was told that
 * it had joined.
 */
function checkSessions({ connects, enters }, { seen, sessions, far, places, joins }, log, rooms, found) {
  const begun = connects.filter(({ goesOn }) => !goesOn);
  const begins = begun.map(({ at }) => at);
  const attempts = new Map();
  log.forEach(({ attempt }, place) => {
    if (attempt !== undefined) attempts.set(attempt, place);
  });
  begins.forEach((begin, session) => {
    const isLast = session === begins.length - 1;
    const end = isLast ? seen.length : begins[session + 1];
    const known = new Set(seen.slice(begin, end));
    // A client that was disconnected got everything before.
    const last = isLast ? Number.POSITIVE_INFINITY : (sessions[session].endedAt ?? seen[end - 1] ?? -1);
    const allowed = new Set();
    for (const [room, { possible, sure }] of boundsOf({
      enters,
      session,
      id: begun[session].id,
      attempts,
      seen,
      joins,
      log,
    })) {
      for (const place of rooms.get(room) ?? []) {
        if (place >= possible) allowed.add(place);
        if (place >= sure && place <= last && isMissing(place, known, log, places)) found.add('did not get it', place);
      }
      if (isLast && sure === Number.POSITIVE_INFINITY) found.add(`was never told that it is in ${room}`);
    }
    for (const place of known)
      if (!allowed.has(place) && !far.has(log[place].room)) found.add('got what was not for it', place);
  });
}

/**
 * Returns from which place on a client may receive the messages of a room, and from which it must. A client that joins
 * a room while it reads what it missed may receive messages from that time. A client that joins while its process has
 * not heard of another's newest messages may receive those (docs/recovery.md). All of them are newer than the client's
 * last message when it asked.
 */
function boundsOf({ enters, session, id, attempts, seen, joins, log }) {
  const bounds = new Map();
  for (const { room, attempt, session: its, isSure, at, time } of enters) {
    if (its !== session) continue;
    const known = bounds.get(room) ?? { possible: Number.POSITIVE_INFINITY, sure: Number.POSITIVE_INFINITY };
    const place = attempts.get(attempt) ?? Number.POSITIVE_INFINITY;
    const had = seen[at - 1] ?? log.findIndex((entry) => entry.at >= time - UNHEARD_MS) - 1;
    bounds.set(room, {
      possible: Math.min(known.possible, had + 1),
      sure: isSure ? Math.min(known.sure, joins.placeOf({ place, room, id })) : known.sure,
    });
  }
  return bounds;
}

/**
 * The log is large enough, so nobody must be told of a gap, unless a call has ended the session or the home has lost
 * records. A page that cannot be read is told as one.
 */
function checkTold({ connects, gaps, kicks = [], wire, history }, places, outages, found) {
  for (const { gap, at, time } of gaps) {
    const isNew = wire !== 'stomp' && connects.some((_, index) => isOfNewSession(connects, index, at));
    const isUnread = history && outages.isOutBetween(undefined, time - UNREAD_MS, time);
    // A client that is disconnected while it reads late is told what it has not read.
    const isPutOut = kicks.some((kick) => kick.at === at && Math.abs(kick.time - time) < PUT_OUT_MS);
    if (!isNew && !isUnread && !isPutOut && !places.isAfterLoss(time))
      found.add(`was told of a gap: ${JSON.stringify(gap)}`, undefined, time);
  }
}
