import { describe, expect, it } from 'vitest';
import type { Backplane } from '../../../naru/src/backplane/backplane.js';
import { FakeClock } from '../../src/fake-clock.js';
import { backplaneContract } from '../../src/index.js';
import { LateHome } from '../../src/late-home/late-home.js';

const NAMES = [
  'leads a follower to all records of others, each once and in order',
  'keeps calls that are made while its home is away, in their order and each once',
  'refuses events that wait for a minute, and tells nobody of them later',
  'tells everybody by a gap record that its home has lost records, and never gives their offsets out again',
  'tells a follower of every record of others after the place where the following began',
];

/** Returns the cases of followers that a changed late home fails. */
async function brokenBy(change: (backplane: Backplane, home: LateHome) => Backplane): Promise<string[]> {
  const broken: string[] = [];
  for (const name of NAMES) {
    const clock = new FakeClock();
    const cases = backplaneContract(async ({ ageMs, bytes }) => {
      const home = new LateHome({ ageMs, bytes, clock });
      return {
        backplane: change(home.open(), home),
        pass: (ms) => new Promise((resolve) => void clock.setTimeout(() => resolve(), Math.max(1, ms), undefined)),
        now: () => clock.now(),
        patienceMs: 200,
        reopen: async () => home.open(),
        cut: () => home.stop(),
        mend: () => home.start(),
        forget: (ms) => void home.forget(ms),
      };
    });
    let isOver = false;
    void cases
      .find((each) => each.name === name)
      ?.run()
      .catch(() => broken.push(name))
      .finally(() => {
        isOver = true;
      });
    for (let turns = 0; !isOver && turns < 1_000; turns += 1) await clock.advance(500);
    if (!isOver) broken.push(name);
  }
  return broken;
}

const NOBODY = { onMore: () => undefined, onBatch: () => undefined };

/** Returns a backplane with another log. */
function withLog(backplane: Backplane, change: Partial<Backplane['log']>): Backplane {
  return {
    name: backplane.name,
    log: { ...backplane.log, ...change },
    store: backplane.store,
    get state() {
      return backplane.state;
    },
    close: () => backplane.close(),
  } as Backplane;
}

describe('the contract of followers', () => {
  it('passes for a correct home', async () => expect(await brokenBy((backplane) => backplane)).toEqual([]));

  it('notices a log that tells nobody', async () => {
    const broken = await brokenBy((backplane) =>
      withLog(backplane, {
        follow: (name) => ({ ready: backplane.log.follow(name, NOBODY).ready, end: () => undefined }),
      }),
    );
    expect(broken).toEqual([NAMES[0], NAMES[3], NAMES[4]]);
  });

  it('notices batches that say nothing of what was before them', async () => {
    const broken = await brokenBy((backplane) => {
      let count = 0;
      const { log } = backplane;
      return withLog(backplane, {
        follow: (namespace, follower) =>
          log.follow(namespace, {
            ...follower,
            onBatch: (batch) => {
              count += 1;
              if (count !== 3) follower.onBatch({ ...batch, previous: '00000000000' });
            },
          }),
      });
    });
    expect(broken).toEqual([NAMES[0], NAMES[4]]);
  });

  it('notices calls that are made twice', async () => {
    const broken = await brokenBy((backplane, home) => {
      home.carryOut = ((carryOut) => (request, line) => {
        if (request.method === 'append') carryOut.call(home, { ...request, write: undefined }, line);
        return carryOut.call(home, request, line);
      })(home.carryOut);
      return backplane;
    });
    expect(broken).toContain(NAMES[1]);
  });
});
