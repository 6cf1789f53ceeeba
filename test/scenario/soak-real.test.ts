import { expect, it } from 'vitest';
import { runSoak } from './soak-real/run.mjs';

// The soak sets a new one each time.
const seed = Number(process.env.SEED ?? 17);

it(`loses, doubles and reorders nothing on any wire while servers are killed (SEED=${seed})`, async () => {
  const lines: string[] = [];
  const log = (line: string): number => lines.push(line);
  const soak = await runSoak({ clients: 12, messages: 1_500, seconds: 5, servers: 3, crowds: 1, seed }, log);
  const report = [...lines, ...soak.lines].join('\n');
  expect(soak.faults, report).toEqual([]);
  expect(report).toMatch(/servers: 1 times kill -9, 1 times SIGTERM/);
  expect(report).toMatch(/calls: [1-9]\d* of joins and leaves, .* [1-9]\d* questions to clients/);
}, 500_000);

it(`does so with workers behind one port, which are killed, updated and reloaded (SEED=${seed})`, async () => {
  const lines: string[] = [];
  const log = (line: string): number => lines.push(line);
  const soak = await runSoak(
    { clients: 12, messages: 1_200, seconds: 6, workers: 3, crowds: 1, seed, update: true },
    log,
  );
  const report = [...lines, ...soak.lines].join('\n');
  expect(soak.faults, report).toEqual([]);
  expect(report).toMatch(
    /servers: [12] times kill -9, 0 times SIGTERM, 1 times SIGHUP.* [1-9]\d* of version 0\.1\.0, [1-9]\d* of version 0\.2\.0/,
  );
}, 500_000);
