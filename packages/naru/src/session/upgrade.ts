/** Moves a session from polling to another transport without losing a packet: engine.io-protocol, "Upgrade". */
import type { Clock, Timer } from '../base/clock.js';
import { attempt } from '../base/uncaught.js';
import { PING, PONG, UPGRADE } from '../protocol/engine-io/packet.js';
import { EncodedPacket, type Unit } from '../transport/encoded-packet.js';
import { PacketList } from '../transport/packet-list.js';
import type { Transport, TransportHandler } from '../transport/transport.js';
import { tellUpgraded } from './session-taps.js';

/** The part of a session that an upgrade uses. */
export interface UpgradingSession {
  readonly readyState: string;
  readonly number: number;
  readonly transport: Transport;
  abandonUpgrade(): void;
  emit(name: 'upgrading', transport: Transport): boolean;
  completeUpgrade(transport: Transport): void;
  releasePoll(): void;
}

const PROBE = `${PING}probe`;
const PROBE_ANSWER = new EncodedPacket(`${PONG}probe`, false);
const RELEASE_EVERY_MS = 100;

/**
 * One attempt to upgrade. It either moves the session to the new transport, or closes that transport and leaves the
 * session as it was.
 */
export class Upgrade implements TransportHandler {
  readonly #session: UpgradingSession;
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #deadline: Timer;
  #release: Timer | undefined;
  #isOver = false;

  constructor(session: UpgradingSession, transport: Transport, settings: { clock: Clock; upgradeTimeout: number }) {
    this.#session = session;
    this.#transport = transport;
    this.#clock = settings.clock;
    this.#deadline = settings.clock.setTimeout((upgrade: Upgrade) => upgrade.cancel(), settings.upgradeTimeout, this);
    transport.handler = this;
  }

  onData(_transport: Transport, unit: Unit): void {
    if (this.#isOver) return;
    if (unit === PROBE) {
      // A client needs one answer. More answers would pile up for a client that does not read them.
      if (this.#release !== undefined) return;
      if (!this.#transport.writable) {
        this.cancel();
        return;
      }
      this.#transport.send(PacketList.of(PROBE_ANSWER));
      attempt(() => this.#session.emit('upgrading', this.#transport));
      // The client stops polling when its waiting request ends. It may have sent another request by then, so this
      // repeats.
      this.#releasePolls();
    } else if (unit === UPGRADE && this.#session.readyState !== 'closed') {
      this.#end();
      tellUpgraded(this.#session, this.#transport.name);
      this.#session.completeUpgrade(this.#transport);
    } else {
      this.cancel();
    }
  }

  onWritable(): void {}

  onClose(): void {
    if (this.#isOver) return;
    this.#end();
    this.#abandon();
  }

  /** Gives up the attempt: the session stays on its transport, and the new one closes. */
  cancel(): void {
    if (this.#isOver) return;
    this.#end();
    this.#abandon();
    this.#transport.close();
  }

  #abandon(): void {
    if (this.#session.readyState !== 'closed') tellUpgraded(this.#session, undefined);
    this.#session.abandonUpgrade();
  }

  #releasePolls(): void {
    if (this.#isOver) return;
    this.#session.releasePoll();
    this.#release = this.#clock.setTimeout((upgrade: Upgrade) => upgrade.#releasePolls(), RELEASE_EVERY_MS, this);
  }

  #end(): void {
    this.#isOver = true;
    this.#clock.clearTimeout(this.#deadline);
    if (this.#release !== undefined) this.#clock.clearTimeout(this.#release);
  }
}
