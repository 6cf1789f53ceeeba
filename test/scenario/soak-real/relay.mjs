// Stands between clients and servers: a lane for each client, to whichever server is there, which breaks as networks do.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** Milliseconds after which a connection that only one side has lost is lost to the other, too. */
const FORGOTTEN_MS = 6_000;

/** Milliseconds for which a client is taken to the server that it has heard from, as its session may need it. */
const STICKY_MS = 2_000;

/** One client's way to the servers. `kind` names the port of a server that it leads to. */
export class Lane {
  /** Bytes that the next connection may bring to the client; then it breaks. */
  bytesMax = Number.POSITIVE_INFINITY;
  #server;
  #kind;
  #fleet;
  #current = undefined;
  #away = undefined;
  #heardAt = 0;
  #stalledUntil = 0;
  #pairs = new Set();

  constructor(server, kind, fleet) {
    this.#server = server;
    this.#kind = kind;
    this.#fleet = fleet;
    server.on('connection', (near) => this.#relay(near));
  }

  /** The server to which it leads now. */
  get server() {
    return this.#current;
  }

  get port() {
    return this.#server.address().port;
  }

  /** Breaks what is open, for both sides; with `isSilent` the server does not hear of it for long. */
  cut(isSilent = false) {
    for (const pair of this.#pairs) {
      const { near, far } = pair;
      near.removeAllListeners('close').destroy();
      if (isSilent) this.#forget(pair);
      else far.destroy();
    }
  }

  /** Nothing more reaches the client by what is open, and it is not told. */
  mute() {
    for (const pair of this.#pairs) this.#forget(pair);
  }

  /** The client reads nothing for so long. */
  stall(ms) {
    this.#stalledUntil = Date.now() + ms;
    for (const pair of this.#pairs) this.#hold(pair);
  }

  /** The next connections go to another server, where there is one. */
  move() {
    this.#away = this.#current;
    this.#current = undefined;
  }

  close() {
    for (const { near, far } of this.#pairs) for (const socket of [near, far]) socket.destroy();
    this.#server.close();
  }

  #forget(pair) {
    const { near, far } = pair;
    far.removeAllListeners('data').resume();
    pair.isMuted = true;
    setTimeout(() => {
      near.destroy();
      far.destroy();
    }, FORGOTTEN_MS).unref();
  }

  #hold(pair) {
    pair.far.pause();
    clearTimeout(pair.timer);
    pair.timer = setTimeout(() => pair.far.resume(), Math.max(0, this.#stalledUntil - Date.now()));
    pair.timer.unref();
  }

  #relay(near) {
    const isSticky = Date.now() - this.#heardAt < STICKY_MS;
    this.#current = this.#fleet.pick(isSticky ? this.#current : undefined, this.#away);
    this.#away = undefined;
    if (!this.#current) {
      near.on('error', () => undefined).destroy();
      return;
    }
    const far = connect(this.#current.ports[this.#kind], '127.0.0.1');
    const pair = { near, far, server: this.#current, timer: undefined, isMuted: false };
    // A client that keeps connections for later must not ask one server by one of them and another one by the next, for ever.
    for (const other of this.#pairs) if (other.server !== this.#current) other.near.destroy();
    this.#pairs.add(pair);
    let left = this.bytesMax;
    this.bytesMax = Number.POSITIVE_INFINITY;
    near.setNoDelay(true);
    far.setNoDelay(true);
    near.on('data', (chunk) => {
      if (!far.write(chunk)) near.pause();
    });
    far.on('drain', () => near.resume());
    far.on('data', (chunk) => {
      this.#heardAt = Date.now();
      const part = left < chunk.length ? chunk.subarray(0, left) : chunk;
      left -= part.length;
      if (part.length > 0 && near.writable && !near.write(part)) far.pause();
      if (left <= 0) for (const socket of [near, far]) socket.destroySoon();
    });
    near.on('drain', () => {
      if (Date.now() >= this.#stalledUntil || pair.isMuted) far.resume();
    });
    if (this.#stalledUntil > Date.now()) this.#hold(pair);
    for (const socket of [near, far]) socket.on('error', () => socket.destroy());
    near.on('close', () => far.destroy());
    far.on('close', () => {
      clearTimeout(pair.timer);
      near.destroySoon();
      this.#pairs.delete(pair);
    });
  }
}

export async function openLane(kind, fleet) {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return new Lane(server, kind, fleet);
}
