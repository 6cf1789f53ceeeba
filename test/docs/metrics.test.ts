import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { METRICS, TOPICS } from '../../packages/metrics/src/table.js';
import { alertTable, labelTable, metricTable } from '../../scripts/docs/metrics.mjs';
import { fillTable } from '../../scripts/docs/tables.mjs';
import { readText, root } from '../tidy/source.js';

const page = 'docs/metrics.md';
const tables: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(TOPICS).map(([topic, metrics]) => [`metrics-${topic}`, metricTable(metrics)])),
  'metrics-labels': labelTable(METRICS),
  'metrics-alerts': alertTable(readText('packages/metrics/alerts/naru.yml')),
};

describe('docs/metrics.md', () => {
  it('has the tables of the source (otherwise run: npm run docs)', () => {
    const written = readText(page);
    const made = Object.entries(tables).reduce((text, [name, table]) => fillTable(text, name, table), written);
    if (process.env.NARU_WRITE_DOCS && written !== made) writeFileSync(join(root, page), made);
    expect(readText(page)).toBe(made);
  });

  it('has each metric, each label and each alert once', () => {
    for (const { name, otel } of METRICS) expect(readText(page)).toContain(`| \`${name}\` | \`${otel}\` |`);
    expect(tables['metrics-alerts']).toContain('| `NaruNodesLost` | warning | at once |');
    expect(tables['metrics-labels']).toContain('| `outcome` | `naru_limits_reached_total` | `refuse`, `wait`, `end` |');
  });
});
