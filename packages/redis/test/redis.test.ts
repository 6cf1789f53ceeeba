import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { shiftedTime } from '../../../test/kit/brokers/shifted-time.js';
import { fixedPort } from '../../../test/kit/ports.mjs';
import { startRelay } from '../../../test/kit/relay/relay.mjs';
import { FakeClock } from '../../testing/src/fake-clock.js';
import { backplaneContract } from '../../testing/src/index.js';
import { redis } from '../src/redis.js';
import { connected, inTime, whyNoContract } from './moved-time.js';
import { type AtEnd, folderOfTest, startRedis } from './servers-and-uplinks.js';

const ends: (() => void | Promise<void>)[] = [];
const atEnd: AtEnd = (end) => void ends.unshift(end);

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** Starts a Redis whose clock moves with the one of its nodes, behind a relay. */
async function start(clock: FakeClock, retention: { ageMs: number; bytes: number }) {
  const folder = folderOfTest(atEnd);
  const time = shiftedTime(folder);
  atEnd(() => time.close());
  const server = await startRedis(['--appendonly', 'no', '--dbfilename', 'dump.rdb'], time.env, folder, atEnd);
  const relay = await startRelay(server.port);
  atEnd(() => relay.close());
  const open = () => connected(redis(`redis://127.0.0.1:${relay.port}`, { ...retention, clock }));
  return { folder, time, server, relay, open };
}

/** Copies of what a Redis had at some times. */
class Copies {
  readonly #of: Awaited<ReturnType<typeof start>>;
  readonly #clock: FakeClock;
  readonly #taken: { readonly at: number; readonly path: string }[] = [];

  constructor(of: Awaited<ReturnType<typeof start>>, clock: FakeClock) {
    this.#of = of;
    this.#clock = clock;
  }

  async take(): Promise<void> {
    const { server, folder } = this.#of;
    await server.say('SAVE');
    const path = join(folder, `copy ${this.#taken.length}`);
    copyFileSync(join(folder, 'dump.rdb'), path);
    this.#taken.push({ at: this.#clock.elapsed, path });
  }

  /** Restarts the server with the newest copy that is at least so old. */
  async restore(ageMs: number): Promise<void> {
    const { server, folder, relay } = this.#of;
    const copy = this.#taken.findLast(({ at }) => at <= this.#clock.elapsed - ageMs);
    relay.refuse();
    await server.kill();
    if (copy) copyFileSync(copy.path, join(folder, 'dump.rdb'));
    await server.start();
    relay.mend();
  }
}

describe.skipIf(whyNoContract)('redis', () => {
  let clock = new FakeClock({ quietTurns: 1 });
  let present: Awaited<ReturnType<typeof start>> | undefined;
  const cases = backplaneContract(async (retention) => {
    const started = await start(clock, retention);
    present = started;
    const { relay, open } = started;
    const copies = new Copies(started, clock);
    return {
      backplane: await open(),
      async pass(ms) {
        if (ms >= 1_000) await copies.take();
        await new Promise<void>((resolve) => void clock.setTimeout(() => resolve(), Math.max(1, ms), undefined));
      },
      now: () => clock.now(),
      reopen: open,
      cut: () => relay.refuse(),
      mend: () => relay.mend(),
      forget: (ms) => void copies.restore(ms),
    };
  });
  it.each(cases)('$name', async ({ run }) => {
    clock = new FakeClock({ quietTurns: 1 });
    await inTime(
      clock,
      run,
      () => present?.server,
      (elapsed) => present?.time.set(elapsed),
    );
    expect(clock.timerCount).toBe(0);
  });
});

describe('a Redis that cannot be used', () => {
  it('is named before the server starts', async () => {
    const port = await fixedPort();
    const backplane = redis(`redis://127.0.0.1:${port}`);
    await expect(backplane.ready()).rejects.toThrow(`Redis at 127.0.0.1:${port} cannot be reached`);
    await backplane.close();
  });
});
