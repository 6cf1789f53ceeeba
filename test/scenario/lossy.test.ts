/** Every wire over a kernel that loses packets. The test needs root, ip and iptables, and is skipped without them. */
import { describe, expect, it } from 'vitest';
import { whyNoPath } from './lossy/path.mjs';
import { listMissing, runScene, WIRES } from './lossy/run.mjs';

// The soak sets a new one each time.
const seed = Number(process.env.SEED ?? 17);
const why = whyNoPath();
const missing = why === undefined ? listMissing() : [];
if (why !== undefined) console.warn(`SKIPPED: all tests over a lossy path. ${why}`);
if (missing.length > 0)
  console.warn(`SKIPPED: ${missing.join(', ')} over a lossy path (apt-get install curl python3-stomp)`);
const wires = Object.keys(WIRES).filter((wire) => !missing.includes(wire));

describe.skipIf(why)('a kernel that loses packets', () => {
  it(`breaks no promise of any wire: loss, resets, a NAT that forgets, a narrow path, one-way silence (SEED=${seed})`, async () => {
    const { faults, lines, lost } = await runScene('all of it', { seed, wires, slackMs: Number.POSITIVE_INFINITY });
    expect(faults, lines.join('\n')).toEqual([]);
    // The path must have been as bad as planned.
    expect(Math.min(lost.up, lost.down)).toBeGreaterThan(50);
  }, 300_000);
});
