/** The home of a node in NATS. */
import { UnavailableError } from '../../base/errors.js';
import type { Home, HomeLink, HomeLinkHandler } from '../remote/home.js';
import { connectNats } from './driver.js';
import { NatsLine } from './line.js';
import { type LinkParts, NatsLink } from './link.js';
import { LogMemory, NatsLog } from './log/nats-log.js';
import { NatsNames } from './names.js';
import type { NatsSettings } from './options.js';
import { checkJetStream } from './start-check.js';
import { storeMethods } from './store/store.js';
import { SentWrites } from './store/writes.js';

/** The namespace whose stream is made when a link opens, so that a NATS that cannot keep anything shows at the start. */
const FIRST = '/';

/** A home in NATS. Its knowledge outlives its links. */
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

  async connect(handler: HomeLinkHandler): Promise<HomeLink> {
    const settings = this.#settings;
    let fail: (reason: unknown) => void = () => undefined;
    const lost = new Promise<never>((_, reject) => {
      fail = reject;
    });
    const closed = new UnavailableError('CONNECT_FAILED', 'NATS closed the connection, or JetStream is not ready.');
    let onLost = (): void => fail(closed);
    let onError = (error: unknown): void => fail(error);
    const line = new NatsLine(await connectNats(settings, (error) => onError(error)), () => onLost(), settings.clock);
    try {
      const parts: LinkParts = { line, settings, names: this.#names, clock: settings.clock, handler };
      const log = new NatsLog(parts, this.#logs);
      await Promise.race([checkJetStream(line, settings).then(() => log.open(FIRST)), lost]);
      onLost = () => handler.onClose();
      onError = (error) => handler.onError?.(error);
      return new NatsLink(parts, { ...log.methods, ...storeMethods(parts, this.#sent) }, log);
    } catch (error) {
      line.close();
      throw error;
    }
  }
}
