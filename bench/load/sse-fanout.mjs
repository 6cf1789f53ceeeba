/**
 * One room of receivers over HTTP, on streams if the server has them and else on long-polling, with a WebSocket sender.
 * A window of messages is in flight. Messages that are due at the same time leave in one write, as in `fanout`. Every
 * receiver compares every byte.
 */
import { openConnections } from './connection.mjs';
import { openHttpSessions, SseSession } from './sse-session.mjs';
import { clientFrame, DIALECTS } from './wire.mjs';

const TEXT = 'The ferry leaves the landing at dawn, and it waits for nobody...';
const SEPARATOR = '\x1e';
const DRAIN_MS = 20_000;

/** @typedef {import('./polling-session.mjs').PollingSession | SseSession} Receiver */

export class Load {
  /** Deliveries so far. */
  count = 0;
  #options;
  /** @type {Receiver[]} */
  #receivers = [];
  /** @type {import('./connection.mjs').Connection | undefined} */
  #sender;
  /** Messages that each receiver has. @type {number[]} */
  #have = [];
  /** How many receivers have exactly this many messages, by the number modulo the size of the list. @type {number[]} */
  #atLevel;
  #sent = 0;
  /** The number of messages that all receivers have. */
  #lowest = 0;
  #isStopping = false;
  #frame;
  #frames;
  #said;
  /** Bodies of polls, by their number of messages. @type {string[]} */
  #bodies;
  /** @type {Error | undefined} */
  #failure;
  /** @type {{ resolve: () => void, reject: (error: Error) => void } | undefined} */
  #drained;

  /** @param {{ port: number, receivers: number, window: number }} options */
  constructor(options) {
    this.#options = options;
    const { say, said } = DIALECTS['socket.io'];
    this.#frame = clientFrame(say(TEXT));
    this.#frames = Buffer.concat(Array.from({ length: options.window }, () => this.#frame));
    this.#said = said(TEXT);
    this.#bodies = Array.from({ length: options.window + 1 }, (_, count) =>
      Array.from({ length: count }, () => this.#said).join(SEPARATOR),
    );
    this.#atLevel = Array.from({ length: options.window + 1 }, () => 0);
  }

  async open() {
    const { port, receivers } = this.#options;
    this.#receivers = await openHttpSessions(receivers, port);
    await Promise.all(this.#receivers.map((receiver) => this.#join(receiver)));
    [this.#sender] = await openConnections(1, { port, dialect: 'socket.io', isSender: true });
    if (this.#sender !== undefined) this.#sender.onLost = (error) => this.#fail(error);
    this.#have = this.#receivers.map(() => 0);
    this.#atLevel[0] = this.#receivers.length;
    for (const [index, receiver] of this.#receivers.entries()) {
      receiver.onLost = (error) => this.#fail(error);
      if (receiver instanceof SseSession) {
        receiver.startMeter(this.#said, (messages) => this.#take(index, messages));
      } else {
        receiver.onBody = (body) => this.#takeBody(index, body);
        receiver.poll();
      }
    }
  }

  start() {
    this.#send(this.#options.window);
  }

  async stop() {
    this.#isStopping = true;
    const isLost = setTimeout(() => this.#fail(new Error('a receiver did not get all messages in time')), DRAIN_MS);
    await new Promise((resolve, reject) => {
      this.#drained = { resolve: () => resolve(undefined), reject };
      if (this.#failure !== undefined) reject(this.#failure);
      else if (this.#lowest === this.#sent) resolve(undefined);
    });
    clearTimeout(isLost);
    for (const have of this.#have)
      if (have !== this.#sent) throw new Error(`a receiver got ${have} of ${this.#sent} messages`);
    this.#sender?.destroy();
    for (const receiver of this.#receivers) receiver.destroy();
    return { sent: this.#sent, delivered: this.count };
  }

  /** @param {Receiver} receiver @returns {Promise<void>} */
  #join(receiver) {
    return new Promise((resolve, reject) => {
      receiver.onLost = reject;
      receiver.onBody = (body) => (body === '430[]' ? resolve() : reject(new Error(`unexpected ${body.slice(0, 80)}`)));
      receiver.poll();
      receiver.post('420["join"]', () => {});
    });
  }

  /** @param {number} index @param {string} body */
  #takeBody(index, body) {
    const messages = (body.length + 1) / (this.#said.length + 1);
    if (body !== this.#bodies[messages]) {
      this.#fail(new Error(`unexpected ${body.slice(0, 200)}`));
      return;
    }
    this.#take(index, messages);
    this.#receivers[index]?.poll();
  }

  /** @param {number} index @param {number} messages */
  #take(index, messages) {
    const before = this.#have[index] ?? 0;
    const after = before + messages;
    if (after > this.#sent) {
      this.#fail(new Error(`a receiver got ${after} of ${this.#sent} messages`));
      return;
    }
    this.#have[index] = after;
    this.count += messages;
    const levels = this.#atLevel;
    const size = levels.length;
    levels[after % size] = (levels[after % size] ?? 0) + 1;
    const left = (levels[before % size] ?? 0) - 1;
    levels[before % size] = left;
    if (left === 0 && before === this.#lowest) this.#advance();
  }

  #advance() {
    const before = this.#lowest;
    const size = this.#atLevel.length;
    while (this.#lowest < this.#sent && this.#atLevel[this.#lowest % size] === 0) this.#lowest += 1;
    if (!this.#isStopping) this.#send(this.#lowest - before);
    else if (this.#lowest === this.#sent) this.#drained?.resolve();
  }

  /** @param {number} messages */
  #send(messages) {
    this.#sent += messages;
    this.#sender?.socket.write(this.#frames.subarray(0, messages * this.#frame.length));
  }

  /** @param {Error} error */
  #fail(error) {
    this.#failure ??= error;
    this.#drained?.reject(this.#failure);
  }
}
