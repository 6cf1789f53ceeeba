/** Reads what nodes have written that do not answer: they are gone, or cannot be reached. */
import { type NodeCode, type Offset, readStoredObject, ZERO_OFFSET } from 'naru/backplane';
import { within } from 'naru/base';
import { chunksOf, type Entry, type ExplainHost, type ExplainQuestion, findHere, WRITERS } from 'naru/server/explain';
import { readEntries } from './findings.js';
import type { NodeFindings } from './judge.js';

/** The nodes of which the texts are read at once. */
const READ_AT_ONCE = 8;
/** The most nodes that are looked for, and the most texts of one. */
const WRITERS_MAX = 1_000;
const CHUNKS_MAX = 10_000;

/**
 * Returns the findings of the nodes that have written something and did not answer. Nodes that the store does not tell
 * of within `waitMs` are left out.
 */
export async function readStored(
  { store, clock }: Pick<ExplainHost, 'store' | 'clock'>,
  answered: ReadonlySet<NodeCode>,
  question: ExplainQuestion,
  waitMs: number,
): Promise<readonly NodeFindings[]> {
  if (!store) return [];
  const found: NodeFindings[] = [];
  const readSome = async (writers: Iterator<NodeCode>): Promise<void> => {
    for (let next = writers.next(); !next.done; next = writers.next()) {
      const node = next.value;
      const chunks = await store.list(chunksOf(node), CHUNKS_MAX);
      const entries = chunks.flatMap(([, text]) => readEntries(readStoredObject(text, 'what a node remembers')?.facts));
      if (entries.length > 0) found.push(findIn(node, entries, question));
    }
  };
  const readAll = async (): Promise<void> => {
    const keys = await store.list(WRITERS, WRITERS_MAX);
    const writers = keys.map(([key]) => key.slice(WRITERS.length)).filter((writer) => !answered.has(writer));
    const rest = writers.values();
    await Promise.allSettled(Array.from({ length: READ_AT_ONCE }, () => readSome(rest)));
  };
  await within(clock, readAll(), waitMs);
  // The reading may go on.
  return found.toSorted((one, other) => (one.node < other.node ? -1 : 1));
}

/** Finds what a question asks for among the facts of a node, in their order. */
function findIn(node: NodeCode, entries: readonly Entry[], question: ExplainQuestion): NodeFindings {
  let [since, next] = [0, 1];
  const places = new Map<string, Offset>();
  for (const { number, at, namespace, place } of entries) {
    // Facts that were not written, or that are too old, are missing in the row.
    if (number !== next) since = at;
    next = number + 1;
    if (place > (places.get(namespace) ?? ZERO_OFFSET)) places.set(namespace, place);
  }
  const journal = {
    since,
    find: (isWanted: (entry: Entry) => boolean, most: number) => entries.filter(isWanted).slice(-most),
  };
  return { ...findHere(node, journal, question, []), written: { at: entries.at(-1)?.at ?? 0, places } };
}
