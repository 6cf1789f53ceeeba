/** A NATS server for the tests of one file, and connections to it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, onTestFinished } from 'vitest';
import type { UplinkHandler } from '../../../packages/broker/src/home.js';
import { NatsConnection } from '../../../packages/nats/src/connection.js';
import { connectNats } from '../../../packages/nats/src/driver.js';
import { NatsNames } from '../../../packages/nats/src/names.js';
import { type NatsOptions, readSettings } from '../../../packages/nats/src/options.js';
import type { UplinkParts } from '../../../packages/nats/src/uplink.js';
import { Broker, whyNoBroker } from './broker.mjs';
import { SwiftClock } from './swift-clock.js';

/** The reason why there is no server here, with the command that installs it. */
export const whyNoNats = whyNoBroker('nats');

/** Starts a server that ends with the test. */
export async function startNats(): Promise<Broker> {
  const folder = mkdtempSync(join(tmpdir(), 'naru-nats-'));
  const broker = new Broker('nats', folder);
  onTestFinished(async () => {
    await broker.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  await broker.start();
  return broker;
}

/** A server, and applications on it that have never been there before. */
export interface NatsServer {
  readonly broker: Broker;
  /** The folder of the files of the server. */
  readonly folder: string;
  /** Opens a connection for an uplink of a new application, or of `app`. */
  parts(handler?: Partial<UplinkHandler>, options?: NatsOptions): Promise<UplinkParts>;
  /** Returns the name of a new application. */
  newApp(): string;
}

/** Runs tests with a server of their own. They are skipped on a machine without the program. */
export function describeNats(name: string, tests: (server: NatsServer) => void, more: readonly string[] = []): void {
  const missing = whyNoBroker('nats');
  if (missing !== undefined) console.warn(`SKIPPED: ${name}. ${missing}`);
  const folder = mkdtempSync(join(tmpdir(), 'naru-nats-'));
  const broker = new Broker('nats', folder, more);
  let apps = 0;
  const newApp = (): string => {
    apps += 1;
    return `app-${apps}`;
  };
  const server: NatsServer = {
    broker,
    folder,
    newApp,
    parts: (handler, options) => partsOf(broker.url, handler, { app: newApp(), clock: new SwiftClock(), ...options }),
  };
  describe.skipIf(missing !== undefined)(name, () => {
    beforeAll(() => broker.start());
    afterAll(async () => {
      await broker.kill();
      rmSync(folder, { recursive: true, force: true });
    });
    tests(server);
  });
}

const NOBODY: UplinkHandler = {
  writer: '',
  onBatch: () => undefined,
  onMore: () => undefined,
  onSaid: () => undefined,
  onClose: () => undefined,
};

async function partsOf(
  url: string,
  given: Partial<UplinkHandler> | undefined,
  options: NatsOptions,
): Promise<UplinkParts> {
  const settings = readSettings(url, options);
  const handler = { ...NOBODY, ...given };
  const connection = new NatsConnection(await connectNats(settings), () => handler.onClose());
  onTestFinished(() => connection.close());
  return { connection, settings, names: new NatsNames(settings.app), clock: settings.clock, handler };
}
