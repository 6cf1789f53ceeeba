/** Transports in memory. The test is their other end: it opens them, sends, and sees the sent data. */

import type {
  EngineOptions,
  OutgoingPacket,
  TransportClass,
  TransportOptions,
} from '../../src/client/engine/options.js';
import type { Platform } from '../../src/client/engine/platform.js';
import { upgrade } from '../../src/client/engine/probe.js';
import { Transport } from '../../src/client/engine/transport.js';
import { createMemory } from '../../src/client/engine/websocket-memory.js';
import type { FakeClock } from './fake-clock.js';

/** One transport as seen by its server. */
export class FakeTransport extends Transport {
  /** The sent data, as a WebSocket would carry it. */
  readonly sent: unknown[] = [];
  /** The options of each packet sent. */
  readonly sentOptions: OutgoingPacket['options'][] = [];
  /** Whether written packets leave at once. */
  drains = true;
  isPaused = false;
  isResumed = false;
  onPaused: (() => void) | undefined;

  get name(): string {
    return 'websocket';
  }

  protected doOpen(): void {}
  protected doClose(): void {}

  protected write(packets: readonly OutgoingPacket[]): void {
    for (const packet of packets) {
      this.sent.push(this.encode(packet));
      this.sentOptions.push(packet.options);
    }
    if (this.drains) queueMicrotask(() => this.drain());
  }

  /** Lets the written packets leave. */
  drain(): void {
    this.writable = true;
    this.emit('drain');
  }

  /** The server sends units. */
  receive(...units: (string | Uint8Array)[]): void {
    for (const unit of units) {
      const packet = this.decode(unit);
      if (packet) this.onPacket(packet);
    }
  }

  /** The server accepts the connection and opens a session. */
  accept(handshake: Record<string, unknown> = {}): void {
    this.onOpen();
    this.receive(`0${JSON.stringify({ ...HANDSHAKE, ...handshake })}`);
  }
}

/** The handshake of a test server. */
export const HANDSHAKE = { sid: 'sid', upgrades: [], pingInterval: 25_000, pingTimeout: 20_000, maxPayload: 1_000_000 };

/** A platform in memory. */
export interface FakeLink {
  readonly platform: Platform;
  /** All created transports, oldest first. */
  readonly transports: FakeTransport[];
  /** The newest transport. */
  readonly last: FakeTransport;
  /** Options that keep an engine or manager on these transports. */
  readonly options: EngineOptions;
}

/** Creates a platform whose transports `polling` and `websocket` are in memory. */
export function createFakeLink(clock?: FakeClock, overrides: Partial<Platform> = {}): FakeLink {
  const transports: FakeTransport[] = [];
  class FakeWebSocket extends FakeTransport {
    constructor(options: TransportOptions) {
      super(options);
      transports.push(this);
    }
  }
  class FakePolling extends FakeWebSocket {
    override get name(): string {
      return 'polling';
    }
    pause(onPause: () => void): void {
      this.isPaused = true;
      this.onPaused = onPause;
    }
    resume(): void {
      this.isResumed = true;
    }
    fit(packets: readonly OutgoingPacket[]): number {
      return packets.length;
    }
  }
  const classes: Record<string, TransportClass> = { polling: FakePolling, websocket: FakeWebSocket };
  return {
    platform: {
      transports: classes,
      defaults: ['polling', 'websocket'],
      binaryType: 'nodebuffer',
      upgrade,
      memory: createMemory(),
      ...overrides,
    },
    transports,
    get last() {
      const transport = transports.at(-1);
      if (!transport) throw new RangeError('no transport was made');
      return transport;
    },
    options: { clock, random: { fraction: () => 0.5 } },
  };
}
