import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, it, onTestFinished } from 'vitest';
import { Broker, whyNoBroker } from '../../../test/kit/brokers/broker.mjs';
import { SwiftClock } from '../../../test/kit/brokers/swift-clock.js';
import { startRelay } from '../../../test/kit/relay/relay.mjs';
import { backplaneContract } from '../../testing/src/contracts/backplane-contract.js';
import { nats } from '../src/nats.js';
import { STORE } from './store/store-cases.js';

const missing = whyNoBroker('nats');
if (missing !== undefined) console.warn(`SKIPPED: the NATS backplane. ${missing}`);

const folder = mkdtempSync(join(tmpdir(), 'naru-nats-'));
const [data, backup] = [join(folder, 'data'), join(folder, 'backup')];
const broker = new Broker('nats', data);
let apps = 0;

/** Puts the files of the server back to where they were when time passed last. */
async function restore(): Promise<void> {
  await broker.kill();
  rmSync(data, { recursive: true });
  cpSync(backup, data, { recursive: true });
  await broker.start();
}

describe.skipIf(missing !== undefined)('the backplane on one NATS server', () => {
  beforeAll(() => broker.start());
  afterAll(async () => {
    await broker.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  const cases = backplaneContract(async (retention) => {
    const clock = new SwiftClock();
    apps += 1;
    const relay = await startRelay(broker.port);
    onTestFinished(() => relay.close());
    const open = () => nats(`nats://127.0.0.1:${relay.port}`, { ...retention, clock, app: `case-${apps}` });
    return {
      backplane: open(),
      pass: async (ms) => {
        if (ms === 1_000) cpSync(data, backup, { recursive: true });
        // A connection that was reset is noticed, before the time passes.
        if (ms >= 1_000) await delay(50);
        await clock.skip(ms);
      },
      now: () => clock.now(),
      reopen: async () => open(),
      cut: () => relay.refuse(),
      mend: () => relay.mend(),
      forget: () => void restore(),
    };
  });
  it.each(cases.filter(({ name }) => !STORE.test(name)))('$name', ({ run }) => run());
});
