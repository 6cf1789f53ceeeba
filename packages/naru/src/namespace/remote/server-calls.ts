/**
 * The calls between servers that concern no single namespace: the list of nodes, hints of changed presence, slow
 * clients, and requests for sessions.
 */
import type { NodeCode, Talk } from '../../backplane/talk/talk.js';
import type { Bytes } from '../../base/bytes.js';
import { isObject } from '../../base/options/table.js';
import { type Answer, after } from '../../base/steps/answer.js';
import type { SlowReader, SlowReport } from '../../session/slow-report.js';
import { type ExplainQuestion, type Findings, readQuestion } from '../explain/findings.js';
import type { PresenceHint } from '../presence/shared-presence.js';
import type { SlowTable } from '../slow-readers/slow-table.js';
import { unanswered } from '../socket/far-sockets.js';
import { readHint, unreadable } from './incoming.js';
import { Nodes, type NodesContext } from './nodes.js';
import {
  REMOTE_WAIT_MS,
  Remote,
  type RemoteAnswers,
  type RemoteContext,
  type RemoteHandler,
  readAnswers,
} from './remote.js';

/** A slow client of any server, and the code of its node. */
export interface NodeSlowReader extends SlowReader {
  readonly node: NodeCode;
}

/** The slow clients of all nodes, and the sums of their totals. */
export interface NodesSlowReport extends SlowReport {
  readonly readers: readonly NodeSlowReader[];
}

/** Takes the HTTP requests that other nodes pass on as bytes. `id` names a request among those of its node. */
export interface RequestTaker {
  /** Resolves with the bytes of the answer, or with `undefined` without a whole one. */
  answer(from: NodeCode, id: number, request: Bytes): Promise<Bytes | undefined>;
  /** The client of a request has gone. */
  drop(from: NodeCode, id: number): void;
}

/** The parts of a server that its calls use. */
export interface ServerCallsContext
  extends RemoteContext,
    Pick<NodesContext, 'clock' | 'store' | 'version' | 'run' | 'address'> {
  readonly slowTable: SlowTable;
  /** Whether the store is shared with the other servers. */
  readonly hasSharedStore: boolean;
  /** Returns what takes the requests that other nodes pass on, if this server has sessions that they may be for. */
  requests(): RequestTaker | undefined;
  /** Takes what another server tells of changed presence. */
  onPresence(hint: PresenceHint): void;
  /** Returns what this server knows of a client and an event. */
  explain(question: ExplainQuestion): Findings;
}

/** The name of these calls beside the names of namespaces, which begin with a slash. */
const SERVER = 'server';
const PRESENCE = 'presence';
const SLOW = 'slow';
const REQUEST = 'request';
const DROP = 'drop';
const NODE = 'node';
const EXPLAIN = 'explain';
/**
 * Milliseconds in which the other nodes have to say what they know for an explanation. The rest of the second is for
 * reading the facts that a silent one has written.
 */
const EXPLAIN_WAIT_MS = 600;
/** Milliseconds in which the other nodes have to say who they are. A killed one does not. */
const NODES_WAIT_MS = 1_000;

/** The other servers, as one server reaches them. */
export class ServerCalls {
  readonly remote: Remote;
  readonly nodes: Nodes;
  readonly #slowTable: SlowTable;
  readonly #hints = new Map<string, (what: unknown) => void>();

  constructor(
    talk: Talk,
    { slowTable, onPresence, requests, store, hasSharedStore, version, run, address, ...context }: ServerCallsContext,
  ) {
    this.#slowTable = slowTable;
    const handler: RemoteHandler = {
      onMessage: (from, [name, what]) => {
        if (name === PRESENCE) onPresence(readHint(what));
        else if (name === DROP) requests()?.drop(from, Number(what));
        else this.#hints.get(name)?.(what);
      },
      onQuestion: (from, [name, number, bytes]) => {
        if (name === EXPLAIN) return context.explain(readQuestion(number));
        if (!Number.isSafeInteger(number)) throw unreadable('a question');
        if (name === REQUEST && bytes instanceof Uint8Array) return requests()?.answer(from, number as number, bytes);
        if (name === NODE) return this.nodes.entry;
        if (name !== SLOW) throw unreadable('a question');
        return slowTable.report(number as number);
      },
      onGone: () => undefined,
    };
    const find: RemoteContext['find'] = (name) => (name === SERVER ? handler : context.find(name));
    const remote = new Remote(talk, { ...context, find });
    this.remote = remote;
    const onError = (error: unknown): void => context.onError(error, 'nodes');
    const ask = async () => (await remote.ask(SERVER, [NODE, 0], NODES_WAIT_MS)).answers;
    const askOthers = hasSharedStore ? undefined : ask;
    this.nodes = new Nodes({ clock: context.clock, store, version, run, address, remote, onError, askOthers });
  }

  /** Takes part again after `close`, as a new node. */
  open(): void {
    this.remote.open();
    this.nodes.open();
  }

  /** Ends the part of this server. */
  close(): void {
    this.nodes.close();
    this.remote.close();
  }

  /** Tells the other servers that presence has changed. */
  hintPresence(hint: PresenceHint): void {
    this.remote.send(SERVER, [PRESENCE, hint]);
  }

  /** Tells the other servers something that they can do without. `name` is that of no other call. */
  hint(name: string, what: unknown): void {
    this.remote.send(SERVER, [name, what]);
  }

  /** Calls `onHint` with the hints of this name from other servers. One listener can hear a name. */
  onHint(name: string, onHint: (what: unknown) => void): void {
    this.#hints.set(name, onHint);
  }

  /**
   * Whether a node can be asked. A server that has just begun waits until it knows the others, for a second at most.
   */
  knows(node: NodeCode): Answer<boolean> {
    const isKnown = (): boolean => this.remote.others.includes(node);
    return isKnown() || after(this.remote.whenKnown(), isKnown);
  }

  /** Asks a node for the answer to an HTTP request. Resolves with `undefined` if it does not come in time. */
  async askRequest(node: NodeCode, id: number, request: Bytes, timeoutMs: number): Promise<Bytes | undefined> {
    const { answers } = await this.remote.ask(SERVER, [REQUEST, id, request], timeoutMs, [node]);
    const answer = answers.get(node);
    return answer instanceof Uint8Array ? answer : undefined;
  }

  /** Asks the other servers what they know of a client and an event. */
  askExplain(question: ExplainQuestion): Promise<RemoteAnswers> {
    return this.remote.ask(SERVER, [EXPLAIN, question], EXPLAIN_WAIT_MS);
  }

  /** Tells a node that the client of a request has gone. */
  dropRequest(node: NodeCode, id: number): void {
    this.remote.send(SERVER, [DROP, id], [node]);
  }

  /**
   * Lists at most `limit` slow clients of all servers. Rejects with an error that has the `report` of those that
   * answered.
   */
  async fetchSlow(limit: number): Promise<NodesSlowReport> {
    const { remote } = this;
    const { answers, missing: silent, unusable } = await remote.ask(SERVER, [SLOW, limit], REMOTE_WAIT_MS);
    const { read, unread } = readAnswers(answers, readSlowReport);
    const missing = [...silent, ...unread];
    const reports = [[remote.node, this.#slowTable.report(limit)] as const, ...read];
    const report = sumOf(reports, limit);
    if (missing.length > 0) throw unanswered(missing, { report }, unusable);
    return report;
  }
}

/** Adds up the reports of nodes. */
export function sumOf(reports: readonly (readonly [NodeCode, SlowReport])[], limit: number): NodesSlowReport {
  const totals: Record<string, number> = {};
  for (const [, report] of reports)
    for (const [name, count] of Object.entries(report.totals)) totals[name] = (totals[name] ?? 0) + count;
  const readers = reports.flatMap(([node, report]) => report.readers.map((reader) => ({ ...reader, node })));
  readers.sort((one, other) => other.bytes - one.bytes);
  return {
    count: reports.reduce((sum, [, { count }]) => sum + count, 0),
    readers: readers.slice(0, limit),
    totals: totals as unknown as SlowReport['totals'],
  };
}

/** Returns the report of slow clients in an answer, or `undefined` for another answer. */
export function readSlowReport(answer: unknown): SlowReport | undefined {
  const { count, readers, totals } = (answer ?? {}) as Partial<SlowReport>;
  const isReport =
    typeof count === 'number' &&
    Array.isArray(readers) &&
    readers.every((reader) => isObject(reader) && typeof (reader as { bytes?: unknown }).bytes === 'number') &&
    isObject(totals) &&
    Object.values(totals).every((total) => typeof total === 'number');
  return isReport ? (answer as SlowReport) : undefined;
}
