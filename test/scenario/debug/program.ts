/**
 * The servers of one problem, in a process of their own. It reads `NARU_DEBUG`, and its standard error has the lines.
 * The first argument is a `Problem` in JSON.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { memberOf, type Socket } from '../../../packages/naru/src/namespace/socket/socket.js';
import { Server, type ServerOptions } from '../../../packages/naru/src/server/api/server.js';
import { redis } from '../../../packages/redis/src/entry/index.js';
import type { FromServers, Problem } from './problem.js';

/** Characters of an event of a flood. */
const FLOOD_CHARACTERS = 1_000_000;

const { servers, home } = JSON.parse(process.argv[2] ?? '') as Problem;

const tell = (message: FromServers): void => void process.send?.(message);

async function start(given: object): Promise<number> {
  const backplane = home === undefined ? undefined : redis(home);
  const options: ServerOptions = { ...given, ...(backplane && { backplane }), printNodes: false };
  const http = createServer();
  const io = new Server(http, options);
  // Lines may have the name of the node, which follows the dot.
  io.engine.on('connection', ({ id }) => tell({ secrets: [id.replace(/\..*$/, '')] }));
  // Otherwise it would be a warning in the middle of the lines.
  io.engine.on('log_error', () => undefined);
  io.on('connection', (socket) => {
    const real = socket as object as Socket;
    const { pid } = memberOf(real);
    if (pid !== undefined) tell({ secrets: [pid] });
    socket.on('say', (text: string, answer?: (text: string) => void) => answer?.(text));
    socket.on('flood', (text: string) => flood(real, text));
  });
  await io.ready();
  await new Promise<void>((resolve) => void http.listen(0, '127.0.0.1', resolve));
  return (http.address() as AddressInfo).port;
}

/** Emits until the client has gone. The system takes some megabytes before anything waits in this process. */
function flood(socket: Socket, text: string): void {
  const data = text.padEnd(FLOOD_CHARACTERS, '.');
  const next = (): void => {
    if (!socket.connected) return;
    socket.emit('flooded', data);
    setTimeout(next, 5);
  };
  next();
}

tell({ ports: await Promise.all(servers.map(start)) });
