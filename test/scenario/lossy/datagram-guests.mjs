// Clients over UDP alone and with a lane. They record what they received and its faults.

import { udp } from '@naru/udp/client';
import { io } from 'naru/client';
import { padOf } from './datagram-host.mjs';

const DELAYS = { reconnectionDelay: 50, reconnectionDelayMax: 500, timeout: 8_000, forceNew: true };
const STATE_EVERY_MS = 25;
const REQUEST_EVERY_MS = 250;
const REQUESTS_MAX = 100;

/** A client over datagrams alone. */
export class UdpGuest {
  name;
  faults = [];
  /** The sessions: when each began, when it ended and why. */
  sessions = [];
  counts = { states: 0, asks: 0, requests: 0, answers: 0, onceAnswers: 0 };
  statesAt = [];
  // Counts over all sessions: an event that is emitted after the end of a session waits for the next one.
  #sent = 0;
  #asked = 0;
  #answered = 0;
  #socket;
  #once;
  #timers = [];

  constructor(name, host, port) {
    this.name = name;
    this.#socket = io(`udp://${host}:${port}`, { ...DELAYS, wires: [udp()] });
    this.#watch(this.#socket);
    // A client whose requests are retried, also by a later session.
    this.#once = io(`udp://${host}:${port}`, { ...DELAYS, wires: [udp()], retries: 1_000, ackTimeout: 2_000 });
    this.#timers.push(
      setInterval(() => this.#emit(), STATE_EVERY_MS),
      setInterval(() => this.#request(), REQUEST_EVERY_MS),
    );
  }

  get isIn() {
    return this.#socket.connected && this.#once.connected;
  }

  /** Sends an event that counts once, until it is answered. */
  async say(n, room) {
    const answer = await this.#once.emitWithAck('say', n, room);
    if (answer !== n) this.faults.push(`${this.name}: the answer to ${n} is ${JSON.stringify(answer)}`);
    this.counts.onceAnswers += 1;
  }

  close() {
    for (const timer of this.#timers) clearInterval(timer);
    this.#socket.disconnect();
    this.#once.disconnect();
  }

  toJSON() {
    const { name, faults, sessions, counts, statesAt } = this;
    return { name, faults, sessions, counts, statesAt };
  }

  #watch(socket) {
    let newest = -1;
    let due = 0;
    socket.on('connect', () => {
      this.sessions.push({ id: socket.id, from: Date.now() });
      newest = -1;
      due = 0;
    });
    socket.on('disconnect', (reason) => Object.assign(this.sessions.at(-1), { to: Date.now(), reason }));
    socket.on('state', (n) => {
      this.counts.states += 1;
      this.statesAt.push(Date.now());
      if (n <= newest) this.faults.push(`${this.name}: state ${n} arrived after ${newest}`);
      newest = Math.max(newest, n);
    });
    socket.on('ask', (n, _pad, ack) => {
      this.counts.asks += 1;
      if (n !== due) this.faults.push(`${this.name}: question ${n} arrived instead of ${due}`);
      due = n + 1;
      ack(n);
    });
  }

  #emit() {
    if (!this.#socket.connected) return;
    this.#sent += 1;
    this.#socket.emit('state', this.#sent, padOf(this.#sent));
  }

  #request() {
    if (!this.#socket.connected || this.#asked - this.#answered >= REQUESTS_MAX) return;
    const n = this.#asked;
    this.#asked += 1;
    this.counts.requests += 1;
    this.#socket.emit('request', n, padOf(n), (answer) => {
      this.counts.answers += 1;
      if (answer !== n || n < this.#answered)
        this.faults.push(`${this.name}: the answer to ${n} is ${answer}, after the one to ${this.#answered - 1}`);
      this.#answered = n + 1;
    });
  }
}

/** A client with a lane beside a main transport. Records when each state arrived. */
export class LaneGuest {
  name;
  faults = [];
  heard = [];
  sent = 0;
  #socket;
  #timer;

  constructor(name, host, port, transport, isTalking = true) {
    this.name = name;
    this.#socket = io(`http://${host}:${port}`, {
      ...DELAYS,
      transports: [transport],
      wires: [udp({ lane: true })],
      query: { lane: name },
    });
    const seen = new Set();
    this.#socket.on('state', (n) => {
      if (seen.has(n)) this.faults.push(`${name}: state ${n} came twice`);
      seen.add(n);
      this.heard.push([n, Date.now()]);
    });
    if (isTalking) this.#timer = setInterval(() => this.#emit(), STATE_EVERY_MS);
  }

  get isIn() {
    return this.#socket.connected && this.#socket.io.engine.transport.sendVolatile !== undefined;
  }

  close() {
    clearInterval(this.#timer);
    this.#socket.disconnect();
  }

  toJSON() {
    const { name, faults, heard, sent } = this;
    return { name, faults, heard, sent };
  }

  #emit() {
    if (!this.#socket.connected) return;
    this.sent += 1;
    this.#socket.volatile.emit('state', this.sent, padOf(this.sent));
  }
}
