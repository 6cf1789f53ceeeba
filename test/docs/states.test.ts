import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ORDER } from '../../packages/naru/src/namespace/log/order/order-table.js';
import { READER } from '../../packages/naru/src/namespace/log/reader/reader-table.js';
import { MEMBER } from '../../packages/naru/src/namespace/membership/membership-table.js';
import { SESSION } from '../../packages/naru/src/namespace/recovery/session-table.js';
import { drawStates } from '../../scripts/docs/states.mjs';
import { fillTable } from '../../scripts/docs/tables.mjs';
import { root } from '../tidy/source.js';

const file = join(root, 'ARCHITECTURE.md');
const read = (): string => readFileSync(file, 'utf8');

const drawings: Record<string, string> = {
  'order-states': drawStates(ORDER, 'not heard'),
  'reader-states': drawStates(READER, 'holding', 'late'),
  'session-states': drawStates(SESSION, 'unwritten', 'here'),
  'member-states': drawStates(MEMBER, 'pending', 'in'),
};

describe('the drawings of ARCHITECTURE.md', () => {
  it('show the transitions of the tables and no others (otherwise run: npm run docs)', () => {
    const written = read();
    const made = Object.entries(drawings).reduce((text, [name, drawing]) => fillTable(text, name, drawing), written);
    if (process.env.NARU_WRITE_DOCS && written !== made) writeFileSync(file, made);
    expect(read()).toBe(made);
  });

  it('are made of tables alone', () => {
    const names = [...read().matchAll(/<!-- table: ([\w-]+) -->\n\n```mermaid\nstateDiagram-v2/g)].map(
      ([, name]) => name,
    );
    expect(names.sort()).toEqual(Object.keys(drawings).sort());
    expect(read().match(/stateDiagram/g)).toHaveLength(names.length);
  });
});

describe('drawStates', () => {
  it('draws each transition, and those of one way together', () => {
    const table = {
      'not up': { go: { to: 'up' }, run: { to: 'up' } },
      up: { stop: { to: 'not up' }, stay: { to: 'up' } },
    };
    expect(drawStates(table, 'not up').split('\n').slice(2, -1)).toEqual([
      '  state "not up" as not_up',
      '  [*] --> not_up',
      '  not_up --> up: go, run',
      '  up --> not_up: stop',
      '  up --> up: stay',
    ]);
  });

  it('draws what all states share once', () => {
    const table = { one: { next: 'two', end: 'gone' }, two: { end: 'gone' }, gone: {} };
    expect(drawStates(table, 'one', 'here').split('\n').slice(2, -1)).toEqual([
      '  state here {',
      '    [*] --> one',
      '    one --> two: next',
      '  }',
      '  here --> gone: end',
    ]);
  });
});
