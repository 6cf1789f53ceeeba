/** Explains what became of an event for one client, from the facts of all nodes and from the log. */
import type { NodeCode } from 'naru/backplane';
import {
  type ExplainHost,
  type ExplainQuestion,
  type ExplainServer,
  openExplain,
  type SocketId,
} from 'naru/server/explain';
import { shownNamespace, shownRoom } from 'naru/taps';
import { findEvent, wantedOf } from './event-search.js';
import { readFindings } from './findings.js';
import { type ExplainedEvent, type Judgement, judge, type NodeFindings, type Verdict } from './judge.js';
import { findLost } from './lost.js';
import { evidenceOf, sentenceOf } from './sentence.js';
import { findStopped } from './stopped.js';
import { readStored } from './stored.js';

/** Milliseconds for the answers of the nodes and for the store, so that an explanation takes less than a second. */
const KNOWN_MS = 900;
/** Milliseconds that the store has at least, however long the nodes took. */
const STORE_MS_MIN = 250;

/** A client, and an event that it should have got. */
export interface ExplainQuery {
  /** The id of the socket: `socket.id`, at both ends. */
  readonly client: SocketId;
  /**
   * The event: its offset in the log, its name for the newest one of that name, or a time for the first one from then
   * on. A number is in milliseconds since the Unix epoch.
   */
  readonly event: string | number | Date;
  /** A time that goes with a name: the event is the first one of that name from then on. */
  readonly since?: string | number | Date | undefined;
}

/** The fate of the event in one sentence, and the facts that show it. */
export interface Explanation {
  readonly verdict: Verdict;
  /** One sentence for people. It names the client, the event, and times in UTC. */
  readonly sentence: string;
  /** Lines about what happened around the event, oldest first, at most twelve. */
  readonly evidence: readonly string[];
  /** The event. Absent if nobody has it any more, or if it was stopped before it was sent. */
  readonly event?: ExplainedEvent;
  /** The nodes that did not answer. Their knowledge is missing. */
  readonly missing: readonly NodeCode[];
  /** The nodes that are known by what they had written, because they are gone. Their last moments may be missing. */
  readonly fromStore: readonly NodeCode[];
}

/**
 * Says what became of an event of the last 15 minutes for a client, on all nodes. Rejects with ConfigError for a query
 * that cannot be, and if the option `explain` of the server is false.
 */
export async function explain(io: ExplainServer, query: ExplainQuery): Promise<Explanation> {
  return explainBy(openExplain(io), query);
}

/** Explains by the services of a server. */
export async function explainBy(host: ExplainHost, { client, event, since }: ExplainQuery): Promise<Explanation> {
  const wanted = wantedOf(client, event, since);
  const question: ExplainQuestion = { client, ...('offset' in wanted ? {} : wanted) };
  const { findings, missing, fromStore } = await collect(host, question);
  const { event: found, lookedSince } = await findEvent(host, wanted, findings);
  const other = findStopped(wanted, findings, found) ?? findLost(wanted, findings, found);
  const known = other?.event ?? found;
  if (!known) {
    const at = 'name' in wanted && 'at' in wanted ? wanted.at : 0;
    const named = { event: String(event), namespace: '', at, rooms: [], except: [] } as object as ExplainedEvent;
    const verdict = lookedSince === undefined ? 'unknown-event' : 'unknown';
    const sentence = sentenceOf(client, named, { verdict, lookedSince });
    return { verdict, sentence, evidence: [], missing, fromStore };
  }
  const judgement: Judgement = { ...(other ?? judge(client, known, findings)), lookedSince };
  const evidence = evidenceOf(known, findings, !other);
  const sentence = sentenceOf(client, known, judgement, fromStore);
  return {
    verdict: judgement.verdict,
    sentence,
    evidence,
    ...(!other && { event: shownOf(known) }),
    missing,
    fromStore,
  };
}

/** Returns an event without the secrets that are in names. */
function shownOf(event: ExplainedEvent): ExplainedEvent {
  const { namespace, rooms, except } = event;
  const names = { rooms: rooms.map(shownRoom), except: except.map(shownRoom) };
  return { ...event, namespace: shownNamespace(namespace), ...names };
}

interface Collected extends Pick<Explanation, 'missing' | 'fromStore'> {
  readonly findings: readonly NodeFindings[];
}

/** Collects what the nodes know, and what those had written that do not answer. */
async function collect(host: ExplainHost, question: ExplainQuestion): Promise<Collected> {
  const startedAt = host.clock.now();
  const told = await host.ask(question);
  const answers = [...told.answers].map(([node, answer]) => ({ node, read: readFindings(node, answer) }));
  const findings: NodeFindings[] = answers.flatMap(({ read }) => read ?? []);
  const unread = answers.flatMap(({ node, read }) => (read ? [] : [node]));
  const silent = [...told.missing, ...unread];
  // The clock may have been set meanwhile.
  const tookMs = Math.max(0, host.clock.now() - startedAt);
  const leftMs = Math.max(STORE_MS_MIN, KNOWN_MS - tookMs);
  const stored = await readStored(host, new Set(findings.map(({ node }) => node)), question, leftMs);
  const fromStore = stored
    .filter(({ node, facts, sent }) => silent.includes(node) || facts.length > 0 || sent.length > 0)
    .map(({ node }) => node);
  const missing = silent.filter((node) => !fromStore.includes(node));
  return { findings: [...findings, ...stored], missing, fromStore };
}
