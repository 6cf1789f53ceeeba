import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Server } from 'naru';
import { memoryBackplane } from 'naru/backplane';
import { systemClock } from 'naru/base';
import { io as connect } from 'naru/client';
import * as taps from 'naru/taps';
import { Registry } from 'prom-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { describeWith, PROMETHEUS, start } from '../../../test/conformance/events/programs.js';
import { makeFolder } from '../../../test/kit/folders.js';
import { fixedPort } from '../../../test/kit/ports.mjs';
import { metrics } from '../src/metrics.js';
import { METRICS } from '../src/table.js';
import { metricsIn, PANELS } from './queries.js';

/** Facts for the taps whose metrics have two labels, or are histograms. They have no series before. */
const FACTS = [
  [taps.logAnswered, { namespace: '/', records: 1, last: '1', ms: 3 }],
  [
    taps.permissionRefused,
    { socket: 'a', namespace: '/', act: 'publish', room: 'a', code: 'FORBIDDEN', message: 'no' },
  ],
  [taps.sessionEnded, { connection: 0, wire: 'websocket', reason: 'ping timeout' }],
] as const;

/** Starts a server with metrics and one client, and returns the address of /metrics. */
async function startServer(): Promise<string> {
  const http = createServer();
  const backplane = memoryBackplane(systemClock, { ageMs: 60_000, bytes: 1_000_000 });
  const io = new Server(http, { backplane, pingInterval: 100 });
  const { register, close } = metrics(io, { register: new Registry() });
  const own = http.listeners('request') as ((...args: object[]) => void)[];
  http.removeAllListeners('request');
  http.on('request', async (request, response) => {
    if (request.url !== '/metrics') for (const listener of own) listener.call(http, request, response);
    else response.setHeader('Content-Type', register?.contentType ?? '').end(await register?.metrics());
  });
  await once(http.listen(0, '127.0.0.1'), 'listening');
  const client = connect(`http://127.0.0.1:${(http.address() as AddressInfo).port}`, { transports: ['websocket'] });
  const working = setInterval(() => {
    io.emit('said', 'hello');
    client.emit('say', 'hello');
    for (const [tap, facts] of FACTS) (tap as object as taps.Tap<object>).publish(facts);
  }, 100);
  onTestFinished(async () => {
    clearInterval(working);
    client.disconnect();
    close();
    await io.close();
  });
  return `127.0.0.1:${(http.address() as AddressInfo).port}`;
}

describe('the dashboard', () => {
  it('asks for metrics of the table alone', () => {
    const known = new Set(METRICS.map(({ name }) => name));
    expect(PANELS.length).toBeGreaterThan(30);
    for (const { title, text } of PANELS) {
      expect(metricsIn(text)).toHaveLength(1);
      for (const name of metricsIn(text)) expect([title, name, known.has(name)]).toEqual([title, name, true]);
    }
  });
});

describeWith(PROMETHEUS, 'Prometheus', () => {
  it('has data for each query of the dashboard', { timeout: 120_000 }, async () => {
    const target = await startServer();
    const folder = makeFolder({});
    const port = await fixedPort();
    const global = { scrape_interval: '1s', scrape_timeout: '1s' };
    const scrape_configs = [{ job_name: 'naru', static_configs: [{ targets: [target] }] }];
    // JSON is YAML.
    writeFileSync(join(folder, 'prometheus.json'), JSON.stringify({ global, scrape_configs }));
    start(PROMETHEUS, [
      `--config.file=${join(folder, 'prometheus.json')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ]);
    const ask = async (text: string): Promise<number[]> => {
      const query = text.replaceAll('$job', '.*').replaceAll('$instance', '.*').replaceAll('$__rate_interval', '10s');
      const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(query)}`;
      const { status, data } = (await (await fetch(url)).json()) as {
        readonly status: string;
        readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] };
      };
      expect([query, status]).toEqual([query, 'success']);
      return data.result.map(({ value }) => Number(value[1]));
    };
    const rising = 'rate(naru_events_received_total[10s]) > 0';
    await expect.poll(() => ask(rising).catch(() => []), { timeout: 60_000, interval: 500 }).toHaveLength(1);
    for (const { title, text } of PANELS) {
      const numbers = await ask(text);
      expect([title, text, numbers.length > 0 && numbers.every((each) => each >= 0)]).toEqual([title, text, true]);
    }
  });
});
