/** Gives the new connections of shared ports to the workers in turn. The primary never reads from them. */
import { getOrCreate } from '../base/get-or-create.js';
import type { RawConnection } from '../node-internals/raw-connection.js';
import { HandOvers } from './hand-over.js';
import type { PrimaryMessage } from './messages.js';

/** Listening sockets of a port that a worker has besides its first. It takes one connection more in a turn for each. */
const COPIES = 7;

/** A connection that a worker has given away. */
interface Gift {
  readonly giver: Taker;
  readonly port: string;
  readonly connection: RawConnection;
}

/** A worker, as one that takes new connections. */
export interface Taker {
  readonly name: string;
  readonly child: {
    send(message: PrimaryMessage, connection: RawConnection | undefined, sent: (error: Error | null) => void): unknown;
  };
  /** The time at which it was ready. */
  readonly readyAt?: number;
  /** Whether it takes no new connections any more. */
  readonly isRetired: boolean;
}

/** The sockets of ports that are on their way to a worker, and the connections, by those who gave them away. */
interface Open {
  readonly ports: HandOvers;
  readonly gifts: Map<string, Gift>;
}

/** The new connections of the workers. A connection stays open here until its worker has taken it. */
export class Gifts<Worker extends Taker> {
  readonly #running: ReadonlySet<Taker>;
  readonly #open = new WeakMap<Taker, Open>();
  /** How many connections were given away. */
  #turn = 0;

  /** `running` has the workers that have not ended. */
  constructor(running: ReadonlySet<Worker>) {
    this.#running = running;
  }

  /** Sends a worker copies of the listening socket of a port. */
  sharePort(worker: Worker, port: string, socket: RawConnection | undefined): void {
    if (!socket) return;
    this.#openOf(worker).ports.send(socket, (sent, done) => {
      for (let left = COPIES; left > 0; left -= 1)
        worker.child.send({ naru: 'copy', port }, sent, left === 1 ? done : ignore);
    });
  }

  /** Gives a connection to the worker whose turn it is. */
  give(giver: Taker, port: string, connection: RawConnection | undefined): void {
    if (!connection) return;
    const ready = [...this.#running].filter(({ readyAt, isRetired }) => readyAt !== undefined && !isRetired);
    this.#turn += 1;
    const worker = ready[this.#turn % ready.length] ?? giver;
    this.#openOf(worker).gifts.set(giver.name, { giver, port, connection });
    worker.child.send({ naru: 'accept', port, giver: giver.name }, connection, ignore);
  }

  /** A worker has the connection that another one has given away. */
  onTook(worker: Worker, name: string): void {
    const { gifts } = this.#openOf(worker);
    const gift = gifts.get(name);
    gifts.delete(name);
    gift?.connection.close();
    gift?.giver.child.send({ naru: 'given' }, undefined, ignore);
  }

  /** A worker has ended. The others get the connections that were on their way to it. */
  end(worker: Worker): void {
    const { ports, gifts } = this.#openOf(worker);
    ports.end();
    for (const { giver, port, connection } of gifts.values()) {
      if (this.#running.has(giver)) this.give(giver, port, connection);
      else connection.close();
    }
  }

  #openOf(worker: Taker): Open {
    return getOrCreate(this.#open, worker, () => ({
      ports: new HandOvers((socket) => socket.close()),
      gifts: new Map(),
    }));
  }
}

function ignore(): void {}
