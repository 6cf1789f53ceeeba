/** Several server processes on one folder, and stock clients of each. */
import { type ChildProcess, fork } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { io, type Socket } from 'socket.io-client';
import { onTestFinished } from 'vitest';
import { makeFolder } from '../../kit/folders.js';

const PROGRAM = fileURLToPath(new URL('./node.mjs', import.meta.url));

/** The value that a program returned, or its error. */
export interface Outcome {
  readonly value?: unknown;
  readonly error?: {
    readonly name: string;
    readonly message: string;
    readonly code: string;
    readonly missing?: readonly string[];
    readonly responses?: readonly unknown[];
    readonly sockets?: number;
    readonly report?: unknown;
  };
}

/** A server process. */
export interface Node {
  readonly name: string;
  /** The code of the node. */
  readonly code: string;
  readonly child: ChildProcess;
  readonly port: number;
  readonly folder: string;
  readonly clients: readonly Socket[];
  /** Runs a program in the process. It has `io`, and may use `await` and `return`. */
  run(program: string): Promise<Outcome>;
}

/**
 * Starts processes on one folder, each with clients, and waits until they know each other. They run the program `first`
 * in their first turn.
 */
export async function startNodes(
  names: readonly string[],
  clientCount: number,
  folder = makeFolder({}),
  first = '',
): Promise<Node[]> {
  const nodes = await Promise.all(names.map((name) => startNode(folder, name, clientCount, first)));
  for (const node of nodes) {
    const waiting = `while ((await io.fetchSockets()).length < ${names.length * clientCount}) await new Promise((r) => setTimeout(r, 10));`;
    await node.run(waiting);
  }
  return nodes;
}

/** A write that no client sees. */
const WRITE = 'io.in("nobody").socketsJoin("nowhere"); await new Promise((resolve) => setTimeout(resolve, 100));';

/**
 * Makes a process stand still between two of its writes. In a write, it would hold up every process that writes to the
 * folder, as `writing` does.
 */
export async function standStill({ child }: Node, writing: Node): Promise<void> {
  for (let isBetween = false; !isBetween; ) {
    child.kill('SIGSTOP');
    const answer = writing.run(WRITE).then(() => true);
    isBetween = await Promise.race([answer, delay(2_000, false)]);
    if (!isBetween) child.kill('SIGCONT');
    await answer;
  }
}

async function startNode(folder: string, name: string, clientCount: number, first: string): Promise<Node> {
  const child = fork(PROGRAM, [folder, name, first], { stdio: 'inherit' });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const waiting = new Map<number, (outcome: Outcome) => void>();
  const { port, node: code } = await new Promise<{ port: number; node: string }>((resolve) => {
    child.on('message', (message: { id?: number; port: number; node: string } & Outcome) => {
      if (message.id === undefined) resolve(message);
      else waiting.get(message.id)?.(message);
    });
  });
  let lastId = 0;
  const run = (program: string): Promise<Outcome> =>
    new Promise((resolve) => {
      lastId += 1;
      waiting.set(lastId, resolve);
      child.send({ id: lastId, program });
    });
  const clients = await Promise.all(
    Array.from({ length: clientCount }, async (_, at) => {
      const socket = io(`http://127.0.0.1:${port}`, {
        auth: { name: `${name}${at}` },
        transports: ['websocket'],
        forceNew: true,
      });
      onTestFinished(() => void socket.disconnect());
      await new Promise<void>((resolve) => socket.once('connect', resolve));
      return socket;
    }),
  );
  return { name, code, child, port, folder, clients, run };
}
