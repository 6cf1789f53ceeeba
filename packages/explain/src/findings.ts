/** Reads what the nodes have found. */
import type { NodeCode } from 'naru/backplane';
import type { Entry, Findings, LiveSocket, SentEntry, SocketEntry } from 'naru/server/explain';

/** Returns what a node has found, or `undefined` for anything else. A later version may tell more. */
export function readFindings(node: NodeCode, value: unknown): Findings | undefined {
  const { since = 0, facts, sent, live } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (!isTime(since) || !isListOf(facts, isEntry) || !isListOf(sent, isSent) || !isListOf(live, isLive))
    return undefined;
  return { node, since, facts: facts as SocketEntry[], sent: sent as SentEntry[], live: live as LiveSocket[] };
}

/** Returns the facts in a list that a node has written, without those that cannot be read. */
export function readEntries(value: unknown): readonly Entry[] {
  const isFact = (one: unknown): boolean =>
    isListOf([one], (fact) => (fact.type === 'sent' ? isSent(fact) : isEntry(fact)));
  return Array.isArray(value) ? (value.filter(isFact) as Entry[]) : [];
}

type Members = Readonly<Record<string, unknown>>;

function isListOf(value: unknown, isOne: (one: Members) => boolean): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'object' && one !== null && isOne(one));
}

function isEntry({ type, namespace, number, at, place, rooms = [] }: Members): boolean {
  const areTexts = [type, namespace, place].every((text) => typeof text === 'string');
  return areTexts && typeof number === 'number' && isTime(at) && areRooms(rooms);
}

function isSent(one: Members): boolean {
  return isEntry(one) && typeof one.event === 'string' && areRooms(one.rooms) && areRooms(one.except);
}

function isLive({ namespace, rooms, delivered, heardAt }: Members): boolean {
  return typeof namespace === 'string' && areRooms(rooms) && typeof delivered === 'string' && isTime(heardAt);
}

function areRooms(value: unknown): boolean {
  return Array.isArray(value) && value.every((room) => typeof room === 'string');
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && !Number.isNaN(new Date(value).getTime());
}
