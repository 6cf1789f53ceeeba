import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { Broker, whyNoBroker } from '../../../../test/kit/brokers/broker.mjs';
import { backplaneContract } from '../../../testing/src/contracts/backplane-contract.js';
import { nats } from '../../src/nats.js';
import { passTime, STORE } from './store-cases.js';

describe.skipIf(whyNoBroker('nats'))('texts, tables and queues on one NATS server', () => {
  const folder = mkdtempSync(join(tmpdir(), 'naru-nats-'));
  const broker = new Broker('nats', folder);
  let count = 0;

  beforeAll(() => broker.start());
  afterAll(async () => {
    await broker.kill();
    rmSync(folder, { recursive: true });
  });

  const open = async () => {
    count += 1;
    const app = `a${count}`;
    const connect = () => nats(broker.url, { app });
    return {
      backplane: connect(),
      now: () => Date.now(),
      pass: passTime,
      reopen: async () => connect(),
    };
  };
  for (const { name, run } of backplaneContract(open)) if (STORE.test(name)) test.concurrent(name, run, 120_000);
});
