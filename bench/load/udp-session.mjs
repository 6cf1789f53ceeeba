/**
 * A client of Naru's datagrams, written from docs/udp.md with node:dgram and node:crypto, and one that sends bare
 * datagrams.
 */
import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';

const DATA = 0x16;
const CONTROL = 0x17;
const ACK = 0x18;
const CLOSE = 0x1b;
const EMPTY = Buffer.alloc(0);

/** @param {string} text */
export function record(text) {
  const bytes = Buffer.from(text);
  const head = bytes.length < 126 ? [bytes.length] : [126, bytes.length >> 8, bytes.length & 255];
  return Buffer.concat([Buffer.from(head), bytes]);
}

/** @param {Buffer} bytes @returns {Generator<string>} */
function* records(bytes) {
  for (let at = 0; at < bytes.length; ) {
    const isLong = (bytes[at] ?? 0) % 128 === 126;
    const size = isLong ? bytes.readUInt16BE(at + 1) : (bytes[at] ?? 0) % 128;
    const start = at + (isLong ? 3 : 1);
    yield bytes.toString('utf8', start, start + size);
    at = start + size;
  }
}

/** One session. */
export class UdpSession {
  /** Called with each message of the server's. @type {((text: string) => void) | undefined} */
  onMessage;
  pings = 0;
  isLost = false;
  #socket = createSocket({ type: 'udp4', recvBufferSize: 262_144 });
  #nonce = randomBytes(16);
  #sequence = 0;
  #controlSeen = 0;
  #controlSent = 0;
  /** @type {Buffer} */
  #id = EMPTY;
  /** @type {Buffer} */
  #clientKey = EMPTY;
  /** @type {Buffer} */
  #serverKey = EMPTY;

  /** Resolves when the server has answered CONNECT. @param {number} port */
  async open(port) {
    await new Promise((resolve) => this.#socket.bind(0, '127.0.0.1', () => resolve(undefined)));
    await new Promise((resolve) => this.#socket.connect(port, '127.0.0.1', () => resolve(undefined)));
    const hello = Buffer.concat([Buffer.of(0x11), this.#nonce, Buffer.alloc(47)]);
    const challenge = await this.#ask(hello, 0x12);
    const cookie = challenge.subarray(17, 33);
    const head = Buffer.concat([Buffer.of(0x13), this.#nonce, cookie, Buffer.of(0), record(''), record('40')]);
    const connect = Buffer.concat([head, tag(EMPTY, head)]);
    const accept = await this.#ask(connect, 0x14);
    this.#id = Buffer.from(accept.subarray(17, 23));
    const keys = Buffer.from(hkdfSync('sha256', EMPTY, Buffer.concat([this.#nonce, cookie]), 'naru udp 1', 64));
    this.#clientKey = keys.subarray(0, 32);
    this.#serverKey = keys.subarray(32);
    await new Promise((resolve) => {
      this.onMessage = (text) => {
        if (text.startsWith('40')) resolve(undefined);
      };
      this.#socket.on('message', (bytes) => this.#receive(bytes));
    });
  }

  /** Sends records. @param {Buffer} body */
  send(body) {
    this.#send(DATA, body);
  }

  /** Closes the session with a goodbye. */
  close() {
    this.#send(CLOSE, EMPTY);
    this.#socket.close();
  }

  /** Disappears without a goodbye. */
  destroy() {
    this.#socket.close();
  }

  /** @param {Buffer} datagram @param {number} kind @returns {Promise<Buffer>} */
  #ask(datagram, kind) {
    return new Promise((resolve) => {
      const timer = setInterval(() => this.#socket.send(datagram), 500);
      const listen = (/** @type {Buffer} */ bytes) => {
        if (bytes[0] !== kind) return;
        clearInterval(timer);
        this.#socket.off('message', listen);
        resolve(bytes);
      };
      this.#socket.on('message', listen);
      this.#socket.send(datagram);
    });
  }

  /** @param {number} kind @param {Buffer} body */
  #send(kind, body) {
    const datagram = Buffer.allocUnsafe(13 + body.length + 16);
    datagram[0] = kind;
    this.#id.copy(datagram, 1);
    this.#sequence += 1;
    datagram.writeUIntBE(this.#sequence, 7, 6);
    body.copy(datagram, 13);
    tag(this.#clientKey, datagram.subarray(0, 13 + body.length)).copy(datagram, 13 + body.length);
    this.#socket.send(datagram);
  }

  /** @param {Buffer} bytes */
  #receive(bytes) {
    const end = bytes.length - 16;
    if (end < 13 || !tag(this.#serverKey, bytes.subarray(0, end)).equals(bytes.subarray(end))) return;
    if (bytes[0] === DATA) {
      for (const text of records(bytes.subarray(13, end))) this.onMessage?.(text);
    } else if (bytes[0] === CONTROL) {
      this.#send(ACK, bytes.subarray(13, 17));
      const number = bytes.readUInt32BE(13);
      if (number !== this.#controlSeen + 1) return;
      this.#controlSeen = number;
      for (const text of records(bytes.subarray(17, end))) this.#onControl(text);
    } else if (bytes[0] === CLOSE) {
      this.isLost = true;
    }
  }

  /** @param {string} text */
  #onControl(text) {
    if (text !== '2') {
      this.onMessage?.(text);
      return;
    }
    this.pings += 1;
    this.#controlSent += 1;
    const number = Buffer.alloc(4);
    number.writeUInt32BE(this.#controlSent);
    this.#send(CONTROL, Buffer.concat([number, record('3')]));
  }
}

/** A peer with a bare socket: it sends and receives plain texts. */
export class BarePeer {
  /** @type {((text: string) => void) | undefined} */
  onMessage;
  #socket = createSocket({ type: 'udp4', recvBufferSize: 262_144 });

  /** @param {number} port */
  async open(port) {
    await new Promise((resolve) => this.#socket.bind(0, '127.0.0.1', () => resolve(undefined)));
    await new Promise((resolve) => this.#socket.connect(port, '127.0.0.1', () => resolve(undefined)));
    this.#socket.on('message', (bytes) => this.onMessage?.(bytes.toString('latin1')));
    this.#socket.send(Buffer.of(0));
  }

  /** @param {Buffer} body */
  send(body) {
    this.#socket.send(body);
  }

  close() {
    this.#socket.close();
  }

  destroy() {
    this.#socket.close();
  }
}

/** @param {Buffer} key @param {Buffer} bytes */
function tag(key, bytes) {
  return createHmac('sha256', key).update(bytes).digest().subarray(0, 16);
}
