import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readServerOptions } from '../../packages/naru/src/server/options/options.js';
import { documentsOf, fillTables, makeTables } from '../../scripts/docs/tables.mjs';
import { root } from '../tidy/source.js';
import { OPTION_GROUPS } from './option-groups.js';

const tables: Record<string, string> = makeTables(root, OPTION_GROUPS);
const documents: string[] = documentsOf(root);
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const rowsOf = (table = '') => table.split('\n').slice(2);

describe('the tables of options', () => {
  it.each(documents)('in %s match the source (otherwise run: npm run docs)', (file) => {
    const [written, made] = [read(file), fillTables(read(file), tables)];
    if (process.env.NARU_WRITE_DOCS && written !== made) writeFileSync(join(root, file), made);
    expect(read(file)).toBe(made);
  });

  it('are all used somewhere', () => {
    const used = documents.flatMap((file) => [...read(file).matchAll(/<!-- table: ([\w-]+) -->/g)]);
    expect([...new Set(used.map(([, name]) => name))].sort()).toEqual(Object.keys(tables).sort());
  });

  it('describe every option, and have a default for every bound', () => {
    for (const row of Object.values(tables).flatMap(rowsOf))
      expect(row).toMatch(/^\| `\w+` \| \S.* \| \S.* \| \S.* \|$/);
    for (const row of rowsOf(tables.bounds)) expect(row).not.toMatch(/\| none \|/);
  });

  it('show the defaults that apply at run time', () => {
    const settings: Record<string, unknown> = {
      ...readServerOptions({ connectionStateRecovery: {} }),
      ...readServerOptions({ connectionStateRecovery: {} }).connectionStateRecovery,
    };
    for (const row of rowsOf(tables.bounds)) {
      const [, name = '', value = ''] = /^\| `(\w+)` \| .+? \| (.+?) \|/.exec(row) ?? [];
      if (/^(\d+|Infinity)$/.test(value)) expect(`${name} ${String(settings[name])}`).toBe(`${name} ${value}`);
      else expect(value, name).toMatch(/\d/);
    }
  });
});
