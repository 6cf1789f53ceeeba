/**
 * One topic, many subscribers over WebSocket, and a window of messages in flight. The next message is sent when every
 * subscriber has one. Messages are counted by the headers of their WebSocket frames, because their ids make them differ
 * in size. Every 16th subscriber reads each message whole, and at the end every subscriber must hold the same number.
 */
import { openSessions, sendFrame } from './stomp-session.mjs';

const LEVELS = 4096;
const TEXT = 'The ferry leaves the landing at dawn, and it waits for nobody...';
const NOTHING = Buffer.alloc(0);

/** Counts the frames of one connection, and shows each of them to `check`, if given. */
class Counter {
  level = 0;
  /** Bytes of the skipped frame that have not arrived. */
  #left = 0;
  /** The beginning of a cut header, or of a frame that is read whole. */
  #rest = NOTHING;
  #check;

  /** @param {((frame: string) => void) | undefined} check */
  constructor(check) {
    this.#check = check;
  }

  /** Returns how many messages ended in these bytes. @param {Buffer} shared @param {number} size */
  take(shared, size) {
    let count = 0;
    let at = 0;
    let bytes = shared;
    let end = size;
    if (this.#rest.length > 0) {
      bytes = Buffer.concat([this.#rest, shared.subarray(0, size)]);
      end = bytes.length;
      this.#rest = NOTHING;
    }
    if (this.#left > 0) {
      const skipped = Math.min(this.#left, end);
      this.#left -= skipped;
      at = skipped;
      if (this.#left > 0) return 0;
      count += 1;
    }
    while (at < end) {
      const short = (bytes[at + 1] ?? 0) & 127;
      const head = short < 126 ? 2 : 4;
      if (end - at < head) break;
      const total = head + (short < 126 ? short : bytes.readUInt16BE(at + 2));
      if (end - at >= total) {
        this.#check?.(bytes.toString('latin1', at + head, at + total));
        count += 1;
      } else if (this.#check) break;
      else {
        this.#left = total - (end - at);
        return count;
      }
      at += total;
    }
    if (at < end) this.#rest = Buffer.from(bytes.subarray(at, end));
    return count;
  }
}

export class Load {
  /** Deliveries so far. */
  count = 0;
  #options;
  /** @type {{ connection: any, counter: Counter }[]} */
  #receivers = [];
  /** @type {any} */
  #sender;
  /** How many receivers have received exactly n messages, at n modulo LEVELS. */
  #atLevel = new Int32Array(LEVELS);
  #lowest = 0;
  #sent = 0;
  #isStopping = false;
  #frames;
  #frameBytes;
  /** @type {Error | undefined} */
  #failure;
  /** @type {{ resolve: () => void, reject: (error: Error) => void } | undefined} */
  #drained;

  /** @param {{ port: number, dialect: string, receivers: number, window: number }} options */
  constructor(options) {
    this.#options = options;
    const frame = sendFrame(TEXT);
    this.#frameBytes = frame.length;
    this.#frames = Buffer.concat(Array.from({ length: options.window }, () => frame));
  }

  async open() {
    const { port, dialect, receivers } = this.#options;
    const connections = await openSessions(receivers, { port, dialect, subscribes: true });
    [this.#sender] = await openSessions(1, { port, dialect });
    this.#atLevel[0] = receivers;
    this.#receivers = connections.map((connection, index) => {
      const counter = new Counter(index % 16 === 0 ? (frame) => this.#check(frame) : undefined);
      connection.onLost = (/** @type {Error} */ error) => this.#fail(error);
      connection.startMeter((/** @type {Buffer} */ bytes, /** @type {number} */ size) => {
        const messages = counter.take(bytes, size);
        if (messages > 0) this.#receive(counter, messages);
      });
      return { connection, counter };
    });
    this.#sender.onLost = (/** @type {Error} */ error) => this.#fail(error);
    this.#sender.onText = (/** @type {string} */ text) => this.#fail(new Error(`the sender was sent ${text}`));
  }

  start() {
    this.#send(this.#options.window);
  }

  /** Lets the window run empty. Every receiver must have every message. */
  async stop() {
    this.#isStopping = true;
    await new Promise((/** @type {(value: undefined) => void} */ resolve, reject) => {
      this.#drained = { resolve: () => resolve(undefined), reject };
      if (this.#failure !== undefined) reject(this.#failure);
      else if (this.#lowest === this.#sent) resolve(undefined);
    });
    for (const { counter } of this.#receivers) {
      if (counter.level !== this.#sent) throw new Error(`a receiver got ${counter.level} of ${this.#sent} messages`);
    }
    for (const { connection } of this.#receivers) connection.destroy();
    this.#sender.destroy();
    return { sent: this.#sent, delivered: this.count };
  }

  /** @param {string} frame */
  #check(frame) {
    // A line end may follow the NUL.
    if (frame.startsWith('MESSAGE\n') && frame.trimEnd().endsWith(`\n\n${TEXT}\0`)) return;
    this.#fail(new Error(`a receiver got ${frame.slice(0, 200)}`));
  }

  /** @param {Counter} counter @param {number} messages */
  #receive(counter, messages) {
    const { level } = counter;
    counter.level = level + messages;
    this.count += messages;
    const atLevel = this.#atLevel;
    atLevel[(level + messages) % LEVELS] = (atLevel[(level + messages) % LEVELS] ?? 0) + 1;
    const left = (atLevel[level % LEVELS] ?? 0) - 1;
    atLevel[level % LEVELS] = left;
    if (left === 0 && level === this.#lowest) this.#advance();
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
    this.#sender.socket.write(this.#frames.subarray(0, messages * this.#frameBytes));
  }

  /** @param {Error} error */
  #fail(error) {
    this.#failure ??= error;
    this.#drained?.reject(this.#failure);
  }
}
