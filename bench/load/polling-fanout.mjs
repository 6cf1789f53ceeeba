/**
 * One room of long-polling receivers and a WebSocket sender. A window of messages is in flight, and the next message
 * leaves by itself as soon as one is done, also in the middle of a poll's messages. Polls therefore carry few messages,
 * as when people speak one after the other. `sse-fanout` joins the messages that are due at the same time, with which
 * Naru delivers a quarter to a half more. This load does not join them, so that its results stay comparable with
 * earlier ones.
 */
import { openConnections } from './connection.mjs';
import { openPollingSessions } from './polling-session.mjs';
import { clientFrame, DIALECTS } from './wire.mjs';

const TEXT = 'The ferry leaves the landing at dawn, and it waits for nobody...';
const SEPARATOR = '\x1e';

export class Load {
  /** Deliveries so far. */
  count = 0;
  #options;
  /** @type {import('./polling-session.mjs').PollingSession[]} */
  #receivers = [];
  /** @type {import('./connection.mjs').Connection | undefined} */
  #sender;
  /** The number of messages that each receiver has, and the number of receivers that have a message. */
  #have = /** @type {number[]} */ ([]);
  #done = /** @type {Map<number, number>} */ (new Map());
  #sent = 0;
  #finished = 0;
  #isStopping = false;
  #frame;
  #said;
  /** @type {Error | undefined} */
  #failure;
  /** @type {{ resolve: () => void, reject: (error: Error) => void } | undefined} */
  #drained;

  /** @param {{ port: number, receivers: number, window: number }} options */
  constructor(options) {
    this.#options = options;
    const { say, said } = DIALECTS['socket.io'];
    this.#frame = clientFrame(say(TEXT));
    this.#said = said(TEXT);
  }

  async open() {
    const { port, receivers } = this.#options;
    this.#receivers = await openPollingSessions(receivers, port);
    await Promise.all(this.#receivers.map((receiver) => this.#join(receiver)));
    [this.#sender] = await openConnections(1, { port, dialect: 'socket.io', isSender: true });
    if (this.#sender !== undefined) this.#sender.onLost = (error) => this.#fail(error);
    this.#have = this.#receivers.map(() => 0);
    for (const [index, receiver] of this.#receivers.entries()) {
      receiver.onLost = (error) => this.#fail(error);
      receiver.onBody = (body) => this.#receive(index, body);
      receiver.poll();
    }
  }

  start() {
    this.#send(this.#options.window);
  }

  async stop() {
    this.#isStopping = true;
    await new Promise((resolve, reject) => {
      this.#drained = { resolve: () => resolve(undefined), reject };
      if (this.#failure !== undefined) reject(this.#failure);
      else if (this.#finished === this.#sent) resolve(undefined);
    });
    this.#sender?.destroy();
    for (const receiver of this.#receivers) receiver.destroy();
    return { sent: this.#sent, delivered: this.count };
  }

  /** @param {import('./polling-session.mjs').PollingSession} receiver @returns {Promise<void>} */
  #join(receiver) {
    return new Promise((resolve, reject) => {
      receiver.onLost = reject;
      receiver.onBody = (body) => (body === '430[]' ? resolve() : reject(new Error(`unexpected ${body.slice(0, 80)}`)));
      receiver.poll();
      receiver.post('420["join"]', () => {});
    });
  }

  /** @param {number} index @param {string} body */
  #receive(index, body) {
    const messages = body.split(SEPARATOR);
    for (const message of messages) {
      if (message !== this.#said) {
        this.#fail(new Error(`unexpected ${message.slice(0, 80)}`));
        return;
      }
      const number = (this.#have[index] ?? 0) + 1;
      this.#have[index] = number;
      this.count += 1;
      const have = (this.#done.get(number) ?? 0) + 1;
      if (have < this.#receivers.length) this.#done.set(number, have);
      else {
        this.#done.delete(number);
        this.#finished += 1;
        if (!this.#isStopping) this.#send(1);
        else if (this.#finished === this.#sent) this.#drained?.resolve();
      }
    }
    this.#receivers[index]?.poll();
  }

  /** @param {number} messages */
  #send(messages) {
    this.#sent += messages;
    for (let index = 0; index < messages; index++) this.#sender?.socket.write(this.#frame);
  }

  /** @param {Error} error */
  #fail(error) {
    this.#failure ??= error;
    this.#drained?.reject(this.#failure);
  }
}
