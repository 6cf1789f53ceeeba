/** Holds that no table of options escapes the walk: each is walked by a test, or is a group of one that is. */
import { expect, it } from 'vitest';
import type { OptionTable } from '../../../src/base/options/table.js';
import { listFiles, readText } from '../../tidy/source.js';

const isTable = (value: unknown): value is OptionTable =>
  typeof value === 'object' && value !== null && 'entries' in value && 'gone' in value;

/** The tables of a table's groups, at any depth, and the table itself. */
function within(table: OptionTable): OptionTable[] {
  return [table, ...Object.values(table.entries).flatMap((option) => (option.table ? within(option.table) : []))];
}

it('every table of options in src is walked', async () => {
  const files = listFiles();
  const sources = files.filter((path) => /^src\/.*\.ts$/.test(path) && /= (options|join)\(/.test(readText(path)));
  const tables = new Map<string, OptionTable>();
  for (const path of sources) {
    const module: Record<string, unknown> = await import(/* @vite-ignore */ `../../../${path}`);
    for (const [name, value] of Object.entries(module)) if (isTable(value)) tables.set(name, value);
  }
  const declared = sources.flatMap((path) => [...readText(path).matchAll(/const (\w+) = options\(/g)]);
  expect(declared.map(([, name]) => name).filter((name = '') => !tables.has(name))).toEqual([]);

  const calls = files
    .filter((path) => /^test\/.*\.test\.ts$/.test(path))
    .flatMap((path) => [...readText(path).matchAll(/walkOptions\(((?:join\(|\w+Table\b|[\s,()])+)/g)]);
  const named = calls.flatMap(([, first = '']) => first.match(/\w+Table\b/g) ?? []);
  const walked = new Set(named.flatMap((name) => within(tables.get(name) ?? { name, entries: {}, gone: {} })));
  expect([...tables].filter(([, table]) => !walked.has(table)).map(([name]) => name)).toEqual([]);
  expect(tables.size).toBeGreaterThan(30);
});
