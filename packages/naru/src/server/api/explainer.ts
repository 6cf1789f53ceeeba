/** Explains what became of an event for one client, from the facts of all nodes and from the log. */
import { decodeOffset, type Log, nextOffset, type Offset, type StoredRecord } from '../../backplane/backplane.js';
import { isErased, isForNoSocket, isGapRecord } from '../../backplane/own-records.js';
import type { NodeCode } from '../../backplane/talk/talk.js';
import { ConfigError, shown } from '../../base/errors.js';
import type { NamespaceContext } from '../../namespace/context.js';
import { nameIn } from '../../namespace/event/outgoing-event.js';
import type { SocketId } from '../../namespace/event/target.js';
import { type ExplainQuestion, findHere, readFindings } from '../../namespace/explain/findings.js';
import {
  type ExplainedEvent,
  type Findings,
  judge,
  type SentEntry,
  type Verdict,
} from '../../namespace/explain/judge.js';
import { evidenceOf, sentenceOf } from '../../namespace/explain/sentence.js';
import type { NamespaceRegistry } from '../../namespace/registry.js';
import type { Session } from '../../session/session.js';

/** A client, and an event that it should have got. */
export interface ExplainQuery {
  /** The id of the socket: `socket.id`, at both ends. */
  readonly client: SocketId;
  /**
   * The event: its offset in the log, its name for the newest one of that name, or a time for the first one from then
   * on. A number is in milliseconds since the Unix epoch.
   */
  readonly event: string | number | Date;
}

/** The fate of the event in one sentence, and the facts that show it. */
export interface Explanation {
  readonly verdict: Verdict;
  /** One sentence for people. It names the client, the event, and times in UTC. */
  readonly sentence: string;
  /** Lines about what happened around the event, oldest first, at most twelve. */
  readonly evidence: readonly string[];
  /** The event. Absent if nobody has it. */
  readonly event?: ExplainedEvent;
  /** The nodes that did not answer. Their knowledge is missing. */
  readonly missing: readonly NodeCode[];
}

/** Records that are read at once, and the most that are looked through for a name or a time. */
const PAGE = 256;
const LOOKED_MAX = 8_192;
/** The most namespaces in which an event is looked for, those of the client first. */
const NAMESPACES_MAX = 1_000;
const ISO = /^\d{4}-\d\d-\d\dT/;

/** An offset, a name or a time that is looked for. */
type Wanted = { readonly offset: Offset } | { readonly name: string } | { readonly at: number };

/** Explains for one server. */
export class Explainer {
  readonly #context: NamespaceContext;
  readonly #registry: Pick<NamespaceRegistry, 'cores' | 'namespaces'>;
  readonly #heardAt: (session: Session) => number;

  /** `heardAt` returns when a session was heard last. */
  constructor(
    context: NamespaceContext,
    registry: Pick<NamespaceRegistry, 'cores' | 'namespaces'>,
    heardAt: (session: Session) => number,
  ) {
    this.#context = context;
    this.#registry = registry;
    this.#heardAt = heardAt;
  }

  /** Returns what this node knows. */
  findings(question: ExplainQuestion): Findings {
    const context = this.#context;
    context.outbox.settle();
    const live = this.#registry.cores().flatMap(({ name, members, log }) => {
      const member = members.members.get(question.client);
      if (!member) return [];
      const { lag, rooms } = member;
      const heard = this.#heardAt(member.client.conn);
      return { namespace: name, rooms: [...rooms], delivered: log?.offset ?? '', lateAt: lag?.offset, heardAt: heard };
    });
    return findHere(context.remote?.node ?? '', context.journal, question, live);
  }

  /** Explains. Rejects with ConfigError for a query that cannot be, and if the option `explain` is off. */
  async explain({ client, event }: ExplainQuery): Promise<Explanation> {
    const context = this.#context;
    if (!context.journal)
      throw new ConfigError('WRONG_STATE', 'The server remembers nothing, because the option "explain" is false.');
    const wanted = wantedOf(client, event);
    const question: ExplainQuestion = { client, ...('offset' in wanted ? {} : wanted) };
    await context.remote?.whenKnown();
    const told = await context.serverCalls?.askExplain(question);
    const answers = [...(told?.answers ?? [])].map(([node, answer]) => ({ node, read: readFindings(node, answer) }));
    const far = answers.flatMap(({ read }) => read ?? []);
    const findings = [this.findings(question), ...far];
    const unread = answers.flatMap(({ node, read }) => (read ? [] : [node]));
    const missing = [...(told?.missing ?? []), ...unread];
    const found = await this.#findEvent(wanted, findings);
    if (!found) {
      const named = { event: String(event), namespace: '', at: 0, rooms: [], except: [] } as object as ExplainedEvent;
      const verdict = 'unknown-event';
      return { verdict, sentence: sentenceOf(client, named, { verdict }), evidence: [], missing };
    }
    const judgement = judge(client, found, findings);
    const evidence = evidenceOf(found, findings);
    return {
      verdict: judgement.verdict,
      sentence: sentenceOf(client, found, judgement),
      evidence,
      event: found,
      missing,
    };
  }

  /** Finds an event: in the namespaces of the client first, in their logs or in the memory of the nodes. */
  async #findEvent(wanted: Wanted, findings: readonly Findings[]): Promise<ExplainedEvent | undefined> {
    const { homeFor } = this.#context;
    const own = findings.flatMap(({ facts, live }) => [...facts, ...live]);
    const others = findings.flatMap(({ sent }) => sent);
    const names = new Set([
      ...[...own, ...others].map(({ namespace }) => namespace),
      ...this.#registry.namespaces.keys(),
    ]);
    for (const name of [...names].slice(0, NAMESPACES_MAX)) {
      const log = homeFor(name)?.log;
      const record = log && (await findRecord(log, name, wanted));
      const sent = sentOf(name, wanted, findings);
      // A volatile or local event may be newer than that of the log.
      const isNext = record && (!sent || ('name' in wanted ? record.at >= sent.at : record.at <= sent.at));
      if (isNext) return eventOf(name, record);
      if (sent) return sent;
    }
    return undefined;
  }
}

/** Reads what a query looks for. Throws ConfigError. */
function wantedOf(client: unknown, event: unknown): Wanted {
  if (typeof client !== 'string' || client === '')
    throw new ConfigError('BAD_ARGUMENT', `The client must be the id of a socket, got ${shown(client)}.`);
  const at =
    event instanceof Date ? event.getTime() : typeof event === 'string' && ISO.test(event) ? Date.parse(event) : event;
  if (typeof at === 'number' && Number.isFinite(at)) return { at };
  if (typeof event !== 'string' || event === '')
    throw new ConfigError('BAD_ARGUMENT', `The event must be an offset, a name or a time, got ${shown(event)}.`);
  return decodeOffset(event) === undefined ? { name: event } : { offset: event };
}

/** Finds a record in a log. */
async function findRecord(log: Log, namespace: string, wanted: Wanted): Promise<StoredRecord | undefined> {
  if ('offset' in wanted) {
    const { records } = await log.readBack(namespace, nextOffset(wanted.offset), 1);
    const [record] = records;
    return record?.offset === wanted.offset && isEvent(record) ? record : undefined;
  }
  let before: Offset | undefined;
  let first: StoredRecord | undefined;
  for (let looked = 0; looked < LOOKED_MAX; looked += PAGE) {
    const { records } = await log.readBack(namespace, before, PAGE);
    for (const record of records.toReversed()) {
      if (!isEvent(record)) continue;
      if ('name' in wanted && nameIn(record.event) === wanted.name) return record;
      if ('at' in wanted && record.at < wanted.at) return first;
      first = record;
    }
    before = records[0]?.offset;
    if (before === undefined) return 'at' in wanted ? first : undefined;
  }
  // An earlier record may be the first.
  return undefined;
}

/** Whether a record is an event of the program that is still there. */
function isEvent(record: StoredRecord): boolean {
  return !isForNoSocket(record) && !isGapRecord(record) && !isErased(record);
}

/** Returns the event that no log keeps and that is looked for: the newest of a name, or the first from a time on. */
function sentOf(namespace: string, wanted: Wanted, findings: readonly Findings[]): ExplainedEvent | undefined {
  if ('offset' in wanted) return undefined;
  const sent = findings.flatMap(({ node, sent }) =>
    sent.filter((one) => one.namespace === namespace).map((one) => ({ node, one })),
  );
  sent.sort((a, b) => a.one.at - b.one.at);
  const found = 'name' in wanted ? sent.at(-1) : sent.find(({ one }) => one.at >= wanted.at);
  return found && { ...factsOf(found.one), node: found.node };
}

function factsOf({ namespace, event, at, rooms, except, isVolatile, isLocal, number }: SentEntry): ExplainedEvent {
  return { namespace, event, at, rooms, except, isVolatile, isLocal, number };
}

function eventOf(namespace: string, { event, offset, at, rooms, except }: StoredRecord): ExplainedEvent {
  return { namespace, event: String(nameIn(event)), offset, at, rooms, except, isVolatile: false, isLocal: false };
}
