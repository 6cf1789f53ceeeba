// Compares what the visitors of halls have noted with the log, as the entry soak does
// (test/scenario/entering/replay.ts).
import { importTyped } from '../../../kit/programs/import-typed.mjs';

/** The most faults that are described. The rest is counted. */
const SHOWN = 5;

/**
 * Returns the faults of visitors, and counts of what they did. `words` are those of the log, `askings` what servers
 * have told, `lives` those of servers, `outages` those of the home, and each of `crowds` has `visits` and what its
 * clients knew.
 */
export async function judgeVisits({ words, askings, lives, outages, crowds }) {
  const { explain, Record, replay } = await importTyped('test/scenario/entering/replay.ts');
  const killedAt = new Map([...lives].map(([boot, { to }]) => [boot, to]));
  const wasUnsure = (boot, from, to) => outages.isOutBetween(boot, from, to);
  const counts = { visitors: 0, pages: 0, older: 0, words: 0, leaves: 0, events: 0 };
  const faults = [];
  let more = 0;
  for (const { visits, known } of crowds) {
    const tags = new Map(known.map(([hall, its]) => [hall, new Map(its)]));
    const record = new Record({ log: words, askings, killedAt, known: tags, wasUnsure });
    for (const { name, steps } of visits) {
      count(counts, steps);
      const found = replay(name, steps, record);
      if (found.length > 0 && faults.length < SHOWN) faults.push(explain(name, found[0], steps).join('\n'));
      else more += found.length;
    }
  }
  if (more > 0) faults.push(`visitors of halls: ${more} more faults`);
  return { faults, counts };
}

function count(counts, steps) {
  counts.visitors += 1;
  const kinds = { page: 'pages', older: 'older', word: 'words', leave: 'leaves', event: 'events' };
  for (const { type } of steps) if (kinds[type]) counts[kinds[type]] += 1;
}
