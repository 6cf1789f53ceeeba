import { describe, expect, it } from 'vitest';
import { whyNoHome } from './soak-real/home.mjs';
import { runSoak } from './soak-real/run.mjs';

// The soak sets a new one each time.
const seed = Number(process.env.SEED ?? 17);

const HOMES = ['redis', 'nats'];
for (const home of HOMES) {
  const why = whyNoHome(home);
  if (why) console.warn(`Skipped: ${why}`);
}

/** Runs a small soak. Returns its faults and its report. */
async function soakOn(home: string, promote = false): Promise<{ faults: readonly string[]; report: string }> {
  const lines: string[] = [];
  // A Redis that has no time to sync would lose more than a crash of its own. A soak with calls needs a machine that is
  // not busy.
  const more = { fsync: 'always', calls: false };
  const settings = { clients: 12, messages: 1_500, seconds: 8, servers: 3, crowds: 1, seed, home, promote, ...more };
  const { faults, lines: summary } = await runSoak(settings, (line: string) => lines.push(line));
  return { faults, report: [...lines, ...summary].join('\n') };
}

describe.each(HOMES)('servers on %s', (home) => {
  it.skipIf(whyNoHome(home))(
    `lose, double and reorder nothing while the broker crashes and stands still (SEED=${seed})`,
    async () => {
      const { faults, report } = await soakOn(home);
      expect(faults, report).toEqual([]);
      expect(report).toMatch(/broker: 2 times kill -9, 1 standstills, 0 promotions; [1-9]/);
    },
    500_000,
  );
});

it.skipIf(whyNoHome('redis'))(
  `tells clients of what a promoted replica of Redis lacks (SEED=${seed})`,
  async () => {
    const { faults, report } = await soakOn('redis', true);
    expect(faults, report).toEqual([]);
    expect(report).toMatch(/broker: .* 1 promotions; .*; [1-9]\d* records lost/);
  },
  500_000,
);
