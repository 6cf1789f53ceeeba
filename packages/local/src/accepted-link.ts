/** The link that another process has opened to this one, and what that process may say on it. */
import type { Socket } from 'node:net';
import { basename } from 'node:path';
import type { NodeCode } from 'naru/backplane';
import { FORMATS, isReadable, TALK_BYTES_MAX, warnOfLaterVersion } from 'naru/backplane';
import type { Bytes } from 'naru/base';
import { type Clock, type Timer, unreferenced } from 'naru/base';
import { badLink, type Frame, type FrameHead, FrameReader } from './frames.js';

/** The ending of the names of sockets. */
export const ENDING = '.sock';

/** Milliseconds in which the other process has to say who it is. */
const HELLO_MS = 5_000;
/** Nodes of one process. */
const NODES_MAX = 10_000;

/** Receives what a process says on its link. Errors that these functions throw end the link. */
export interface AcceptedLinkHandler {
  /** Called when the process says which nodes it has: first, and when they change. */
  onNodes(link: AcceptedLink, nodes: readonly NodeCode[]): void;
  onTalk(frame: Frame & { readonly head: FrameHead & { readonly kind: 'talk' } }): void;
  /** Called with a message to all nodes of this process. */
  onSaid(namespace: string, message: Bytes, isBroadcast: boolean): void;
  /** Called once, when the link has ended. */
  onEnd(link: AcceptedLink): void;
}

/**
 * One end of a link, which only receives. The process first says its name and its nodes, within five seconds. It speaks
 * for no other nodes. A process that breaks a rule loses the link, and nothing else.
 */
export class AcceptedLink {
  readonly #socket: Socket;
  readonly #handler: AcceptedLinkHandler;
  readonly #reader = new FrameReader(0);
  readonly #clock: Clock;
  #timer: Timer | undefined;
  /** The name of the socket of the other process, once it is known. */
  name: string | undefined;
  /** The nodes of the other process. */
  nodes: ReadonlySet<NodeCode> = new Set();

  constructor(socket: Socket, clock: Clock, handler: AcceptedLinkHandler) {
    this.#socket = socket;
    this.#clock = clock;
    this.#handler = handler;
    this.#timer = unreferenced(clock.setTimeout(() => socket.destroy(), HELLO_MS, undefined));
    socket.unref();
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#stopWaiting();
      handler.onEnd(this);
    });
  }

  /** Ends the link. */
  destroy(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    try {
      this.#reader.read(chunk, (frame) => this.#take(frame));
    } catch {
      // The other end speaks another version, or is another program.
      this.#socket.destroy();
    }
  }

  #take({ head, body }: Frame): void {
    if (head.kind === 'talk') {
      if (!this.nodes.has(head.envelope.from)) throw badLink('speaks for a node of another process');
      this.#handler.onTalk({ head, body });
      return;
    }
    if (head.kind === 'say') {
      if (this.name === undefined) throw badLink('speaks before it says who it is');
      this.#handler.onSaid(head.namespace, body, head.isBroadcast === true);
      return;
    }
    const { name, version, nodes } = head;
    const isRead = isReadable(FORMATS.link, version);
    if (version > FORMATS.link.read) warnOfLaterVersion('a link between processes', FORMATS.link, version);
    if (!isRead || name !== basename(name) || !name.endsWith(ENDING) || nodes.length > NODES_MAX)
      throw badLink('names no process of this version');
    if (this.name !== undefined && this.name !== name) throw badLink('changes the name of its process');
    this.name = name;
    this.#handler.onNodes(this, nodes);
    this.nodes = new Set(nodes);
    this.#reader.bodyBytesMax = TALK_BYTES_MAX;
    this.#stopWaiting();
  }

  #stopWaiting(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
