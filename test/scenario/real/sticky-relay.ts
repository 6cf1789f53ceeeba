/** A load balancer: new connections go to the newest server, and requests of a session to the server that has it. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { atEnd } from './server-child.js';

const SID_IN_REQUEST = /^[A-Z]+ \S*[?&]sid=([^& ]+)/;
const SID_IN_ANSWER = /"sid":"([^"]+)"/;
const SIDS_MAX = 100_000;

/** Relays each stream to the server that is the target when the stream begins. */
export class StickyRelay {
  target: number;
  readonly #server: Server;
  readonly #owners = new Map<string, number>();
  readonly #sockets = new Set<Socket>();

  constructor(server: Server, target: number) {
    this.#server = server;
    this.target = target;
    server.on('connection', (near) => this.#accept(near));
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #accept(near: Socket): void {
    this.#own(near);
    near.once('data', (first: Buffer) => {
      const head = first.toString('latin1', 0, 512);
      const sid = SID_IN_REQUEST.exec(head)?.[1];
      const target = (sid !== undefined && this.#owners.get(sid)) || this.target;
      const far = connect({ port: target, host: '127.0.0.1', noDelay: true });
      this.#own(far);
      // Only the answer to a request without a session can name a new one.
      if (sid === undefined && head.includes('transport=polling')) this.#learn(far, target);
      far.write(first);
      near.on('data', (chunk) => far.write(chunk));
      far.on('data', (chunk) => near.writable && near.write(chunk));
      near.on('close', () => far.destroy());
      far.on('close', () => near.destroy());
      near.on('end', () => far.end());
      far.on('end', () => near.end());
    });
  }

  #learn(far: Socket, target: number): void {
    far.once('data', (answer: Buffer) => {
      const sid = SID_IN_ANSWER.exec(answer.toString('latin1'))?.[1];
      if (sid !== undefined && this.#owners.size < SIDS_MAX) this.#owners.set(sid, target);
    });
  }

  #own(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
  }
}

export async function startStickyRelay(target: number): Promise<StickyRelay> {
  const server = createServer({ noDelay: true });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
  await once(server, 'listening');
  const relay = new StickyRelay(server, target);
  atEnd(() => relay.close());
  return relay;
}
