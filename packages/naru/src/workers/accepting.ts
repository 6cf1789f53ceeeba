/** Takes the connections of the ports that the workers share, so that each worker gets about as many. */
import nodeCluster from 'node:cluster';
import { type Clock, unreferenced } from '../base/clock.js';
import type { RawConnection } from '../node-internals/raw-connection.js';
import { type PortWatcher, type SharedPort, watchPorts } from '../node-internals/shared-port.js';
import { LOST_MS, type PrimaryMessage, type WorkerMessage } from './messages.js';

/** The way to the primary. Node's `process` is one. */
export interface Way {
  send?(message: WorkerMessage, connection?: RawConnection, sent?: (error: Error | null) => void): unknown;
}

/**
 * Milliseconds after which the primary gets a port. A program that only looks for a free port has closed it by then,
 * and may listen there again.
 */
const SHARE_MS = 100;
/** Milliseconds in which a connection reaches a worker that is not busy, and for which the giver then keeps all. */
const SLOW_MS = 20;
const KEEP_MS = 1_000;

/**
 * The ports that a worker shares. The system gives a connection to any worker that is ready for one. The worker gives
 * it to the primary, which knows whose turn it is. It keeps those that come until that one has arrived, and for a
 * second if that took long. So a busy worker holds few of them up.
 */
export class Accepting implements PortWatcher {
  readonly #program: Way;
  readonly #clock: Clock;
  readonly #isAlone: boolean;
  /** The ports that the primary knows. */
  readonly #ports = new Map<string, SharedPort>();
  /** When it gave the connection away that is on its way. */
  #givenAt: number | undefined;
  #keepsUntil = 0;

  /** A worker that `isAlone` gives nothing away. */
  constructor(program: Way, clock: Clock, isAlone: boolean) {
    this.#program = program;
    this.#clock = clock;
    this.#isAlone = isAlone;
  }

  /** Begins with the servers that listen from now on. */
  begin(): void {
    watchPorts(nodeCluster as object, this);
  }

  onOpen(port: SharedPort): void {
    const share = (): void => {
      if (!port.isOpen) return;
      this.#ports.set(port.name, port);
      this.#program.send?.({ naru: 'share-port', port: port.name }, port.socket);
    };
    unreferenced(this.#clock.setTimeout(share, SHARE_MS, undefined));
  }

  onClosed(port: SharedPort): void {
    if (this.#ports.get(port.name) !== port) return;
    this.#ports.delete(port.name);
    this.#program.send?.({ naru: 'leave-port', port: port.name });
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
    if (message.naru === 'accept') {
      this.#program.send?.({ naru: 'took', gift: message.gift });
      if (port) port.take(given);
      // The primary hears first that this worker has left the port.
      else this.#send(given, message.port, () => given.close());
    } else if (port) port.add(given);
    else given.close();
  }

  /** Gives a connection away, if the last one arrived soon. Returns whether it does. */
  pass(connection: RawConnection, port: SharedPort): boolean {
    const now = this.#clock.now();
    const isGiving = this.#givenAt !== undefined && now - this.#givenAt < LOST_MS;
    const isKeeping = this.#isAlone || isGiving || now < this.#keepsUntil;
    if (isKeeping || !this.#ports.has(port.name) || !this.#program.send) return false;
    this.#givenAt = now;
    this.#send(connection, port.name, () => port.take(connection));
    return true;
  }

  #send(connection: RawConnection, port: string, fail: () => void): void {
    this.#program.send?.({ naru: 'give', port }, connection, (error) => (error ? fail() : connection.close()));
  }
}
