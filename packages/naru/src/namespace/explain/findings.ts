/** Collects what one node knows of a client and of an event. A package explains it. */
import type { Offset } from '../../backplane/backplane.js';
import type { NodeCode } from '../../backplane/talk/talk.js';
import { ProtocolError } from '../../base/errors.js';
import type { Room, SocketId } from '../event/target.js';
import type { Entry, Journal, SentFact } from './journal.js';

/** An event that no log keeps, in the memory of a node. */
export type SentEntry = SentFact & Entry;
/** A fact of a socket, in the memory of a node. */
export type SocketEntry = Exclude<Entry, SentFact>;

/** The state of a socket that is connected now. */
export interface LiveSocket {
  readonly namespace: string;
  readonly rooms: readonly Room[];
  /** The newest record that its node has delivered. */
  readonly delivered: Offset;
  /** The newest record that it has read, if it reads late. */
  readonly lateAt?: Offset | undefined;
  /** When its client answered a ping last, or opened its session. 0 on a wire without pings. */
  readonly heardAt: number;
}

/** The knowledge of one node. */
export interface Findings {
  readonly node: NodeCode;
  /** It remembers everything after this time. 0 if it has forgotten nothing. */
  readonly since?: number;
  readonly facts: readonly SocketEntry[];
  readonly sent: readonly SentEntry[];
  readonly live: readonly LiveSocket[];
}

/** A question to every node. An event in a log is found there, and any other by its name or its time. */
export interface ExplainQuestion {
  readonly client: SocketId;
  readonly name?: string | undefined;
  readonly at?: number | undefined;
}

/** The most facts of a socket that a node tells, as many drops, and half of the events. Answers go through the log. */
const FACTS_MAX = 200;
const SENT_HALF = 50;

/** Returns what this node knows. `live` are the sockets with the id that are connected. */
export function findHere(
  node: NodeCode,
  journal: Pick<Journal, 'find' | 'since'> | undefined,
  { client, name, at }: ExplainQuestion,
  live: readonly LiveSocket[],
): Findings {
  const findFacts = (areDrops: boolean): SocketEntry[] =>
    (journal?.find(
      (entry) => entry.type !== 'sent' && entry.socket === client && (entry.type === 'dropped') === areDrops,
      FACTS_MAX,
    ) ?? []) as SocketEntry[];
  // A slow client has many drops. They must not displace how it came, and its rooms.
  const kinds = [findFacts(false), findFacts(true)];
  const facts = kinds.flat().sort((one, other) => one.number - other.number);
  const isAsked = (entry: Entry): boolean =>
    entry.type === 'sent' && (name === undefined ? at !== undefined : entry.event === name);
  const sent = (journal?.find(isAsked, Number.POSITIVE_INFINITY) ?? []) as SentEntry[];
  // The clocks of nodes differ, so those before a time belong to the answer, too.
  const next = at === undefined ? sent.length - SENT_HALF : sent.filter((one) => one.at < at).length;
  const since = Math.max(
    journal?.since ?? 0,
    ...kinds.map((kind) => (kind.length < FACTS_MAX ? 0 : (kind[0]?.at ?? 0))),
  );
  return { node, since, facts, sent: sent.slice(Math.max(0, next - SENT_HALF), next + SENT_HALF), live };
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
