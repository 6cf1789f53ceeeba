/** Gives a package what the nodes remember of their sockets, so that it can explain what became of an event. */
import type { KeyValueStore, Log } from '../../backplane/backplane.js';
import type { NodeCode } from '../../backplane/talk/talk.js';
import type { Clock } from '../../base/clock.js';
import { ConfigError } from '../../base/errors.js';
import type { NamespaceContext } from '../../namespace/context.js';
import { type ExplainQuestion, type Findings, findHere } from '../../namespace/explain/findings.js';
import type { NamespaceCore } from '../../namespace/namespace-core.js';
import type { Session } from '../../session/session.js';
import { contextOf } from './namespace-context.js';

/** A server that explains, with its namespaces by name. */
export interface ExplainServer {
  readonly _nsps: ReadonlyMap<string, unknown>;
}

/** The findings of the nodes that answered. Those of another node may be of another version. */
export interface ExplainAnswers {
  /** The answers by node, that of this one first. */
  readonly answers: ReadonlyMap<NodeCode, unknown>;
  /** The nodes that did not answer in time, which is 600 ms. */
  readonly missing: readonly NodeCode[];
}

/** The services of a server for an explanation. */
export interface ExplainHost {
  readonly clock: Clock;
  /** The store in which nodes have written what they remember. `undefined` if they do not. */
  readonly store: KeyValueStore | undefined;
  /** The names of the namespaces that this server has. */
  readonly namespaces: Iterable<string>;
  /** Returns the log of a namespace, `undefined` if it keeps none. */
  logOf(namespace: string): Log | undefined;
  /** Asks all nodes what they know of a client and an event. */
  ask(question: ExplainQuestion): Promise<ExplainAnswers>;
}

/** Returns the services of a server. Throws ConfigError if it has none, or if its option `explain` is false. */
export function openExplain(server: ExplainServer): ExplainHost {
  const context = contextOf(server);
  if (!context) throw new ConfigError('BAD_ARGUMENT', 'An explanation needs a server of Naru: explain(io, query).');
  if (!context.journal)
    throw new ConfigError('WRONG_STATE', 'The server remembers nothing, because the option "explain" is false.');
  const { remote, serverCalls, homeFor, explain, backplane, clock } = context;
  return {
    clock,
    store: context.journalWriter && backplane?.store,
    namespaces: server._nsps.keys(),
    logOf: (name) => homeFor(name)?.log,
    async ask(question) {
      await remote?.whenKnown();
      const { answers = [], missing = [] } = (await serverCalls?.askExplain(question)) ?? {};
      const own = explain(question);
      return { answers: new Map<NodeCode, unknown>([[own.node, own], ...answers]), missing };
    },
  };
}

/** Returns what this node knows. `heardAt` returns when a session that answers pings was heard last. */
export function findingsOf(
  { outbox, remote, journal }: NamespaceContext,
  cores: readonly NamespaceCore[],
  heardAt: (session: Session) => number,
  question: ExplainQuestion,
): Findings {
  outbox.settle();
  const live = cores.flatMap(({ name, members, log }) => {
    const member = members.members.get(question.client);
    if (!member) return [];
    const { lag, rooms } = member;
    const { conn } = member.client;
    // A plain wire has no pings, so its heartbeat does not show that the client answers.
    const heard = conn.transport.isPlain ? 0 : heardAt(conn);
    return { namespace: name, rooms: [...rooms], delivered: log?.offset ?? '', lateAt: lag?.offset, heardAt: heard };
  });
  return findHere(remote?.node ?? '', journal, question, live);
}
