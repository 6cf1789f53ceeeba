/** A Prometheus of Debian that reads servers, and answers queries over its HTTP API. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROMETHEUS, start } from '../../conformance/events/programs.js';
import { makeFolder } from '../../kit/folders.js';
import { fixedPort } from '../../kit/ports.mjs';

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data: {
    readonly result: readonly { readonly metric: Record<string, string>; readonly value: readonly [number, string] }[];
  };
}

/** Starts Prometheus. Resolves with a function that asks a query, and gives each number by the values of labels. */
export async function startPrometheus(targets: readonly string[]) {
  const folder = makeFolder({});
  const port = await fixedPort();
  const global = { scrape_interval: '300ms', scrape_timeout: '300ms' };
  const scrape_configs = [{ job_name: 'naru', static_configs: [{ targets }] }];
  // JSON is YAML.
  writeFileSync(join(folder, 'prometheus.json'), JSON.stringify({ global, scrape_configs }));
  start(PROMETHEUS, [
    `--config.file=${join(folder, 'prometheus.json')}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]);
  return async (query: string): Promise<ReadonlyMap<string, number>> => {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(query)}`);
    const { status, error, data } = (await response.json()) as Answer;
    if (status !== 'success') throw new Error(`${query}: ${error}`);
    const order = /^sum by \(([^)]*)\)/.exec(query)?.[1]?.split(', ') ?? [];
    return new Map(
      data.result.map(({ metric, value }) => [order.map((name) => metric[name]).join(','), Number(value[1])]),
    );
  };
}
