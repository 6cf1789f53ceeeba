/**
 * The contract of backplanes on servers of Redis whose time moves with that of the nodes. The servers are there for all
 * cases of a file.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Broker } from '../../../test/kit/brokers/broker.mjs';
import { type ShiftedTime, shiftedTime, whyNoShift } from '../../../test/kit/brokers/shifted-time.js';
import type { RemoteBackplane } from '../../broker/src/remote-backplane.js';
import { FakeClock } from '../../testing/src/fake-clock.js';
import { backplaneContract } from '../../testing/src/index.js';
import { redis } from '../src/redis.js';
import { type AtEnd, folderOfTest, whyNoRedis } from './servers-and-uplinks.js';

/** The reason why the contract cannot run here, with the command that helps. */
export const whyNoContract = whyNoRedis ?? whyNoShift();
if (whyNoContract) console.warn(`SKIPPED: the contract of backplanes on Redis. ${whyNoContract}`);

/** Milliseconds by which the clocks move while a request is on its way. */
const STEP_MS = 25;

/** Servers that are ready. */
export interface Ready {
  readonly url: string;
  /** One of the servers, to know that time has passed there. */
  readonly server: Broker;
}

let connecting = 0;

/** Waits until a backplane is connected. Time stands still meanwhile, because servers answer in a time of their own. */
export async function connected(backplane: RemoteBackplane): Promise<RemoteBackplane> {
  connecting += 1;
  await backplane.ready().finally(() => {
    connecting -= 1;
  });
  return backplane;
}

/** Lets time pass while `run` waits for answers. `move` is told the time that has passed on the clock. */
export async function inTime(
  clock: FakeClock,
  run: () => Promise<void>,
  server: () => Broker | undefined,
  move: (elapsed: number) => void,
): Promise<void> {
  let isOver = false;
  const running = run().finally(() => {
    isOver = true;
  });
  while (!isOver) {
    // A server that restarts does not answer.
    await server()
      ?.say('PING')
      .catch(() => undefined);
    if (connecting > 0) continue;
    await clock.advance(STEP_MS);
    move(clock.elapsed);
  }
  return running;
}

/** Declares the cases of the contract. Each has a prefix of its own. */
export function holdContract(name: string, start: (env: ShiftedTime['env'], atEnd: AtEnd) => Promise<Ready>): void {
  const ends: (() => void | Promise<void>)[] = [];
  const atEnd: AtEnd = (end) => void ends.unshift(end);
  let ready: Ready | undefined;
  let time: ShiftedTime | undefined;
  let [elapsed, cases] = [0, 0];

  beforeAll(async () => {
    if (whyNoContract) return;
    time = shiftedTime(folderOfTest(atEnd));
    ready = await start(time.env, atEnd);
  });

  afterAll(async () => {
    for (const end of ends) await end();
    time?.close();
  });

  describe.skipIf(whyNoContract)(name, () => {
    let clock = new FakeClock({ quietTurns: 1 });
    const contract = backplaneContract(async (retention) => {
      cases += 1;
      const open = () => connected(redis(ready?.url ?? '', { ...retention, clock, prefix: `case${cases}` }));
      return {
        backplane: await open(),
        pass: (ms) => new Promise((resolve) => void clock.setTimeout(() => resolve(), Math.max(1, ms), undefined)),
        now: () => clock.now(),
        reopen: open,
      };
    });
    it.each(contract)('$name', async ({ run }) => {
      clock = new FakeClock({ quietTurns: 1 });
      const before = elapsed;
      await inTime(
        clock,
        run,
        () => ready?.server,
        (passed) => {
          elapsed = before + passed;
          time?.set(elapsed);
        },
      );
      expect(clock.timerCount).toBe(0);
    });
  });
}
