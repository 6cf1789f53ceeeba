/**
 * Clients that lose their server and return to the next one all at once, `concurrency` at a time. With the log they
 * send their pid and newest offset. Such a client is back when it is recovered under its former id and has every missed
 * message. Without the log it is back when it is connected.
 */
import { exchange, openConnections } from './connection.mjs';
import { dial } from './dial.mjs';
import { missedText } from './missed-text.mjs';
import { clientFrame, DIALECTS, serverFrame, upgradeRequest } from './wire.mjs';

const TEXT = 'The ferry leaves the landing at dawn, and it waits for nobody...';
/** One client in this many compares every byte of its missed messages, except their offsets. */
const CHECKED_EVERY = 16;
const OFFSET = /,"([0-9a-z]{11})"\]$/;

const EMPTY = Buffer.alloc(0);

export class Load {
  /** Clients that are back. */
  count = 0;
  #options;
  /** @type {import('./connection.mjs').Connection[]} */
  #connections = [];
  /** @type {{ sid: string, pid: string, offset: string }[]} */
  #sessions = [];
  /** @type {Comeback[]} */
  #back = [];
  #lost = 0;
  /** @type {() => void} */
  #onLost = () => {};

  /**
   * @param {{ port: number, dialect: 'socket.io' | 'socket.io-log', clients: number, rooms: number, concurrency:
   * number, missed: number }} options
   */
  constructor(options) {
    this.#options = options;
  }

  open() {}

  /** Connects all clients. Each one joins a room and receives a message, and so has an offset. */
  async connect() {
    const { port, dialect, clients, rooms } = this.#options;
    this.#connections = await openConnections(clients, { port, dialect: 'socket.io', concurrency: 64 });
    const { say } = DIALECTS[dialect];
    this.#sessions = this.#connections.map(({ greeting }) => ({ ...JSON.parse(greeting.slice(2)), offset: '' }));
    for (let at = 0; at < clients; at += 64)
      await Promise.all(
        this.#connections
          .slice(at, at + 64)
          .map((connection, index) =>
            exchange(connection, { say: `420["join",${(at + index) % rooms}]`, expect: '430[]' }),
          ),
      );
    const heard = this.#connections.map(
      (connection, index) =>
        new Promise((resolve, reject) => {
          connection.onLost = reject;
          connection.onText = (text) => {
            const session = this.#sessions[index];
            if (session) session.offset = OFFSET.exec(text)?.[1] ?? '';
            resolve(undefined);
          };
        }),
    );
    this.#connections[0]?.send(say(TEXT));
    await Promise.all(heard);
  }

  /** From now on the end of a connection is not a failure. */
  expectEnd() {
    this.#lost = 0;
    for (const connection of this.#connections) {
      connection.onText = () => {};
      connection.onLost = () => {
        this.#lost += 1;
        this.#onLost();
      };
    }
  }

  /** Resolves when all connections have ended. @returns {Promise<void>} */
  lost() {
    return new Promise((resolve) => {
      this.#onLost = () => {
        if (this.#lost === this.#connections.length) resolve();
      };
      this.#onLost();
    });
  }

  /** Lets the next clients return, and gives the seconds that they took. @param {number} clients */
  async recover(clients) {
    const from = performance.now();
    const end = this.#back.length + clients;
    const worker = async () => {
      while (this.#back.length < end) {
        const index = this.#back.length;
        const session = /** @type {Comeback['session']} */ (this.#sessions[index]);
        const comeback = new Comeback(this.#options, session, index % CHECKED_EVERY === 0);
        this.#back.push(comeback);
        await comeback.done;
        this.count += 1;
      }
    };
    await Promise.all(Array.from({ length: this.#options.concurrency }, worker));
    return (performance.now() - from) / 1_000;
  }

  /** Closes the connections of those who are back. */
  leave() {
    const recovered = this.#back.filter(({ isRecovered }) => isRecovered).length;
    for (const { socket } of this.#back) socket.resetAndDestroy();
    return { recovered, messages: this.#options.missed * recovered };
  }
}

/** One returning client. */
class Comeback {
  isRecovered = false;
  socket;
  session;
  /** @type {Promise<void>} */
  done;
  #missed;
  #isChecked;
  #accept;
  #rest = EMPTY;
  /** @type {'head' | 'open' | 'connect' | 'missed'} */
  #step = 'head';
  /** Bytes of missed messages so far, and their expected total. */
  #bytes = 0;
  #bytesMax;
  /** @type {Buffer[]} */
  #kept = [];
  /** @type {() => void} */
  #resolve = () => {};
  /** @type {(error: Error) => void} */
  #reject = () => {};

  /**
   * @param {{ port: number, missed: number }} options
   * @param {{ sid: string, pid: string, offset: string }} session
   * @param {boolean} isChecked
   */
  constructor({ port, missed }, session, isChecked) {
    this.session = session;
    this.#missed = missed;
    this.#isChecked = isChecked;
    this.#bytesMax = missed * serverFrame(missedMessage(0)).length;
    const { request, accept } = upgradeRequest(port, DIALECTS['socket.io'].path, 'plain');
    this.#accept = accept;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = () => resolve(undefined);
      this.#reject = reject;
    });
    this.socket = dial(port, {
      onRead: (bytes, size) => this.#take(bytes.subarray(0, size)),
      onLost: (error) => this.#reject(error),
    });
    this.socket.write(request);
  }

  /** @param {Buffer} chunk */
  #take(chunk) {
    let bytes = chunk;
    if (this.#step !== 'missed') {
      bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
      bytes = this.#greet(bytes);
      this.#rest = EMPTY;
      if (this.#step !== 'missed') {
        this.#rest = Buffer.from(bytes);
        return;
      }
    }
    this.#bytes += bytes.length;
    if (this.#isChecked && bytes.length > 0) this.#kept.push(Buffer.from(bytes));
    if (this.#bytes > this.#bytesMax) this.#reject(new Error('a client got more than it missed'));
    else if (this.#bytes === this.#bytesMax) this.#finish();
  }

  /** Reads the head of the response and the two greetings, and returns the rest. @param {Buffer} chunk */
  #greet(chunk) {
    let bytes = chunk;
    if (this.#step === 'head') {
      const end = bytes.indexOf('\r\n\r\n');
      if (end < 0) return bytes;
      const head = bytes.toString('latin1', 0, end);
      if (!head.startsWith('HTTP/1.1 101') || !head.includes(this.#accept))
        this.#reject(new Error(`refused: ${head.slice(0, 80)}`));
      this.#step = 'open';
      bytes = bytes.subarray(end + 4);
    }
    while (this.#step !== 'missed') {
      if (bytes.length < 2) break;
      const isLong = ((bytes[1] ?? 0) & 127) === 126;
      if (isLong && bytes.length < 4) break;
      const size = isLong ? bytes.readUInt16BE(2) : (bytes[1] ?? 0) & 127;
      const head = isLong ? 4 : 2;
      if (bytes.length < head + size) break;
      this.#onGreeting(bytes.toString('latin1', head, head + size));
      bytes = bytes.subarray(head + size);
    }
    return bytes;
  }

  /** @param {string} text */
  #onGreeting(text) {
    const { sid, pid, offset } = this.session;
    if (this.#step === 'open' && text.startsWith('0{')) {
      this.#step = 'connect';
      this.socket.write(clientFrame(pid === undefined ? '40' : `40${JSON.stringify({ pid, offset })}`));
    } else if (this.#step === 'connect' && text.startsWith('40{')) {
      this.#step = 'missed';
      this.isRecovered = JSON.parse(text.slice(2)).sid === sid;
      if (pid !== undefined && !this.isRecovered) this.#reject(new Error('a client was not recovered'));
    } else this.#reject(new Error(`unexpected greeting: ${text.slice(0, 80)}`));
  }

  #finish() {
    if (this.#isChecked && this.#missed > 0) {
      const got = Buffer.concat(this.#kept);
      const size = this.#bytesMax / this.#missed;
      for (let n = 0; n < this.#missed; n += 1) {
        const expected = serverFrame(missedMessage(n));
        const known = size - UNKNOWN_BYTES;
        if (got.compare(expected, 0, known, n * size, n * size + known) !== 0)
          this.#reject(new Error(`message ${n} differs from the missed one`));
      }
    }
    this.#resolve();
  }
}

/** Returns a missed message without its offset, whose content is unknown. @param {number} n */
function missedMessage(n) {
  return `42${JSON.stringify(['said', missedText(n), '00000000000'])}`;
}

const UNKNOWN_BYTES = '00000000000"]'.length;
