/**
 * A relay of TCP connections that breaks them as networks do: it cuts, mutes, stalls, silences and delays them. It
 * imports only Node.js. Every fault is a call, so the test decides when it happens.
 */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { Stream } from './stream.mjs';

/** @typedef {{ port: number, host?: string }} Target where a connection leads */

/** A relay on a port of this machine. `startRelay` starts one. */
export class Relay {
  /** Bytes that each new connection carries to the client before it breaks. */
  bytesMax = Number.POSITIVE_INFINITY;
  /** The delay of all data in both directions, in milliseconds. */
  delayMs = 0;
  /** The time of the server's last data, as in `Date.now()`. */
  heardAt = 0;
  /**
   * The target of new connections: a port of this machine, or the result of a function. A connection without a target
   * is dropped.
   * @type {number | (() => Target | undefined)}
   */
  target;
  #server;
  #forgetMs;
  /**
   * @type {Set<{ near: import('node:net').Socket, far: import('node:net').Socket, up: Stream, down: Stream, port:
   * number, isApart: boolean }>}
   */
  #pairs = new Set();
  #isCut = false;
  #isSilent = false;
  #stalledUntil = 0;

  /**
   * @param {import('node:net').Server} server that listens
   * @param {number | (() => Target | undefined)} target of new connections
   * @param {number} [forgetMs] milliseconds after which a connection that one side lost is closed for the other as well
   */
  constructor(server, target, forgetMs) {
    this.#server = server;
    this.target = target;
    this.#forgetMs = forgetMs;
    server.on('connection', (near) => this.#accept(near));
  }

  /** @returns {number} */
  get port() {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The number of connections that at least one side still has. */
  get count() {
    return this.#pairs.size;
  }

  /**
   * Breaks the connections for the client. With `leavesServer` the server does not notice.
   * @param {boolean} [leavesServer]
   */
  cut(leavesServer = false) {
    for (const pair of this.#pairs) {
      pair.isApart = leavesServer;
      if (leavesServer) this.#forget(pair);
      else pair.far.destroy();
      pair.near.destroy();
    }
  }

  /** Resets the connections for both sides, and refuses new ones until `mend`. */
  refuse() {
    this.#isCut = true;
    for (const { near, far } of this.#pairs) for (const socket of [near, far]) socket.resetAndDestroy();
  }

  /** Accepts connections again. */
  mend() {
    this.#isCut = false;
  }

  /** Stops all data to the present clients. Neither side notices. */
  mute() {
    for (const pair of this.#pairs) this.#forget(pair);
  }

  /** Stops all data in both directions, on the present connections and on all later ones. */
  silence() {
    this.#isSilent = true;
    for (const { up, down } of this.#pairs) for (const stream of [up, down]) stream.hold();
  }

  /**
   * Makes the clients read nothing for `ms` milliseconds, so that the server's bytes pile up.
   * @param {number} ms
   */
  stall(ms) {
    this.#stalledUntil = Date.now() + ms;
    for (const { down } of this.#pairs) down.hold(ms);
  }

  /**
   * Cuts the connections that lead to another port.
   * @param {number} port
   */
  keepOnly(port) {
    for (const pair of this.#pairs) if (pair.port !== port) pair.near.destroy();
  }

  close() {
    for (const { near, far } of this.#pairs) for (const socket of [near, far]) socket.destroy();
    this.#server.close();
  }

  /** @param {import('node:net').Socket} near */
  #accept(near) {
    near.on('error', () => near.destroy());
    if (this.#isCut) {
      near.resetAndDestroy();
      return;
    }
    const target = typeof this.target === 'number' ? { port: this.target } : this.target();
    if (target === undefined) {
      near.destroy();
      return;
    }
    const far = connect(target.port, target.host ?? '127.0.0.1');
    far.on('error', () => far.destroy());
    for (const socket of [near, far]) socket.setNoDelay(true);
    const delay = () => this.delayMs;
    const [up, down] = [new Stream(near, far, delay), new Stream(far, near, delay, this.bytesMax)];
    const pair = { near, far, up, down, port: target.port, isApart: false };
    this.#pairs.add(pair);
    far.on('data', () => {
      this.heardAt = Date.now();
    });
    near.on('close', () => pair.isApart || up.finish());
    far.on('close', () => {
      this.#pairs.delete(pair);
      down.finish();
    });
    const stalledMs = this.#stalledUntil - Date.now();
    if (this.#isSilent) for (const stream of [up, down]) stream.hold();
    else if (stalledMs > 0) down.hold(stalledMs);
  }

  #forget({ near, far, down }) {
    down.drop();
    if (this.#forgetMs === undefined) return;
    const forget = () => {
      for (const socket of [near, far]) socket.destroy();
    };
    setTimeout(forget, this.#forgetMs).unref();
  }
}

/**
 * Starts a relay on a port that the system chooses.
 * @param {number | (() => Target | undefined)} target
 * @param {number} [forgetMs]
 */
export async function startRelay(target, forgetMs) {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return new Relay(server, target, forgetMs);
}
