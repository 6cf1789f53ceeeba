/** A client of Naru's records, written from docs/tcp.md with node:net, and one that sends bare bytes. */
import { dial } from './dial.mjs';

const EMPTY = Buffer.alloc(0);

/** Encodes one text record. @param {string} text */
export function record(text) {
  const bytes = Buffer.from(text);
  const head = bytes.length < 126 ? [bytes.length] : [126, bytes.length >> 8, bytes.length & 255];
  return Buffer.concat([Buffer.from(head), bytes]);
}

const TEXT = 'The ferry leaves the landing at dawn, and it waits for nobody...';

/** The texts of each dialect: how it begins, joins and sends, and the expected answers. */
export const DIALECTS = {
  records: {
    hello: Buffer.concat([Buffer.from('NARU1\n'), record('40')]),
    /** Whether the greeting is complete. @param {Buffer} bytes */
    isGreeted: (bytes) => bytes.includes('40{'),
    join: record('420["join"]'),
    joined: record('430[]'),
    say: record(`42["say","${TEXT}"]`),
    said: record(`42["said","${TEXT}"]`),
  },
  lines: {
    hello: Buffer.from('\n'),
    isGreeted: (/** @type {Buffer} */ bytes) => bytes.includes('* entered'),
    join: Buffer.from('/ask join\n'),
    joined: Buffer.from('= 1\n'),
    say: Buffer.from(`say "${TEXT}"\n`),
    said: Buffer.from(`#room said "${TEXT}"\n`),
  },
  bare: {
    hello: EMPTY,
    isGreeted: () => true,
    join: Buffer.from('J'),
    joined: Buffer.from('J'),
    say: Buffer.from(TEXT),
    said: Buffer.from(TEXT),
  },
};

const PING = record('2');
const PONG = record('3');

export class TcpSession {
  /** For the load's own records: messages received so far, and bytes of the next one. */
  level = 0;
  partial = 0;
  pings = 0;
  /** @type {(error: Error) => void} */
  onLost = () => {};
  /** @type {((bytes: Buffer, size: number) => void) | undefined} */
  #meter;
  #greeting = EMPTY;
  #isClosing = false;
  /** @type {import('node:net').Socket} */
  socket;

  /** @param {number} port */
  constructor(port) {
    this.socket = dial(port, {
      onRead: (bytes, size) => this.#meter?.(bytes, size),
      onLost: (error) => this.#lose(error),
    });
  }

  /**
   * Writes bytes, and resolves when the received data is complete. @param {Buffer} bytes @param {(all: Buffer) =>
   * boolean} isDone
   */
  exchange(bytes, isDone) {
    return new Promise((resolve, reject) => {
      this.onLost = reject;
      this.#greeting = EMPTY;
      this.#meter = (chunk, size) => {
        this.#greeting = Buffer.concat([this.#greeting, chunk.subarray(0, size)]);
        if (isDone(this.#greeting)) resolve(undefined);
      };
      if (bytes.length > 0) this.socket.write(bytes);
      if (isDone(EMPTY)) this.socket.once('connect', () => resolve(undefined));
    });
  }

  /**
   * From now on `meter` gets the bytes, in a buffer that is only valid during the call. @param {(bytes: Buffer, size:
   * number) => void} meter
   */
  startMeter(meter) {
    this.#meter = meter;
  }

  /** Answers pings, and ignores everything else. */
  startIdling() {
    this.startMeter((bytes, size) => {
      if (size !== PING.length || bytes[1] !== PING[1]) return;
      this.pings += 1;
      this.socket.write(PONG);
    });
  }

  /** Half-closes, and resolves when the connection is gone. */
  async close() {
    this.#isClosing = true;
    if (this.socket.destroyed) return;
    const closed = new Promise((resolve) => this.socket.once('close', resolve));
    this.socket.end();
    await closed;
  }

  /** Cuts the connection with a reset, which leaves no port in TIME_WAIT. */
  destroy() {
    this.#isClosing = true;
    this.socket.resetAndDestroy();
  }

  /** @param {Error} error */
  #lose(error) {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.socket.destroy();
    this.onLost(error);
  }
}

/**
 * Opens many connections, at most 64 at a time, so that no accept queue overflows.
 * @param {number} count
 * @param {{ port: number, dialect: keyof typeof DIALECTS }} options
 * @param {(session: TcpSession) => void} [onOpen] called when a session is greeted, before the others are
 */
export async function openSessions(count, { port, dialect }, onOpen = () => {}) {
  const { hello, isGreeted } = DIALECTS[dialect];
  /** @type {TcpSession[]} */
  const sessions = [];
  let started = 0;
  const opener = async () => {
    while (started < count) {
      started += 1;
      const session = new TcpSession(port);
      await session.exchange(hello, isGreeted);
      onOpen(session);
      sessions.push(session);
    }
  };
  await Promise.all(Array.from({ length: 64 }, opener));
  return sessions;
}
