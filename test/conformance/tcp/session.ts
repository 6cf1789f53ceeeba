/** A server as in docs/tcp.md, and the tools to try that document. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Server, type ServerOptions } from '../../../packages/naru/src/server/api/index.js';

export const DOCUMENT = readFileSync(fileURLToPath(new URL('../../../docs/tcp.md', import.meta.url)), 'utf8');

/** Whether a missing peer is a failure. */
export const isPeerRequired = process.env.NARU_REQUIRE_PEERS === '1';

/** Returns why a program cannot run here, or `undefined`. */
export function whyNo(program: string, args: readonly string[], fix: string): string | undefined {
  try {
    execFileSync(program, args, { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    // A program that rejects its arguments is installed nevertheless.
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? `${program} is not here (${fix})` : undefined;
  }
}

/** Returns the blocks of the document in a language. */
export function blocksOf(language: string): string[] {
  const blocks: string[] = [];
  let at: string | undefined;
  for (const line of DOCUMENT.split('\n')) {
    const [, fence] = /^ *```(\w*)$/.exec(line) ?? [];
    if (fence === undefined) {
      if (at === language) blocks[blocks.length - 1] += `${line}\n`;
    } else if (at === undefined) {
      at = fence;
      if (at === language) blocks.push('');
    } else at = undefined;
  }
  return blocks;
}

/** The server of the document. Close it with `close`. */
export async function serve(options: ServerOptions = {}): Promise<{ io: Server; port: number }> {
  const io = new Server(options);
  io.allow({ subscribe: true, publish: true });
  io.on('connection', (socket) => {
    socket.on('message', (text) => io.emit('said', text));
    socket.on('time', (answer) => answer('noon'));
  });
  io.listen('tcp://127.0.0.1:0');
  await io.ready();
  const [endpoint] = io.endpoints;
  if (!endpoint) throw new Error('no endpoint was opened');
  return { io, port: (endpoint.address as AddressInfo).port };
}

/** A started program and its output. */
export class Program {
  #output = '';
  #wake: () => void = () => undefined;
  readonly #child: ChildProcess;

  constructor(command: string, args: readonly string[], options: { cwd?: string } = {}) {
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], ...options });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk) => {
        this.#output += chunk;
        this.#wake();
      });
    }
    this.#child.on('exit', () => this.#wake());
  }

  get output(): string {
    return this.#output;
  }

  type(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** Resolves when the output contains `text`; rejects when the program ends without it. */
  async until(text: string): Promise<void> {
    while (!this.#output.includes(text)) {
      if (this.#child.exitCode !== null) throw new Error(`it ended, and said only ${JSON.stringify(this.#output)}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  stop(): void {
    this.#child.kill();
  }
}
