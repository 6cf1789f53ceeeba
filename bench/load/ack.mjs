/**
 * Round trips: each client keeps a fixed number of questions in flight, and sends the next for every answer. Answers
 * are counted by arithmetic on bytes. Every 16th client compares every byte, including acknowledgement ids.
 */
import { openConnections } from './connection.mjs';
import { clientFrame, cyclicPattern, DIALECTS, serverFrame } from './wire.mjs';

const TEXT = 'The ferry leaves the landing at dawn, and it waits for nobody...';
// Three digits each, so that all questions have one size, and all answers.
const IDS = Array.from({ length: 900 }, (_, index) => 100 + index);

export class Load {
  /** Answers so far. */
  count = 0;
  #options;
  /** @type {import('./connection.mjs').Connection[]} */
  #clients = [];
  #isStopping = false;
  #inFlight = 0;
  #questions;
  #questionBytes;
  #pattern;
  #answerBytes;
  /** @type {Error | undefined} */
  #failure;
  /** @type {{ resolve: () => void, reject: (error: Error) => void } | undefined} */
  #drained;

  /** @param {{ port: number, dialect: 'socket.io' | 'websocket', clients: number, window: number }} options */
  constructor(options) {
    this.#options = options;
    const { ask, answered } = DIALECTS[options.dialect];
    const questions = IDS.map((id) => clientFrame(ask(id, TEXT)));
    this.#questionBytes = questions[0]?.length ?? 0;
    // The same questions once more, so that a window that wraps is still one slice.
    this.#questions = Buffer.concat([...questions, ...questions]);
    const answers = IDS.map((id) => serverFrame(answered(id, TEXT)));
    this.#answerBytes = answers[0]?.length ?? 0;
    this.#pattern = cyclicPattern(answers);
  }

  async open() {
    const { port, dialect, clients } = this.#options;
    this.#clients = await openConnections(clients, { port, dialect });
    for (const [index, client] of this.#clients.entries()) {
      client.onLost = (error) => this.#fail(error);
      const isChecked = index % 16 === 0;
      client.startMeter((bytes, size) => this.#receive(client, bytes, size, isChecked));
    }
  }

  start() {
    for (const client of this.#clients) this.#ask(client, 0, this.#options.window);
  }

  async stop() {
    this.#isStopping = true;
    await new Promise((resolve, reject) => {
      this.#drained = { resolve: () => resolve(undefined), reject };
      if (this.#failure !== undefined) reject(this.#failure);
      else if (this.#inFlight === 0) resolve(undefined);
    });
    for (const client of this.#clients) {
      if (client.partial !== 0) throw new Error('a client holds half an answer');
      client.destroy();
    }
    return { answered: this.count };
  }

  /**
   * @param {import('./connection.mjs').Connection} client
   * @param {Buffer} bytes
   * @param {number} size
   * @param {boolean} isChecked
   */
  #receive(client, bytes, size, isChecked) {
    const index = client.level % IDS.length;
    if (isChecked) {
      const from = index * this.#answerBytes + client.partial;
      if (bytes.compare(this.#pattern.bytes, from, from + size, 0, size) !== 0) {
        this.#fail(new Error('a client got other bytes than expected'));
        return;
      }
    }
    const total = client.partial + size;
    const answers = Math.trunc(total / this.#answerBytes);
    client.partial = total - answers * this.#answerBytes;
    if (answers === 0) return;
    client.level += answers;
    this.count += answers;
    this.#inFlight -= answers;
    if (!this.#isStopping) this.#ask(client, (index + this.#options.window) % IDS.length, answers);
    else if (this.#inFlight === 0) this.#drained?.resolve();
  }

  /**
   * @param {import('./connection.mjs').Connection} client
   * @param {number} index of the first id
   * @param {number} questions
   */
  #ask(client, index, questions) {
    this.#inFlight += questions;
    const from = index * this.#questionBytes;
    client.socket.write(this.#questions.subarray(from, from + questions * this.#questionBytes));
  }

  /** @param {Error} error */
  #fail(error) {
    this.#failure ??= error;
    this.#drained?.reject(this.#failure);
  }
}
