/**
 * Calls between the benchmark and its two children (the server under test and the loader), over Node's IPC
 * channel.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * Answers the parent's calls with the given functions. The child ends when the parent is gone.
 * @param {Record<string, (...args: any[]) => unknown>} calls
 */
export function answer(calls) {
  process.on('message', async (/** @type {{ id: number, name: string, args: unknown[] }} */ message) => {
    const { id, name, args } = message;
    try {
      const call = calls[name];
      if (call === undefined) throw new TypeError(`unknown call: ${name}`);
      process.send?.({ id, value: await call(...args) });
    } catch (error) {
      process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  });
  process.on('disconnect', () => process.exit(0));
}

// No call takes longer unless messages were lost and a load waits for them in vain.
const DEADLINE_MS = 90_000;

/** A child Node with one entry module, whose calls are promises. */
export class Child {
  /** The children that have not ended. @type {Set<Child>} */
  static #running = new Set();

  /** Kills all children. Their measurements then fail and remove what they have made. */
  static killAll() {
    for (const child of Child.#running) child.#child.kill('SIGKILL');
  }

  /** @type {import('node:child_process').ChildProcess} */
  #child;
  #nextId = 0;
  /** @type {Map<number, { resolve: (value: any) => void, reject: (error: Error) => void }>} */
  #waiting = new Map();
  /** @type {Promise<void>} */
  #ended;
  #label;
  #deadlineMs;

  /**
   * @param {string} entry module, as a URL or relative to bench/
   * @param {{ label: string, execArgv?: string[], deadlineMs?: number }} options a call may take up to `deadlineMs`
   */
  constructor(entry, { label, execArgv = [], deadlineMs = DEADLINE_MS }) {
    this.#label = label;
    this.#deadlineMs = deadlineMs;
    this.#child = fork(fileURLToPath(new URL(entry, import.meta.url)), {
      execArgv,
      stdio: ['pipe', 'inherit', 'inherit', 'ipc'],
    });
    // A child that was killed does not read its input. Its calls tell that it has ended.
    this.#child.stdin?.on('error', () => {});
    this.#child.on('message', (message) => this.#settle(/** @type {any} */ (message)));
    Child.#running.add(this);
    this.#ended = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => {
        Child.#running.delete(this);
        for (const { reject } of this.#waiting.values()) {
          reject(new Error(`${label}: the child ended early (${signal ?? `exit code ${code}`})`));
        }
        this.#waiting.clear();
        resolve();
      });
    });
  }

  /**
   * @param {string} name
   * @param {...unknown} args
   * @returns {Promise<any>}
   */
  call(name, ...args) {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new Error(`${this.#label}: no answer to ${name} ${String(args[0] ?? '')} in ${this.#deadlineMs} ms`));
      }, this.#deadlineMs);
      const settle = (/** @type {(value: any) => void} */ how) => (/** @type {any} */ value) => {
        clearTimeout(deadline);
        how(value);
      };
      this.#waiting.set(id, { resolve: settle(resolve), reject: settle(reject) });
      this.#child.send({ id, name, args }, (error) => {
        if (error === null || error === undefined) return;
        this.#waiting.get(id)?.reject(error);
        this.#waiting.delete(id);
      });
    });
  }

  /** Lets a paused child go on. */
  resume() {
    this.#child.stdin?.write('\n');
  }

  /** Kills the child with SIGKILL, and resolves when it has ended. */
  async kill() {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  /** Asks the child to exit, so that it writes a CPU profile, and kills it after ten seconds. */
  async stop() {
    if (this.#child.exitCode === null && this.#child.connected) this.#child.disconnect();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 10_000);
    await this.#ended;
    clearTimeout(timer);
  }

  /** @param {{ id: number, value?: unknown, error?: string }} reply */
  #settle({ id, value, error }) {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    if (error === undefined) waiting.resolve(value);
    else waiting.reject(new Error(`${this.#label}: ${error}`));
  }
}
