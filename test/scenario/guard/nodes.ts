/** Nodes with a guard, each a process, and their guests. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Socket, io as stock } from 'socket.io-client';
import { expect, onTestFinished } from 'vitest';

const PROGRAM = fileURLToPath(new URL('guarded-node.mjs', import.meta.url));

export const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export interface GuardedNode {
  readonly child: ChildProcess;
  readonly port: number;
  /** Revokes something. With `dies`, the node is killed as soon as that is done. */
  revoke(what: object, dies: boolean): Promise<void>;
  /** Resolves with the numbers of the events `count` by person. */
  counted(): Promise<Record<string, number>>;
}

/** Starts a node. `kind` is `carrier` for Redis without a log. */
export async function startNode(address: string, kind = '', limits?: object): Promise<GuardedNode> {
  const child = fork(PROGRAM, [address, kind, JSON.stringify(limits ?? null)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [port] = await once(child, 'message');
  return {
    child,
    port: port as number,
    revoke: async (what, dies) => {
      const done = once(child, 'message');
      child.send({ what, dies });
      expect((await done)[0]).toBe('revoked');
    },
    counted: async () => {
      const done = once(child, 'message');
      child.send({ what: 'count' });
      return (await done)[0];
    },
  };
}

export const tokenOf = (user: string, lifeMs = 60_000): string => {
  const now = Date.now();
  return JSON.stringify({ user, issuedAt: now, expiresAt: now + lifeMs });
};

export interface Guest {
  readonly socket: Socket;
  readonly seen: string[];
}

export function enter(port: number, token: string, transport: string): Guest {
  const options = { auth: { token }, transports: [transport], reconnectionDelay: 1_500, randomizationFactor: 0 };
  const socket = stock(`http://127.0.0.1:${port}`, { ...options, forceNew: true });
  onTestFinished(() => void socket.disconnect());
  const seen: string[] = [];
  socket.on('connect', () => seen.push(socket.recovered ? 'recovered' : 'in'));
  socket.on('disconnect', (reason) => seen.push(reason));
  socket.on('naru:ended', ({ code }) => seen.push(code));
  socket.on('connect_error', (error) => seen.push((error as { data?: { code: string } }).data?.code ?? error.message));
  return { socket, seen };
}
