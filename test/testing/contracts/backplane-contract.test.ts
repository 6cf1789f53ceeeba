import { describe, expect, it } from 'vitest';
import type { Backplane } from '../../../src/backplane/backplane.js';
import { memoryBackplane } from '../../../src/backplane/memory.js';
import { backplaneContract } from '../../../src/testing/contracts/backplane-contract.js';
import { FakeClock } from '../../../src/testing/index.js';

/** Returns the claims that a backplane breaks. */
async function brokenBy(change: (backplane: Backplane) => Backplane): Promise<string[]> {
  const broken: string[] = [];
  const cases = backplaneContract(async (retention) => {
    const clock = new FakeClock();
    return {
      backplane: change(memoryBackplane(clock, retention)),
      pass: (ms) => clock.advance(ms),
      now: () => clock.now(),
    };
  });
  for (const { name, run } of cases) await run().catch(() => broken.push(name));
  return broken;
}

describe('the contract of backplanes', () => {
  it('passes for a correct one', async () => expect(await brokenBy((backplane) => backplane)).toEqual([]));

  it('notices a log that leaves out a record', async () => {
    const broken = await brokenBy((backplane) => {
      const { log } = backplane;
      const short: Backplane['log'] = {
        append: (...args) => log.append(...args),
        read: (namespace, after, limit) => log.read(namespace, after, Math.min(limit, 3)),
        readBack: (...args) => log.readBack(...args),
        extent: (...args) => log.extent(...args),
        follow: (...args) => log.follow(...args),
      };
      return { ...backplane, log: short };
    });
    expect(broken).toContain('reads the records after an offset, at most as many as asked for');
  });

  it('notices a log that reads records it has not handed out, or lacks some that it has', async () => {
    const name = 'knows the offsets that any process has given out, and no others, if it skips numbers';
    for (const [isKnown, isWhole] of [
      [true, false],
      [false, false],
      [undefined, true],
    ]) {
      const broken = await brokenBy(({ log, ...rest }) => {
        const knows = (namespace: string, offset: string): boolean => {
          const { newest } = log.extent(namespace) as { newest: string };
          return isKnown ?? offset <= newest;
        };
        return { ...rest, log: Object.assign(log, { knows }) };
      });
      expect(broken).toEqual(isWhole ? [] : [name]);
    }
  });

  it('notices texts that do not expire', async () => {
    const broken = await brokenBy((backplane) => {
      const { store } = backplane;
      const { set } = store;
      return {
        ...backplane,
        store: Object.assign(store, { set: (key: string, value: string) => set.call(store, key, value) }),
      };
    });
    expect(broken).toEqual(['lets texts expire']);
  });
});
