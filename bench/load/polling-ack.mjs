/**
 * Round trips: POSTs a payload of questions, reads all answers by GET, and repeats. With `mayStream`, answers arrive on
 * a stream if the server has one.
 */
import { openPollingSessions } from './polling-session.mjs';
import { openHttpSessions } from './sse-session.mjs';
import { DIALECTS } from './wire.mjs';

const TEXT = 'The ferry leaves the landing at dawn, and it waits for nobody...';
const SEPARATOR = '\x1e';

export class Load {
  /** Answers so far. */
  count = 0;
  #options;
  /** @type {(import('./polling-session.mjs').PollingSession | import('./sse-session.mjs').SseSession)[]} */
  #sessions = [];
  #questions;
  #answers;
  #isStopping = false;
  #busy = 0;
  /** @type {Error | undefined} */
  #failure;
  /** @type {{ resolve: () => void, reject: (error: Error) => void } | undefined} */
  #drained;

  /** @param {{ port: number, clients: number, window: number, mayStream?: boolean }} options */
  constructor(options) {
    this.#options = options;
    const { ask, answered } = DIALECTS['socket.io'];
    const ids = Array.from({ length: options.window }, (_, index) => 100 + index);
    this.#questions = ids.map((id) => ask(id, TEXT)).join(SEPARATOR);
    this.#answers = ids.map((id) => answered(id, TEXT)).join(SEPARATOR);
  }

  async open() {
    const { clients, port, mayStream } = this.#options;
    this.#sessions = await (mayStream ? openHttpSessions : openPollingSessions)(clients, port);
    for (const session of this.#sessions) session.onLost = (error) => this.#fail(error);
  }

  start() {
    for (const session of this.#sessions) {
      this.#busy += 1;
      this.#round(session);
    }
  }

  async stop() {
    this.#isStopping = true;
    await new Promise((resolve, reject) => {
      this.#drained = { resolve: () => resolve(undefined), reject };
      if (this.#failure !== undefined) reject(this.#failure);
      else if (this.#busy === 0) resolve(undefined);
    });
    for (const session of this.#sessions) session.destroy();
    return { answered: this.count };
  }

  /**
   * One GET waits while the POST goes out. The round is over when the POST is answered and every answer has arrived. A
   * server may split the answers over several polls.
   * @param {import('./polling-session.mjs').PollingSession | import('./sse-session.mjs').SseSession} session
   */
  #round(session) {
    let isPosted = false;
    let got = '';
    const finish = () => {
      if (!isPosted || got.length < this.#answers.length) return;
      if (got !== this.#answers) {
        this.#fail(new Error(`unexpected answers: ${got.slice(0, 80)}`));
        return;
      }
      this.count += this.#options.window;
      if (!this.#isStopping) {
        this.#round(session);
        return;
      }
      this.#busy -= 1;
      if (this.#busy === 0) this.#drained?.resolve();
    };
    session.onBody = (body) => {
      got = got === '' ? body : got + SEPARATOR + body;
      if (got.length < this.#answers.length) session.poll();
      finish();
    };
    session.poll();
    session.post(this.#questions, () => {
      isPosted = true;
      finish();
    });
  }

  /** @param {Error} error */
  #fail(error) {
    this.#failure ??= error;
    this.#drained?.reject(this.#failure);
  }
}
