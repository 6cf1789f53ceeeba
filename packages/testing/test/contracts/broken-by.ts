import type { Backplane } from '../../../naru/src/backplane/backplane.js';
import { memoryBackplane } from '../../../naru/src/backplane/memory.js';
import { backplaneContract } from '../../src/contracts/backplane-contract.js';
import { FakeClock } from '../../src/index.js';

/** Returns the claims that a backplane breaks. */
export async function brokenBy(change: (backplane: Backplane) => Backplane): Promise<string[]> {
  const broken: string[] = [];
  const cases = backplaneContract(async (retention) => {
    const clock = new FakeClock();
    return {
      backplane: change({ ...memoryBackplane(clock, retention) }),
      pass: (ms) => clock.advance(ms),
      now: () => clock.now(),
      patienceMs: 200,
    };
  });
  for (const { name, run } of cases) await run().catch(() => broken.push(name));
  return broken;
}
