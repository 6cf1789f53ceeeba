/** Collects what one node knows of a client and of an event, and reads what other nodes have found. */
import type { NodeCode } from '../../backplane/talk/talk.js';
import { ProtocolError } from '../../base/errors.js';
import type { SocketId } from '../event/target.js';
import type { Journal } from './journal.js';
import type { Findings, LiveSocket, SentEntry, SocketEntry } from './judge.js';

/** A question to every node. An event in a log is found there, and any other by its name or its time. */
export interface ExplainQuestion {
  readonly client: SocketId;
  readonly name?: string | undefined;
  readonly at?: number | undefined;
}

/** The most facts of a socket that a node tells, and the most events. The answers go through the log. */
const FACTS_MAX = 200;
const SENT_MAX = 100;
/** Milliseconds around a time in which an event is looked for. */
const AROUND_MS = 5_000;

/** Returns what this node knows. `live` are the sockets with the id that are connected. */
export function findHere(
  node: NodeCode,
  journal: Journal | undefined,
  { client, name, at }: ExplainQuestion,
  live: readonly LiveSocket[],
): Findings {
  const facts = (journal?.find((entry) => entry.type !== 'sent' && entry.socket === client, FACTS_MAX) ??
    []) as SocketEntry[];
  const isAsked = (event: string, sentAt: number): boolean =>
    name !== undefined ? event === name : at !== undefined && Math.abs(sentAt - at) <= AROUND_MS;
  const sent = (journal?.find((entry) => entry.type === 'sent' && isAsked(entry.event, entry.at), SENT_MAX) ??
    []) as SentEntry[];
  const since = Math.max(journal?.since ?? 0, facts.length < FACTS_MAX ? 0 : (facts[0]?.at ?? 0));
  return { node, since, facts, sent, live };
}

/** Returns the question of another node. Throws a ProtocolError for anything else. */
export function readQuestion(value: unknown): ExplainQuestion {
  const { client, name, at } = (value ?? {}) as Readonly<Record<string, unknown>>;
  const isName = name === undefined || name === null || typeof name === 'string';
  const isTime = at === undefined || at === null || typeof at === 'number';
  if (typeof client !== 'string' || !isName || !isTime)
    throw new ProtocolError('JSON_BAD_EVENT', 'a question for an explanation cannot be read');
  return { client, name: name ?? undefined, at: at ?? undefined };
}

/** Returns what another node has found, or `undefined` for anything else. A later version may tell more. */
export function readFindings(node: NodeCode, value: unknown): Findings | undefined {
  const { since = 0, facts, sent, live } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (!isTime(since) || !isListOf(facts, isEntry) || !isListOf(sent, isSent) || !isListOf(live, isLive))
    return undefined;
  return { node, since, facts: facts as SocketEntry[], sent: sent as SentEntry[], live: live as LiveSocket[] };
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
