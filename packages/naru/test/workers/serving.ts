// Programs with workers, and clients of them, for the tests of workers.
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { io as connect, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { onTestFinished } from 'vitest';
import { makeFolder } from '../../../../test/kit/folders.js';
import { startNaru } from '../../../../test/kit/programs/naru.js';

/** The place of a program on this machine, at any port. */
export const place = { HOST: '127.0.0.1', PORT: '0' };

/** An application that says in which process a session is. */
export const app = `
  exports.options = { connectionStateRecovery: { maxDisconnectionDuration: 60_000 } };
  exports.app = (io) => {
    io.engine.use((request, response, next) => {
      response.setHeader('X-Client', request.socket.remoteAddress + ' ' + request.headers['naru-client']);
      next();
    });
    io.on('connection', (socket) => {
      socket.join('all');
      socket.on('where', (done) => done?.(process.pid, socket.handshake.secure));
      socket.on('say', (text, done) => {
        io.to('all').emit('said', text);
        done?.();
      });
      socket.on('count', (done) => {
        // The handle of the port and its copies look like connections.
        const open = process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length - 8;
        done([process.pid, open, io.engine.clientsCount]);
      });
      socket.on('die', () => process.kill(process.pid, 'SIGKILL'));
    });
  };`;

/** The options of a client. */
export type Options = Partial<ManagerOptions & SocketOptions>;

/** Serves the app with workers. Resolves with its URL when all take traffic. */
export async function serve(
  workers: number,
  files: Record<string, string> = {},
  args: readonly string[] = [],
  variables: Record<string, string> = {},
) {
  const folder = makeFolder({ 'index.js': app, ...files });
  // Its own folder for temporary files shows what the program leaves there.
  const temporary = makeFolder({ '.keep': '' });
  const env = { ...place, TMPDIR: temporary, ...variables };
  const program = startNaru(['serve', folder, '--workers', String(workers), ...args], env);
  const [, url = ''] = await program.waitFor(/^ {2}(http:\/\/\S+:\d+\/)$/m);
  await program.waitFor(new RegExp(`^It has ${workers} workers?\\.$`, 'm'));
  const links = (): string[] => readdirSync(temporary).filter((name) => name.startsWith('naru-workers-'));
  return { folder, program, url: url.replace('localhost', '127.0.0.1'), links };
}

/** Connects a client, and closes it with the test. */
export function open(url: string, options: Options = {}): Socket {
  const socket = connect(url, { forceNew: true, ...options });
  onTestFinished(() => void socket.close());
  return socket;
}

/** Returns the pids of all workers, as clients find them. */
export async function listWorkers(url: string, count: number): Promise<number[]> {
  const found = new Set<number>();
  while (found.size < count) {
    const socket = open(url, { transports: ['websocket'] });
    found.add(await new Promise<number>((resolve) => socket.emit('where', resolve)));
    socket.close();
  }
  return [...found];
}

/** Connects a client that has its session at one worker, and keeps it. */
export async function openAt(url: string, pid: number): Promise<Socket> {
  for (;;) {
    const socket = open(url, { transports: ['websocket'], reconnectionDelay: 10 });
    if ((await new Promise<number>((resolve) => socket.emit('where', resolve))) === pid) return socket;
    socket.close();
  }
}

/** Whether a process exists. */
export function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Has a process stand still. If the test fails before it goes on, it ends with the test. */
export function stop(pid: number): void {
  process.kill(pid, 'SIGSTOP');
  onTestFinished(() => {
    if (isThere(pid)) process.kill(pid, 'SIGKILL');
  });
}

/** Sends a request on a connection of its own. Resolves with whether it is answered within half a second. */
export async function isAnswered(url: string): Promise<boolean> {
  const request = httpRequest(url, { agent: false });
  request.on('error', () => undefined);
  onTestFinished(() => void request.destroy());
  const answer = once(request, 'response').then(
    () => true,
    () => false,
  );
  request.end();
  return Promise.race([answer, delay(500, false)]);
}
