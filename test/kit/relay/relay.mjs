/**
 * A relay of TCP connections that breaks them as networks do: it cuts, mutes, stalls, silences and delays them. It needs
 * nothing but Node.js, and every fault is asked for by a call, so a test decides when it happens.
 */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { Stream } from './stream.mjs';

/** @typedef {{ port: number, host?: string }} Target where a connection leads */

/** A relay on a port of this machine. `startRelay` starts one. */
export class Relay {
  /** Bytes that each new connection may bring to the client; then it breaks. */
  bytesMax = Number.POSITIVE_INFINITY;
  /** Milliseconds by which all that is carried is late, in both directions. */
  delayMs = 0;
  /** When a server last said something, as `Date.now()` has it. */
  heardAt = 0;
  /**
   * Where new connections lead: a port of this machine, or what a function says. A connection without a target is dropped.
   * @type {number | (() => Target | undefined)}
   */
  target;
  #server;
  #forgetMs;
  /** @type {Set<{ near: import('node:net').Socket, far: import('node:net').Socket, up: Stream, down: Stream, port: number, isApart: boolean }>} */
  #pairs = new Set();
  #isCut = false;
  #isSilent = false;
  #stalledUntil = 0;

  /**
   * @param {import('node:net').Server} server that listens
   * @param {number | (() => Target | undefined)} target of new connections
   * @param {number} [forgetMs] milliseconds after which a connection that only one side has lost is lost to the other, too
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

  /** How many connections are open, for either side. */
  get count() {
    return this.#pairs.size;
  }

  /**
   * Breaks the connections for the client. With `leavesServer` the server does not hear of it.
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

  /** Breaks the connections for both sides by a reset, and refuses new ones until `mend`. */
  refuse() {
    this.#isCut = true;
    for (const { near, far } of this.#pairs) for (const socket of [near, far]) socket.resetAndDestroy();
  }

  /** Accepts connections again. */
  mend() {
    this.#isCut = false;
  }

  /** Lets nothing more reach the clients of now. Neither side notices. */
  mute() {
    for (const pair of this.#pairs) this.#forget(pair);
  }

  /** Carries nothing any more in either direction, on the connections of now and on all that follow. */
  silence() {
    this.#isSilent = true;
    for (const { up, down } of this.#pairs) for (const stream of [up, down]) stream.hold();
  }

  /**
   * Makes the clients read nothing for so long, so that the server's bytes pile up.
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
