// Clients that speak Socket.IO: the stock one and ours, over each transport.
import { randomUUID } from 'node:crypto';
import { io as ours } from 'naru/client';
import { io as stock } from 'socket.io-client';
import { patience } from './patience.mjs';
import { ASKS, LOSES } from './record.mjs';

const ACK_MS = 4_000;
/**
 * Milliseconds in which a room may be forgotten: a server that waits in vain for the home confirms that a client is in,
 * and may be killed before the home knows (docs/clusters.md).
 */
const UNWRITTEN_MS = 25_000;

/** A client in rooms. `record` is what it has received. */
class SocketGuest {
  record;
  socket;
  isOver = false;
  /** Rooms that the client was told it is in, in the present session, and when. */
  entered = new Map();
  #wanted;
  #session = -1;
  #attempts = 0;
  /** The id of the session that the newest connection has. */
  #sid;

  constructor(record, socket, handshakes) {
    this.record = record;
    this.socket = socket;
    this.#wanted = new Set(record.rooms);
    socket.on('m', (tag, at) => {
      record.see(tag, at);
      // Over long-polling, messages may come before the event `connect` of their connection.
      if (this.#sid !== undefined && socket.io.engine?.id === this.#sid) record.own();
    });
    socket.on('naru:gap', (gap) => record.gap(gap));
    socket.on('q', (question, answer) => {
      record.ask(question);
      answer(record.index);
    });
    socket.on('disconnect', (reason) => {
      record.lose();
      if (reason !== 'io server disconnect') return;
      record.kick();
      setTimeout(() => !this.isOver && socket.connect(), 50);
    });
    const manager = socket.io;
    manager.on('reconnect_attempt', () => record.step('tries'));
    manager.on('open', () => record.step(ASKS));
    manager.on('close', (reason) => record.step(`${LOSES}: ${reason}`));
    socket.on('connect_error', ({ message, data }) => {
      record.step(`is refused: ${message}${data?.retryAfter ? `, come back in ${data.retryAfter} ms` : ''}`);
      // The server could not look up the session, and asks the client to come again.
      if (!socket.active) setTimeout(() => !this.isOver && socket.connect(), 200);
    });
    socket.on('connect', () => {
      this.#sid = socket.io.engine.id;
      // The stock client shows the offset that it has named.
      record.connect(socket.recovered === true, socket.id, handshakes.count, socket._lastOffset);
      if (!socket.recovered) {
        this.entered.clear();
        this.#session += 1;
      }
      const now = Date.now();
      for (const [room, at] of this.entered) if (now - at < UNWRITTEN_MS) this.entered.delete(room);
      for (const room of this.#wanted) if (!this.entered.has(room)) void this.#enter(room);
    });
  }

  get isIn() {
    return this.socket.connected && this.entered.size === this.#wanted.size;
  }

  /** Joins one more room. */
  join(room) {
    this.#wanted.add(room);
    this.record.rooms.push(room);
    if (this.socket.connected) void this.#enter(room);
  }

  close() {
    this.isOver = true;
    this.socket.disconnect();
  }

  async #enter(room) {
    this.#attempts += 1;
    const attempt = `${this.record.index}:${this.#attempts}`;
    const entry = {
      room,
      attempt,
      session: this.#session,
      isSure: false,
      at: this.record.seen.length,
      time: Date.now(),
    };
    this.record.enters.push(entry);
    try {
      await this.ask('enter', room, attempt);
    } catch {
      // After a reconnect the client retries by itself. On the same connection the retry starts here.
      if (entry.session === this.#session && this.socket.connected && !this.entered.has(room)) void this.#enter(room);
      return;
    }
    entry.isSure = true;
    if (entry.session === this.#session) this.entered.set(room, Date.now());
  }
}

/** Numbers the handshakes of a client, and tells the server its index. */
class Handshakes {
  count = 0;

  constructor(index) {
    this.auth = (send) => {
      this.count += 1;
      send({ index, attempt: this.count });
    };
  }
}

/** The options that every client has. */
function optionsOf(handshakes, transports) {
  return { ...patience.delays, forceNew: true, transports, auth: handshakes.auth };
}

/** A client that sends each message under a key of its own, until it is answered. */
class KeyedGuest extends SocketGuest {
  ask(...event) {
    return this.socket.timeout(ACK_MS).emitWithAck(...event);
  }

  async say(n, room) {
    const key = randomUUID();
    while (!this.isOver) {
      try {
        const answer = await this.socket.timeout(ACK_MS).emitWithAck('naru:once', key, 'say', n, room);
        if (answer !== n) throw new Error(`the answer to ${n} is ${JSON.stringify(answer)}`);
        this.record.confirm(n);
        return;
      } catch (error) {
        if (String(error).includes('answer to')) this.record.gap(String(error));
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }
}

export class StockGuest extends KeyedGuest {
  constructor(record, port, transports, host = '127.0.0.1') {
    const handshakes = new Handshakes(record.index);
    super(record, stock(`http://${host}:${port}`, optionsOf(handshakes, transports)), handshakes);
  }
}

/** The address of our client: without `transports` it speaks TCP records. */
const addressOf = (transports, host, port) => `${transports === undefined ? 'tcp' : 'http'}://${host}:${port}`;

/** Our client with keys of its own in the place of `retries`. */
export class OurKeyedGuest extends KeyedGuest {
  constructor(record, port, transports, host = '127.0.0.1') {
    const handshakes = new Handshakes(record.index);
    super(record, ours(addressOf(transports, host, port), optionsOf(handshakes, transports)), handshakes);
  }
}

/** Our client with `retries`. It sends one message after the other. */
export class OurGuest extends SocketGuest {
  constructor(record, port, transports, host = '127.0.0.1') {
    const handshakes = new Handshakes(record.index);
    const options = { ...optionsOf(handshakes, transports), retries: 100_000, ackTimeout: ACK_MS };
    super(record, ours(addressOf(transports, host, port), options), handshakes);
    record.hasQueue = true;
  }

  ask(...event) {
    return this.socket.emitWithAck(...event);
  }

  async say(n, room) {
    const answer = await this.socket.emitWithAck('say', n, room);
    if (answer !== n) this.record.gap(`the answer to ${n} is ${JSON.stringify(answer)}`);
    this.record.confirm(n);
  }
}
