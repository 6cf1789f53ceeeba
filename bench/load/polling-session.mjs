/** One long-polling session of the loader on two keep-alive connections: one GET waits, and POSTs use the other. */
import { HttpConnection } from './http.mjs';

const PATH = '/socket.io/?EIO=4&transport=polling';
const HEADERS = 'Accept: */*\r\nUser-Agent: node-XMLHttpRequest\r\nConnection: keep-alive';

export class PollingSession {
  /** Takes the body of each poll. @type {(body: string) => void} */
  onBody = () => {};
  /** @type {(error: Error) => void} */
  onLost = () => {};
  sid = '';
  #port;
  #down;
  #up;
  #get = '';
  #post = '';

  /** @param {number} port */
  constructor(port) {
    this.#port = port;
    this.#down = new HttpConnection(port);
    this.#up = new HttpConnection(port);
    this.#down.onLost = (error) => this.onLost(error);
    this.#up.onLost = (error) => this.onLost(error);
  }

  /** Handshake and Socket.IO CONNECT. @returns {Promise<void>} */
  open() {
    const host = `Host: 127.0.0.1:${this.#port}`;
    return new Promise((resolve, reject) => {
      this.onLost = reject;
      this.#down.request(`GET ${PATH} HTTP/1.1\r\n${host}\r\n${HEADERS}\r\n\r\n`, (body) => {
        const { sid } = JSON.parse(body.slice(1));
        this.sid = sid;
        this.#get = `GET ${PATH}&sid=${sid} HTTP/1.1\r\n${host}\r\n${HEADERS}\r\n\r\n`;
        this.#post = `POST ${PATH}&sid=${sid} HTTP/1.1\r\n${host}\r\n${HEADERS}\r\nContent-Type: text/plain;charset=UTF-8\r\nContent-Length: `;
        this.post('40', () =>
          this.#down.request(this.#get, (connected) => {
            if (connected.startsWith('40{')) resolve();
            else reject(new Error(`unexpected greeting: ${connected.slice(0, 80)}`));
          }),
        );
      });
    });
  }

  /** Sends the waiting GET. Its answer calls `onBody`, which polls again. */
  poll() {
    this.#down.request(this.#get, (body) => this.onBody(body));
  }

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

/**
 * Opens many sessions, sixteen at a time.
 * @param {number} count
 * @param {number} port
 */
export async function openPollingSessions(count, port) {
  /** @type {PollingSession[]} */
  const sessions = [];
  let started = 0;
  const opener = async () => {
    while (started < count) {
      started += 1;
      const session = new PollingSession(port);
      await session.open();
      sessions.push(session);
    }
  };
  await Promise.all(Array.from({ length: 16 }, opener));
  return sessions;
}
