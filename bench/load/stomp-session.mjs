/** Connections that speak STOMP, over WebSocket or over TCP, until a meter takes their bytes. */
import { connect } from 'node:net';
import { Connection } from './connection.mjs';
import { clientFrame } from './wire.mjs';

const CONNECT = 'CONNECT\naccept-version:1.2\nhost:/\nlogin:guest\npasscode:guest\nheart-beat:0,0\n\n\0';
const SUBSCRIBE = 'SUBSCRIBE\nid:sub-0\ndestination:/topic/room\nack:auto\nreceipt:in\n\n\0';

/** @param {string} text the body of every message */
export function sendFrame(text) {
  return clientFrame(
    `SEND\ndestination:/topic/room\ncontent-type:text/plain\ncontent-length:${text.length}\n\n${text}\0`,
  );
}

/**
 * Opens a WebSocket, connects, and subscribes if asked to.
 * @param {{ port: number, headers?: 'bare' | 'plain' | 'browser', subscribes?: boolean }} options
 * @returns {Promise<Connection>}
 */
function openWebSocket({ port, headers = 'bare', subscribes = false }) {
  return new Promise((resolve, reject) => {
    const connection = new Connection({ port, path: '/stomp', headers }, () => connection.send(CONNECT));
    connection.onLost = reject;
    connection.onText = (text) => {
      if (text.startsWith('CONNECTED')) {
        if (subscribes) connection.send(SUBSCRIBE);
        else resolve(connection);
      } else if (text.startsWith('RECEIPT')) resolve(connection);
      else if (text.trim() !== '') reject(new Error(`unexpected: ${text.slice(0, 120)}`));
    };
  });
}

/** A connection over TCP that only connects. */
export class TcpSession {
  onLost = () => {};
  onText = () => {};
  #isClosing = false;
  /** @type {import('node:net').Socket} */
  socket;

  /** @param {number} port @param {(error?: Error) => void} onOpen */
  constructor(port, onOpen) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.once('data', (/** @type {Buffer} */ chunk) => {
      onOpen(chunk.toString('latin1').startsWith('CONNECTED') ? undefined : new Error(`unexpected: ${chunk}`));
    });
    this.socket.on('error', onOpen);
    this.socket.on('close', () => {
      if (!this.#isClosing) this.onLost();
    });
    this.socket.write(CONNECT);
  }

  async close() {
    this.#isClosing = true;
    const closed = new Promise((resolve) => this.socket.once('close', resolve));
    this.socket.end('DISCONNECT\n\n\0');
    await closed;
  }

  destroy() {
    this.#isClosing = true;
    this.socket.resetAndDestroy();
  }
}

/** @param {number} port @returns {Promise<TcpSession>} */
function openTcp(port) {
  return new Promise((resolve, reject) => {
    const session = new TcpSession(port, (error) => (error ? reject(error) : resolve(session)));
  });
}

/**
 * Opens many connections, a bounded number at a time.
 * @param {number} count
 * @param {{ port: number, dialect: string, headers?: 'bare' | 'plain' | 'browser', subscribes?: boolean }} options
 * @returns {Promise<any[]>}
 */
export async function openSessions(count, options) {
  /** @type {any[]} */
  const sessions = [];
  let started = 0;
  const opener = async () => {
    while (started < count) {
      started += 1;
      sessions.push(await (options.dialect === 'stomp-tcp' ? openTcp(options.port) : openWebSocket(options)));
    }
  };
  await Promise.all(Array.from({ length: 32 }, opener));
  return sessions;
}
