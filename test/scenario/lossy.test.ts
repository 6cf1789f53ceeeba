/** Every wire over a kernel that loses packets. Takes root, ip and iptables; a machine without them skips it. */
import { describe, expect, it } from 'vitest';
import { whyNoPath } from './lossy/path.mjs';
import { listMissing, runScene, WIRES } from './lossy/run.mjs';

// The soak has a new one each time.
const seed = Number(process.env.SEED ?? 17);
const why = whyNoPath();
const missing = why === undefined ? listMissing() : [];
if (why !== undefined) console.warn(`SKIPPED: all tests over a lossy path. ${why}`);
if (missing.length > 0)
  console.warn(`SKIPPED: ${missing.join(', ')} over a lossy path (apt-get install curl python3-stomp)`);
const wires = Object.keys(WIRES).filter((wire) => !missing.includes(wire));

describe.skipIf(why)('over a kernel that loses packets', () => {
  it(`every wire keeps its promises through loss, resets, a NAT that forgets, a narrow path and silence one way (SEED=${seed})`, async () => {
    const { faults, lines, lost } = await runScene('all of it', { seed, wires, slackMs: Number.POSITIVE_INFINITY });
    expect(faults, lines.join('\n')).toEqual([]);
    // It has to have been as bad as it was meant to be.
    expect(Math.min(lost.up, lost.down)).toBeGreaterThan(50);
  }, 300_000);
});
