/** The home of a node in NATS. */

import { askCredentials, type Home, type Uplink, type UplinkHandler } from '@naru/broker';
import type { Offset } from 'naru/backplane';
import { type SettingsOf, UnavailableError, within } from 'naru/base';
import { NatsConnection } from './connection.js';
import { connectNats } from './driver.js';
import { LogMemory } from './log/log-memory.js';
import { NatsLog } from './log/nats-log.js';
import { NatsNames } from './names.js';
import { type NatsSettings, natsCredentialsTable } from './options.js';
import { checkJetStream } from './start-check.js';
import { storeMethods } from './store/store.js';
import { SentWrites } from './store/writes.js';
import { NatsUplink, type UplinkParts } from './uplink.js';

/** The namespace whose stream is made when an uplink opens, so a NATS that cannot keep anything shows at the start. */
const FIRST = '/';

/** Milliseconds in which JetStream has to answer: less than a node waits for an uplink, so that the reason is known. */
const OPEN_MS = 4_000;

/** A home in NATS. Its knowledge outlives its uplinks. */
export class NatsHome implements Home {
  readonly #settings: NatsSettings;
  readonly #names: NatsNames;
  readonly #logs: LogMemory;
  readonly #sent = new SentWrites();

  constructor(settings: NatsSettings) {
    this.#settings = settings;
    this.#names = new NatsNames(settings.app);
    this.#logs = new LogMemory(this.#names, settings);
  }

  /** Returns an offset about so many records before another one. */
  earlier(namespace: string, offset: Offset, records: number): Offset {
    return this.#logs.group(namespace).earlier(offset, records);
  }

  async connect(handler: UplinkHandler): Promise<Uplink> {
    const settings = this.#settings;
    const { credentials, clock } = settings;
    const asked = credentials && (await askCredentials('nats', natsCredentialsTable, credentials, clock));
    let fail: (reason: unknown) => void = () => undefined;
    const lost = new Promise<never>((_, reject) => {
      fail = reject;
    });
    const closed = new UnavailableError('CONNECT_FAILED', 'NATS closed the connection, or JetStream is not ready.');
    let onLost = (): void => fail(closed);
    let onError = (error: unknown): void => fail(error);
    const connection = new NatsConnection(
      await connectNats(asked ? withLogin(settings, asked) : settings, (error) => onError(error)),
      () => onLost(),
      settings.clock,
    );
    try {
      const parts: UplinkParts = { connection, settings, names: this.#names, clock: settings.clock, handler };
      const log = new NatsLog(parts, this.#logs);
      const opening = Promise.race([checkJetStream(connection, settings).then(() => log.open(FIRST)), lost]);
      const opened = await within(settings.clock, opening, OPEN_MS);
      if (!opened) await Promise.race([opening, Promise.reject(silent(settings))]);
      onLost = () => handler.onClose();
      onError = (error) => handler.onError?.(error);
      const methods = { ...log.methods, ...storeMethods(parts, this.#sent) };
      return new NatsUplink(parts, methods, log, asked?.expiresAt);
    } catch (error) {
      connection.close();
      throw error;
    }
  }
}

/** Returns settings with a login in place of theirs. */
function withLogin(settings: NatsSettings, login: SettingsOf<typeof natsCredentialsTable>): NatsSettings {
  const { user, password, token, creds } = login;
  return { ...settings, credsFile: undefined, nkeySeed: undefined, user, password, token, creds };
}

function silent({ servers }: NatsSettings): UnavailableError {
  return new UnavailableError(
    'TIMEOUT',
    `JetStream of NATS at ${servers.join(', ')} does not answer. Its disk may be full, or too few of its servers run. Look at the log of NATS.`,
  );
}
