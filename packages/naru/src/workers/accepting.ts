/** Takes the connections of the ports that the workers share, so that each worker gets about as many. */
import nodeCluster from 'node:cluster';
import type { Clock } from '../base/clock.js';
import type { RawConnection } from '../node-internals/raw-connection.js';
import { onSharedPort, type SharedPort } from '../node-internals/shared-port.js';
import type { PrimaryMessage, WorkerMessage } from './messages.js';

/** The way to the primary. Node's `process` is one. */
interface Way {
  send?(message: WorkerMessage, connection?: RawConnection, sent?: (error: Error | null) => void): unknown;
}

/** Milliseconds in which a connection reaches a worker that is not busy, and for which the giver then keeps all. */
const SLOW_MS = 20;
const KEEP_MS = 1_000;

/**
 * The ports that a worker shares. The system gives a connection to any worker that is ready for one. The worker gives
 * it to the primary, which knows whose turn it is. It keeps those that come until that one has arrived, and for a
 * second if that took long. So a busy worker holds nothing up.
 */
export class Accepting {
  readonly #program: Way;
  readonly #clock: Clock;
  readonly #ports = new Map<string, SharedPort>();
  /** When it gave the connection away that is on its way. */
  #givenAt: number | undefined;
  #keepsUntil = 0;

  /** It has the ports of the servers that listen from now on. `watch` tells of them. */
  constructor(program: Way, clock: Clock, watch = onSharedPort) {
    this.#program = program;
    this.#clock = clock;
    const onPort = (port: SharedPort): void => {
      this.#ports.set(port.name, port);
      program.send?.({ naru: 'share-port', port: port.name }, port.socket);
    };
    watch(nodeCluster as object, onPort, (connection, port) => this.#give(connection, port));
  }

  /** Reads a message of the primary, and takes what comes with it. */
  onMessage(message: PrimaryMessage, given: RawConnection | undefined): void {
    if (message.naru === 'given') {
      const now = this.#clock.now();
      if (now - (this.#givenAt ?? now) > SLOW_MS) this.#keepsUntil = now + KEEP_MS;
      this.#givenAt = undefined;
    }
    if (!given || (message.naru !== 'copy' && message.naru !== 'accept')) return;
    const port = this.#ports.get(message.port);
    if (message.naru === 'accept') this.#program.send?.({ naru: 'took', giver: message.giver });
    if (!port) given.close();
    else if (message.naru === 'copy') port.add(given);
    else port.take(given);
  }

  /** Gives a connection away, if the last one arrived soon. Returns whether it does. */
  #give(connection: RawConnection, port: SharedPort): boolean {
    const now = this.#clock.now();
    if (this.#givenAt !== undefined || now < this.#keepsUntil || !this.#program.send) return false;
    this.#givenAt = now;
    this.#program.send({ naru: 'give', port: port.name }, connection, (error) => {
      if (error) port.take(connection);
      else connection.close();
    });
    return true;
  }
}
