/**
 * Messages over UDP. `echo`: each client keeps a window of messages in flight, each in its own datagram, and sends the
 * next for each answer. `fanout`: one client sends, all receive, and the next message follows when all have it. A lost
 * message is sent again after a pause and counted only when it arrives. Every message is compared byte for byte.
 */
import { BarePeer, record, UdpSession } from './udp-session.mjs';

const TEXT = 'The ferry leaves the landing at dawn, and it waits for nobody...';
const FRAMES = {
  udp: { body: record(`42["say","${TEXT}"]`), answer: `42["said","${TEXT}"]` },
  bare: { body: Buffer.from(TEXT), answer: TEXT },
};
const PATIENCE_MS = 300;

export class Load {
  /** Messages that arrived. */
  count = 0;
  lost = 0;
  #options;
  #frames;
  /** @type {(UdpSession | BarePeer)[]} */
  #clients = [];
  /** The number of messages in flight that each client has. @type {number[]} */
  #seen = [];
  #level = 0;
  #sinceLevel = 0;
  #lastAt = 0;
  #isStopping = false;
  /** @type {NodeJS.Timeout | undefined} */
  #watch;

  /**
   * @param {{ port: number, dialect: 'udp' | 'bare', mode: 'echo' | 'fanout', clients: number, window: number }}
   * options
   */
  constructor(options) {
    this.#options = options;
    this.#frames = FRAMES[options.dialect];
  }

  async open() {
    const { port, dialect, clients, mode } = this.#options;
    for (let index = 0; index < clients; index += 1) {
      const client = dialect === 'udp' ? new UdpSession() : new BarePeer();
      await client.open(port);
      client.onMessage = (text) => this.#receive(index, text, mode === 'echo');
      this.#clients.push(client);
      this.#seen.push(0);
    }
    // The joins of bare peers are not answered.
    await new Promise((resolve) => setTimeout(resolve, 200));
    this.count = 0;
    this.#seen.fill(0);
  }

  start() {
    const { mode, window } = this.#options;
    const senders = mode === 'echo' ? this.#clients : this.#clients.slice(0, 1);
    for (const sender of senders) for (let sent = 0; sent < window; sent += 1) sender.send(this.#frames.body);
    this.#lastAt = this.count;
    this.#watch = setInterval(() => this.#resume(senders), PATIENCE_MS);
  }

  stop() {
    this.#isStopping = true;
    clearInterval(this.#watch);
    for (const client of this.#clients) client.destroy();
    return { count: this.count, lost: this.lost };
  }

  /** @param {number} index @param {string} text @param {boolean} isEcho */
  #receive(index, text, isEcho) {
    if (text.length !== this.#frames.answer.length) return;
    if (text !== this.#frames.answer) throw new Error('a client got other bytes than were sent');
    this.count += 1;
    if (this.#isStopping) return;
    if (isEcho) {
      this.#clients[index]?.send(this.#frames.body);
      return;
    }
    const seen = (this.#seen[index] ?? 0) + 1;
    this.#seen[index] = seen;
    this.#advance();
  }

  /**
   * The slowest client decides when the next message follows. The search for it waits until enough messages have
   * arrived for all to have one more.
   */
  #advance() {
    this.#sinceLevel += 1;
    if (this.#sinceLevel < this.#clients.length) return;
    const level = Math.min(...this.#seen);
    this.#sinceLevel = this.#seen.reduce((sum, seen) => sum + seen - level, 0);
    for (; this.#level < level; this.#level += 1) this.#clients[0]?.send(this.#frames.body);
  }

  /**
   * Nothing arrived for a while, so a message was lost, and all start again. @param {(UdpSession | BarePeer)[]} senders
   */
  #resume(senders) {
    if (this.count !== this.#lastAt) {
      this.#lastAt = this.count;
      return;
    }
    this.lost += 1;
    const level = Math.max(...this.#seen);
    this.#seen.fill(level);
    this.#level = level;
    this.#sinceLevel = 0;
    for (const sender of senders)
      for (let sent = 0; sent < this.#options.window; sent += 1) sender.send(this.#frames.body);
    this.#lastAt = this.count;
  }
}
