/** Keeps what a page of the log has after an event of this process, so that it is not read again for the next ones. */
import type { Appended, Batch, Offset, StoredRecord } from '../../../backplane/backplane.js';

/**
 * Returns the records of others after `after` as batches, each with the records between two of this process, and the
 * place where they end. `answers` are those for the oldest events that are on their way. A record after the last of
 * these may be of this process, too.
 */
export function restOf(records: readonly StoredRecord[], after: Offset, answers: readonly Appended[]) {
  const [newest, last = after] = [answers.at(-1), records.at(-1)?.offset];
  const known = newest?.offsets.at(-1) ?? newest?.previous ?? after;
  const end = last < known ? last : known;
  const own = new Set(answers.flatMap(({ offsets }) => offsets));
  const rest: Batch[] = [];
  let run: StoredRecord[] = [];
  let previous = after;
  for (const record of records) {
    if (record.offset <= after || record.offset > end) continue;
    if (own.has(record.offset)) [previous, run] = [record.offset, []];
    else if (run.push(record) === 1) rest.push({ previous, records: run });
  }
  return { rest, end };
}
