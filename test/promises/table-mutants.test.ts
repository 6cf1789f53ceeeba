// needs: nothing
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runMutants } from '../../scripts/mutants/run-mutants.mjs';
import { drawTableMutants } from '../../scripts/mutants/table-mutants.mjs';
import { root } from '../tidy/source.js';

describe('defects of the state tables', () => {
  it('are the same for a seed, and each changes one line of a table', () => {
    const drawn = drawTableMutants(root, { seed: 7, count: 1_000 });
    expect(drawTableMutants(root, { seed: 7, count: 1_000 })).toEqual(drawn);
    expect(drawTableMutants(root, { seed: 8, count: 20 })).not.toEqual(drawn.slice(0, 20));
    expect(new Set(drawn.map(({ id }) => id)).size).toBe(drawn.length);
    for (const { mutant } of drawn) {
      const text = readFileSync(join(root, 'packages', mutant.in), 'utf8');
      expect([text.split(mutant.find).length, mutant.put === mutant.find], mutant.put).toEqual([2, false]);
    }
    for (const what of ['removed', 'to-level', 'without-deliverFlight'])
      expect(
        drawn.some(({ id }) => id.endsWith(what)),
        what,
      ).toBe(true);
  });

  it('are caught by the soak if a transition is missing', { timeout: 400_000 }, async () => {
    const all = drawTableMutants(root, { seed: 1, count: 1_000, check: { seeds: '1-40', minutes: 10 } });
    const drawn = all.filter(({ id }) => id.endsWith('-removed')).slice(0, 3);
    expect(await runMutants(root, drawn, { jobs: 1, onResult: () => undefined })).toEqual([]);
  });
});
