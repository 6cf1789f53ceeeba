/**
 * One session over HTTP streaming: a GET with an endless answer, and POSTs beside it. The interface is that of
 * `PollingSession`.
 */
import { dial, READ_BYTES_MAX } from './dial.mjs';
import { HttpConnection } from './http.mjs';
import { openPollingSessions } from './polling-session.mjs';

const PATH = '/socket.io/?EIO=4&transport=sse';
const HEADERS = 'Accept: text/event-stream\r\nUser-Agent: node-XMLHttpRequest\r\nConnection: keep-alive';
const SEPARATOR = '\x1e';

const NOTHING = Buffer.alloc(0);
const [CR, LF] = [13, 10];

/** The connection of a stream: HTTP/1.1 chunks with events in them. */
export class StreamConnection {
  /** Takes the data of all events of a read, joined as a payload is. @type {(payload: string) => void} */
  onPayload = () => {};
  /** @type {(error: Error) => void} */
  onLost = () => {};
  #socket;
  #rest = '';
  #text = '';
  #hasHead = false;
  #isClosing = false;
  /** @type {((bytes: Buffer) => void) | undefined} */
  #meter;
  #half = NOTHING;

  /**
   * @param {number} port
   * @param {boolean} [isUsed] whether the connection answers another request before the stream
   */
  constructor(port, isUsed = false) {
    this.#socket = dial(port, {
      onRead: (bytes, size) => {
        if (this.#meter === undefined) this.#receive(bytes.latin1Slice(0, size));
        else this.#meter(bytes.subarray(0, size));
      },
      onLost: (error) => this.#lost(error),
    });
    const request = `GET ${PATH} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${HEADERS}\r\n\r\n`;
    if (isUsed)
      this.#askFirst(
        `POST ${PATH} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${HEADERS}\r\nContent-Length: 1\r\n\r\n2`,
        request,
      );
    else this.#socket.write(request);
  }

  /**
   * From now on only counts events whose data is `message`, and compares their bytes. Begins between events.
   * @param {string} message @param {(messages: number) => void} onMessages
   */
  startMeter(message, onMessages) {
    const event = Buffer.from(`data: ${message}\n\n`);
    const pattern = Buffer.concat(Array.from({ length: Math.ceil(READ_BYTES_MAX / event.length) }, () => event));
    this.#meter = (bytes) => {
      const all = this.#half.length === 0 ? bytes : Buffer.concat([this.#half, bytes]);
      const { at, size } = countChunks(all, pattern);
      if (at < 0 || size % event.length > 0) {
        this.#lost(new Error(`other events than expected: ${all.latin1Slice(0, 300)}`));
        return;
      }
      this.#half = at === all.length ? NOTHING : Buffer.from(all.subarray(at));
      if (size > 0) onMessages(size / event.length);
    };
  }

  /** Ends the stream as a closed page does. @returns {Promise<void>} */
  close() {
    this.#isClosing = true;
    return new Promise((resolve) => {
      this.#socket.once('close', () => resolve());
      this.#socket.destroy();
    });
  }

  /** Cuts the connection with a reset. */
  destroy() {
    this.#isClosing = true;
    this.#socket.resetAndDestroy();
  }

  /**
   * Sends a request, waits for any answer, and then sends another request. @param {string} first @param {string}
   * request
   */
  #askFirst(first, request) {
    let answer = '';
    this.#meter = (bytes) => {
      answer += bytes.latin1Slice();
      const [head = '', body = ''] = answer.split('\r\n\r\n');
      if (body.length !== Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1])) return;
      this.#meter = undefined;
      this.#socket.write(request);
    };
    this.#socket.write(first);
  }

  /** @param {Error} error */
  #lost(error) {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#socket.destroy();
    this.onLost(error);
  }

  /** @param {string} chunk */
  #receive(chunk) {
    let bytes = this.#rest === '' ? chunk : this.#rest + chunk;
    if (!this.#hasHead) {
      const end = bytes.indexOf('\r\n\r\n');
      if (end >= 0 && !/^HTTP\/1.1 200 .*\r\ntransfer-encoding: chunked/is.test(bytes.slice(0, end + 2))) {
        this.#lost(new Error(`not a stream: ${bytes.slice(0, 200)}`));
        return;
      }
      this.#rest = bytes;
      if (end < 0) return;
      this.#hasHead = true;
      bytes = bytes.slice(end + 4);
    }
    let at = 0;
    let text = this.#text;
    for (;;) {
      const line = bytes.indexOf('\r\n', at);
      if (line < 0) break;
      const size = Number.parseInt(bytes.slice(at, line), 16);
      if (bytes.length < line + 4 + size) break;
      text += bytes.slice(line + 2, line + 2 + size);
      at = line + 4 + size;
    }
    this.#rest = bytes.slice(at);
    const end = text.lastIndexOf('\n\n');
    this.#text = end < 0 ? text : text.slice(end + 2);
    if (end > 0) this.#takeEvents(text.slice(0, end));
  }

  /** @param {string} text events, without the end of the last one */
  #takeEvents(text) {
    const events = text.split('\n\n').filter((event) => !event.startsWith(':'));
    if (events.length > 0) this.onPayload(events.map((event) => event.slice(6)).join(SEPARATOR));
  }
}

/**
 * Finds the whole chunks at the start of the bytes: where they end, and the size of their content. Each must match the
 * start of `pattern`.
 * @param {Buffer} bytes @param {Buffer} pattern
 * @returns {{ at: number, size: number }} `at` is -1 for any other bytes
 */
function countChunks(bytes, pattern) {
  let at = 0;
  let total = 0;
  for (;;) {
    let size = 0;
    let from = at;
    for (; from < bytes.length && bytes[from] !== CR; from += 1) {
      const digit = DIGITS[bytes[from] ?? 0] ?? 0;
      if (digit < 0) return { at: -1, size: 0 };
      size = size * 16 + digit;
    }
    from += 2;
    const end = from + size;
    if (end + 2 > bytes.length) return { at, size: total };
    const isDue = bytes[from - 1] === LF && bytes[end] === CR && bytes[end + 1] === LF && size > 0;
    if (!isDue || bytes.compare(pattern, 0, size, from, end) !== 0) return { at: -1, size: 0 };
    total += size;
    at = end + 2;
  }
}

/** The value of a byte as a hexadecimal digit, or -1. */
const DIGITS = Int8Array.from({ length: 256 }, (_, byte) => '0123456789abcdef'.indexOf(String.fromCharCode(byte)));

export class SseSession {
  /** Takes the received packets. @type {(body: string) => void} */
  onBody = () => {};
  /** @type {(error: Error) => void} */
  onLost = () => {};
  #port;
  #down;
  #up;
  #post = '';

  /** @param {number} port */
  constructor(port) {
    this.#port = port;
    this.#down = new StreamConnection(port);
    this.#up = new HttpConnection(port);
    this.#down.onLost = (error) => this.onLost(error);
    this.#up.onLost = (error) => this.onLost(error);
  }

  /** Handshake and Socket.IO CONNECT. @returns {Promise<void>} */
  open() {
    return new Promise((resolve, reject) => {
      this.onLost = reject;
      this.#down.onPayload = (handshake) => {
        this.#post = postHead(this.#port, sidOf(handshake));
        // The answers to the POST and to CONNECT arrive on two connections, in any order.
        let missing = 2;
        const arrive = () => {
          missing -= 1;
          if (missing === 0) resolve();
        };
        this.#down.onPayload = (connected) => {
          if (!connected.startsWith('40{')) reject(new Error(`unexpected greeting: ${connected.slice(0, 80)}`));
          this.#down.onPayload = (payload) => this.onBody(payload);
          arrive();
        };
        this.post('40', arrive);
      };
    });
  }

  /**
   * Counts messages from now on, instead of `onBody`. @param {string} message @param {(messages: number) => void}
   * onMessages
   */
  startMeter(message, onMessages) {
    this.#down.startMeter(message, onMessages);
  }

  /** Does nothing: the server sends without being asked. */
  poll() {}

  /** @param {string} payload @param {() => void} onOk */
  post(payload, onOk) {
    this.#up.request(`${this.#post}${payload.length}\r\n\r\n${payload}`, (body) => {
      if (body === 'ok') onOk();
      else this.onLost(new Error(`a POST was answered by ${body.slice(0, 80)}`));
    });
  }

  destroy() {
    this.#down.destroy();
    this.#up.destroy();
  }
}

/** Returns the sid of a handshake packet. @param {string} packet */
export function sidOf(packet) {
  return JSON.parse(packet.slice(1)).sid;
}

/** Returns a POST up to the value of its length. @param {number} port @param {string} sid */
export function postHead(port, sid) {
  return `POST ${PATH}&sid=${sid} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${HEADERS}\r\nContent-Type: text/plain;charset=UTF-8\r\nContent-Length: `;
}

/**
 * Opens many sessions, sixteen at a time: over HTTP streaming if the server has it, else over long-polling.
 * @param {number} count
 * @param {number} port
 * @returns {Promise<(SseSession | import('./polling-session.mjs').PollingSession)[]>}
 */
export async function openHttpSessions(count, port) {
  const first = new SseSession(port);
  try {
    await first.open();
  } catch {
    first.destroy();
    return openPollingSessions(count, port);
  }
  const sessions = [first];
  let started = 1;
  const opener = async () => {
    while (started < count) {
      started += 1;
      const session = new SseSession(port);
      await session.open();
      sessions.push(session);
    }
  };
  await Promise.all(Array.from({ length: 16 }, opener));
  return sessions;
}
