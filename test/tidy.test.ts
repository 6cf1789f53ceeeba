import { describe, expect, it } from 'vitest';
import { holdOneAnswer } from './tidy/answers.js';
import { holdComments } from './tidy/comments.js';
import { holdFileNames, holdLinks, holdNoMachine, holdNoRegistry } from './tidy/documents.js';
import { holdCompanions, holdDocs } from './tidy/exports.js';
import { holdNames, holdPrivate } from './tidy/names.js';
import { holdCore, holdEntries, holdOwnClasses } from './tidy/packages.js';
import { findHabits, holdBudget, readComments, readDocument, readTestNames } from './tidy/prose.js';
import { proseBudget } from './tidy/prose-budget.js';
import { holdAppClock, holdBrowserFree, holdOneClock, holdOneImporter, holdPureProtocol } from './tidy/purity.js';
import { holdAcyclic, holdAppBorders, holdImportsExist, holdLayers, holdParts, holdRanks } from './tidy/ranks.js';
import { holdCatches, holdErrors, holdTypes } from './tidy/safety.js';
import { holdFileSize, holdFolderSize, holdFunctionSize } from './tidy/size.js';
import { type Finding, listFiles, type Rule, readSources, readText, type Source } from './tidy/source.js';

const paths = listFiles();
const pathSet = new Set(paths);
const published = readSources(paths, /^packages\/\w+\/src\//);
const apps = readSources(paths, /^apps\/\w+\/(?!test\/)/);
const appPaths = paths.filter((path) => /^apps\/\w+\/(server|shared|page)\//.test(path));
const core = new Map([...published].filter(([path]) => path.startsWith('packages/naru/')));
/** Sources that people read as examples of each other. */
const shown = new Map([...published, ...apps]);
const running = readSources(paths, /^(packages\/\w+\/src|apps\/\w+\/(?!test\/)|bench|examples|scripts)\//);
const written = readSources(paths, /^(packages|apps|bench|examples|scripts|test)\//);

/** Fails with each finding on its own line. The first one begins the message, with its file and line. */
function expectNone(findings: readonly Finding[]): void {
  if (findings.length > 0) expect.fail(`${findings.join('\n')}\n${findings.length} found`);
}

const apply = (rule: Rule, sources: ReadonlyMap<string, Source>) =>
  expectNone([...sources.values()].flatMap((source) => rule(source, sources)));

describe('the shape of packages', () => {
  it('has imports that lead to a lower rank or stay in the folder', () => apply(holdRanks, core));
  it('has packages that import only published entries of others', () => apply(holdEntries, published));
  it('has no instanceof that asks for a class of another package', () => apply(holdOwnClasses, published));
  it('has a core that knows no package around it', () => apply(holdCore, core));
  it('has no cycle of imports', () => apply(holdAcyclic, published));
  it('has no circle between the parts of a folder', () => apply(holdParts, published));
  it('has parts of folders that import lower layers only', () => apply(holdLayers, published));
  it('has no import of a file that does not exist', () => apply(holdImportsExist, published));
  it('keeps the codecs pure', () => apply(holdPureProtocol, published));
  it("keeps the browser's client free of Node and of packages", () => apply(holdBrowserFree, published));
  it('takes time and chance from one place', () => apply(holdOneClock, published));
  it('asks in one place whether an answer is there, and where a home is', () => apply(holdOneAnswer, published));
  it('imports each package in one file', () => expectNone(holdOneImporter(published)));
});

describe('the shape of apps', () => {
  it('has imports that stay in an application, at one end of it, or lead to the kit', () =>
    apply(holdAppBorders, apps));
  it('has no cycle of imports', () => apply(holdAcyclic, apps));
  it('has no import of a file that does not exist', () => apply(holdImportsExist, apps));
  it('takes time only in main.ts, on the server', () => apply(holdAppClock, apps));
});

describe('the size of things', () => {
  it('stays under the cap for folders', () => expectNone(holdFolderSize([...published.keys(), ...appPaths])));
  it('stays under the cap for files', () => apply(holdFileSize, written));
  it('stays under the cap for functions', () => apply(holdFunctionSize, running));
});

describe('the sources', () => {
  it('avoid names that say nothing', () => apply(holdNames, written));
  it('hide members with # alone', () => apply(holdPrivate, running));
  it('have a doc sentence on each export', () => apply(holdDocs, shown));
  it('have comments that fit, and that say by themselves what they describe', () => apply(holdComments, written));
  it('have a test for each source', () => expectNone(holdCompanions(published, pathSet)));
  it('avoid every way around the types', () => apply(holdTypes, written));
  it('throw errors that have a code', () => apply(holdErrors, shown));
  it('swallow no error', () => apply(holdCatches, running));
});

describe('the English', () => {
  // The benchmark writes its results itself.
  const isDocument = (path: string) => path.endsWith('.md') && path !== 'bench/RESULTS.md';
  const findIn = (area: string): Finding[] => {
    if (area === 'documents')
      return paths.filter(isDocument).flatMap((path) => findHabits(path, readDocument(readText(path))));
    const isNames = area === 'test names';
    const sources = readSources(paths, isNames ? /^((apps|packages)\/\w+\/)?test\// : new RegExp(`^${area}/`));
    const read = isNames ? readTestNames : readComments;
    return [...sources.values()].flatMap((source) => findHabits(source.path, read(source)));
  };
  it.each(Object.entries(proseBudget))('of %s has exactly as many findings as its budget', (area, budget) => {
    expectNone(holdBudget(area, findIn(area), budget));
  });
});

describe('the documents', () => {
  const texts = paths.filter((path) => !/\.(png|jpe?g|gif|webp|avif|ico|woff2?|wasm|bin|gz|br|pdf)$/.test(path));
  it('have links that lead somewhere', () => {
    const documents = new Map(paths.filter((path) => path.endsWith('.md')).map((path) => [path, readText(path)]));
    expectNone(holdLinks(documents, pathSet));
  });
  it('name files of the code that are there', () =>
    expectNone(holdFileNames('ARCHITECTURE.md', readText('ARCHITECTURE.md'), pathSet)));
  it('name no path of the machine where they were written', () => {
    expectNone(texts.flatMap((path) => holdNoMachine(path, readText(path))));
  });
  it('pin packages without naming a registry', () => expectNone(holdNoRegistry(readText('package-lock.json'))));
});
