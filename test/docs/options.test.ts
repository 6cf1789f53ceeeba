import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fillTables, makeTables } from '../../scripts/docs/tables.mjs';
import { settleEngineOptions, settleServerOptions } from '../../src/server/options/options.js';
import { root } from '../tidy/source.js';

const tables = makeTables(root);
const read = (file: string) => readFileSync(join(root, file), 'utf8');

describe('the tables of options', () => {
  it.each(['SECURITY.md', 'docs/options.md'])('in %s are what the source says (else: npm run docs)', (file) => {
    expect(read(file)).toBe(fillTables(read(file), tables));
  });

  it('are all used somewhere', () => {
    const used = [...`${read('SECURITY.md')}${read('docs/options.md')}`.matchAll(/<!-- table: ([\w-]+) -->/g)];
    expect(used.map(([, name]) => name).sort()).toEqual(Object.keys(tables).sort());
  });

  it('leave no option without a word, and no bound without a default', () => {
    const rows = Object.values(tables).flatMap((table) => table.split('\n').slice(2));
    for (const row of rows) expect(row).toMatch(/^\| `\w+` \| .+ \| \S.* \|$/);
    for (const row of tables.bounds.split('\n').slice(2)) expect(row).not.toMatch(/\| none \|/);
  });

  it('tell the defaults that hold at run time', () => {
    const settled: Record<string, unknown> = {
      ...settleServerOptions({}),
      ...settleServerOptions({ connectionStateRecovery: {} }).connectionStateRecovery,
      ...settleEngineOptions({}),
    };
    for (const row of tables.bounds.split('\n').slice(2)) {
      const [, name = '', value = ''] = /^\| `(\w+)` \| (.+?) \|/.exec(row) ?? [];
      if (/^(\d+|Infinity)$/.test(value)) expect(`${name} ${String(settled[name])}`).toBe(`${name} ${value}`);
      else expect(value, name).toMatch(/\d/);
    }
  });
});
