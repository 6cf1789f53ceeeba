/** Gives the new connections of shared ports to the workers in turn. The primary never reads from them. */
import type { Clock } from '../base/clock.js';
import { getOrCreate } from '../base/get-or-create.js';
import type { RawConnection } from '../node-internals/raw-connection.js';
import { HandOvers } from './hand-over.js';
import { LOST_MS, type PrimaryMessage } from './messages.js';

/** Listening sockets of a port that a worker has besides its first. It takes one connection more in a turn for each. */
const COPIES = 7;

/** A worker, as one that takes new connections. */
export interface Taker {
  send(message: PrimaryMessage, connection: RawConnection | undefined, sent: (error: Error | null) => void): unknown;
}

/** A connection that a worker has given away. */
interface Gift {
  readonly giver: Taker;
  readonly port: string;
  readonly connection: RawConnection;
  /** When it was sent. */
  readonly at: number;
}

/** The sockets of ports that are on their way to a worker, and the connections, by their numbers. */
interface Open {
  readonly sockets: HandOvers;
  readonly gifts: Map<number, Gift>;
}

/** The new connections of the workers. A connection stays open here until its worker has taken it. */
export class Gifts {
  /** The workers that listen on each port, those first whose turn is next. */
  readonly #takers = new Map<string, Taker[]>();
  readonly #open = new WeakMap<Taker, Open>();
  readonly #clock: Clock;
  /** The number of the newest gift. */
  #newest = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A worker listens on a port, and gets copies of its socket. */
  share(worker: Taker, port: string, socket: RawConnection | undefined): void {
    this.leave(worker, port);
    getOrCreate(this.#takers, port, () => []).push(worker);
    if (!socket) return;
    this.#openOf(worker).sockets.send(socket, (sent, done) => {
      for (let left = COPIES; left > 0; left -= 1)
        worker.send({ naru: 'copy', port }, sent, left === 1 ? done : ignore);
    });
  }

  /** A worker listens on a port no more. */
  leave(worker: Taker, port: string): void {
    const others = (this.#takers.get(port) ?? []).filter((each) => each !== worker);
    if (others.length > 0) this.#takers.set(port, others);
    else this.#takers.delete(port);
  }

  /** Whether a worker listens on any port. */
  has(worker: Taker): boolean {
    return [...this.#takers.values()].some((takers) => takers.includes(worker));
  }

  /**
   * Gives a connection to a worker: of those with the fewest on their way, to the one whose turn it is. Closes it if
   * nobody listens on its port any more.
   */
  give(giver: Taker, port: string, connection: RawConnection | undefined): void {
    if (!connection) return;
    const takers = this.#takers.get(port) ?? [];
    const counts = takers.map((each) => this.#countOf(each));
    const [worker] = takers.splice(counts.indexOf(Math.min(...counts)), 1);
    if (!worker) {
      connection.close();
      return;
    }
    takers.push(worker);
    this.#newest += 1;
    this.#openOf(worker).gifts.set(this.#newest, { giver, port, connection, at: this.#clock.now() });
    worker.send({ naru: 'accept', port, gift: this.#newest }, connection, ignore);
  }

  /** Returns how many connections are on their way to a worker. Ends those that were lost, which Node does not tell. */
  #countOf(worker: Taker): number {
    const { gifts } = this.#openOf(worker);
    for (const [number, { connection, at }] of gifts) {
      if (this.#clock.now() - at < LOST_MS) break;
      gifts.delete(number);
      connection.close();
    }
    return gifts.size;
  }

  /** A worker has the connection that another one has given away. */
  onTook(worker: Taker, number: number): void {
    const { gifts } = this.#openOf(worker);
    const gift = gifts.get(number);
    gifts.delete(number);
    gift?.connection.close();
    gift?.giver.send({ naru: 'given' }, undefined, ignore);
  }

  /** A worker has ended. The others get the connections that were on their way to it. */
  end(worker: Taker): void {
    for (const port of [...this.#takers.keys()]) this.leave(worker, port);
    const { sockets, gifts } = this.#openOf(worker);
    sockets.end();
    for (const { giver, port, connection } of gifts.values()) this.give(giver, port, connection);
  }

  #openOf(worker: Taker): Open {
    return getOrCreate(this.#open, worker, () => ({
      sockets: new HandOvers((socket) => socket.close()),
      gifts: new Map(),
    }));
  }
}

function ignore(): void {}
