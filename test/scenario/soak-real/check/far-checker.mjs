// Proves from the log that calls on the sockets of all processes reached exactly the right clients, each at its place.
//
// The log has a mark of each connection: from there on, the socket is in its process. The newest message that the
// client got over that connection shows how far its process had come with the socket. Between these two places the
// connection is *sure*: every call there has reached the socket. Elsewhere the client is on its way from one connection
// to the next. A call there has reached its session or has not, and the messages must agree about it.

import { ASKS } from '../record.mjs';
import { SERVER_OPTIONS } from '../setting.mjs';
import { isOfNewSession } from './gaps.mjs';
import { Outages } from './outages.mjs';

/** Rooms that clients enter and leave only from afar. */
export const isFar = (room) => room.startsWith('far-');

/** A session over all of its connections, as its client and the log know it. */
class Session {
  /** The connections of which the log tells from where to where they are sure. */
  sure = [];
  /** The place of the call that disconnected the client. */
  endedAt = undefined;
  id;
  groups;
  begin;
  end;

  constructor(record, connects, end, places, marks) {
    const { index, seen } = record;
    this.id = connects[0].id;
    this.groups = [`group-${index % 16}`, this.id];
    this.begin = connects[0].at;
    this.end = end;
    for (const { at, until, attempt } of connects) {
      const mark = marks.get(`${index}:${attempt}`);
      const to = until > at ? places.get(seen[until - 1]) : undefined;
      if (mark && to >= mark.place) this.sure.push({ from: mark.place, to, node: mark.node });
    }
  }

  /** Whether a call is for this session, going by the rooms that it never leaves. */
  isMeant({ rooms, except }) {
    return rooms.some((room) => this.groups.includes(room)) && !except.some((room) => this.groups.includes(room));
  }

  /** The sure connection at a place. */
  at(place) {
    return this.sure.find(({ from, to }) => from < place && place < to);
  }

  /** From which place to which one the client is on its way around a place. */
  wayAround(place) {
    const from = Math.max(-1, ...this.sure.map(({ to }) => to).filter((to) => to <= place));
    const to = Math.min(Number.POSITIVE_INFINITY, ...this.sure.map((sure) => sure.from).filter((at) => at >= place));
    return { from, to };
  }
}

/**
 * Milliseconds after which a client counts as behind, and for which a client that came back may read what it missed.
 */
const BEHIND_MS = 150;
const CATCH_UP_MS = 1_000;
/** The most milliseconds for which a message is on its way to a client that keeps up. */
const ON_ITS_WAY_MS = 75;
/**
 * Milliseconds in which a new session is surely written, and in which the call of one server has reached the others.
 */
const WRITTEN_MS = 2_000;
const REACHED_MS = 1_000;

/**
 * Whether a client that was disconnected may have had more to read. It came at `since`, and its newest message is
 * `entry`.
 */
function isBehind({ time, lagMs = 0 }, since, entry) {
  return !entry || time - entry.at > BEHIND_MS || lagMs > ON_ITS_WAY_MS || time - since < CATCH_UP_MS;
}

/** The server of a connection, if the log tells it. */
function nodeOf({ index, connects }, connect, marks) {
  return marks.get(`${index}:${connects[connect]?.attempt}`)?.node;
}

/** How a client came back to a connect, since it had lost the one before. */
function returnTo({ connects, returns = [] }, next) {
  return returns.find(({ to }) => to === connects[next].time) ?? { from: 0, to: 0, steps: [] };
}

/** Whether a client was away before a connect for longer than its session is kept. */
function wasAwayTooLong(record, next) {
  const { from, to } = returnTo(record, next);
  return to - from > SERVER_OPTIONS.connectionStateRecovery.maxDisconnectionDuration;
}

/** When servers have taken the session that ended before a connect: at its last one, and when its client asked. */
function textTimes(record, next) {
  const { from, steps } = returnTo(record, next);
  return [record.connects[next - 1].time, ...steps.filter(([, what]) => what === ASKS).map(([ms]) => from + ms)];
}

/** Returns the sessions of a client, with the places where calls ended them. Adds what ended without a call. */
export function sessionsOf(record, { places, marks, deeds, outages, log }, found) {
  const { connects, seen, kicks = [] } = record;
  const begins = connects.flatMap(({ goesOn }, at) => (goesOn ? [] : [at]));
  return begins.map((first, at) => {
    const next = begins[at + 1] ?? connects.length;
    const isLast = next === connects.length;
    const end = isLast ? seen.length : connects[next].at;
    const session = new Session(record, connects.slice(first, next), end, places, marks);
    const newest = places.get(seen[end - 1]) ?? -1;
    const heard = kicks.find(({ connect }) => connect >= first && connect < next);
    const ends = deeds.filter((deed) => deed.kind === 'disconnect' && session.isMeant(deed));
    for (const { place } of ends)
      if (session.at(place)) found.add('got more after it was disconnected', Math.ceil(place));
    const later = ends.find(({ place }) => place > newest);
    // The session of a client that was disconnected stays if the server is killed before the home has deleted it.
    const isUndone = heard && outages.mayBeUnwritten(nodeOf(record, heard.connect, marks), heard.time);
    const way = `over a connection to ${nodeOf(record, heard?.connect, marks)}, after the message at ${newest}`;
    const calls = `calls stand at ${ends.map(({ place }) => place).join(', ') || 'no place'}`;
    if (heard && !later && !isUndone) found.add(`was disconnected by nobody, ${way}; ${calls}`, undefined, heard.time);
    if (heard && heard.connect < next - 1 && !isUndone)
      found.add('went on after it was disconnected', undefined, heard.time);
    // A home that has lost records may have lost sessions with them.
    const { time } = connects[next] ?? {};
    // A server that is killed, or that the client leaves while it is without its home, has perhaps not written a new
    // session. The client is told. In a folder, the mark of a connection and its session are written together.
    const node = nodeOf(record, first, marks);
    const isOutAt = (at) => outages.includes(node, at);
    const isOutMeanwhile = [connects[first].time, time].every(isOutAt);
    const isTold = !isLast && record.gaps.some(({ at: told }) => isOfNewSession(connects, next, told));
    const isUnwritten = node === undefined || isOutMeanwhile || outages.mayBeUnwritten(node, connects[first].time);
    // A server that was killed has perhaps not written that the client was back, so a call from before that counts.
    const { at: seenBefore, time: lastTime } = connects[next - 1];
    const isDoubtful = outages.mayBeUnwritten(nodeOf(record, next - 1, marks), lastTime);
    const isLate = isDoubtful && ends.some(({ place }) => place > (places.get(seen[seenBefore - 1]) ?? -1));
    const isLost =
      outages.mayLoseLastTexts(nodeOf(record, next - 1, marks)) ||
      (!isLast && (textTimes(record, next).some((at) => outages.mayLoseText(at)) || wasAwayTooLong(record, next)));
    if (!isLast && !later && !((isUnwritten || isLate || isLost) && isTold) && !places.isAfterLoss(time))
      found.add('was not recovered', undefined, time);
    // A late client is disconnected without the events that it has not read yet. Then it is told (docs/recovery.md).
    const isOut = heard && isBehind(heard, connects[heard.connect].time, log[newest]);
    if (heard && later && !(isOut && isTold)) session.endedAt = later.place;
    return session;
  });
}

/** Checks what a client got of the rooms that others made it join and leave, and of the room of its id. */
export function checkFar({ seen }, sessions, { places, deeds, far, outages, log }, found) {
  for (const session of sessions) {
    const known = new Set(seen.slice(session.begin, session.end).map((tag) => places.get(tag)));
    const end = session.endedAt ?? Math.max(-1, ...known);
    for (const [room, its] of far) {
      if (isFar(room)) {
        const changes = deeds.filter(({ kind, what }) => (kind === 'join' || kind === 'leave') && what.includes(room));
        // A server that is killed has perhaps not written the last changes.
        const isUndone = ({ place }, sure) => {
          const { at } = log[Math.ceil(place)] ?? {};
          return outages.isLostAt(at, WRITTEN_MS) || (sure && outages.mayBeUnwritten(sure.node, at + REACHED_MS));
        };
        checkRoom({ session, room, its, known, end, changes, states: [false], isUndone }, found);
      } else if (room === session.id) {
        checkRoom({ session, room, its, known, end, changes: [], states: [true], isUndone: () => false }, found);
      } else {
        for (const place of its) if (known.has(place)) found.add('got what was for another', place);
      }
    }
  }
}

/**
 * Follows one session through one room. `states` are those that are possible: in the room, or not. Calls change them,
 * and each message shows which of them was true. `isUndone` tells whether a change may have been lost.
 */
function checkRoom({ session, room, its, known, end, changes, states, isUndone }, found) {
  const steps = [...changes, ...its.map((place) => ({ place }))].sort((one, other) => one.place - other.place);
  const isOpen = (place) => {
    const { from, to } = session.wayAround(place);
    return changes.some((change) => change.place > from && change.place < to && mayMean(session, change, room));
  };
  let possible = new Set(states);
  /** The connection of a change that may be lost with its server, and the states before it. */
  let doubt;
  for (const { place, kind, ...deed } of steps) {
    if (place > end) break;
    const sure = session.at(place);
    if (kind !== undefined) {
      if (!mayMean(session, deed, room)) continue;
      const isIn = kind === 'join';
      doubt = isUndone({ place }, sure) ? { sure, before: possible } : undefined;
      possible = sure ? new Set([isIn]) : new Set([...possible, isIn]);
    } else if (sure || session.sure.some(({ to }) => to === place) || !isOpen(place)) {
      const isIn = known.has(place);
      if (doubt && doubt.sure !== sure) possible = new Set([...possible, ...doubt.before]);
      if (doubt && doubt.sure !== sure) doubt = undefined;
      if (!possible.has(isIn)) found.add(isIn ? 'got it without being in the room' : 'did not get it', place);
      possible = new Set([isIn]);
    }
  }
}

/** Whether a change of a room is for a session. A call on the room itself is for all that are in it. */
function mayMean(session, { rooms, except }, room) {
  return rooms.includes(room) || session.isMeant({ rooms, except });
}

/** Checks the place of each question among the messages, and that a client got it once. */
export function checkAsked(record, { places, asked, marks, outages, log }, found) {
  const { seen, questions = [], connects } = record;
  /** The questions that the client got, and whether it got each ahead of the log. */
  const known = new Map();
  for (const { question, at, connect, time } of questions) {
    const { place, node: asking } = asked.get(question) ?? {};
    // A server stops waiting to ask its own clients once its log is silent for a second (test/README.md). A client that
    // is slow gets the question later than that. The log brings it to the clients of other servers, so it has its place
    // there, also for a client that has moved.
    const node = nodeOf(record, connect, marks) ?? asking;
    const askedAt = Math.min(time, log[Math.max(0, Math.floor(place))]?.at ?? time);
    const isAhead = place !== undefined && node === asking && outages.isOutBetween(node, askedAt, time);
    if (known.has(question) && (!known.get(question) || isAhead))
      found.add(`was asked question ${question} twice`, places.get(seen[at - 1]));
    known.set(question, isAhead);
    if (place === undefined) continue;
    if (places.get(seen[at - 1]) > place) found.add(`got question ${question} late`, places.get(seen[at - 1]));
    if (isAhead) continue;
    // The client gets the messages that it missed on this connection over the next one.
    if (at < connects[connect].until && places.get(seen[at]) < place)
      found.add(`got question ${question} of ${asking} early over a connection to ${node}`, places.get(seen[at]));
  }
}

/**
 * Whether a name is that of a process that has not said which nodes it has, or stands for all that a process without
 * its home does not know.
 */
const isSilent = (name) => name.length === 12 || name === 'unknown';

/** Checks the answers of clients and of processes, as those who asked got them. */
export function checkAnswers({ questions, sides, fetches, lives }, clients, asked, outages = new Outages()) {
  const faults = [];
  const nodes = new Map([...lives].map(([boot, { node }]) => [node, boot]));
  for (const { boot, question, error, responses, missing = error?.missing ?? [] } of [
    ...questions,
    ...sides,
    ...fetches,
  ]) {
    const what = question === undefined ? `a call of server ${boot}` : `question ${question} of server ${boot}`;
    if (error && error.code !== 'TIMEOUT') faults.push(`${what}: failed with ${error.code}`);
    if (new Set(missing).size < missing.length) faults.push(`${what}: names a node twice: ${missing}`);
    for (const node of missing)
      if ((!nodes.has(node) && !isSilent(node)) || nodes.get(node) === boot)
        faults.push(`${what}: misses ${node}, which was not asked`);
    if (responses && question === undefined) checkSide({ what, boot, responses, missing }, faults);
  }
  for (const side of sides) checkLiving(side, lives, outages, faults);
  const beganAt = new Map([...lives.values()].map(({ node, from }) => [node, from]));
  for (const question of questions) {
    const { boot, from, to } = question;
    // A new process learns of the others during the call, and the lease of one may end meanwhile.
    const knownAt = lives.get(boot).from > from - KNOWN_MS ? to : from;
    const isMember = (node) => beganAt.get(node) <= from - KNOWN_MS && !outages.mayBeLost(node, knownAt);
    checkTwice(question, clients, faults);
    checkQuestion(question, clients, asked.get(question.question), isMember, faults);
  }
  return faults;
}

function checkSide({ what, boot, responses }, faults) {
  const boots = responses.map((each) => each.boot);
  if (new Set(boots).size < boots.length) faults.push(`${what}: answered twice: ${boots}`);
  if (boots.includes(boot)) faults.push(`${what}: answered itself`);
}

/** Milliseconds after which a new process and the others know each other. */
const KNOWN_MS = 2_000;

/**
 * Each process that lived during the whole call has answered, or is named. A process without its home does not hear of
 * a new one.
 */
function checkLiving({ boot, responses, missing, from, to }, lives, outages, faults) {
  const since = from - KNOWN_MS;
  if (lives.get(boot).from > since) return;
  for (const [other, life] of lives) {
    if (other === boot || life.from > since || life.to <= to) continue;
    if (responses.some((each) => each.boot === other) || missing.includes(life.node)) continue;
    if (missing.some(isSilent) || outages.isOutBetween(lives.get(boot).node, life.from, from)) continue;
    faults.push(`a call of server ${boot}: server ${other} neither answered nor is missing`);
  }
}

/**
 * Checks that a client answered as often as it was asked. `checkAsked` finds a client that should not have been asked
 * again.
 */
function checkTwice({ boot, question, responses }, clients, faults) {
  for (const index of new Set(responses)) {
    const count = responses.filter((each) => each === index).length;
    const asks = clients.get(index)?.record.questions.filter((each) => each.question === question).length ?? 0;
    if (count > Math.max(1, asks))
      faults.push(
        `question ${question} of server ${boot}: client ${index} answered ${count} times, and was asked ${asks} times`,
      );
  }
}

/** `isMember` tells whether a process was surely asked. The log may take a question long after that. */
function checkQuestion({ boot, question, error, responses }, clients, deed, isMember, faults) {
  const what = `question ${question} of server ${boot}`;
  for (const index of responses)
    if (!clients.get(index)?.record.questions.some((each) => each.question === question))
      faults.push(`${what}: client ${index} answered, and was not asked`);
  // Clients that are cut off never answer, so a question may take its whole time.
  const isPartly = error && error.missing.length > 0 && error.message.includes('did not answer');
  if (!deed || (error && !isPartly) || error?.missing.some(isSilent)) return;
  for (const [index, { sessions }] of clients) {
    const sure = sessions.filter((session) => session.isMeant(deed)).flatMap((session) => session.at(deed.place) ?? []);
    if (sure.length === 0 || responses.includes(index) || error?.missing.includes(sure[0].node)) continue;
    if (!isMember(sure[0].node)) continue;
    faults.push(`${what}: client ${index} was there and did not answer, and ${error?.missing ?? 'nobody'} is missing`);
  }
}
