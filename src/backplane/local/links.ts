/** Connects the processes that share a folder, so that their nodes can talk. Each listens on a Unix socket in the folder. */
import { hash } from 'node:crypto';
import { chmodSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { basename, join } from 'node:path';
import { type Clock, unreferenced } from '../../base/clock.js';
import { systemRandom } from '../../base/id.js';
import { TalkExchange } from '../talk/exchange.js';
import { badLink, encodeFrame, type Frame, type FrameHead, FrameReader, LINK_VERSION } from '../talk/frames.js';
import type { NodeCode, Talk, TalkHandler, TalkMember } from '../talk/talk.js';
import { makeFolder } from './folder.js';

/** Longest path of a Unix socket, in bytes. The systems allow 104 or 108. */
const PATH_BYTES_MAX = 100;
const ENDING = '.sock';
const OWNER_ONLY = 0o700;
/** Bytes that wait for a process that does not read. Above this its link is closed. */
const WAITING_BYTES_MAX = 128 * 1024 * 1024;
/** Milliseconds until a broken link to a process that still listens is opened again. */
const AGAIN_MS = 100;

/**
 * The talk of the processes that share a folder. Each process opens one link to each other process and writes only to its own links, so that
 * messages between two processes keep their order. A link that ends means that the process is gone, until it opens another.
 */
export class Links implements Talk {
  readonly #clock: Clock;
  readonly #folder: string;
  /** The file name of the socket of this process. */
  readonly #name = `${systemRandom.id().slice(0, 12)}${ENDING}`;
  readonly #exchange: TalkExchange;
  /** The links to other processes, by the names of their sockets. Only this process writes to them. */
  readonly #links = new Map<string, Socket>();
  readonly #accepted = new Set<Socket>();
  #server: Server | undefined;
  #isClosed = false;

  constructor(folder: string, clock: Clock) {
    this.#clock = clock;
    this.#folder = socketFolder(realpathSync(folder));
    this.#exchange = new TalkExchange(clock, systemRandom, {
      onJoin: () => this.#announce(),
      onLeave: () => this.#announce(),
    });
  }

  join(handler: TalkHandler): TalkMember {
    this.#open();
    return this.#exchange.join(handler);
  }

  /** Closes all links and removes the socket. */
  close(): void {
    this.#isClosed = true;
    this.#server?.close();
    for (const socket of this.#links.values()) socket.destroy();
    for (const socket of this.#accepted) socket.destroy();
    if (this.#server) rmSync(join(this.#folder, this.#name), { force: true });
  }

  /** Listens first and looks for the others then. Of two processes that start together, at least one finds the other in this way. */
  #open(): void {
    if (this.#server || this.#isClosed) return;
    const path = join(this.#folder, this.#name);
    const server = createServer((socket) => this.#accept(socket));
    this.#server = server;
    server.on('error', (error) => {
      const message = `the processes that share a log cannot talk, because no socket can be opened in ${this.#folder}: ${error.message}`;
      process.emitWarning(message, { code: 'NARU_NO_TALK' });
    });
    makeFolder(this.#folder, OWNER_ONLY);
    server.listen(path, () => {
      if (this.#isClosed) return;
      chmodSync(path, OWNER_ONLY);
      for (const name of readdirSync(this.#folder)) if (name.endsWith(ENDING)) this.#connect(name);
    });
    server.unref();
  }

  /** Opens the link to the process whose socket has a name. */
  #connect(name: string): void {
    if (name === this.#name || this.#links.has(name) || this.#isClosed) return;
    const path = join(this.#folder, name);
    const socket = connect(path);
    socket.unref();
    this.#links.set(name, socket);
    let isOpen = false;
    socket.on('connect', () => {
      isOpen = true;
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // The process ended without removing its socket. Its name is never used again.
      if (error.code === 'ECONNREFUSED') rmSync(path, { force: true });
    });
    socket.on('close', () => {
      this.#links.delete(name);
      if (!isOpen) return;
      unreferenced(this.#clock.setTimeout(() => this.#connect(name), AGAIN_MS, undefined));
    });
    this.#write(socket, this.#nodesHead());
  }

  #announce(): void {
    for (const link of this.#links.values()) this.#write(link, this.#nodesHead());
  }

  #nodesHead(): FrameHead {
    return { kind: 'nodes', version: LINK_VERSION, name: this.#name, nodes: this.#exchange.members };
  }

  #write(socket: Socket, head: FrameHead, body?: Uint8Array): boolean {
    if (socket.destroyed) return false;
    if (socket.writableLength > WAITING_BYTES_MAX) {
      socket.destroy();
      return false;
    }
    for (const part of encodeFrame(head, body)) socket.write(part);
    return true;
  }

  /** Takes the link of another process, and opens one to it. */
  #accept(socket: Socket): void {
    socket.unref();
    this.#accepted.add(socket);
    const reader = new FrameReader();
    let nodes: readonly NodeCode[] = [];
    socket.on('data', (chunk: Buffer) => {
      try {
        for (const frame of reader.read(chunk)) nodes = this.#take(frame, nodes);
      } catch {
        // The other end speaks another version, or is another program.
        socket.destroy();
      }
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#accepted.delete(socket);
      for (const node of nodes) this.#exchange.removeNode(node);
    });
  }

  /** Handles a frame of a link whose process has the nodes `known`. Returns the nodes that it has then. */
  #take({ head, body }: Frame, known: readonly NodeCode[]): readonly NodeCode[] {
    if (head.kind === 'talk') {
      this.#exchange.receive(head.to, head.envelope, body);
      return known;
    }
    const { name, version, nodes } = head;
    if (version !== LINK_VERSION || name !== basename(name) || !name.endsWith(ENDING))
      throw badLink('names no process of this version');
    this.#connect(name);
    for (const node of known) if (!nodes.includes(node)) this.#exchange.removeNode(node);
    for (const node of nodes) {
      this.#exchange.addNode(node, (to, envelope, bytes) => {
        const link = this.#links.get(name);
        return link !== undefined && this.#write(link, { kind: 'talk', to, envelope }, bytes);
      });
    }
    return nodes;
  }
}

/** Returns the folder for the sockets: inside the folder of the log, or in the one for temporary files if that path is too long. */
function socketFolder(folder: string): string {
  const own = join(folder, 'nodes');
  if (Buffer.byteLength(own) + 20 <= PATH_BYTES_MAX) return own;
  return join(tmpdir(), `naru-${userInfo().uid}-${hash('sha256', folder, 'hex').slice(0, 16)}`);
}
