/** A NATS server for the tests of one file, and connections to it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { Broker, whyNoBroker } from '../../../../test/kit/brokers/broker.mjs';
import { type Clock, systemClock } from '../../../naru/src/base/clock.js';
import { NatsConnection } from '../../src/connection.js';
import { connectNats } from '../../src/driver.js';
import { NatsNames } from '../../src/names.js';
import { readSettings } from '../../src/options.js';
import { NatsStream } from '../../src/store/stream.js';
import type { UplinkParts } from '../../src/uplink.js';

/** Why no server can run here. */
export const missing = whyNoBroker('nats');
if (missing !== undefined) console.warn(`SKIPPED: the store in NATS. ${missing}`);

/** Connections to a server that runs while the tests of this file do. */
export interface Served {
  /** Returns the parts of a new uplink. Its clock is that of the machine, or the given one. */
  connect(options?: { app?: string; clock?: Clock; onQueue?(queue: string): void }): Promise<UplinkParts>;
  /** Returns a stream with a name that no other test has. */
  stream(more?: Readonly<Record<string, unknown>>): Promise<NatsStream>;
}

/** Starts a server for the tests of this file. */
export function serve(): Served {
  const folder = mkdtempSync(join(tmpdir(), 'naru-nats-'));
  const broker = new Broker('nats', folder);
  const connections: NatsConnection[] = [];
  let count = 0;
  beforeAll(() => (missing === undefined ? broker.start() : undefined));
  afterAll(async () => {
    for (const connection of connections) connection.close();
    await broker.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  const connect: Served['connect'] = async ({ app = 'test', clock, onQueue = () => undefined } = {}) => {
    const settings = readSettings(broker.url, { app, ...(clock && { clock }) });
    const connection = new NatsConnection(await connectNats(settings), () => undefined);
    connections.push(connection);
    const nothing = (): void => undefined;
    const handler = { writer: '', onBatch: nothing, onMore: nothing, onQueue, onSaid: nothing, onClose: nothing };
    return { connection, settings, names: new NatsNames(app), clock: settings.clock, handler };
  };
  return {
    connect,
    async stream(more = {}) {
      count += 1;
      const { connection } = await connect();
      return new NatsStream(connection, { name: `S${count}`, prefix: `s.${count}`, replicas: 1, more }, systemClock);
    },
  };
}
