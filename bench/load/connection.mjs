/**
 * One WebSocket of the loader, on a bare TCP socket. Until `startMeter` it parses frames, and answers pings of RFC 6455
 * and Engine.IO. From then on it only reports the number of bytes, which keeps the loader cheap.
 */
import { dial } from './dial.mjs';
import { clientFrame, DIALECTS, upgradeRequest } from './wire.mjs';

const EMPTY = Buffer.alloc(0);
const ENGINE_PONG = clientFrame('3');

export class Connection {
  /** Takes the bytes after `startMeter`. @type {((bytes: Buffer, size: number) => void) | undefined} */
  #meter;
  /** Takes the texts before `startMeter`. @type {(text: string) => void} */
  onText = () => {};
  /** Called when the connection is lost without being closed here. @type {(error: Error) => void} */
  onLost = () => {};
  /** The last text of the dialect's greeting. */
  greeting = '';
  /** Engine.IO pings answered. */
  pings = 0;
  /** For the load's own records: messages received so far, and bytes of the next one. */
  level = 0;
  partial = 0;

  #rest = EMPTY;
  #isOpen = false;
  #isClosing = false;
  #accept;
  /** @type {import('node:net').Socket} */
  socket;
  /** @type {() => void} */
  #onOpen;

  /**
   * @param {{ port: number, path: string, headers: 'bare' | 'plain' | 'browser' }} to
   * @param {() => void} onOpen
   */
  constructor({ port, path, headers }, onOpen) {
    const { request, accept } = upgradeRequest(port, path, headers);
    this.#accept = accept;
    this.#onOpen = onOpen;
    this.socket = dial(port, {
      onRead: (bytes, size) => {
        if (this.#meter === undefined) this.#parse(bytes.subarray(0, size));
        else this.#meter(bytes, size);
      },
      onLost: (error) => this.#lost(error),
    });
    this.socket.write(request);
  }

  /** @param {string} text */
  send(text) {
    this.socket.write(clientFrame(text));
  }

  /**
   * Stops parsing: from now on `meter` gets the bytes, in a buffer that is only valid during the call.
   * @param {(bytes: Buffer, size: number) => void} meter
   */
  startMeter(meter) {
    if (this.#rest.length > 0) throw new Error('half a frame is waiting; metering must begin between messages');
    this.#meter = meter;
  }

  /** Sends a close frame (1000) and resolves when the TCP connection is gone. */
  async close() {
    this.#isClosing = true;
    if (this.socket.destroyed) return;
    this.#meter = () => {};
    const closed = new Promise((resolve) => this.socket.once('close', resolve));
    this.socket.end(CLOSE_FRAME);
    await closed;
  }

  /** Cuts the connection with a reset, which leaves no port in TIME_WAIT. */
  destroy() {
    this.#isClosing = true;
    this.socket.resetAndDestroy();
  }

  /** @param {Error} error */
  #lost(error) {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.socket.destroy();
    this.onLost(error);
  }

  /** @param {Buffer} chunk */
  #parse(chunk) {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    if (!this.#isOpen) {
      const end = bytes.indexOf('\r\n\r\n');
      if (end === -1) {
        this.#rest = Buffer.from(bytes);
        return;
      }
      const head = bytes.toString('latin1', 0, end);
      if (!head.startsWith('HTTP/1.1 101') || !head.includes(this.#accept)) {
        this.#lost(new Error(`the upgrade was refused: ${head.slice(0, 80)}`));
        return;
      }
      this.#isOpen = true;
      bytes = bytes.subarray(end + 4);
      this.#onOpen();
    }
    this.#rest = Buffer.from(this.#parseFrames(bytes));
  }

  /** @param {Buffer} bytes @returns {Buffer} what is left */
  #parseFrames(bytes) {
    let at = 0;
    while (bytes.length - at >= 2) {
      const opcode = (bytes[at] ?? 0) & 15;
      let size = (bytes[at + 1] ?? 0) & 127;
      let head = 2;
      if (size === 126) {
        if (bytes.length - at < 4) break;
        size = bytes.readUInt16BE(at + 2);
        head = 4;
      } else if (size === 127) {
        this.#lost(new Error('a frame of 64 KiB or more'));
        break;
      }
      if (bytes.length - at < head + size) break;
      const body = bytes.subarray(at + head, at + head + size);
      at += head + size;
      if (opcode === 1) this.#take(body.toString());
      else if (opcode === 9) this.socket.write(clientFrame(body.toString('latin1'), 10));
      else if (opcode === 8) this.#lost(new Error(`the server closed a WebSocket: ${body.subarray(2)}`));
      else this.#lost(new Error(`an unexpected frame with opcode ${opcode}`));
    }
    return bytes.subarray(at);
  }

  /** @param {string} text */
  #take(text) {
    if (text === '2') {
      this.pings += 1;
      this.socket.write(ENGINE_PONG);
    } else {
      this.onText(text);
    }
  }
}

// Opcode 8, masked with the key 0, code 1000.
const CLOSE_FRAME = Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]);

/**
 * Opens one connection and goes through its dialect's greeting.
 * @param {{ port: number, dialect: 'socket.io' | 'websocket', headers?: 'plain' | 'browser', isSender?: boolean }}
 * options
 * @returns {Promise<Connection>}
 */
export function openConnection({ port, dialect, headers = 'plain', isSender = false }) {
  const { greeting, path: plainPath } = DIALECTS[dialect];
  const path = isSender ? `${plainPath}${plainPath.includes('?') ? '&' : '?'}sender` : plainPath;
  return new Promise((resolve, reject) => {
    let step = 0;
    const connection = new Connection({ port, path, headers }, () => {
      if (greeting.length === 0) resolve(connection);
    });
    connection.onLost = reject;
    connection.onText = (text) => {
      const expected = greeting[step++];
      if (expected === undefined || !text.startsWith(expected.expect)) {
        reject(new Error(`unexpected greeting: ${text.slice(0, 80)}`));
        return;
      }
      if (expected.reply !== undefined) connection.send(expected.reply);
      if (step !== greeting.length) return;
      connection.greeting = text;
      resolve(connection);
    };
  });
}

/**
 * Opens many connections, a bounded number at a time, so that no accept queue overflows.
 * @param {number} count
 * @param {Parameters<typeof openConnection>[0] & { concurrency?: number }} options
 */
export async function openConnections(count, options) {
  /** @type {Connection[]} */
  const connections = [];
  let started = 0;
  const opener = async () => {
    while (started < count) {
      started += 1;
      connections.push(await openConnection(options));
    }
  };
  await Promise.all(Array.from({ length: options.concurrency ?? 32 }, opener));
  return connections;
}

/**
 * Sends one text and waits for exactly one other.
 * @param {Connection} connection
 * @param {{ say: string, expect: string }} exchange
 * @returns {Promise<void>}
 */
export function exchange(connection, { say, expect }) {
  return new Promise((resolve, reject) => {
    connection.onLost = reject;
    connection.onText = (text) => {
      if (text === expect) resolve();
      else reject(new Error(`expected ${expect}, got ${text.slice(0, 80)}`));
    };
    connection.send(say);
  });
}
