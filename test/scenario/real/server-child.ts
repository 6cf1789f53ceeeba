import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach } from 'vitest';
import { startRelay as openRelay, type Relay } from '../../kit/relay/relay.mjs';

const SERVER = 'server.mjs';

export interface ServerSetup {
  readonly folder?: string;
  readonly port?: number;
  /** The port of its TCP endpoint, for programs with one. */
  readonly tcpPort?: number;
  readonly options?: object;
  /** The program, a file in this folder. @default server.mjs */
  readonly program?: string;
  /** The options of `local` besides the folder. */
  readonly retention?: object;
}

const ends: (() => unknown)[] = [];

/** Runs `end` after the test. */
export function atEnd(end: () => unknown): void {
  ends.push(end);
}

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** Creates a folder for one test. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'naru-processes-'));
  atEnd(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A server that runs in another process. */
export class ServerChild {
  readonly port: number;
  /** The port of its TCP endpoint; 0 for programs without one. */
  readonly tcpPort: number;
  readonly #child: ChildProcess;
  readonly #calls = new Map<number, (result: unknown) => void>();
  #next = 0;

  constructor(child: ChildProcess, port: number, tcpPort = 0) {
    this.#child = child;
    this.port = port;
    this.tcpPort = tcpPort;
    child.on('message', (message: { id?: number; result?: unknown }) => {
      if (message.id !== undefined) this.#calls.get(message.id)?.(message.result);
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Whether the program has ended, for any reason. */
  get hasEnded(): boolean {
    return !this.#child.connected;
  }

  /**
   * Calls a function of the program. Resolves with its answer, and rejects when the program ended before it could be
   * asked.
   */
  call(name: string, args: object = {}): Promise<unknown> {
    const id = this.#next;
    this.#next += 1;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, resolve);
      this.#child.send({ id, name, args }, (error) => {
        if (!error) return;
        this.#calls.delete(id);
        reject(error);
      });
    });
  }

  /** kill -9. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }

  /** Sends SIGTERM. Resolves with the exit code when the program has ended. */
  async terminate(): Promise<number | null> {
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const [code] = (await exited) as [number | null];
    return code;
  }

  /** Closes the server, and waits until the process has ended. */
  async stop(): Promise<void> {
    const exited = once(this.#child, 'exit');
    await this.call('close');
    await exited;
  }
}

export async function startServer(setup: ServerSetup): Promise<ServerChild> {
  const program = fileURLToPath(new URL(setup.program ?? SERVER, import.meta.url));
  const child = fork(program, [JSON.stringify(setup)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`${setup.program ?? SERVER} ended with ${code} before it was ready`);
  });
  failed.catch(() => {});
  const ready = once(child, 'message') as Promise<[{ port: number; tcpPort?: number }]>;
  const [{ port, tcpPort }] = await Promise.race([ready, failed]);
  const server = new ServerChild(child, port, tcpPort);
  atEnd(() => server.kill());
  return server;
}

/** Starts a relay that closes with the test. */
export async function startRelay(target: number): Promise<Relay> {
  const relay = await openRelay(target);
  atEnd(() => relay.close());
  return relay;
}
