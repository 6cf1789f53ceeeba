/** The queries of the dashboard and of the alert rules. */
import { readText } from '../../../test/tidy/source.js';

/** A query, and what it is of. */
export interface Query {
  readonly title: string;
  readonly text: string;
}

interface Panel {
  readonly title: string;
  readonly targets: readonly { readonly expr: string }[];
}

/** The queries of the dashboard. */
export const PANELS: readonly Query[] = (
  JSON.parse(readText('packages/metrics/dashboard/naru.json')) as { readonly panels: readonly Panel[] }
).panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ title, text: expr })));

/** The rules, whose expression stands in one line, or in those below it. */
export const RULES: readonly Query[] = readText('packages/metrics/alerts/naru.yml')
  .split('- alert: ')
  .slice(1)
  .map((text) => {
    const [, expr = ''] = /expr: (?:\|\n)?([\s\S]*?)\n +(?:for|labels):/.exec(text) ?? [];
    return { title: text.slice(0, text.indexOf('\n')), text: expr };
  });

/** Returns the metrics in a query, as the table names them. */
export function metricsIn(text: string): string[] {
  return [...text.matchAll(/\bnaru_\w+/g)].map(([name]) => name.replace(/(_seconds)_(bucket|sum|count)$/, '$1'));
}
