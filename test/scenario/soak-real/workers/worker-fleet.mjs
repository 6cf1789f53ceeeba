// The workers of one program behind one port, in place of a fleet of servers: kills workers, and has all of them
// replaced.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { AWAY, Calls, lookAt } from '../fleet.mjs';

const PROGRAM = fileURLToPath(new URL('./program.mjs', import.meta.url));

/** Milliseconds for which a worker lives at least before it is killed. */
const LIFE_MIN_MS = 1_000;
/** Milliseconds in which all workers must start, be replaced, or end after their primary. */
const START_MS_MAX = 60_000;
const RELOAD_MS_MAX = 120_000;
const END_MS_MAX = 10_000;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Resolves with whether something became true in time. */
async function until(isSo, ms) {
  for (const end = Date.now() + ms; Date.now() < end; await sleep(20)) if (isSo()) return true;
  return isSo();
}

/** Returns a port that nobody uses. All workers listen on it, and those that replace them. */
async function findPort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function isThere(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

class Worker {
  isLeaving = false;
  wasKilled = false;
  #calls = new Calls();
  #send;

  constructor(boot, pid, ports, send) {
    this.boot = boot;
    this.pid = pid;
    this.ports = ports;
    this.#send = send;
  }

  call(name, args = {}) {
    return this.hasEnded ? Promise.resolve(undefined) : this.#calls.make(name, args, this.#send);
  }

  answer(message) {
    this.#calls.answer(message);
  }

  end() {
    this.isLeaving = true;
    this.hasEnded = true;
    this.#calls.end();
  }
}

/** All workers, with the same surface as `Fleet`. */
export class WorkerFleet {
  faults = [];
  events = [];
  /** None: the other workers take the traffic of one that has ended. */
  vacancies = [];
  lives = new Map();
  /** Those that have ended because their home was away. They have served clients meanwhile. */
  unready = new Map();
  beats = new Map();
  stored = new Map();
  askings = [];
  states = [];
  rssMax = 0;
  ended = { SIGKILL: 0, SIGTERM: 0, SIGHUP: 0 };
  lanes = [];
  #count;
  #setup;
  #primary;
  #workers = new Map();
  /** The workers that SIGHUP replaces, also those that have not begun to take traffic. */
  #replaced;
  /** Whether the reload that is under way was given up: one of the successors could not reach the home. */
  #isGivenUp = false;
  /** The successors of reloads that were given up. The primary ends them, and the former workers stay. */
  #unwanted = new Set();
  /** All that have ended. */
  #gone = new Set();
  #isOver = false;

  constructor(count, setup) {
    this.#count = count;
    this.#setup = setup;
  }

  get size() {
    return this.#count;
  }

  get living() {
    return [...this.#workers.values()].filter(({ isLeaving }) => !isLeaving);
  }

  /** Starts the program. */
  async open() {
    const [http, tcp, stomp] = [await findPort(), await findPort(), await findPort()];
    const ports = { http, tcp, stomp };
    const { program = PROGRAM, ...own } = this.#setup(0);
    const setup = { ...own, workers: this.#count, ports };
    // In a terminal, SIGHUP would end the program.
    const primary = fork(program, [JSON.stringify(setup)], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
    this.#primary = primary;
    this.ports = ports;
    primary.stdout.pipe(process.stdout);
    primary.on('message', (message) => this.#onMessage(message));
    primary.once('exit', (code, signal) => {
      if (!this.#isOver) this.faults.push(`the primary ended by itself: ${signal ?? code}`);
      for (const worker of this.#workers.values()) worker.end();
    });
    await until(() => this.living.length === this.#count, START_MS_MAX);
  }

  /** All clients come in at the same ports. The program chooses the worker of each connection. */
  pick() {
    return this.ports && { ports: this.ports };
  }

  /** Kills a worker. The program starts another one in its place. */
  async replace(wanted, signal) {
    const able = this.living.filter(({ boot }) => Date.now() - this.lives.get(boot).from >= LIFE_MIN_MS);
    const worker = able[wanted % able.length];
    if (!worker) return;
    worker.wasKilled = true;
    this.ended[signal] += 1;
    this.#leave(worker, `gets ${signal}`);
    // A worker that is being replaced may have ended a moment ago.
    if (isThere(worker.pid)) process.kill(worker.pid, signal);
  }

  /** Has all workers replaced, by SIGHUP. */
  async reload() {
    this.ended.SIGHUP += 1;
    this.#isGivenUp = false;
    for (const worker of this.living) this.#leave(worker, 'is replaced', false);
    this.#primary.kill('SIGHUP');
    const isDone = () => this.#isOver || this.#isGivenUp || this.#replaced?.every((boot) => this.#gone.has(boot));
    if (!(await until(isDone, RELOAD_MS_MAX))) this.faults.push('SIGHUP has not replaced all workers');
  }

  /** Measures the memory of the workers. */
  look() {
    return lookAt(this);
  }

  /** Kills the primary. The workers end in order then. */
  async stop() {
    if (this.#isOver) return;
    this.#isOver = true;
    const pids = [...this.#workers.values()].filter(({ hasEnded }) => !hasEnded).map(({ pid }) => pid);
    this.#primary?.kill('SIGKILL');
    if (await until(() => !pids.some(isThere), END_MS_MAX)) return;
    this.faults.push(`workers have not ended ${END_MS_MAX} ms after their primary`);
    for (const pid of pids.filter(isThere)) process.kill(pid, 'SIGKILL');
  }

  #leave(worker, what, isSure = true) {
    if (isSure) worker.isLeaving = true;
    const life = this.lives.get(worker.boot);
    life.to = Math.min(life.to, Date.now());
    this.#note(worker.boot, what);
  }

  #onMessage({ boot, pid, message, outcome, replaced }) {
    const worker = this.#workers.get(boot);
    if (replaced) this.#replaced = replaced;
    else if (outcome !== undefined) this.#onEnd(boot, worker, outcome);
    else if (message.ports) {
      const send = (call, sent) => this.#primary.send({ boot, message: call }, sent);
      this.#workers.set(boot, new Worker(boot, pid, message.ports, send));
      this.lives.set(boot, {
        node: message.node,
        version: message.version,
        from: Date.now(),
        to: this.#replaced?.includes(boot) ? Date.now() : Number.POSITIVE_INFINITY,
      });
      this.beats.set(boot, []);
      this.stored.set(boot, []);
      this.#note(boot, 'begins');
    } else if (message.asking) this.askings.push(message.asking);
    else if (message.beat) this.beats.get(boot)?.push(message.beat);
    else if (message.stored) this.stored.get(boot)?.push(message.stored);
    else if (message.state) {
      const { at, state, isFirst } = message;
      this.states.push({ boot, at, state, isFirst });
      this.#note(boot, `is ${state}`);
      if (isFirst && !worker) this.unready.set(boot, { from: at, to: Number.POSITIVE_INFINITY });
    } else worker?.answer(message);
  }

  #onEnd(boot, worker, outcome) {
    worker?.end();
    const life = this.lives.get(boot);
    if (life) life.goneAt = Date.now();
    this.#gone.add(boot);
    this.#note(boot, `is gone: ${outcome}`);
    if (worker) this.unready.delete(boot);
    else if (this.unready.has(boot)) this.unready.get(boot).to = Date.now();
    if (outcome === AWAY && !worker) {
      this.#giveUp(boot);
      return;
    }
    if (worker?.wasKilled && this.#isStarting) this.#giveUp(boot);
    if (this.#isOver) return;
    const isUnwanted = this.#unwanted.has(boot);
    // It was told to end some time ago.
    if (isUnwanted && worker) this.lives.get(boot).to = this.lives.get(boot).from;
    const isKill = outcome === 'SIGKILL' && (worker?.wasKilled || isUnwanted);
    const isEnd = outcome === 0 && (this.#replaced?.includes(boot) || isUnwanted);
    if (!isKill && !isEnd) this.faults.push(`server ${boot} ended by itself: ${outcome}`);
  }

  /** The first of the workers that start at the same time to replace the others. */
  get #first() {
    return Math.max(...(this.#replaced ?? [])) + 1;
  }

  /** Whether some of them have not begun. */
  get #isStarting() {
    const first = this.#first;
    return Array.from({ length: this.#count }, (_, at) => first + at).some((each) => !this.#workers.has(each));
  }

  /** A worker could not start, or was killed. If it was to replace another one, all that start for that are ended. */
  #giveUp(boot) {
    const isUnderWay = this.#replaced?.some((each) => !this.#gone.has(each));
    if (!isUnderWay || this.#isGivenUp || this.#replaced.includes(boot)) return;
    this.#isGivenUp = true;
    for (let each = this.#first; each < boot + this.#count; each += 1) this.#unwanted.add(each);
  }

  #note(boot, what) {
    this.events.push({ at: Date.now(), what: `server ${boot} ${what}` });
  }
}
