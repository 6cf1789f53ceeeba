/**
 * Connects the processes that share a folder, so that their nodes can talk. Each listens on a Unix socket in the
 * folder.
 */
import { hash } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { basename, join } from 'node:path';
import type { NodeCode, Talk, TalkHandler, TalkMember } from 'naru/backplane';
import { FORMATS, TalkExchange } from 'naru/backplane';
import type { Bytes } from 'naru/base';
import { type Clock, systemRandom, unreferenced } from 'naru/base';
import { AcceptedLink, ENDING } from './accepted-link.js';
import { checkPrivate, makeFolder } from './folder.js';
import { badLink, encodeFrame, type FrameHead } from './frames.js';

/** Longest path of a Unix socket, in bytes. The systems allow 104 or 108. */
const PATH_BYTES_MAX = 100;
const OWNER_ONLY = 0o700;
/** The ending of a socket that does not listen yet. */
const HIDDEN = '-';
/** Bytes that wait for a process that does not read. Above this its link is closed. */
const WAITING_BYTES_MAX = 128 * 1024 * 1024;
/**
 * Milliseconds until a broken link to a process that still listens is opened again. They double each time, up to the
 * second number.
 */
const AGAIN_MS = 100;
const AGAIN_MAX_MS = 30_000;
/** The system's error codes for a link for which this process, or the other one, has no room now. */
const FULL = new Set<string | undefined>(['EMFILE', 'ENFILE', 'EAGAIN']);
/** Links of other processes. */
const ACCEPTED_MAX = 1_000;
/** Milliseconds in which a process has to take a message from a process without nodes. */
const SAY_MS = 5_000;
/** Milliseconds between two looks at whether the socket of this process is still there. */
const LOOK_MS = 1_000;

/**
 * The talk of the processes that share a folder. Each process opens one link to each other process and writes only to
 * its own links, so that messages between two processes keep their order. A link that ends means that the process is
 * gone, until it opens another. A process that has heard of all that were there when it began is known to all of them,
 * too.
 */
export class Links implements Talk {
  readonly #clock: Clock;
  readonly #folder: string;
  /** Whether the folder is where all users may make folders, so that another user may have made it. */
  readonly #isPublic: boolean;
  /** Whether the socket was deleted and could not be made again. */
  #isHidden = false;
  /** The file name of the socket of this process. */
  readonly #name = `${systemRandom.id().slice(0, 12)}${ENDING}`;
  readonly #exchange: TalkExchange;
  /** The links to other processes, by the names of their sockets. Only this process writes to them. */
  readonly #links = new Map<string, Socket>();
  readonly #accepted = new Set<AcceptedLink>();
  /** The links on which the processes of other nodes have named them. */
  readonly #owners = new Map<NodeCode, AcceptedLink>();
  /** Milliseconds until a link is opened again, by the names of their sockets. */
  readonly #waits = new Map<string, number>();
  /** The names of the sockets whose links are opened again after a wait. */
  readonly #due = new Set<string>();
  /** The processes that have said which nodes they have, and those that were there at the beginning and have not. */
  readonly #known = new Set<string>();
  readonly #silent = new Set<string>();
  /** Those of the silent ones that have ended, or have no node any more. Nobody knows what they did meanwhile. */
  readonly #gone = new Set<string>();
  /** Those that wait for the silent ones. `undefined` once all have spoken. */
  #waiting: Set<() => void> | undefined = new Set();
  #server: Server | undefined;
  #isClosed = false;

  constructor(folder: string, clock: Clock) {
    this.#clock = clock;
    const path = realpathSync(folder);
    const own = join(path, 'nodes');
    this.#isPublic = Buffer.byteLength(own) + 20 > PATH_BYTES_MAX;
    this.#folder = this.#isPublic ? temporaryFolder(path) : own;
    this.#exchange = new TalkExchange(clock, systemRandom, {
      onJoin: () => this.#announce(),
      onLeave: () => this.#announce(),
      whenKnown: (timeoutMs) => this.#whenKnown(timeoutMs),
    });
  }

  join(handler: TalkHandler): TalkMember {
    const member = this.#exchange.join(handler);
    this.#open();
    return member;
  }

  async publish(namespace: string, message: Bytes, isBroadcast: boolean): Promise<void> {
    this.#exchange.publishHere(namespace, message, isBroadcast);
    const head: FrameHead = { kind: 'say', namespace, ...(isBroadcast && { isBroadcast }) };
    const isThere = existsSync(this.#folder);
    if (isThere) this.#checkFolder();
    const names = isThere ? this.#listSockets() : [];
    await Promise.all(names.map((name) => this.#say(name, head, message)));
  }

  /** Closes all links and removes the socket. */
  close(): void {
    this.#isClosed = true;
    this.#silent.clear();
    this.#endWaiting();
    this.#server?.close();
    for (const socket of this.#links.values()) socket.destroy();
    for (const link of this.#accepted) link.destroy();
    if (this.#server) rmSync(join(this.#folder, this.#name), { force: true });
  }

  /**
   * Listens first and looks for the others then. Of two processes that start together, at least one finds the other in
   * this way.
   */
  #open(): void {
    if (this.#server || this.#isClosed) return;
    this.#listen();
    this.#later(LOOK_MS, () => this.#look());
  }

  /** Throws UnavailableError if another user may have made the folder, and could read what goes there. */
  #checkFolder(): void {
    if (this.#isPublic) checkPrivate(this.#folder);
  }

  #listen(): void {
    makeFolder(this.#folder, OWNER_ONLY);
    this.#checkFolder();
    const path = join(this.#folder, this.#name);
    const hidden = `${path}${HIDDEN}`;
    const server = createServer((socket) => this.#accept(socket));
    this.#server = server;
    server.on('error', (error) => {
      const message = `the processes that share a log cannot talk, because no socket can be opened in ${this.#folder}: ${error.message}`;
      if (!this.#isHidden) process.emitWarning(message, { code: 'NARU_NO_TALK' });
      this.#isHidden = true;
      this.#endWaiting();
    });
    // The socket is there when the call returns: a worker of `node:cluster` would have to ask for it otherwise.
    server.listen({ path: hidden, exclusive: true }).unref();
    if (!server.listening) return;
    this.#isHidden = false;
    chmodSync(hidden, OWNER_ONLY);
    // Others find it only now. A socket that refuses them, because it does not listen yet, would look like that of a
    // dead process.
    renameSync(hidden, path);
    for (const name of this.#listSockets()) {
      if (this.#waiting && !this.#known.has(name)) this.#silent.add(name);
      this.#connect(name);
    }
    this.#endWaiting();
  }

  /** Returns the names of the sockets of the other processes. Some of them may have ended. */
  #listSockets(): string[] {
    return readdirSync(this.#folder).filter((name) => name.endsWith(ENDING) && name !== this.#name);
  }

  /** Listens again if somebody has deleted the socket. New processes could not find this one. */
  #look(): void {
    if (this.#isClosed) return;
    if (!existsSync(join(this.#folder, this.#name))) {
      this.#server?.close();
      this.#listenAgain();
    }
    this.#later(LOOK_MS, () => this.#look());
  }

  /** A folder that cannot be made now may be made at the next look. */
  #listenAgain(): void {
    try {
      this.#listen();
    } catch (error) {
      if (this.#isHidden) return;
      this.#isHidden = true;
      process.emitWarning(`This process is not found by others: ${(error as Error).message}`, { code: 'NARU_NO_TALK' });
    }
  }

  #whenKnown(timeoutMs: number): Promise<readonly NodeCode[]> | undefined {
    const waiting = this.#waiting;
    if (!waiting) return undefined;
    return new Promise((resolve) => {
      const done = (): void => {
        this.#clock.clearTimeout(timer);
        waiting.delete(done);
        resolve([...this.#silent, ...this.#gone].map((name) => basename(name, ENDING)));
      };
      const timer = this.#clock.setTimeout(done, timeoutMs, undefined);
      waiting.add(done);
    });
  }

  /** Ends all waiting for other processes if none of them is silent. */
  #endWaiting(): void {
    const waiting = this.#waiting;
    if (!waiting || this.#silent.size > 0) return;
    this.#waiting = undefined;
    for (const done of waiting) done();
  }

  /** A process has said which nodes it has, or will not say it any more. */
  #onHeard(name: string, isGone: boolean): void {
    if (!this.#silent.delete(name)) return;
    if (isGone) this.#gone.add(name);
    this.#endWaiting();
  }

  /** Opens the link to the process whose socket has a name. `isSecondTry` after it refused the first time. */
  #connect(name: string, isSecondTry = false): void {
    if (name === this.#name || this.#links.has(name) || this.#isClosed) return;
    const path = join(this.#folder, name);
    const socket = connect(path);
    socket.unref();
    // Nothing comes on this link. Without reading, its end would not be noticed.
    socket.resume();
    this.#links.set(name, socket);
    let openedAt: number | undefined;
    let code: string | undefined;
    socket.on('connect', () => {
      openedAt = this.#clock.now();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      code = error.code;
    });
    socket.on('close', () => {
      this.#links.delete(name);
      if (openedAt === undefined && FULL.has(code)) {
        this.#connectLater(name, this.#clock.now());
        return;
      }
      // After a reset, the process ended before it could accept the link.
      this.#onHeard(name, openedAt !== undefined || code === 'ECONNRESET');
      const isRefused = code === 'ECONNREFUSED';
      if (openedAt !== undefined) this.#connectLater(name, openedAt);
      // A process that starts refuses links for a moment. One that refuses twice has ended without removing its socket.
      else if (isRefused && isSecondTry) removeSocket(path);
      else if (isRefused) this.#later(AGAIN_MS, () => this.#connect(name, true));
    });
    this.#write(socket, this.#nodesHead());
  }

  /**
   * Opens a link again that has ended, or for which there was no room. A process of another version ends each link at
   * once, so the waits become longer.
   */
  #connectLater(name: string, openedAt: number): void {
    if (this.#due.has(name)) return;
    this.#due.add(name);
    const hasLasted = this.#clock.now() - openedAt >= AGAIN_MAX_MS;
    const waitMs = (hasLasted ? undefined : this.#waits.get(name)) ?? AGAIN_MS;
    this.#waits.set(name, Math.min(2 * waitMs, AGAIN_MAX_MS));
    this.#later(waitMs, () => {
      this.#due.delete(name);
      this.#connect(name);
    });
  }

  #later(waitMs: number, then: () => void): void {
    unreferenced(this.#clock.setTimeout(then, waitMs, undefined));
  }

  #announce(): void {
    for (const link of this.#links.values()) this.#write(link, this.#nodesHead());
  }

  #nodesHead(): FrameHead {
    return { kind: 'nodes', version: FORMATS.link.written, name: this.#name, nodes: this.#exchange.members };
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

  /** Sends a message to all nodes of a process. Resolves when it is written, or the process does not take it. */
  #say(name: string, head: FrameHead, message: Bytes): Promise<void> | undefined {
    this.#connect(name);
    const link = this.#links.get(name);
    if (!link || !this.#write(link, head, message)) return undefined;
    return new Promise((resolve) => {
      const done = (): void => {
        this.#clock.clearTimeout(timer);
        resolve();
      };
      // The links do not keep the program alive, but this timer does.
      const timer = this.#clock.setTimeout(done, SAY_MS, undefined);
      link.write('', done);
    });
  }

  /** Takes the link of another process, and opens one to it. */
  #accept(socket: Socket): void {
    if (this.#accepted.size >= ACCEPTED_MAX) {
      socket.destroy();
      return;
    }
    this.#accepted.add(
      new AcceptedLink(socket, this.#clock, {
        onNodes: (link, nodes) => this.#setNodes(link, nodes),
        onTalk: ({ head, body }) => this.#exchange.receive(head.to, head.envelope, body),
        onSaid: (...said) => this.#exchange.publishHere(...said),
        onEnd: (link) => {
          this.#accepted.delete(link);
          this.#removeNodes(link, [], true);
        },
      }),
    );
  }

  /** Notes the nodes of a process. A process that names a node of another one loses its link. */
  #setNodes(link: AcceptedLink, nodes: readonly NodeCode[]): void {
    const { name = '' } = link;
    const own = this.#exchange.members;
    // A process that has opened a new link may not have closed its former one yet.
    const isForeign = (node: NodeCode): boolean =>
      (this.#owners.get(node)?.name ?? name) !== name || own.includes(node);
    if (name === this.#name || nodes.some(isForeign)) throw badLink('names a node of another process');
    this.#waits.delete(name);
    if (this.#waiting) this.#known.add(name);
    this.#connect(name);
    this.#removeNodes(link, nodes, false);
    for (const node of nodes) {
      this.#owners.set(node, link);
      this.#exchange.addNode(node, (to, envelope, bytes) => {
        const route = this.#links.get(name);
        return route !== undefined && this.#write(route, { kind: 'talk', to, envelope }, bytes);
      });
    }
    this.#onHeard(name, nodes.length === 0);
  }

  /**
   * Removes the nodes that a link had, unless they are in `kept`, or a newer link of their process has them. They have
   * left, or are lost.
   */
  #removeNodes(link: AcceptedLink, kept: readonly NodeCode[], isLost: boolean): void {
    for (const node of link.nodes) {
      if (this.#owners.get(node) !== link || kept.includes(node)) continue;
      this.#owners.delete(node);
      this.#exchange.removeNode(node, isLost);
    }
  }
}

/** Returns the folder for the sockets of a log whose path is too long for sockets. */
function temporaryFolder(folder: string): string {
  return join(tmpdir(), `naru-${userInfo().uid}-${hash('sha256', folder, 'hex').slice(0, 16)}`);
}

/** Removes the socket of a process that has ended. Its name is never used again. A file of another kind stays. */
function removeSocket(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isSocket()) rmSync(path, { force: true });
}
