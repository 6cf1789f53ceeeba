// The server processes of the soak: starts, kills, terminates and replaces them.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('./server.mjs', import.meta.url));

/** Milliseconds in which a server must drain, which may take 25 seconds, and end. */
const END_MS_MAX = 40_000;

/** The exit code of a server that cannot begin because its home is away, and milliseconds until it is started again. */
export const AWAY = 75;
const AGAIN_MS = 200;

/**
 * Milliseconds for which a server lives at least, and for which the end of a server waits for one that has lived so
 * long.
 */
const LIFE_MIN_MS = 1_000;
const START_MS_MAX = 10_000;

const LOG_FAULT = 'a server has reported errors of the log';
const SECRET_FAULT = 'servers have not accepted the secrets of each other';

/** Measures the memory of servers, and reports errors of their logs to their fleet. */
export async function lookAt(fleet) {
  const states = await Promise.all(fleet.living.map((server) => server.call('state')));
  for (const state of states) {
    if (!state) continue;
    fleet.rssMax = Math.max(fleet.rssMax, state.rss);
    if (state.logErrors > 0 && !fleet.faults.includes(LOG_FAULT)) fleet.faults.push(LOG_FAULT);
    if (state.secretErrors > 0 && !fleet.faults.includes(SECRET_FAULT) && !fleet.isLeap)
      fleet.faults.push(SECRET_FAULT);
  }
}

/** The calls of one process that have no answer yet. */
export class Calls {
  #calls = new Map();
  #next = 0;

  /**
   * Makes a call. `send` gets its message, and calls back with the error if it could not be sent. Resolves with the
   * answer.
   */
  make(name, args, send) {
    this.#next += 1;
    const id = this.#next;
    return new Promise((resolve) => {
      this.#calls.set(id, resolve);
      send({ id, name, args }, (error) => error && this.answer({ id, result: undefined }));
    });
  }

  answer({ id, result }) {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    call?.(result);
  }

  /** The process has ended, so no more answers come. */
  end() {
    for (const id of [...this.#calls.keys()]) this.answer({ id, result: undefined });
  }
}

class ServerChild {
  ports = undefined;
  isLeaving = false;
  #child;
  #calls = new Calls();

  constructor(child) {
    this.#child = child;
    child.on('message', (message) => this.#calls.answer(message));
    child.on('exit', () => {
      this.isLeaving = true;
      this.#calls.end();
    });
  }

  get hasEnded() {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  get outcome() {
    return this.#child.signalCode ?? this.#child.exitCode;
  }

  /** Calls a function of the server. Resolves with undefined when the server ended before it answered. */
  call(name, args = {}) {
    if (this.hasEnded || !this.#child.connected) return Promise.resolve(undefined);
    return this.#calls.make(name, args, (message, sent) => this.#child.send(message, sent));
  }

  /** Sends a signal, and waits for the end of the process. */
  async end(signal) {
    this.isLeaving = true;
    if (this.hasEnded) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill(signal);
    const late = setTimeout(() => this.#child.kill('SIGKILL'), END_MS_MAX);
    await exited;
    clearTimeout(late);
  }
}

/** All servers. Each place is taken by one process after the other. */
export class Fleet {
  /** Unexpected events. */
  faults = [];
  /** The actions, with their times. */
  events = [];
  /** The times from the end of a server until its successor takes traffic, and the clients whose way led to it. */
  vacancies = [];
  /** The node of each process, and the time from its start until it was told to end. */
  lives = new Map();
  /** None: nobody finds a server that has not begun. */
  unready = new Map();
  /** When the home has answered each process. */
  beats = new Map();
  /** Up to when the home has stored the answers of each process, and when it was heard. */
  stored = new Map();
  /** The requests to enter halls, as servers have told them. */
  askings = [];
  /** The states of the home, as servers have told them. */
  states = [];
  rssMax = 0;
  /** How many servers each signal ended. */
  ended = { SIGKILL: 0, SIGTERM: 0, SIGHUP: 0 };
  /** The lanes that lead to these servers. */
  lanes = [];
  /** Whether the servers pass requests on to each other, so that a client needs not stay with one of them. */
  hasLinks = false;
  /** Whether servers may not accept the secrets of each other for a while. */
  isLeap = false;
  #turn = 0;
  #setup;
  #places;
  #boots = 0;
  #isOver = false;

  constructor(count, setup) {
    this.#setup = setup;
    this.#places = Array.from({ length: count });
  }

  get size() {
    return this.#places.length;
  }

  /** Starts a server in each place. */
  async open() {
    await Promise.all(this.#places.map((_, place) => this.start(place)));
  }

  async start(place) {
    this.#boots += 1;
    const boot = this.#boots;
    const { program = PROGRAM, ...setup } = this.#setup(place);
    const child = fork(program, [JSON.stringify({ ...setup, boot })], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const server = new ServerChild(child);
    child.on('message', ({ beat, stored, state, isFirst, at, asking }) => {
      if (asking) this.askings.push(asking);
      if (beat) this.beats.get(boot)?.push(beat);
      if (stored) this.stored.get(boot)?.push(stored);
      if (!state) return;
      this.states.push({ boot, at, state, isFirst });
      this.events.push({ at, what: `server ${boot} is ${state}` });
    });
    child.once('exit', (code) => {
      if (server.wasAsked || this.#isOver || code === AWAY) return;
      this.faults.push(`server ${boot} ended by itself: ${server.outcome}`);
    });
    this.#places[place] = server;
    const { ports, node, version } = await new Promise((resolve) => {
      child.on('message', (message) => message.ports && resolve(message));
      child.once('exit', () => resolve({}));
    });
    if (ports) this.events.push({ at: Date.now(), what: `server ${boot} begins` });
    if (ports) this.lives.set(boot, { node, version, from: Date.now(), to: Number.POSITIVE_INFINITY });
    this.beats.set(boot, []);
    this.stored.set(boot, []);
    server.boot = boot;
    server.ports = ports;
    if (server.outcome !== AWAY || this.#isOver) return;
    // A supervisor of processes does the same.
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    await this.start(place);
  }

  /**
   * Ends the server of a place, or another one when the place is empty, by a signal, and starts the next one `pauseMs`
   * milliseconds later.
   */
  async replace(wanted, signal, pauseMs) {
    const places = [wanted, ...this.#places.keys()];
    const isStanding = (at) => {
      const { ports, boot, isLeaving } = this.#places[at] ?? {};
      return ports && !isLeaving && Date.now() - this.lives.get(boot).from >= LIFE_MIN_MS;
    };
    // On a busy machine, processes start more slowly than they are ended.
    for (let waited = 0; !places.some(isStanding) && waited < START_MS_MAX && !this.#isOver; waited += 20)
      await new Promise((resolve) => setTimeout(resolve, 20));
    const server = this.#places[places.find(isStanding) ?? -1];
    if (!server) return;
    const place = this.#places.indexOf(server);
    server.wasAsked = true;
    this.ended[signal] += 1;
    this.events.push({ at: Date.now(), what: `server ${server.boot} gets ${signal}` });
    const life = this.lives.get(server.boot);
    if (life) life.to = Date.now();
    const clients = this.lanes.filter((lane) => lane.server === server).map(({ index }) => index);
    const vacancy = { at: Date.now(), to: Number.POSITIVE_INFINITY, clients };
    this.vacancies.push(vacancy);
    await server.end(signal);
    if (life) life.goneAt = Date.now();
    this.events.push({ at: Date.now(), what: `server ${server.boot} is gone: ${server.outcome}` });
    if (signal === 'SIGTERM' && server.outcome !== 0)
      this.faults.push(`server ${server.boot} was told to end, and ended with ${server.outcome}`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    if (this.#isOver) return;
    await this.start(place);
    vacancy.to = Date.now();
  }

  /** The servers that accept connections. */
  get living() {
    return this.#places.filter((server) => server?.ports && !server.isLeaving);
  }

  /**
   * Chooses the server for a client: its current one while that accepts connections, otherwise the one with the fewest
   * clients. Avoids `away` if there is another.
   */
  pick(current, away) {
    const { living } = this;
    if (living.includes(current)) return current;
    const others = living.filter((server) => server !== away);
    const counts = new Map(living.map((server) => [server, 0]));
    for (const { server } of this.lanes) if (counts.has(server)) counts.set(server, counts.get(server) + 1);
    const [first] = (others.length > 0 ? others : living).sort((one, other) => counts.get(one) - counts.get(other));
    return first;
  }

  /** Chooses the next server in turn, as a balancer without sticky routing does. */
  next() {
    const { living } = this;
    this.#turn += 1;
    return living[this.#turn % living.length];
  }

  look() {
    return lookAt(this);
  }

  async stop() {
    this.#isOver = true;
    await Promise.all(this.#places.map((server) => server?.end('SIGKILL')));
  }
}
