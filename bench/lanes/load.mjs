/**
 * Clients that send volatile events at a fixed rate, and count those that they get. They are Naru's own clients,
 * because a lane needs one. The WebRTC of Node stands in for that of a page.
 */

import { udp } from '@naru/udp/client';
import { io } from 'naru/client';

const TEXT = 'The ferry leaves the landing at dawn, and it waits for nobody...';
const OPEN_MS = 30_000;
/** Clients that open their lane at once. */
const OPEN_AT_ONCE = 10;

export class Load {
  /** Events that arrived. */
  count = 0;
  #options;
  /** @type {import('naru/client').Socket[]} */
  #sockets = [];
  /** @type {NodeJS.Timeout | undefined} */
  #timer;

  /** @param {{ port: number, dialect: string, clients: number, perSecond: number }} options */
  constructor(options) {
    this.#options = options;
  }

  async open() {
    const { clients } = this.#options;
    while (this.#sockets.length < clients)
      await Promise.all(Array.from({ length: OPEN_AT_ONCE }, () => this.#connect()));
  }

  /** The clients send in turns, so that their events are spread evenly over time. */
  start() {
    const { clients, perSecond } = this.#options;
    const startedAt = performance.now();
    let sent = 0;
    this.#timer = setInterval(() => {
      const due = ((performance.now() - startedAt) / 1_000) * perSecond * clients;
      for (; sent < due; sent += 1) this.#sockets[sent % clients]?.volatile.emit('say', TEXT);
    }, 1);
  }

  async stop() {
    clearInterval(this.#timer);
    const wants = this.#options.dialect !== 'socket.io';
    for (const socket of this.#sockets)
      if ((await socket.emitWithAck('lane')) !== wants) throw new Error('a client lost its lane');
    for (const socket of this.#sockets) socket.disconnect();
  }

  async #connect() {
    const { port, dialect } = this.#options;
    const options = {
      transports: ['websocket'],
      forceNew: true,
      ...(dialect === 'udp-lane' && { wires: [udp({ lane: true })] }),
    };
    const socket = io(`http://127.0.0.1:${port}`, /** @type {any} */ (options));
    socket.on('said', (/** @type {string} */ text) => {
      if (text !== TEXT) throw new Error('a client got another text than was sent');
      this.count += 1;
    });
    await new Promise((resolve, reject) => {
      socket.once('connect', () => resolve(undefined));
      socket.once('connect_error', reject);
    });
    if (dialect === 'page-lane') await openPageLane(socket);
    if (dialect !== 'socket.io') await laneIsOpen(socket);
    this.#sockets.push(socket);
  }
}

/** @param {import('naru/client').Socket} socket */
async function openPageLane(socket) {
  const { RTCPeerConnection } = await import('node-datachannel/polyfill');
  Object.assign(globalThis, { RTCPeerConnection });
  const { openLane } = await import('@naru/udp/lane');
  openLane(socket);
}

/** @param {import('naru/client').Socket} socket */
async function laneIsOpen(socket) {
  const until = performance.now() + OPEN_MS;
  while (!(await socket.emitWithAck('lane'))) {
    if (performance.now() > until) throw new Error('a lane did not open');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
