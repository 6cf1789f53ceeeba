/**
 * One room, many receivers, and a window of messages in flight. A message is done when every receiver has it; then the
 * next one is sent. Received messages are counted by arithmetic on bytes, because each has the same known size. Every
 * 16th receiver also compares every byte. At the end every receiver must hold the same whole number of messages.
 */
import { exchange, openConnections } from './connection.mjs';
import { contentOf, receivedFrames, sentFrames } from './large-messages.mjs';
import { clientFrame, cyclicPattern, DIALECTS, serverFrame } from './wire.mjs';

const LEVELS = 4096;
const TEXT = 'The ferry leaves the landing at dawn, and it waits for nobody...';

export class Load {
  /** Deliveries so far. */
  count = 0;
  #options;
  /** @type {import('./connection.mjs').Connection[]} */
  #receivers = [];
  /** @type {import('./connection.mjs').Connection[]} */
  #senders = [];
  /** How many receivers have received exactly n messages, at n modulo LEVELS. */
  #atLevel = new Int32Array(LEVELS);
  #lowest = 0;
  #sent = 0;
  #isStopping = false;
  #checksAll = false;
  #nextSender = 0;
  #frames;
  #frameBytes;
  #pattern;
  #saidBytes;
  /** Bytes at the end of a message whose content is unknown, but not their number. */
  #unknownBytes;
  /** @type {Error | undefined} */
  #failure;
  /** @type {{ resolve: () => void, reject: (error: Error) => void } | undefined} */
  #drained;

  /**
   * @param {{ port: number, dialect: 'socket.io' | 'socket.io-log' | 'websocket', receivers: number, senders: number,
   * window: number, form?: string, bytes?: number }} options
   */
  constructor(options) {
    this.#options = options;
    const { say, said, unknownBytes = 0 } = DIALECTS[options.dialect];
    this.#unknownBytes = unknownBytes;
    const content = options.form === undefined ? undefined : contentOf(options.form, options.bytes ?? TEXT.length);
    const frame = content ? sentFrames('say', content) : clientFrame(say(TEXT));
    this.#frameBytes = frame.length;
    this.#frames = Buffer.concat(Array.from({ length: options.window }, () => frame));
    const delivered = content ? receivedFrames('said', content) : serverFrame(said(TEXT));
    this.#saidBytes = delivered.length;
    this.#pattern = cyclicPattern([delivered]);
  }

  async open() {
    const { port, dialect, receivers, senders } = this.#options;
    this.#receivers = await openConnections(receivers, { port, dialect });
    const { join } = DIALECTS[dialect];
    if (join !== undefined) await Promise.all(this.#receivers.map((receiver) => exchange(receiver, join)));
    // The senders connect last, and each on a path that identifies it, because a server without rooms must know whom to
    // leave out.
    this.#senders = await openConnections(senders, { port, dialect, isSender: true });
    this.#atLevel[0] = receivers;
    for (const [index, receiver] of this.#receivers.entries()) {
      receiver.onLost = (error) => this.#fail(error);
      const isChecked = index % 16 === 0;
      receiver.startMeter((bytes, size) => this.#receive(receiver, bytes, size, isChecked));
    }
    for (const sender of this.#senders) {
      sender.onLost = (error) => this.#fail(error);
      sender.startMeter(() => this.#fail(new Error('a sender received data')));
    }
  }

  start() {
    this.#send(this.#options.window);
  }

  /** Lets the window run empty, then sends one more message, of which every receiver compares every byte. */
  async stop() {
    this.#isStopping = true;
    await this.#drain();
    this.#checksAll = true;
    this.#send(1);
    await this.#drain();
    for (const { level, partial } of this.#receivers) {
      if (level !== this.#sent || partial !== 0) throw new Error(`a receiver got ${level} of ${this.#sent} messages`);
    }
    for (const connection of [...this.#receivers, ...this.#senders]) connection.destroy();
    return { sent: this.#sent, delivered: this.count };
  }

  /** @returns {Promise<void>} */
  #drain() {
    return new Promise((resolve, reject) => {
      this.#drained = { resolve, reject };
      if (this.#failure !== undefined) reject(this.#failure);
      else if (this.#lowest === this.#sent) resolve();
    });
  }

  /**
   * @param {import('./connection.mjs').Connection} receiver
   * @param {Buffer} bytes
   * @param {number} size
   * @param {boolean} isChecked
   */
  #receive(receiver, bytes, size, isChecked) {
    if (isChecked || this.#checksAll) {
      const from = receiver.partial;
      if (!this.#isExpected(bytes, from, size)) {
        this.#fail(new Error('a receiver got other bytes than expected'));
        return;
      }
    }
    const total = receiver.partial + size;
    const messages = Math.trunc(total / this.#saidBytes);
    receiver.partial = total - messages * this.#saidBytes;
    if (messages === 0) return;
    const level = receiver.level;
    receiver.level = level + messages;
    this.count += messages;
    const atLevel = this.#atLevel;
    atLevel[(level + messages) % LEVELS] = (atLevel[(level + messages) % LEVELS] ?? 0) + 1;
    const left = (atLevel[level % LEVELS] ?? 0) - 1;
    atLevel[level % LEVELS] = left;
    if (left === 0 && level === this.#lowest) this.#advance();
  }

  /**
   * @param {Buffer} bytes
   * @param {number} from
   * @param {number} size
   */
  #isExpected(bytes, from, size) {
    const pattern = this.#pattern.bytes;
    if (this.#unknownBytes === 0) return bytes.compare(pattern, from, from + size, 0, size) === 0;
    const knownBytes = this.#saidBytes - this.#unknownBytes;
    for (let at = 0; at < size; ) {
      const place = (from + at) % this.#saidBytes;
      const end = Math.min(size, at + (place < knownBytes ? knownBytes : this.#saidBytes) - place);
      if (place < knownBytes && bytes.compare(pattern, place, place + end - at, at, end) !== 0) return false;
      at = end;
    }
    return true;
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
    const senders = this.#senders;
    if (senders.length === 1) {
      senders[0]?.socket.write(this.#frames.subarray(0, messages * this.#frameBytes));
      return;
    }
    for (let index = 0; index < messages; index++) {
      senders[this.#nextSender]?.socket.write(this.#frames.subarray(0, this.#frameBytes));
      this.#nextSender = (this.#nextSender + 1) % senders.length;
    }
  }

  /** @param {Error} error */
  #fail(error) {
    this.#failure ??= error;
    this.#drained?.reject(this.#failure);
  }
}
