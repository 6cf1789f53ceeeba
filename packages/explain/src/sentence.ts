/** Says a judgement in one sentence, and lists its evidence. */
import type { NodeCode } from 'naru/backplane';
import type { Findings, SocketEntry, SocketId } from 'naru/server/explain';
import type { ExplainedEvent, Judgement } from './judge.js';

/** The most lines of evidence. */
const LINES_MAX = 12;
/** The most characters of a value in a line, and the most rooms that a sentence names. */
const [VALUE_MAX, ROOMS_MAX] = [200, 10];

/** Returns one sentence about what became of an event. `gone` are the nodes that are known by what they had written. */
export function sentenceOf(
  client: SocketId,
  event: ExplainedEvent,
  judgement: Judgement,
  gone: readonly NodeCode[] = [],
): string {
  const { node = '' } = judgement;
  const limits = [
    ...(gone.includes(node) ? [goneOf(client, event, judgement)] : []),
    ...(event.logSince === undefined ? [] : [`and the log has nothing from before ${timeOf(event.logSince)}`]),
  ];
  return inOneLine(textOf(client, event, judgement).replace(/\.$/, `${limits.map((one) => `, ${one}`).join('')}.`));
}

/** Says what is not known because a node is gone. */
function goneOf(client: SocketId, { offset }: ExplainedEvent, { verdict, node }: Judgement): string {
  return verdict === 'unknown' && offset !== undefined
    ? `because the node ${node} is gone, and ${client} has come to no other node since`
    : `as far as the node ${node} had written before it was gone, perhaps without its last moments`;
}

/** Names may have line breaks, which would forge a line of evidence, and characters that a terminal may obey. */
function inOneLine(text: string): string {
  return text.replace(
    /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu,
    (one) => `\\u${(one.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}

function textOf(client: SocketId, event: ExplainedEvent, judgement: Judgement): string {
  const { fact, room, node } = judgement;
  const what = `"${short(event.event)}"`;
  const where = node === undefined || node === '' ? '' : ` on the node ${node}`;
  switch (judgement.verdict) {
    case 'delivered': {
      const { deliveredAt = event.at } = judgement;
      const confirmed = confirmationOf(judgement);
      return `${what} was delivered to ${client}${where} at ${timeOf(deliveredAt)}, and ${confirmed}.`;
    }
    case 'late':
      if (fact?.type === 'left')
        return `${what} did not reach ${client}${where}: it was late, and left at ${timeOf(fact.at)} before it had read up to it, because of ${reasonOf(fact)}.`;
      return judgement.isUnderWay
        ? `${what} is still to come: it is on its way to ${client}${where}.`
        : `${what} is still to come: ${client} is late${where}, and reads the log up to it.`;
    case 'volatile':
      return `${what} was volatile: ${client} was to get it${where} if its connection could take it at once, and nothing tells whether it did.`;
    case 'dropped':
      return `${what} was dropped for ${client}${where} by the policy "${fact?.type === 'dropped' && fact.policy}", with ${othersOf(judgement)} of this client.`;
    case 'gap':
      return `${what} is in a gap: ${client} was told at ${timeOf(fact?.at ?? 0)} that events are missing there.`;
    case 'excluded':
      return `${what} was not for ${client}, because the sender excepted "${short(room)}".`;
    case 'not-in-room':
      return `${what} was sent to ${listOf(event.rooms)}, and ${client} was not in there: ${whyOutside(fact)}.`;
    case 'joined-later':
      return `${client} joined ${event.namespace}${where} at ${timeOf(fact?.at ?? 0)}, after ${what} was sent.`;
    case 'left-before':
      return `${client} had left ${event.namespace}${where} at ${timeOf(fact?.at ?? 0)}, before ${what} was sent: ${reasonOf(fact)}.`;
    case 'local':
      return `${what} was sent with "local" on the node ${event.node}, and ${client} was${where}.`;
    case 'limited':
    case 'duplicate':
      return `${what} of ${client} at ${timeOf(event.at)} ${whyStopped(fact)}${where && `,${where}`}.`;
    case 'other-namespace':
      return `${what} was sent in the namespace ${event.namespace}, and ${client} is in another one.`;
    case 'unknown-client':
      return `No node remembers ${client} from the last 15 minutes.`;
    case 'unknown-event':
      return `No log and no node has the event ${what}${event.at > 0 ? ` from ${timeOf(event.at)} on` : ''}.`;
    default:
      return `Nobody knows any more whether ${client} was to get ${what}.`;
  }
}

/** Says whether the client has shown that it got the event. */
function confirmationOf({ confirmedAt, namedAt }: Judgement): string {
  if (namedAt !== undefined) return `its client had it when it came back at ${timeOf(namedAt)}`;
  return confirmedAt === undefined
    ? 'nothing has confirmed that yet'
    : `its client answered a ping after that, at ${timeOf(confirmedAt)}`;
}

/** Returns the facts around an event as lines, oldest first. With `isSent`, one of them is the event itself. */
export function evidenceOf(event: ExplainedEvent, findings: readonly Findings[], isSent = true): string[] {
  const facts = findings.flatMap(({ node, facts }) =>
    facts
      .filter((fact) => fact.namespace === event.namespace && isTelling(fact, event))
      .map((fact) => ({ node, fact })),
  );
  const lines = facts.map(({ node, fact }) => ({ at: fact.at, text: lineOf(node, fact) }));
  const place = event.offset === undefined ? '' : ` offset=${event.offset}`;
  const to = `rooms=${listOf(event.rooms).slice(0, VALUE_MAX)}${event.except.length > 0 ? ` except=${listOf(event.except).slice(0, VALUE_MAX)}` : ''}`;
  const name = event.event.slice(0, VALUE_MAX);
  const line = { at: event.at, text: `${timeOf(event.at)} sent ${name}${place} ${to}` };
  if (isSent) lines.push(line);
  lines.sort((one, other) => one.at - other.at);
  const own = isSent ? lines.indexOf(line) : lines.findLastIndex(({ at }) => at <= event.at);
  const from = Math.max(0, Math.min(own - LINES_MAX / 2, lines.length - LINES_MAX));
  return lines.slice(from, from + LINES_MAX).map(({ text }) => inOneLine(text));
}

/** Whether a fact says something about an event. Naru's own rooms, such as that of a user, do only if it went there. */
function isTelling(fact: SocketEntry, { rooms, except }: ExplainedEvent): boolean {
  if (fact.type !== 'room' || !fact.room.startsWith('naru:')) return true;
  return rooms.includes(fact.room) || except.includes(fact.room);
}

function othersOf({ count = 1 }: Judgement): string {
  return count === 2 ? '1 other event' : `${Math.max(0, count - 1)} other events`;
}

function lineOf(node: string, fact: SocketEntry): string {
  const { type, namespace: _, number: __, at, place, socket: ___, ...facts } = fact;
  const pairs = Object.entries(facts).flatMap(([name, value]) =>
    value === undefined ? [] : ` ${name}=${shownOf(name, value)}`,
  );
  return `${timeOf(at)} ${type}${pairs.join('')}${place === '' ? '' : ` place=${place}`}${node === '' ? '' : ` node=${node}`}`;
}

function shownOf(name: string, value: unknown): string {
  if (/At$/.test(name) && typeof value === 'number') return timeOf(value);
  // A later version may tell of something else.
  const text = typeof value === 'object' && !Array.isArray(value) ? JSON.stringify(value) : String(value);
  return text.slice(0, VALUE_MAX);
}

function whyOutside(fact: SocketEntry | undefined): string {
  if (fact?.type === 'refused') return `its request was refused at ${timeOf(fact.at)}, because ${short(fact.message)}`;
  if (fact?.type !== 'room') return 'it never joined';
  return fact.isIn
    ? `it joined "${short(fact.room)}" at ${timeOf(fact.at)}`
    : `it had left "${short(fact.room)}" at ${timeOf(fact.at)}`;
}

/** Says what stopped an event of the client. */
function whyStopped(fact: SocketEntry | undefined): string {
  if (fact?.type === 'duplicate') {
    const first =
      fact.firstAt !== undefined
        ? `was carried out at ${timeOf(fact.firstAt)}`
        : fact.isOpen
          ? 'has no answer yet'
          : 'was carried out by another node, or before a restart';
    return `was a duplicate: an event with the same key came before it and ${first}, so no listener ran again`;
  }
  if (fact?.type !== 'limited') return 'was stopped';
  return fact.outcome === 'wait'
    ? `was over a limit: it went to the listeners, and what the client sent next had to wait ${fact.retryAfterMs} ms`
    : fact.outcome === 'end'
      ? 'was over a limit, so it was refused and the session was ended'
      : `was over a limit, so it was refused with ${fact.retryAfterMs} ms to wait`;
}

function reasonOf(fact: SocketEntry | undefined): string {
  return fact?.type === 'left' ? fact.reason : 'nobody knows why';
}

/** Clients choose names as long as a message. */
const short = (name: string | undefined): string => String(name).slice(0, VALUE_MAX);

function listOf(rooms: readonly string[]): string {
  if (rooms.length > ROOMS_MAX) return `${listOf(rooms.slice(0, ROOMS_MAX))} and ${rooms.length - ROOMS_MAX} others`;
  return rooms.length === 0 ? 'everybody' : rooms.map((room) => `"${short(room)}"`).join(', ');
}

function timeOf(at: number): string {
  return new Date(at).toISOString();
}
