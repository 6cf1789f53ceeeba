/**
 * The primary process: starts the workers, replaces those that end, and ends all of them. It takes no traffic itself.
 */
import type { NodeCode } from '../backplane/talk/talk.js';
import type { Clock, Timer } from '../base/clock.js';
import { UnavailableError } from '../base/errors.js';
import type { RawConnection } from '../node-internals/raw-connection.js';
import { EndpointLocks } from './endpoint-locks.js';
import { Gifts, type Taker } from './gifts.js';
import { HandOvers } from './hand-over.js';
import { type PrimaryMessage, readWorkerMessage, type WorkerMessage } from './messages.js';
import { closeTimeMsMax, drainTimeMsMax } from './signals.js';

/** The part of a worker of `node:cluster` that the primary needs. */
export interface Child extends Taker {
  readonly process: { readonly pid?: number | undefined; kill(signal: 'SIGTERM' | 'SIGKILL'): unknown };
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
  /** Told what a reload does. */
  onReload(line: string): void;
}

/** One worker. */
interface Running {
  readonly child: Child;
  /** The worker's place and process, for messages. */
  readonly name: string;
  /** The connections of sessions that are on their way to the worker. */
  readonly handOvers: HandOvers;
  /** The node of the worker, once it is ready. */
  node?: NodeCode;
  /** The time at which the worker was ready. */
  readyAt?: number;
  /** Whether the worker has to end. Its end needs no report then. */
  isLeaving: boolean;
  /** The newest message that asked the worker to end. */
  stop?: PrimaryMessage;
}

/** The place of a worker. When the worker ends, another one takes the place. */
interface Place {
  readonly number: number;
  worker?: Running | undefined;
  /** The worker that had the place before, while its successor starts. */
  former?: Running | undefined;
  /** Milliseconds until the next worker starts here. */
  waitMs: number;
  timer?: Timer | undefined;
}

/** A worker that took traffic for so many milliseconds is replaced at once. */
const STEADY_MS = 1_000;
/** Milliseconds for which a reload waits until the former workers have left their ports. One may stand still. */
const RETIRE_MS = 2_000;
/** Milliseconds until a worker is replaced that ended before that. They double each time, up to the second number. */
const AGAIN_MS = 100;
const AGAIN_MAX_MS = 10_000;
/** Milliseconds before the end of the primary in which it kills workers that have not ended. */
const KILL_MS = 500;

/** The workers. Invariant: each place has a worker, or a timer that starts one, until `stop` is called. */
export class Primary {
  readonly #context: PrimaryContext;
  readonly #places: readonly Place[];
  /** All workers that have not ended. */
  readonly #running = new Set<Running>();
  /** The new connections of shared ports. */
  readonly #gifts: Gifts;
  /** Called when a worker is ready or has ended, or all of them have to end. */
  readonly #waiting = new Set<() => void>();
  /** The endpoints that one worker has at a time. */
  readonly #endpointLocks = new EndpointLocks<Running>(
    ({ child }, answer) => void child.send(answer, undefined, ignore),
  );
  #state: 'new' | 'starting' | 'serving' | 'reloading' | 'stopping' = 'new';
  #failure: UnavailableError | undefined;
  /** Resolves at the end of the newest reload. */
  #reloaded: Promise<void> = Promise.resolve();
  /** Whether the code may have changed since the reload began that is under way. */
  #isStale = false;
  #report: unknown;

  constructor(context: PrimaryContext) {
    this.#context = context;
    this.#gifts = new Gifts(context.clock);
    this.#places = Array.from({ length: context.count }, (_, at) => ({ number: at + 1, waitMs: 0 }));
  }

  /**
   * Starts one worker, and the others when it takes traffic, so that a program that cannot start says so once. Resolves
   * with the first worker's report when all take traffic. Rejects with UnavailableError if one of them ends before
   * that, or all of them have to. All have ended then.
   */
  async start(): Promise<unknown> {
    this.#state = 'starting';
    const [first, ...others] = this.#places as [Place, ...Place[]];
    this.#fork(first);
    await this.#whenReady([first]);
    for (const place of others) if (!this.#isOver) this.#fork(place);
    await this.#whenReady(this.#places);
    if (!this.#isOver) {
      this.#state = 'serving';
      return this.#report;
    }
    if (this.#failure) await this.stop(false);
    await this.#when(() => this.#running.size === 0);
    throw this.#failure ?? new UnavailableError('CLOSED', 'the workers had to end before all of them took traffic');
  }

  /**
   * Replaces all workers, so that they run the code that is on the disk now. When all successors take traffic, the
   * former workers take no new clients any more. Then one after the other sends its clients away in waves, and ends. So
   * each client moves once, to a worker that stays. If a successor does not start, the former workers stay. While the
   * workers are being replaced, this begins anew. Does nothing while they start or end.
   */
  reload(): Promise<void> {
    if (this.#state === 'serving') this.#reloaded = this.#renewAll();
    else if (this.#state === 'reloading') {
      this.#isStale = true;
      this.#look();
    }
    return this.#reloaded;
  }

  /**
   * Ends all workers. With `isGentle`, they first send their clients away in waves. A later call without it cuts this
   * short. Resolves when all have ended.
   */
  async stop(isGentle: boolean): Promise<void> {
    const { clock } = this.#context;
    this.#state = 'stopping';
    this.#endpointLocks.close();
    for (const place of this.#places) {
      if (place.timer !== undefined) clock.clearTimeout(place.timer);
      place.timer = undefined;
    }
    for (const worker of this.#running) this.#end(worker, isGentle, true);
    this.#look();
    const limitMs = (isGentle ? drainTimeMsMax : closeTimeMsMax) - KILL_MS;
    const late = clock.setTimeout(() => this.#kill(this.#running), limitMs, undefined);
    await this.#when(() => this.#running.size === 0);
    clock.clearTimeout(late);
  }

  /** Whether the workers end, or one could not start. */
  get #isOver(): boolean {
    return this.#state === 'stopping' || this.#failure !== undefined;
  }

  #fork(place: Place): Running {
    const { fork, refuse } = this.#context;
    const handOvers = new HandOvers(refuse);
    const child = fork();
    const name = `worker ${place.number} (process ${child.process.pid})`;
    const worker: Running = { child, name, handOvers, isLeaving: false };
    place.worker = worker;
    this.#running.add(worker);
    // A message that cannot be sent any more is an error of the channel. The worker has ended then, which `exit` tells.
    child.on('error', ignore);
    child.on('message', (message, connection) => this.#onMessage(worker, message, connection));
    child.on('exit', (code, signal) => this.#onExit(place, worker, signal ?? `exit code ${code}`));
    return worker;
  }

  async #renewAll(): Promise<void> {
    const { onReload } = this.#context;
    this.#state = 'reloading';
    let isNew = false;
    do {
      this.#isStale = false;
      const formers = new Set([...this.#running].filter(({ isLeaving }) => !isLeaving));
      isNew = await this.#startSuccessors(formers);
      if (isNew) await this.#dismiss(formers);
    } while (this.#isStale && !this.#isOver);
    if (this.#isOver) return;
    this.#state = 'serving';
    onReload(isNew ? 'all workers run the new code' : 'the reload is over, and the former workers go on');
  }

  /**
   * Starts one successor, and the others when it takes traffic, so that code that cannot start says so once. Resolves
   * with whether all take traffic. Otherwise the former workers have their places again.
   */
  async #startSuccessors(formers: ReadonlySet<Running>): Promise<boolean> {
    const successors = new Set<Running>();
    const isLost = (): boolean => [...successors].some((each) => !this.#running.has(each));
    const isVain = (): boolean => this.#isOver || this.#isStale || isLost();
    for (const group of [this.#places.slice(0, 1), this.#places.slice(1)]) {
      for (const place of group) {
        // Any other worker has started since the reload began, or will start, so it runs the new code.
        if (!place.worker || !formers.has(place.worker)) continue;
        place.former = place.worker;
        const next = this.#fork(place);
        successors.add(next);
        this.#context.onReload(`${next.name} starts`);
      }
      await this.#when(() => isVain() || [...successors].every(({ readyAt }) => readyAt !== undefined));
      if (isVain()) break;
    }
    const isNew = !isVain();
    for (const place of this.#places) {
      if (!isNew && place.former) place.worker = place.former;
      place.former = undefined;
    }
    if (!isNew && !this.#isOver) this.#giveUp(successors);
    return isNew;
  }

  /** Ends successors. Those that take traffic may have clients already. */
  #giveUp(successors: ReadonlySet<Running>): void {
    const held = new Set(this.#places.map(({ worker }) => worker));
    const unplaced = [...successors].filter((each) => this.#running.has(each) && !held.has(each));
    for (const each of unplaced) each.isLeaving = true;
    this.#kill(unplaced.filter(({ readyAt }) => readyAt === undefined));
    for (const each of unplaced) if (each.readyAt !== undefined) void this.#sendAway(each);
  }

  /**
   * Lets workers take no new clients any more, and ends them one after the other. Resolves when all have ended, or all
   * workers end.
   */
  async #dismiss(formers: ReadonlySet<Running>): Promise<void> {
    const { onReload } = this.#context;
    const isReady = ({ readyAt }: Running): number => (readyAt === undefined ? 0 : 1);
    // A worker that still starts would open its port after it was told to leave it. So it ends first.
    const leaving = [...formers].filter((each) => this.#running.has(each)).sort((a, b) => isReady(a) - isReady(b));
    // Before any client is sent away, because it must not come to a worker that goes next.
    for (const { child } of leaving) child.send({ naru: 'retire' }, undefined, ignore);
    await this.#whenWithin(RETIRE_MS, () => this.#isOver || !leaving.some(({ child }) => this.#gifts.has(child)));
    for (const former of leaving) {
      if (this.#isOver || !this.#running.has(former)) continue;
      onReload(`${former.name} sends its clients away`);
      await this.#sendAway(former);
    }
  }

  /** Ends a worker, which first sends its clients away in waves. Resolves when it has ended, or all workers end. */
  async #sendAway(worker: Running): Promise<void> {
    const { clock } = this.#context;
    worker.isLeaving = true;
    this.#end(worker, true, false);
    const late = clock.setTimeout(() => this.#kill([worker]), drainTimeMsMax, undefined);
    await this.#when(() => this.#isOver || !this.#running.has(worker));
    clock.clearTimeout(late);
  }

  /** Asks a worker to end. One that still loads the program loses messages, so it gets a signal, too. */
  #end(worker: Running, isGentle: boolean, isLast: boolean): void {
    const { child, readyAt } = worker;
    worker.stop = { naru: 'stop', isGentle, isLast };
    child.send(worker.stop, undefined, ignore);
    if (readyAt === undefined) child.process.kill('SIGTERM');
  }

  #onMessage(worker: Running, given: unknown, connection: RawConnection | undefined): void {
    const message = readWorkerMessage(given);
    if (!message) return;
    if (message.naru === 'hand-over') this.#handOver(message, connection);
    else if (message.naru === 'share-port') this.#gifts.share(worker.child, message.port, connection);
    else if (message.naru === 'leave-port') {
      this.#gifts.leave(worker.child, message.port);
      this.#look();
    } else if (message.naru === 'give') this.#gifts.give(worker.child, message.port, connection);
    else if (message.naru === 'took') this.#gifts.onTook(worker.child, message.gift);
    else if (message.naru !== 'ready') this.#endpointLocks.onMessage(worker, message);
    else this.#onReady(worker, message);
  }

  #onReady(worker: Running, message: Extract<WorkerMessage, { naru: 'ready' }>): void {
    worker.readyAt = this.#context.clock.now();
    worker.node = message.node;
    this.#report ??= message.report;
    // The program may have ignored the signal while it was loaded.
    if (worker.stop) worker.child.send(worker.stop, undefined, ignore);
    this.#look();
  }

  /** Sends a connection on to the worker of its session. */
  #handOver(
    { node, bytes }: Extract<WorkerMessage, { naru: 'hand-over' }>,
    connection: RawConnection | undefined,
  ): void {
    if (!connection) return;
    const owner = [...this.#running].find((worker) => worker.node === node);
    if (!owner || owner.handOvers.isFull) this.#context.refuse(connection);
    else owner.handOvers.send(connection, (sent, done) => void owner.child.send({ naru: 'take', bytes }, sent, done));
  }

  #onExit(place: Place, worker: Running, how: string): void {
    this.#running.delete(worker);
    if (worker.node !== undefined) this.#context.forget(worker.node);
    worker.handOvers.end();
    this.#gifts.end(worker.child);
    this.#endpointLocks.remove(worker);
    const { name, isLeaving } = worker;
    if (this.#state === 'starting' && worker.readyAt === undefined)
      this.#failure ??= new UnavailableError('CLOSED', `${name} ended before it took traffic: ${how}`);
    if (!this.#isOver && !isLeaving) this.#fill(place, worker, `${name} ended: ${how}`);
    this.#look();
  }

  /** Finds a worker for the place of one that has ended. */
  #fill(place: Place, worker: Running, what: string): void {
    const { clock, report } = this.#context;
    if (worker !== place.worker) {
      // Its successor takes traffic already, or starts.
      if (worker === place.former) place.former = undefined;
      report(what);
    } else if (place.former) {
      place.worker = place.former;
      place.former = undefined;
      report(`${what}; the former workers go on`);
    } else {
      const isSteady = worker.readyAt !== undefined && clock.now() - worker.readyAt >= STEADY_MS;
      place.worker = undefined;
      place.waitMs = isSteady ? 0 : Math.min(Math.max(AGAIN_MS, 2 * place.waitMs), AGAIN_MAX_MS);
      const when = place.waitMs === 0 ? 'now' : `in ${place.waitMs} ms`;
      report(`${what}; another one takes its place ${when}`);
      const replace = (): void => {
        place.timer = undefined;
        this.#fork(place);
      };
      place.timer = clock.setTimeout(replace, place.waitMs, undefined);
    }
  }

  #kill(workers: Iterable<Running>): void {
    for (const { child } of workers) child.process.kill('SIGKILL');
  }

  /** Resolves when the workers of these places are ready, or the start is over. */
  #whenReady(places: readonly Place[]): Promise<void> {
    return this.#when(() => this.#isOver || places.every(({ worker }) => worker?.readyAt !== undefined));
  }

  /** Waits for so many milliseconds at most. */
  async #whenWithin(ms: number, isTrue: () => boolean): Promise<void> {
    const { clock } = this.#context;
    let isLate = false;
    const give = (): void => {
      isLate = true;
      this.#look();
    };
    const timer = clock.setTimeout(give, ms, undefined);
    await this.#when(() => isLate || isTrue());
    clock.clearTimeout(timer);
  }

  #when(isTrue: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!isTrue()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  #look(): void {
    for (const look of [...this.#waiting]) look();
  }
}

function ignore(): void {}
