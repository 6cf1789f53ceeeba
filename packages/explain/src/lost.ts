/** Finds the gap in which an event lies that no log has any more, perhaps because the log dropped it for its age. */
import { type Offset, ZERO_OFFSET } from 'naru/backplane';
import type { SocketEntry } from 'naru/server/explain';
import type { Wanted } from './event-search.js';
import type { ExplainedEvent, Judgement, NodeFindings } from './judge.js';

type GapFact = Extract<SocketEntry, { readonly type: 'gap' }>;

/** The gap of which the client was told, and the event as far as it is known: by its place alone. */
export type Lost = Judgement & { readonly event: ExplainedEvent };

/**
 * Returns the gap in which an offset lies. Returns `undefined` if `found`, the event at this offset, is in a namespace
 * of the client. Namespaces may have events at the same offset.
 */
export function findLost(
  wanted: Wanted,
  findings: readonly NodeFindings[],
  found: ExplainedEvent | undefined,
): Lost | undefined {
  if (!('offset' in wanted)) return undefined;
  const { offset } = wanted;
  const isOwn = ({ namespace }: { readonly namespace: string }): boolean => namespace === found?.namespace;
  if (findings.some(({ facts, live }) => facts.some(isOwn) || live.some(isOwn))) return undefined;
  const gaps = findings.flatMap(({ node, facts }) =>
    facts.flatMap((fact) => (fact.type === 'gap' && isWithin(offset, fact) ? { node, fact } : [])),
  );
  const [gap] = gaps.sort((one, other) => one.fact.at - other.fact.at);
  if (!gap) return undefined;
  const { namespace, at } = gap.fact;
  const flags = { isVolatile: false, isLocal: false };
  return {
    verdict: 'gap',
    isLost: true,
    ...gap,
    event: { namespace, event: '', offset, at, rooms: [], except: [], ...flags },
  };
}

/** Whether an offset is in a gap. One without an end goes as far as its node had heard of the log. */
function isWithin(offset: Offset, { after, before, place }: GapFact): boolean {
  const isBeforeEnd = before === undefined ? place > ZERO_OFFSET && offset <= place : offset < before;
  return after < offset && isBeforeEnd;
}
