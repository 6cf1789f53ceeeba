import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Broker, whyNoBroker } from '../../../test/kit/brokers/broker.mjs';
import { SwiftClock } from '../../../test/kit/brokers/swift-clock.js';
import { ZERO_OFFSET } from '../../naru/src/backplane/backplane.js';
import { nats } from '../src/nats.js';

const NO_ROOM = 'NATS refused to keep a message: insufficient resources. Give JetStream more room, or keep less.';

const record = (n: number, at: number) => ({
  rooms: [],
  except: [],
  event: `["${'x'.repeat(50_000)}",${n}]`,
  attachments: [],
  at,
});

async function start(folder: string, more: readonly string[]) {
  const broker = new Broker('nats', join(folder, 'data'), more);
  onTestFinished(() => broker.kill());
  await broker.start();
  const clock = new SwiftClock();
  const backplane = nats(broker.url, { clock });
  const refusals: string[] = [];
  const append = async (n: number): Promise<void> => {
    await Promise.resolve(backplane.log.append('/', [record(n, clock.now())])).catch((error: Error) => {
      refusals.push(error.message);
    });
  };
  return { broker, clock, backplane, append, refusals };
}

function folderOf(): string {
  const folder = mkdtempSync(join(tmpdir(), 'naru-nats-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe.skipIf(whyNoBroker('nats'))('a NATS with little room', () => {
  it('says that JetStream is full, and goes on when old records have gone', async () => {
    const folder = folderOf();
    writeFileSync(join(folder, 'nats.conf'), 'jetstream { max_file_store: 500KB }');
    const { clock, backplane, append, refusals } = await start(folder, ['-c', join(folder, 'nats.conf')]);
    for (let n = 0; refusals.length === 0 && n < 50; n += 1) await append(n);
    expect(refusals).toEqual([NO_ROOM]);
    // Old records go at the next look, and then there is room.
    backplane.log.retain('/', { bytes: 120_000 });
    await clock.skip(20_000);
    await expect
      .poll(async () => {
        refusals.length = 0;
        await append(100);
        return refusals.length;
      })
      .toBe(0);
    const { records, hasGap } = await backplane.log.read('/', ZERO_OFFSET, 100);
    expect([records.at(-1)?.event.slice(-5), hasGap]).toEqual([',100]', true]);
    await backplane.close();
  });

  it('loses no event that waits while its disk is full', async ({ skip }) => {
    const folder = folderOf();
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder]).status !== 0) skip();
    onTestFinished(() => void spawnSync('umount', ['-l', folder]));
    const { broker, clock, backplane, append, refusals } = await start(folder, []);
    await append(0);
    const filler = join(folder, 'filler');
    spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=4k']);
    let reason: unknown;
    backplane.onState((state, why) => {
      if (state === 'away') reason = why;
    });
    // JetStream stops to answer, so the events wait as for a home that is away.
    const appending = [1, 2, 3].map(append);
    await expect
      .poll(async () => {
        await clock.skip(1_000);
        return backplane.state;
      })
      .toBe('away');
    expect(reason).toMatchObject({ name: 'UnavailableError', message: expect.stringContaining('does not answer') });
    rmSync(filler);
    await broker.kill();
    await broker.start();
    await Promise.all(appending);
    const { records } = await backplane.log.read('/', ZERO_OFFSET, 100);
    expect(records.map(({ event }) => event.slice(-2))).toEqual(['0]', '1]', '2]', '3]']);
    expect(refusals).toEqual([]);
    await backplane.close();
  });
});
