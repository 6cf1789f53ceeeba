/**
 * Keeps a lane beside a connection in Node. Volatile events go over UDP while the lane is up, and over the connection while it is not.
 * docs/udp.md.
 */
import { Buffer } from 'node:buffer';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Timer } from '../../base/clock.js';
import { systemRandom } from '../../base/id.js';
import { attempt } from '../../base/uncaught.js';
import { LANE_SIGN_AGAIN_MS, LANE_SIGN_EVERY_MS } from '../../protocol/lane/freshness.js';
import { EncodedPacket, type Unit } from '../../transport/encoded-packet.js';
import { UdpDial } from '../../transport/udp/dial.js';
import { UdpLane } from '../../transport/udp/lane.js';
import { openSystemPort, type PortOpener } from '../../transport/udp/port.js';
import type { EngineSocket } from '../engine/engine.js';
import { parseAddress } from '../engine/uri.js';
import type { Manager } from '../socket/manager.js';
import { decodeMessage } from '../socket/packet-codec.js';
import { CONNECT } from '../socket/packet-type.js';
import type { Socket } from '../socket/socket.js';

/** The server's answer to `naru:lane`. */
interface LaneOffer {
  readonly endpoint?: unknown;
  readonly token?: unknown;
  readonly key?: unknown;
}

const ASK_TIMEOUT_MS = 10_000;
const RETRY_AFTER_MS = 5_000;
const RETRY_AFTER_MS_MAX = 60_000;
/** Milliseconds of silence after which the client drops a lane and asks for another. */
const SILENCE_MS_MAX = 30_000;
const CONTROL_WAITING_BYTES_MAX = 65_536;

/** Keeps a lane for the connection if the option `lane` asks for one. */
export function accompany(connection: Manager<Socket>, openPort: PortOpener = openSystemPort): void {
  const { lane, parser } = connection.opts;
  // The lane cannot recognise the packets of another parser.
  if (lane && !parser) new LaneKeeper(connection, typeof lane === 'string' ? lane : '', openPort).watch();
}

/** Asks for a lane, opens it, keeps it alive, and asks for another when it fails. */
class LaneKeeper {
  readonly #connection: Manager<Socket>;
  readonly #endpoint: string;
  readonly #openPort: PortOpener;
  #engine: EngineSocket | undefined;
  #namespace = '/';
  #dial: UdpDial | undefined;
  #lane: UdpLane | undefined;
  #timer: Timer | undefined;
  #retryAfterMs = RETRY_AFTER_MS;

  constructor(connection: Manager<Socket>, endpoint: string, openPort: PortOpener) {
    this.#connection = connection;
    this.#endpoint = endpoint;
    this.#openPort = openPort;
  }

  watch(): void {
    this.#connection.on('packet', ({ type, nsp, data }) => {
      const isConnected = type === CONNECT && (data as { sid?: string } | undefined)?.sid !== undefined;
      if (!isConnected || this.#engine === this.#connection.engine) return;
      this.#stop();
      this.#engine = this.#connection.engine;
      this.#namespace = nsp;
      this.#retryAfterMs = RETRY_AFTER_MS;
      this.#engine.on('upgrade', () => this.#attach());
      // The socket gets this packet only after this listener has returned, so it is not connected yet.
      this.#after(0, () => this.#ask());
    });
    this.#connection.on('close', () => {
      this.#stop();
      this.#engine = undefined;
    });
  }

  #ask(): void {
    const engine = this.#engine;
    const socket = this.#connection.nsps.get(this.#namespace);
    if (!socket || !engine) return;
    const answered = (error: unknown, offer: LaneOffer): void => {
      if (this.#engine !== engine) return;
      if (error || typeof offer?.token !== 'string' || typeof offer.key !== 'string') this.#retry();
      else this.#open(engine, offer).catch(() => this.#retry());
    };
    socket.timeout(ASK_TIMEOUT_MS).emit('naru:lane', answered);
  }

  async #open(engine: EngineSocket, { endpoint, token, key }: LaneOffer): Promise<void> {
    const { host, port } = parseAddress(this.#endpoint || String(endpoint));
    const name = host || engine.hostname;
    const address = isIP(name) ? name : (await lookup(name)).address;
    if (this.#engine !== engine) return;
    const { timers, opts } = this.#connection;
    const dial = new UdpDial(
      {
        port: Number(port),
        address,
        records: [],
        secret: Buffer.from(String(key), 'base64url'),
        token: Buffer.from(String(token), 'base64url'),
        agrees: opts.keyExchange !== false,
        controlBytesMax: CONTROL_WAITING_BYTES_MAX,
        timers,
        random: systemRandom,
        openPort: this.#openPort,
      },
      {
        createLink: (context, place) => {
          const receiver = {
            onVolatile: (_lane: UdpLane, units: readonly Unit[]) => this.#receive(engine, units),
            onLaneEnd: () => this.#retry(),
          };
          this.#lane = new UdpLane(context, receiver, place, timers);
          return this.#lane;
        },
        onOpen: () => this.#onOpen(),
        onFail: () => this.#retry(),
      },
    );
    this.#dial = dial;
    if (opts.autoUnref) dial.unref();
    await dial.start();
  }

  #onOpen(): void {
    this.#retryAfterMs = RETRY_AFTER_MS;
    this.#attach();
    this.#giveSigns();
  }

  /** Sends a sign of life at once, so the server knows that its ACCEPT arrived, and then repeats it. */
  #giveSigns(): void {
    const lane = this.#lane;
    if (!lane) return;
    if (lane.silentMs > SILENCE_MS_MAX) {
      this.#retry();
      return;
    }
    // Without an answer, the sign or its answer may be lost, so the next one follows sooner.
    const isAnswered = lane.silentMs < LANE_SIGN_EVERY_MS;
    lane.giveSign();
    this.#after(isAnswered ? LANE_SIGN_EVERY_MS : LANE_SIGN_AGAIN_MS, () => this.#giveSigns());
  }

  /** Makes the transport send volatile events over the lane. */
  #attach(): void {
    const { transport } = this.#engine ?? {};
    if (!transport || !this.#lane || transport.sendVolatile) return;
    transport.sendVolatile = (units) => this.#send(units as readonly Unit[]);
  }

  #send(units: readonly Unit[]): boolean {
    const [text, ...attachments] = units;
    if (typeof text !== 'string') return false;
    const packets = [new EncodedPacket(`4${text}`), ...attachments.map((unit) => new EncodedPacket(unit))];
    return this.#lane?.send(packets) === true;
  }

  #receive(engine: EngineSocket, units: readonly Unit[]): void {
    if (this.#engine !== engine || engine.readyState !== 'open') return;
    const packet = decodeMessage(units);
    if (packet) attempt(() => engine.emit('volatile', packet));
  }

  #retry(): void {
    const engine = this.#engine;
    this.#stop();
    if (!engine) return;
    this.#after(this.#retryAfterMs, () => this.#ask());
    this.#retryAfterMs = Math.min(RETRY_AFTER_MS_MAX, this.#retryAfterMs * 2);
  }

  #after(delayMs: number, callback: () => void): void {
    this.#timer = this.#connection.timers.setTimeout(callback, delayMs, undefined);
  }

  #stop(): void {
    if (this.#timer !== undefined) this.#connection.timers.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#lane = undefined;
    const dial = this.#dial;
    this.#dial = undefined;
    dial?.stop();
  }
}
