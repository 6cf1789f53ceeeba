/**
 * Brokers for tests and benchmarks: Debian's `redis-server` and `nats-server`, each as a process with a port and a
 * folder of its own. Every fault is a call. It imports only Node.js and `ports.mjs`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fixedPort } from '../ports.mjs';

/** @typedef {'redis' | 'nats'} BrokerKind */

/** Linux counts CPU time in hundredths of a second. */
const TICK_MS = 10;

/** Milliseconds in which a broker must have read its folder and must answer. */
const START_MS_MAX = 30_000;
/** Ports that are tried. Another program may take one between the choice and the start. */
const TRIES_MAX = 5;

/**
 * The program of each kind, its arguments, what it prints when it has its port, and how to find out that it answers.
 * @type {Record<BrokerKind, { paths: string[], install: string, ready: string, say: string, expect: string,
 * args(place: { port: number, folder: string, more: readonly string[] }): string[] }>}
 */
const KINDS = {
  redis: {
    paths: ['/usr/bin/redis-server', '/usr/local/bin/redis-server', '/usr/bin/valkey-server'],
    install: 'apt-get install redis-server',
    ready: 'Ready to accept connections',
    say: 'PING\r\n',
    expect: '+PONG',
    args: ({ port, folder, more }) => [
      ...['--port', `${port}`, '--bind', '127.0.0.1', '--protected-mode', 'no', '--dir', folder, '--save', ''],
      ...['--appendonly', 'yes', '--appendfsync', 'everysec', '--maxmemory-policy', 'noeviction', ...more],
    ],
  },
  nats: {
    paths: ['/usr/sbin/nats-server', '/usr/bin/nats-server', '/usr/local/bin/nats-server'],
    install: 'apt-get install nats-server',
    ready: 'Listening for client connections',
    say: '',
    expect: '"jetstream":true',
    args: ({ port, folder, more }) => ['-a', '127.0.0.1', '-p', `${port}`, '-js', '-sd', folder, ...more],
  },
};

/** @param {BrokerKind} kind */
function programOf(kind) {
  return KINDS[kind].paths.find((path) => existsSync(path));
}

/**
 * Returns why a broker cannot run here, with the command that installs it; `undefined` when it can.
 * @param {BrokerKind} kind
 */
export function whyNoBroker(kind) {
  return programOf(kind) ? undefined : `${kind}-server is not installed here: ${KINDS[kind].install}`;
}

/** A broker. It keeps its port and its folder over restarts, and ends with the process that started it. */
export class Broker {
  /** @type {BrokerKind} */
  kind;
  port = 0;
  #folder;
  #more;
  #env;
  #choosePort;
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #child;
  /** The bytes of its output before this start. */
  #printedBefore = 0;

  /**
   * @param {BrokerKind} kind
   * @param {string} folder for its data and its output; the caller removes it
   * @param {readonly string[]} [more] arguments
   * @param {Readonly<Record<string, string>>} [env] more of the environment
   * @param {() => Promise<number>} [choosePort]
   */
  constructor(kind, folder, more = [], env = {}, choosePort = fixedPort) {
    this.kind = kind;
    this.#folder = folder;
    this.#more = more;
    this.#env = env;
    this.#choosePort = choosePort;
  }

  get url() {
    return `${this.kind}://127.0.0.1:${this.port}`;
  }

  /** Starts the broker, the first time on a free port. Resolves when it answers. */
  async start() {
    const program = programOf(this.kind);
    if (!program) throw new Error(whyNoBroker(this.kind));
    mkdirSync(this.#folder, { recursive: true });
    if (this.port !== 0) return this.#startAt(program);
    for (let left = TRIES_MAX; ; left -= 1) {
      this.port = await this.#choosePort();
      try {
        return await this.#startAt(program);
      } catch (error) {
        if (left === 1 || !/address already in use/i.test(this.#printed)) throw error;
      }
    }
  }

  /** @param {string} program */
  async #startAt(program) {
    const args = KINDS[this.kind].args({ port: this.port, folder: this.#folder, more: this.#more });
    const output = openSync(this.#outputPath, 'a');
    this.#printedBefore = fstatSync(output).size;
    // The kernel ends the broker when this process dies without a chance to do so.
    this.#child = spawn('setpriv', ['--pdeathsig', 'KILL', program, ...args], {
      stdio: ['ignore', output, output],
      env: { ...process.env, ...this.#env },
    });
    closeSync(output);
    const failure = new Promise((_resolve, reject) => this.#child?.once('error', reject));
    await Promise.race([this.#answers(), failure]);
  }

  /** Ends the broker as a crash does. */
  async kill() {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  /** Makes the broker stand still until `goOn`. */
  stall() {
    this.#child?.kill('SIGSTOP');
  }

  goOn() {
    this.#child?.kill('SIGCONT');
  }

  /**
   * Gives Redis a command as text, and returns the first line of its answer. Rejects if Redis goes before it answers.
   * @param {string} command
   * @returns {Promise<string>}
   */
  async say(command) {
    const socket = connect(this.port, '127.0.0.1');
    socket.write(`${command}\r\n`);
    const chunk = await new Promise((resolve, reject) => {
      socket.once('data', resolve).once('error', reject);
      socket.once('close', () => reject(new Error('Redis has closed the connection.')));
    });
    socket.destroy();
    return String(chunk).split('\r\n')[0] ?? '';
  }

  /** The CPU time of the broker since its start, in milliseconds. */
  get cpuMs() {
    const text = readFileSync(`/proc/${this.#child?.pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  }

  get #outputPath() {
    return join(this.#folder, 'output.txt');
  }

  /** The output since this start. */
  get #printed() {
    return readFileSync(this.#outputPath).subarray(this.#printedBefore).toString();
  }

  async #answers() {
    const until = performance.now() + START_MS_MAX;
    // Another program may answer at the port.
    const isReady = () => this.#printed.includes(KINDS[this.kind].ready);
    while (!isReady() || !(await isAnswering(this.kind, this.port))) {
      const { exitCode } = this.#child ?? {};
      if (typeof exitCode === 'number' || performance.now() > until) {
        const why = typeof exitCode === 'number' ? `ended with ${exitCode}` : 'does not answer';
        throw new Error(`${this.kind}-server ${why}: ${this.#printed.slice(-2_000)}`);
      }
      await delay(20);
    }
  }
}

/**
 * @param {BrokerKind} kind
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function isAnswering(kind, port) {
  const { say, expect } = KINDS[kind];
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    const end = (/** @type {boolean} */ answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1_000, () => end(false));
    socket.on('error', () => end(false));
    socket.on('close', () => end(false));
    socket.on('data', (chunk) => {
      text += chunk;
      if (text.includes(expect)) end(true);
      else if (text.includes('\n')) end(false);
    });
    socket.write(say);
  });
}
