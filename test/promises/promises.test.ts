// needs: nothing
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { planActions, planWorld } from '../scenario/soak/plan.js';
import { type Finding, listFiles, parse, readText, root } from '../tidy/source.js';
import { findBroken, findMarkers, isSaid, type Marker } from './markers.js';
import type { Promised } from './promised.js';
import { promises } from './table.js';
import { listTestNames } from './test-names.js';

const documents = listFiles().filter((path) => /^(?:README|SECURITY|docs\/[\w-]+)\.md$/.test(path));
const markers: readonly Marker[] = documents.flatMap((path) => findMarkers(path, readText(path)));

/** Fails with each finding on its own line. */
function expectNone(findings: readonly Finding[]): void {
  if (findings.length > 0) expect.fail(`${findings.length} found\n${findings.join('\n')}`);
}

/** Returns a finding for each promise for which `whyNot` gives a reason. */
const judge = (whyNot: (promised: Promised) => string | undefined): Finding[] =>
  promises.flatMap((promised) => {
    const why = whyNot(promised);
    return why === undefined ? [] : [`${promised.id}: ${why}`];
  });

/** The names of a test file. A file belongs to many promises. */
const namesByFile = new Map<string, string[]>();

function namesOf(file: string): string[] {
  const known = namesByFile.get(file);
  if (known !== undefined) return known;
  const path = `${file}.test.ts`;
  const names = existsSync(join(root, path)) ? listTestNames(parse(path, readText(path))) : [];
  namesByFile.set(file, names);
  return names;
}

/** Says why a check cannot notice anything. */
function whyNoCheck({ check }: Promised): string | undefined {
  if ('test' in check)
    return namesOf(check.file).includes(check.test) ? undefined : `${check.file}.test.ts has no test "${check.test}"`;
  const seed = Number.parseInt(check.seeds, 10);
  const actions = planActions(planWorld(seed), check.minutes);
  return actions.some(({ deed }) => deed.type === check.soak)
    ? undefined
    : `seed ${seed} of the soak does not carry out "${check.soak}"`;
}

/** Says why a mutant does not apply. */
function whyNoMutant({ mutant }: Promised): string | undefined {
  const path = `packages/${mutant.in}`;
  if (!existsSync(join(root, path))) return `${path} does not exist`;
  const count = readText(path).split(mutant.find).length - 1;
  if (count !== 1) return `the text of its mutant stands ${count} times in ${path}: ${mutant.find}`;
  return mutant.find === mutant.put ? 'its mutant changes nothing' : undefined;
}

describe('the marks in the documents', () => {
  it('are well formed, and stand after a sentence on the same line', () => {
    const first = markers.filter(({ isFirst }) => isFirst);
    expectNone([
      ...documents.flatMap((path) => findBroken(path, readText(path))),
      ...first.map(
        ({ document, line, id }) => `${document}:${line}: "${id}" begins a line, which breaks the paragraph`,
      ),
    ]);
  });

  it('have a row in the table', () => {
    const ids = new Set(promises.map(({ id }) => id));
    expectNone(
      markers
        .filter(({ id }) => !ids.has(id))
        .map(({ document, line, id }) => `${document}:${line}: "${id}" has no row in test/promises`),
    );
  });

  it('stand once in a document', () => {
    const places = markers.map(({ document, id }) => `${document}: ${id}`);
    expectNone(places.filter((place, index) => places.indexOf(place) !== index));
  });
});

describe('the table of promises', () => {
  it('has each id once', () => {
    const ids = promises.map(({ id }) => id);
    expectNone(ids.filter((id, index) => ids.indexOf(id) !== index));
  });

  it('has the sentences of the documents, which mark them', () => {
    expectNone(
      promises.flatMap(({ id, said }) => {
        const marked = markers.filter((marker) => marker.id === id).map(({ document }) => document);
        const missing = Object.keys(said).filter((document) => !marked.includes(document));
        const surplus = marked.filter((document) => said[document] === undefined);
        return [
          ...(Object.keys(said).length === 0 ? [`${id} has no sentence`] : []),
          ...missing.map((document) => `${id} is not marked in ${document}`),
          ...surplus.map((document) => `${id} is marked in ${document}, and the table does not have that sentence`),
        ];
      }),
    );
  });

  it('has each sentence as it stands before its mark', () => {
    const rows = new Map(promises.map(({ id, said }) => [id, said]));
    expectNone(
      markers.flatMap(({ id, document, line, before }) => {
        const sentence = rows.get(id)?.[document];
        if (sentence === undefined || isSaid(before, sentence)) return [];
        return [`${document}:${line}: ${id}\n  the table: ${sentence}\n  the document: ${before.slice(-300)}`];
      }),
    );
  });

  it('says for which wires, homes and operations each holds', () => {
    expectNone(
      judge(({ wires, homes, operations }) =>
        [wires, homes, operations].some((list) => list.length === 0) ? 'a list is empty' : undefined,
      ),
    );
  });

  it('has a check for each that exists', () => expectNone(judge(whyNoCheck)));

  it('has a mutant for each that applies', () => expectNone(judge(whyNoMutant)));
});
