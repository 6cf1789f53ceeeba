/** The primary process: starts the workers, replaces those that end, and ends all of them. It takes no traffic itself. */
import type { NodeCode } from '../backplane/talk/talk.js';
import type { Clock, Timer } from '../base/clock.js';
import { UnavailableError } from '../base/errors.js';
import type { RawConnection } from '../node-internals/raw-connection.js';
import { HandOvers } from './hand-over.js';
import { type PrimaryMessage, readWorkerMessage, type WorkerMessage } from './messages.js';
import { closeTimeMsMax, drainTimeMsMax } from './signals.js';

/** The part of a worker of `node:cluster` that the primary needs. */
export interface Child {
  readonly process: { readonly pid?: number | undefined; kill(signal: 'SIGKILL'): unknown };
  send(message: PrimaryMessage, connection: RawConnection | undefined, sent: (error: Error | null) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'message', listener: (message: unknown, connection: RawConnection | undefined) => void): unknown;
  on(event: 'exit', listener: (code: number | null, signal: string | null) => void): unknown;
}

/** The parts of the machine that the primary uses, and the number of its workers. */
export interface PrimaryContext {
  readonly clock: Clock;
  readonly count: number;
  /** Starts the program once more, as a worker. */
  fork(): Child;
  /** Removes what is left of a node whose worker has ended. */
  forget(node: NodeCode): void;
  /** Refuses the client of a connection whose worker is gone. */
  refuse(connection: RawConnection): void;
  /** Told when a worker has ended that nobody asked to end. */
  report(line: string): void;
}

/** The place of a worker. When the worker ends, another one takes the place. */
interface Place {
  readonly number: number;
  child: Child | undefined;
  /** The connections that are on their way to the worker. */
  handOvers: HandOvers;
  /** The node of the worker, once it is ready. */
  node: NodeCode | undefined;
  /** The time at which the worker was ready. */
  readyAt: number | undefined;
  /** Milliseconds until the next worker starts here. */
  waitMs: number;
  timer: Timer | undefined;
}

/** A worker that took traffic for so many milliseconds is replaced at once. */
const STEADY_MS = 1_000;
/** Milliseconds until a worker is replaced that ended before that. They double each time, up to the second number. */
const AGAIN_MS = 100;
const AGAIN_MAX_MS = 10_000;
/** Milliseconds before the end of the primary in which it kills workers that have not ended. */
const KILL_MS = 500;

/** Connections that may be on their way to one worker at once. */
const HAND_OVERS_MAX = 1_000;

/** The workers. Invariant: each place has a worker, or a timer that starts one, until `stop` is called. */
export class Primary {
  readonly #context: PrimaryContext;
  readonly #places: Place[];
  /** Called when a worker is ready or has ended. */
  #onChange: () => void = () => undefined;
  #state: 'new' | 'starting' | 'serving' | 'stopping' = 'new';
  #failure: UnavailableError | undefined;
  #report: unknown;

  constructor(context: PrimaryContext) {
    this.#context = context;
    this.#places = Array.from({ length: context.count }, (_, at) => ({
      number: at + 1,
      child: undefined,
      handOvers: new HandOvers(HAND_OVERS_MAX, context.refuse),
      node: undefined,
      readyAt: undefined,
      waitMs: 0,
      timer: undefined,
    }));
  }

  /**
   * Starts one worker, and the others when it takes traffic, so that a program that cannot start says so once. Resolves with the first worker's
   * report when all take traffic. Rejects with UnavailableError if one of them ends before that; the others have ended then, too.
   */
  async start(): Promise<unknown> {
    this.#state = 'starting';
    const [first, ...others] = this.#places as [Place, ...Place[]];
    this.#fork(first);
    await this.#whenReady([first]);
    for (const place of others) if (!this.#isOver) this.#fork(place);
    await this.#whenReady(this.#places);
    const failure = this.#failure;
    if (failure) await this.stop(false);
    else if (!this.#isOver) this.#state = 'serving';
    if (failure) throw failure;
    return this.#report;
  }

  /** Ends all workers. With `isGentle`, they first send their clients away in waves. Resolves when all have ended. */
  async stop(isGentle: boolean): Promise<void> {
    const { clock } = this.#context;
    this.#state = 'stopping';
    for (const place of this.#places) {
      if (place.timer !== undefined) clock.clearTimeout(place.timer);
      place.timer = undefined;
      place.child?.send({ naru: 'stop', isGentle }, undefined, ignore);
    }
    const limitMs = (isGentle ? drainTimeMsMax : closeTimeMsMax) - KILL_MS;
    const late = clock.setTimeout(() => this.#kill(), limitMs, undefined);
    await this.#when(() => this.#places.every(({ child }) => child === undefined));
    clock.clearTimeout(late);
  }

  /** Whether the workers end, or one could not start. */
  get #isOver(): boolean {
    return this.#state === 'stopping' || this.#failure !== undefined;
  }

  #fork(place: Place): void {
    const child = this.#context.fork();
    place.child = child;
    place.readyAt = undefined;
    // A message that cannot be sent any more is an error of the channel. The worker has ended then, which `exit` tells.
    child.on('error', ignore);
    child.on('message', (message, connection) => this.#onMessage(place, message, connection));
    child.on('exit', (code, signal) => this.#onExit(place, signal ?? `exit code ${code}`));
  }

  #onMessage(place: Place, given: unknown, connection: RawConnection | undefined): void {
    const message = readWorkerMessage(given);
    if (message?.naru === 'hand-over') this.#handOver(message, connection);
    if (message?.naru !== 'ready') return;
    place.readyAt = this.#context.clock.now();
    place.node = message.node;
    this.#report ??= message.report;
    this.#onChange();
  }

  /** Sends a connection on to the worker of its session. */
  #handOver(
    { node, bytes }: Extract<WorkerMessage, { naru: 'hand-over' }>,
    connection: RawConnection | undefined,
  ): void {
    const owner = this.#places.find((place) => place.node === node);
    const { child } = owner ?? {};
    if (!connection) return;
    if (!owner || !child || owner.handOvers.isFull) this.#context.refuse(connection);
    else owner.handOvers.send(connection, (sent, done) => void child.send({ naru: 'take', bytes }, sent, done));
  }

  #onExit(place: Place, how: string): void {
    const { clock, forget, report } = this.#context;
    const { child, node, readyAt } = place;
    place.child = undefined;
    place.node = undefined;
    place.readyAt = undefined;
    if (node !== undefined) forget(node);
    place.handOvers.end();
    const name = `worker ${place.number} (process ${child?.process.pid})`;
    if (this.#state === 'starting' && readyAt === undefined)
      this.#failure ??= new UnavailableError('CLOSED', `${name} ended before it took traffic: ${how}`);
    if (!this.#isOver) {
      const isSteady = readyAt !== undefined && clock.now() - readyAt >= STEADY_MS;
      place.waitMs = isSteady ? 0 : Math.min(Math.max(AGAIN_MS, 2 * place.waitMs), AGAIN_MAX_MS);
      const when = place.waitMs === 0 ? 'now' : `in ${place.waitMs} ms`;
      report(`${name} ended: ${how}; another one takes its place ${when}`);
      place.timer = clock.setTimeout(() => this.#replace(place), place.waitMs, undefined);
    }
    this.#onChange();
  }

  #replace(place: Place): void {
    place.timer = undefined;
    this.#fork(place);
  }

  #kill(): void {
    for (const { child } of this.#places) child?.process.kill('SIGKILL');
  }

  /** Resolves when all these workers are ready, or the start is over. */
  #whenReady(places: readonly Place[]): Promise<void> {
    return this.#when(() => this.#isOver || places.every(({ readyAt }) => readyAt !== undefined));
  }

  #when(isTrue: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const former = this.#onChange;
      const look = (): void => {
        former();
        if (isTrue()) resolve();
      };
      this.#onChange = look;
      look();
    });
  }
}

function ignore(): void {}
