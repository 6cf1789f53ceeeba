/**
 * One room on several servers, and a window of messages in flight from a sender on the first server. A message is done
 * when every receiver has it; then the next one is sent. Messages are counted by the heads of their frames, because
 * offsets differ in length. Every 16th receiver also compares the bytes before the offset. At the end every receiver
 * must hold the same number of messages.
 */
import { exchange, openConnection, openConnections } from './connection.mjs';
import { clientFrame, DIALECTS } from './wire.mjs';

const LEVELS = 4096;
const TEXT = 'The ferry leaves the landing at dawn, and it waits for nobody...';
/** The first byte of a whole text frame. */
const TEXT_FRAME = 0x81;
/** The resolution of latencies, in microseconds, and the number of steps. */
const STEP_MICROS = 10;
const STEPS = 50_000;

/** One receiver: how many messages it has, and where it is in the next frame. */
class Receiver {
  level = 0;
  /** Bytes of the frame's head that were read, and the size that they give. */
  head = 0;
  size = 0;
  /** Bytes of the frame's body that were read. */
  read = 0;

  /**
   * @param {import('./connection.mjs').Connection} connection
   * @param {number} server
   * @param {Buffer | undefined} known the first bytes of each message, for a receiver that compares
   */
  constructor(connection, server, known) {
    this.connection = connection;
    this.server = server;
    this.known = known;
  }

  /**
   * Reads on, and returns the number of messages that are whole now, or -1 for other bytes.
   * @param {Buffer} bytes
   * @param {number} end
   */
  take(bytes, end) {
    let [at, messages] = [0, 0];
    while (at < end) {
      if (this.head < 2 || (this.size === 126 && this.head < 4)) {
        if (!this.#takeHead(bytes[at] ?? 0)) return -1;
        at += 1;
        continue;
      }
      const count = Math.min(end - at, this.#bodySize - this.read);
      if (this.known && !this.#isKnown(bytes, at, count)) return -1;
      at += count;
      this.read += count;
      if (this.read < this.#bodySize) break;
      messages += 1;
      this.head = 0;
      this.size = 0;
      this.read = 0;
      this.longSize = 0;
    }
    return messages;
  }

  longSize = 0;

  get #bodySize() {
    return this.size === 126 ? this.longSize : this.size;
  }

  /** @param {number} byte */
  #takeHead(byte) {
    this.head += 1;
    if (this.head === 1) return byte === TEXT_FRAME;
    if (this.head === 2) this.size = byte;
    else this.longSize = this.longSize * 256 + byte;
    return this.size <= 126;
  }

  /** @param {Buffer} bytes @param {number} at @param {number} count */
  #isKnown(bytes, at, count) {
    const known = /** @type {Buffer} */ (this.known);
    const end = Math.min(known.length, this.read + count);
    if (this.read >= end) return true;
    return bytes.compare(known, this.read, end, at, at + end - this.read) === 0;
  }
}

export class Load {
  /** Deliveries so far. */
  count = 0;
  #options;
  /** @type {Receiver[]} */
  #receivers = [];
  /** @type {import('./connection.mjs').Connection | undefined} */
  #sender;
  /** How many receivers have received exactly n messages, at n modulo LEVELS. */
  #atLevel = new Int32Array(LEVELS);
  #lowest = 0;
  #sent = 0;
  #sentAt = 0;
  #isStopping = false;
  #frames;
  #frameBytes;
  #known;
  /** How many messages took so many steps to a receiver on a server. */
  #latencies;
  /** @type {Error | undefined} */
  #failure;
  /** @type {{ resolve: () => void, reject: (error: Error) => void } | undefined} */
  #drained;

  /**
   * @param {{ ports: readonly number[], dialect: 'socket.io' | 'socket.io-log', receivers: number, window: number }}
   * options `receivers` of each server
   */
  constructor(options) {
    this.#options = options;
    const { say, said, unknownBytes = 1 } = DIALECTS[options.dialect];
    const frame = clientFrame(say(TEXT));
    this.#frameBytes = frame.length;
    this.#frames = Buffer.concat(Array.from({ length: options.window }, () => frame));
    this.#known = Buffer.from(said(TEXT)).subarray(0, -unknownBytes);
    this.#latencies = options.ports.map(() => new Uint32Array(STEPS));
  }

  async open() {
    const { ports, dialect, receivers } = this.#options;
    const { join } = DIALECTS[dialect];
    for (const [server, port] of ports.entries()) {
      const connections = await openConnections(receivers, { port, dialect });
      if (join !== undefined) await Promise.all(connections.map((connection) => exchange(connection, join)));
      for (const [index, connection] of connections.entries())
        this.#receivers.push(new Receiver(connection, server, index % 16 === 0 ? this.#known : undefined));
    }
    this.#sender = await openConnection({ port: ports[0] ?? 0, dialect, isSender: true });
    this.#atLevel[0] = this.#receivers.length;
    for (const receiver of this.#receivers) {
      receiver.connection.onLost = (error) => this.#fail(error);
      receiver.connection.startMeter((bytes, size) => this.#receive(receiver, bytes, size));
    }
    this.#sender.onLost = (error) => this.#fail(error);
    this.#sender.startMeter(() => this.#fail(new Error('the sender received data')));
  }

  start() {
    this.#send(this.#options.window);
  }

  /** Lets the window run empty, then sends one more message, which every receiver compares. */
  async stop() {
    this.#isStopping = true;
    await this.#drain();
    for (const receiver of this.#receivers) receiver.known = this.#known;
    this.#send(1);
    await this.#drain();
    for (const { level, head } of this.#receivers)
      if (level !== this.#sent || head !== 0) throw new Error(`a receiver got ${level} of ${this.#sent} messages`);
    for (const { connection } of this.#receivers) connection.destroy();
    this.#sender?.destroy();
    return { sent: this.#sent, delivered: this.count };
  }

  /** Begins to measure latencies. */
  resetLatencies() {
    for (const counts of this.#latencies) counts.fill(0);
  }

  /** Returns the latencies to the receivers of each server, in milliseconds from the sending to the receipt. */
  latencies() {
    return this.#latencies.map((counts) => ({ medianMs: partOf(counts, 0.5), lateMs: partOf(counts, 0.99) }));
  }

  /** @returns {Promise<void>} */
  #drain() {
    return new Promise((resolve, reject) => {
      this.#drained = { resolve, reject };
      if (this.#failure !== undefined) reject(this.#failure);
      else if (this.#lowest === this.#sent) resolve();
    });
  }

  /** @param {Receiver} receiver @param {Buffer} bytes @param {number} size */
  #receive(receiver, bytes, size) {
    const messages = receiver.take(bytes, size);
    if (messages < 0) this.#fail(new Error('a receiver got other bytes than expected'));
    if (messages <= 0) return;
    if (this.#options.window === 1) this.#noteLatency(receiver.server);
    const level = receiver.level;
    receiver.level = level + messages;
    this.count += messages;
    const atLevel = this.#atLevel;
    atLevel[(level + messages) % LEVELS] = (atLevel[(level + messages) % LEVELS] ?? 0) + 1;
    const left = (atLevel[level % LEVELS] ?? 0) - 1;
    atLevel[level % LEVELS] = left;
    if (left === 0 && level === this.#lowest) this.#advance();
  }

  /** @param {number} server */
  #noteLatency(server) {
    const counts = /** @type {Uint32Array} */ (this.#latencies[server]);
    const step = Math.min(STEPS - 1, Math.floor(((performance.now() - this.#sentAt) * 1_000) / STEP_MICROS));
    counts[step] = (counts[step] ?? 0) + 1;
  }

  #advance() {
    const before = this.#lowest;
    while (this.#lowest < this.#sent && this.#atLevel[this.#lowest % LEVELS] === 0) this.#lowest += 1;
    if (!this.#isStopping) this.#send(this.#lowest - before);
    else if (this.#lowest === this.#sent) this.#drained?.resolve();
  }

  /** @param {number} messages */
  #send(messages) {
    this.#sent += messages;
    this.#sentAt = performance.now();
    this.#sender?.socket.write(this.#frames.subarray(0, messages * this.#frameBytes));
  }

  /** @param {Error} error */
  #fail(error) {
    this.#failure ??= error;
    this.#drained?.reject(this.#failure);
  }
}

/** @param {Uint32Array} counts @param {number} part */
function partOf(counts, part) {
  let rest = counts.reduce((sum, count) => sum + count, 0) * part;
  const step = counts.findIndex((count) => {
    rest -= count;
    return rest <= 0;
  });
  return ((step + 0.5) * STEP_MICROS) / 1_000;
}
