/**
 * Two network namespaces with a relay between them that delays and loses packets. Each namespace, and each process in
 * it, ends when its pipe to this process closes. So nothing stays behind, even if this process is killed.
 */
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const RELAY = fileURLToPath(new URL('./relay.py', import.meta.url));
const TUN = '/dev/net/tun';
const END_MS = 5_000;

/** The address of the server. */
export const SERVER_HOST = '198.18.0.1';

/**
 * The number of packets that passed and that were lost, by size in bytes. @typedef {Record<string, [passed: number,
 * lost: number]>} Sizes
 */
/**
 * The counts of the relay. A flow is named by direction, protocol and the server's port. @typedef {{ flows:
 * Record<string, Sizes>, lateMs: number }} Counts
 */

/** Returns why this machine cannot run a network, or `undefined`. */
export function whyNot() {
  if (process.platform !== 'linux') return 'The staleness benchmark needs network namespaces, which only Linux has.';
  if (process.getuid?.() !== 0) return 'The staleness benchmark needs root: sudo node bench/staleness/run.mjs';
  if (!existsSync(TUN)) return `The staleness benchmark needs ${TUN}: modprobe tun`;
  const missing = ['ip', 'unshare', 'nsenter', 'python3'].filter((name) => !isInPath(name));
  return missing.length > 0 ? `The staleness benchmark needs these programs: ${missing.join(', ')}` : undefined;
}

/** @param {string} name */
function isInPath(name) {
  return (process.env.PATH ?? '').split(':').some((folder) => existsSync(`${folder}/${name}`));
}

export class Network {
  /** @type {import('node:child_process').ChildProcess[]} */
  #children = [];
  /** @type {import('node:child_process').ChildProcess} */
  #relay;
  /** @type {AsyncIterator<string>} */
  #answers;
  #server;
  #clients;

  /** @param {number} delayMs one way */
  constructor(delayMs) {
    this.#server = this.#spawn('unshare', ['--net', 'cat']);
    this.#clients = this.#spawn('unshare', ['--net', 'cat']);
    this.#relay = this.#spawn('python3', [RELAY, String(this.#server.pid), String(this.#clients.pid), String(delayMs)]);
    const { stdout } = this.#relay;
    if (!stdout) throw new Error('the relay has no output');
    this.#answers = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  /** Resolves when the relay works. */
  async ready() {
    await this.#answer();
  }

  /**
   * Sets the share of packets that are lost in each direction, and begins to count. @param {number} loss @param
   * {number} seed
   */
  async lose(loss, seed) {
    await this.#ask({ loss, seed });
  }

  /** @returns {Promise<Counts>} */
  async counts() {
    return this.#ask({ counts: true });
  }

  /**
   * Sets the congestion control of TCP on both sides, if a name is given, and returns the one in use. @param {string |
   * undefined} name
   */
  async congestionControl(name) {
    const file = '/proc/sys/net/ipv4/tcp_congestion_control';
    let used = '';
    for (const { pid } of [this.#server, this.#clients]) {
      const command = name === undefined ? `cat ${file}` : `echo "$0" > ${file} && cat ${file}`;
      const shell = this.#spawn('nsenter', [`--net=/proc/${pid}/ns/net`, 'sh', '-c', command, name ?? '']);
      shell.stdout?.on('data', (text) => {
        used = String(text).trim();
      });
      const [code] = await once(shell, 'close');
      if (code !== 0) throw new Error(`the system has no congestion control "${name}"`);
    }
    return used;
  }

  /**
   * Starts a program of Node in a namespace, and returns the function that calls it: a command and its argument, and a
   * promise of the answer.
   * @param {'server' | 'clients'} side
   * @param {URL} program
   */
  start(side, program) {
    const { pid } = side === 'server' ? this.#server : this.#clients;
    const child = fork(program, [], {
      execPath: 'nsenter',
      execArgv: [`--net=/proc/${pid}/ns/net`, process.execPath],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#children.push(child);
    return (/** @type {string} */ command, /** @type {unknown} */ argument) => call(child, command, argument);
  }

  /** Ends all processes. The namespaces and the devices go with them. */
  async close() {
    const children = this.#children.toReversed();
    for (const child of children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, 'exit');
      const timer = setTimeout(() => child.kill('SIGKILL'), END_MS);
      if (child.connected) child.disconnect();
      child.stdin?.end();
      await ended;
      clearTimeout(timer);
    }
  }

  /** @param {string} command @param {string[]} args */
  #spawn(command, args) {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#children.push(child);
    return child;
  }

  /** @param {object} command */
  async #ask(command) {
    this.#relay.stdin?.write(`${JSON.stringify(command)}\n`);
    return this.#answer();
  }

  async #answer() {
    const { value, done } = await this.#answers.next();
    if (done) throw new Error('the relay has ended');
    return JSON.parse(value);
  }
}

/** @param {import('node:child_process').ChildProcess} child @param {string} command @param {unknown} argument */
function call(child, command, argument) {
  return new Promise((resolve, reject) => {
    const onExit = (/** @type {number | null} */ code) =>
      reject(new Error(`the process of "${command}" ended with ${code}`));
    child.once('exit', onExit);
    child.once('message', (/** @type {any} */ { answer, error }) => {
      child.off('exit', onExit);
      if (error === undefined) resolve(answer);
      else reject(new Error(error));
    });
    child.send({ command, argument }, (error) => error && reject(error));
  });
}
