/** Finds an event of the client itself that went no further: a limit decided about it, or it was a duplicate. */
import type { Findings, SocketEntry } from 'naru/server/explain';
import type { Wanted } from './event-search.js';
import type { ExplainedEvent, Judgement } from './judge.js';

type StoppedFact = Extract<SocketEntry, { readonly type: 'limited' | 'duplicate' }>;

/** The fact that stopped an event, and the event as the client sent it. Nobody got it, so it has no rooms. */
export type Stopped = Judgement & { readonly event: ExplainedEvent };

/**
 * Returns the newest event of a name that was stopped, or the first one from a time on. Returns `undefined` if `found`,
 * an event that was sent, fits better: a newer one, or an earlier one from that time on.
 */
export function findStopped(
  wanted: Wanted,
  findings: readonly Findings[],
  found: ExplainedEvent | undefined,
): Stopped | undefined {
  if ('offset' in wanted) return undefined;
  const stops = findings.flatMap(({ node, facts }) =>
    facts.filter(isStopped).flatMap((fact) => (isWanted(wanted, fact) ? { node, fact } : [])),
  );
  stops.sort((one, other) => one.fact.at - other.fact.at);
  const stop = 'at' in wanted ? stops[0] : stops.at(-1);
  if (!stop) return undefined;
  const { at, event, namespace, type } = stop.fact;
  const isOther = found && ('at' in wanted ? found.at <= at : found.at >= at + leadOf(stop.fact));
  if (isOther) return undefined;
  const flags = { isVolatile: false, isLocal: false };
  return { verdict: type, ...stop, event: { namespace, event, at, rooms: [], except: [], ...flags } };
}

/**
 * Returns the milliseconds by which an event that was sent has to be newer. A listener that took an event although it
 * was over a limit may have sent one of its name at once.
 */
function leadOf(fact: StoppedFact): number {
  return fact.type === 'limited' && fact.outcome === 'wait' ? 0 : 1;
}

function isStopped(fact: SocketEntry): fact is StoppedFact {
  return fact.type === 'limited' || fact.type === 'duplicate';
}

function isWanted(wanted: Wanted, { event, at }: StoppedFact): boolean {
  return (!('name' in wanted) || event === wanted.name) && (!('at' in wanted) || at >= wanted.at);
}
