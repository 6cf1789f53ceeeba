/** Says a judgement in one sentence, and lists its evidence. */
import type { NodeCode } from 'naru/backplane';
import type { Findings, SocketEntry, SocketId } from 'naru/server/explain';
import { shownNamespace } from 'naru/taps';
import type { ExplainedEvent, Judgement } from './judge.js';
import { inOneLine, listed, plain, quoted } from './quoted.js';

/** The most lines of evidence. */
const LINES_MAX = 12;
/** The most characters of a text that Naru or the program wrote for people. */
const TEXT_MAX = 200;
/** The members of facts whose texts are words of Naru or offsets. Other texts are names. */
const WORDS: ReadonlySet<string> = new Set(['act', 'after', 'before', 'offset', 'outcome', 'policy']);

/** Returns one sentence about what became of an event. `gone` are the nodes that are known by what they had written. */
export function sentenceOf(
  client: SocketId,
  event: ExplainedEvent,
  judgement: Judgement,
  gone: readonly NodeCode[] = [],
): string {
  const { node = '', lookedSince } = judgement;
  const limits = [
    ...(gone.includes(node) ? [goneOf(client, event, judgement)] : []),
    ...(event.logSince === undefined ? [] : [`and the log has nothing from before ${timeOf(event.logSince)}`]),
    ...(lookedSince === undefined ? [] : [`and the log was looked at back to ${timeOf(lookedSince)} only`]),
  ];
  const text = textOf(plain(client), event, judgement).replace(/\.$/, '');
  return inOneLine(`${text}${limits.map((one) => `, ${one}`).join('')}.`);
}

/** Says what is not known because a node is gone. */
function goneOf(client: SocketId, { offset }: ExplainedEvent, { verdict, node = '' }: Judgement): string {
  return verdict === 'unknown' && offset !== undefined
    ? `because the node ${plain(node)} is gone, and ${plain(client)} has come to no other node since`
    : `as far as the node ${plain(node)} had written before it was gone, perhaps without its last moments`;
}

function textOf(client: string, event: ExplainedEvent, judgement: Judgement): string {
  const { fact, room = '', node } = judgement;
  const what = quoted(event.event);
  const namespace = plain(shownNamespace(event.namespace));
  const where = node === undefined || node === '' ? '' : ` on the node ${plain(node)}`;
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
      return `${what} was dropped for ${client}${where} by the policy ${quoted(fact?.type === 'dropped' && fact.policy)}, with ${othersOf(judgement)} of this client.`;
    case 'gap':
      if (judgement.isLost) return `${lostText(event, fact)}, as ${client} was told${where} at ${timeOf(event.at)}.`;
      return `${what} is in a gap: ${client} was told at ${timeOf(fact?.at ?? 0)} that events are missing there.`;
    case 'excluded':
      return `${what} was not for ${client}, because the sender excepted ${quoted(room)}.`;
    case 'not-in-room':
      return `${what} was sent to ${listed(event.rooms, 'everybody')}, and ${client} was not in there: ${whyOutside(fact)}.`;
    case 'joined-later':
      return `${client} joined ${namespace}${where} at ${timeOf(fact?.at ?? 0)}, after ${what} was sent.`;
    case 'left-before':
      return `${client} had left ${namespace}${where} at ${timeOf(fact?.at ?? 0)}, before ${what} was sent: ${reasonOf(fact)}.`;
    case 'local':
      return `${what} was sent with "local" on the node ${plain(event.node ?? '')}, and ${client} was${where}.`;
    case 'limited':
    case 'duplicate':
      return `${what} of ${client} at ${timeOf(event.at)} ${whyStopped(fact)}${where && `,${where}`}.`;
    case 'other-namespace':
      return `${what} was sent in the namespace ${namespace}, and ${client} is in another one.`;
    case 'unknown-client':
      return `No node remembers ${client} from the last 15 minutes.`;
    case 'unknown-event':
      return `No log and no node has the event ${what}${event.at > 0 ? ` from ${timeOf(event.at)} on` : ''}.`;
    default:
      return `Nobody knows any more whether ${client} was to get ${what}.`;
  }
}

/** Says whether the client has shown that it got the event. */
function confirmationOf({ confirmedAt, namedAt, left }: Judgement): string {
  if (namedAt !== undefined) return `its client had it when it came back at ${timeOf(namedAt)}`;
  if (confirmedAt !== undefined) return `its client answered a ping after that, at ${timeOf(confirmedAt)}`;
  return left
    ? `its client left at ${timeOf(left.at)} because of ${reasonOf(left)}, so nothing tells whether it arrived`
    : 'nothing has confirmed that yet';
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
  const except = event.except.length > 0 ? ` except=${listed(event.except, '')}` : '';
  const to = `rooms=${listed(event.rooms, 'everybody')}${except}`;
  const line = { at: event.at, text: `${timeOf(event.at)} sent ${quoted(event.event)}${place} ${to}` };
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

/** Says in which gap an event lies that no log has any more. */
function lostText({ offset, namespace }: ExplainedEvent, fact: SocketEntry | undefined): string {
  const [after, before] = fact?.type === 'gap' ? [fact.after, fact.before] : [];
  const end = before === undefined ? '' : ` and before ${plain(before)}`;
  return `No log has the event at ${offset} any more: the events of ${plain(shownNamespace(namespace))} after ${plain(after ?? '')}${end} are missing`;
}

function othersOf({ count = 1 }: Judgement): string {
  return count === 2 ? '1 other event' : `${Math.max(0, count - 1)} other events`;
}

function lineOf(node: string, fact: SocketEntry): string {
  const { type, namespace: _, number: __, at, place, socket: ___, ...facts } = fact;
  const pairs = Object.entries(facts).flatMap(([name, value]) =>
    value === undefined ? [] : ` ${plain(name)}=${shownOf(name, value)}`,
  );
  const where = `${place === '' ? '' : ` place=${plain(place)}`}${node === '' ? '' : ` node=${plain(node)}`}`;
  return `${timeOf(at)} ${plain(type)}${pairs.join('')}${isFromElsewhere(fact) ? ' first=elsewhere' : ''}${where}`;
}

function shownOf(name: string, value: unknown): string {
  if (/At$/.test(name) && typeof value === 'number') return timeOf(value);
  if (typeof value === 'string') return WORDS.has(name) ? plain(value) : quoted(value);
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return listed(value, 'none');
  // A later version may tell of something else.
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : quoted(value);
}

/** Whether it is about a duplicate of an event that the node of the fact has not carried out. */
function isFromElsewhere(fact: SocketEntry | undefined): boolean {
  return fact?.type === 'duplicate' && fact.firstAt === undefined && !fact.isOpen;
}

function whyOutside(fact: SocketEntry | undefined): string {
  if (fact?.type === 'refused') return `its request was refused at ${timeOf(fact.at)}, because ${short(fact.message)}`;
  if (fact?.type !== 'room') return 'it never joined';
  return fact.isIn
    ? `it joined ${quoted(fact.room)} at ${timeOf(fact.at)}`
    : `it had left ${quoted(fact.room)} at ${timeOf(fact.at)}`;
}

/** Says what stopped an event of the client. */
function whyStopped(fact: SocketEntry | undefined): string {
  if (fact?.type === 'duplicate') {
    const first =
      fact.firstAt !== undefined
        ? `was carried out at ${timeOf(fact.firstAt)}`
        : fact.isOpen
          ? 'has no answer yet'
          : 'was carried out by another node or before a restart (nobody has noted when)';
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
  return fact?.type === 'left' ? short(fact.reason) : 'nobody knows why';
}

/** Texts of programs may be as long as a message. */
function short(text: string): string {
  return String(text).slice(0, TEXT_MAX);
}

function timeOf(at: number): string {
  return new Date(at).toISOString();
}
