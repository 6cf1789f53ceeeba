/** Checks that no table of options escapes the walk: each one is walked by a test, or is a group of one that is. */
import { expect, it } from 'vitest';
import { readOptions } from '../../../../../scripts/docs/read-options.mjs';
import { defaultInComment } from '../../../../../scripts/docs/tables.mjs';
import { listFiles, readText, root } from '../../../../../test/tidy/source.js';
import type { OptionTable } from '../../../src/base/options/table.js';

const isTable = (value: unknown): value is OptionTable =>
  typeof value === 'object' && value !== null && 'entries' in value && 'gone' in value;

/** Returns a table and the tables of its groups, at any depth. */
function within(table: OptionTable): OptionTable[] {
  return [table, ...Object.values(table.entries).flatMap((option) => (option.table ? within(option.table) : []))];
}

/** Returns every table of options in the packages, with the file that declares it. */
async function readTables() {
  const files = listFiles();
  const sources = files.filter(
    (path) => /^packages\/\w+\/src\/.*\.ts$/.test(path) && /= (options|join)\(/.test(readText(path)),
  );
  const tables = new Map<string, OptionTable>();
  const declared: { path: string; name: string }[] = [];
  for (const path of sources) {
    const module: Record<string, unknown> = await import(/* @vite-ignore */ `../../../../../${path}`);
    for (const [name, value] of Object.entries(module)) if (isTable(value)) tables.set(name, value);
    for (const [, name = ''] of readText(path).matchAll(/const (\w+) = options\(/g)) declared.push({ path, name });
  }
  return { files, tables, declared };
}

it('walks every table of options', async () => {
  const { files, tables, declared } = await readTables();
  expect(declared.filter(({ name }) => !tables.has(name))).toEqual([]);
  const calls = files
    .filter((path) => /^(packages\/\w+\/)?test\/.*\.test\.ts$/.test(path))
    .flatMap((path) => [...readText(path).matchAll(/walkOptions\(((?:join\(|\w+Table\b|[\s,()])+)/g)]);
  const named = calls.flatMap(([, first = '']) => first.match(/\w+Table\b/g) ?? []);
  const walked = new Set(named.flatMap((name) => within(tables.get(name) ?? { name, entries: {}, gone: {} })));
  expect([...tables].filter(([, table]) => !walked.has(table)).map(([name]) => name)).toEqual([]);
  expect(tables.size).toBeGreaterThan(30);
});

it('has the default and the range in every doc comment of an option, where editors show them', async () => {
  const { tables, declared } = await readTables();
  const wrong: unknown[] = [];
  let count = 0;
  for (const { path, name } of declared) {
    for (const option of readOptions(root, path, name)) {
      const entry = tables.get(name)?.entries[option.name];
      const inComment = entry && defaultInComment(entry);
      if (inComment === undefined) continue;
      count += 1;
      const { value, range } = inComment;
      const told: string = option.default;
      const isTold = told === value + range || told.startsWith(`${value}, or `) || told.startsWith(`${value} (the `);
      if (!isTold) wrong.push({ path, option: option.name, told, expected: value + range });
    }
  }
  expect(wrong).toEqual([]);
  expect(count).toBeGreaterThan(100);
});
