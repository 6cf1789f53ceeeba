import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Log, ZERO_OFFSET } from '../../../src/backplane/backplane.js';
import { nats } from '../../../src/backplane/nats/nats.js';
import { Broker, whyNoBroker } from '../../kit/brokers/broker.mjs';
import { SwiftClock } from '../../kit/brokers/swift-clock.js';

const missing = whyNoBroker('nats');
if (missing !== undefined) console.warn(`SKIPPED: the NATS backplane. ${missing}`);

const folder = mkdtempSync(join(tmpdir(), 'naru-nats-'));
const broker = new Broker('nats', folder);

function open(clock: SwiftClock): { readonly log: Log; close(): Promise<void> } {
  const backplane = nats(broker.url, { clock });
  return { log: backplane.log, close: () => backplane.close() };
}

describe.skipIf(missing !== undefined)('the backplane on one NATS server', () => {
  beforeAll(() => broker.start());
  afterAll(async () => {
    await broker.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  it('reads what it appended', async () => {
    const clock = new SwiftClock();
    const { log, close } = open(clock);
    const record = { rooms: [], except: [], event: '["hello"]', attachments: [], at: clock.now() };
    const { offsets } = await log.append('/', [record, record]);
    const { records } = await log.read('/', ZERO_OFFSET, 10);
    expect(records.map(({ offset, event }) => [offset, event])).toEqual(offsets.map((offset) => [offset, '["hello"]']));
    await close();
  });
});
