/**
 * Connects the namespaces of a server with those of the other nodes. Messages are JSON that may contain bytes, with a
 * version.
 */
import { FORMATS, isReadable, warnOfLaterVersion } from '../../backplane/formats.js';
import { KNOWN_WAIT_MS } from '../../backplane/talk/exchange.js';
import type { NodeCode, Talk, TalkHandler, TalkMember } from '../../backplane/talk/talk.js';
import { type Bytes, decodeUtf8, encodeUtf8 } from '../../base/bytes.js';
import type { Answer } from '../../base/steps/answer.js';
import { decodeValue, encodeValue } from '../../protocol/json-event/message.js';
import { nodeCame, nodeWent, talkHeard, talkSent } from '../../taps/taps.js';
import type { TrafficCounts } from '../log/counts.js';
import { unreadable } from './incoming.js';

/** Milliseconds that the other nodes have to answer, unless the caller sets a timeout. */
export const REMOTE_WAIT_MS = 5_000;

/** The name of a message, and its arguments. */
export type RemoteMessage = readonly [name: string, ...args: unknown[]];

/** A namespace as the other nodes reach it. */
export interface RemoteHandler {
  /** Called with a message of another node. */
  onMessage(from: NodeCode, message: RemoteMessage): void;
  /** Answers a question of another node. */
  onQuestion(from: NodeCode, question: RemoteMessage): Answer<unknown>;
  /** Called when another node has ended. */
  onGone(node: NodeCode): void;
}

/** The answers of the other nodes, and the nodes that gave none. */
export interface RemoteAnswers {
  readonly answers: ReadonlyMap<NodeCode, unknown>;
  readonly missing: readonly NodeCode[];
  /** Why the home that carries the questions cannot be used, if that is why nodes are missing. */
  readonly unusable?: Error | undefined;
}

/** The part of a server that this uses. */
export interface RemoteContext {
  /** Returns the namespace with a name, if this node has it. */
  find(name: string): RemoteHandler | undefined;
  all(): Iterable<RemoteHandler>;
  /** Counts messages. */
  readonly counts: Pick<TrafficCounts, 'of'>;
  /** Returns why the home of the log cannot be used, if it cannot. */
  unusable?(): Error | undefined;
  /** Called when another node has come, has left, or is lost. */
  onNode?(node: NodeCode, change: NodeChange): void;
  /** Called when a message could not be handled. */
  onError(error: unknown, namespace: string): void;
}

/** A change of another node. A lost one has ended, or cannot be reached. */
export type NodeChange = 'come' | 'left' | 'lost';

/** The other nodes, as one server reaches them. A server that closes leaves them, until `open`. */
export class Remote {
  readonly #talk: Talk;
  readonly #counts: Pick<TrafficCounts, 'of'>;
  readonly #handler: TalkHandler;
  readonly #unusable: RemoteContext['unusable'];
  /** The namespaces that this node hears, and the functions that end it. */
  readonly #heard = new Set<{ readonly namespace: string; end: () => void }>();
  #member: TalkMember;

  constructor(talk: Talk, { find, all, counts, unusable, onNode, onError }: RemoteContext) {
    this.#talk = talk;
    this.#unusable = unusable;
    this.#counts = counts;
    this.#handler = {
      onMessage: (from, namespace, bytes) => {
        counts.of(namespace).messagesHeard += 1;
        try {
          const message = decode(bytes);
          this.#tellHeard(from, namespace, message);
          if (message) find(namespace)?.onMessage(from, message);
        } catch (error) {
          onError(error, namespace);
        }
      },
      onQuestion: async (from, namespace, bytes) => {
        counts.of(namespace).messagesHeard += 1;
        try {
          const question = decode(bytes);
          this.#tellHeard(from, namespace, question);
          return question && encodeMessage([await find(namespace)?.onQuestion(from, question)]);
        } catch (error) {
          onError(error, namespace);
          throw error;
        }
      },
      onHere: (other) => {
        if (nodeCame.hasSubscribers) nodeCame.publish({ node: this.node, other });
        onNode?.(other, 'come');
      },
      onGone: (node, isLost = false) => {
        if (nodeWent.hasSubscribers) nodeWent.publish({ node: this.node, other: node, isLost });
        for (const namespace of all()) namespace.onGone(node);
        onNode?.(node, isLost ? 'lost' : 'left');
      },
    };
    this.#member = talk.join(this.#handler);
  }

  /** The code of this node. */
  get node(): NodeCode {
    return this.#member.node;
  }

  /** The other nodes that are known by now. */
  get others(): readonly NodeCode[] {
    return this.#member.others;
  }

  /**
   * Resolves when the processes that were there when this one began are known, at the latest after a second. Gives the
   * names of those that are not. Gives `undefined` when all are known.
   */
  whenKnown(): Promise<readonly NodeCode[]> | undefined {
    return this.#member.whenKnown?.(KNOWN_WAIT_MS);
  }

  /** Takes part again, as a new node. */
  open(): void {
    this.#member = this.#talk.join(this.#handler);
    for (const ear of this.#heard) ear.end = this.#member.hear(ear.namespace);
  }

  /** Goes on under another code. The other nodes take it for another node. */
  takeNewCode(): void {
    this.#member.leave();
    this.open();
  }

  /**
   * Sends a message to all other nodes, or to some. Throws ConfigError for data that cannot be encoded, or that is too
   * large.
   */
  send(namespace: string, message: RemoteMessage, nodes?: readonly NodeCode[]): void {
    this.#count(namespace, message, nodes);
    this.#member.publish(namespace, encodeMessage(message), nodes);
  }

  /** From now on, this node gets what others broadcast to a namespace. Returns the function that ends this. */
  hear(namespace: string): () => void {
    const ear = { namespace, end: this.#member.hear(namespace) };
    this.#heard.add(ear);
    return () => {
      this.#heard.delete(ear);
      ear.end();
    };
  }

  /** Resolves when this node gets what others broadcast to a namespace that it hears. `undefined`: it does already. */
  whenHeard(namespace: string): Promise<void> | undefined {
    return this.#member.whenHeard?.(namespace);
  }

  /**
   * Sends a message to the other nodes that hear the namespace, or to none while they cannot be reached. Throws like
   * `send`.
   */
  broadcast(namespace: string, message: RemoteMessage): void {
    this.#count(namespace, message);
    this.#member.broadcast(namespace, encodeMessage(message));
  }

  /** Asks all other nodes, or some. Throws like `send`. */
  async ask(
    namespace: string,
    question: RemoteMessage,
    timeoutMs: number,
    nodes?: readonly NodeCode[],
  ): Promise<RemoteAnswers> {
    this.#count(namespace, question, nodes);
    const { answers, missing } = await this.#member.ask(namespace, encodeMessage(question), timeoutMs, nodes);
    const { read, unread } = readAnswers(answers, decodeAnswer);
    const known = new Map([...read].map(([node, [answer]]) => [node, answer]));
    return { answers: known, missing: [...missing, ...unread], unusable: this.#unusable?.() };
  }

  /** Ends the part of this node. */
  close(): void {
    this.#member.leave();
  }

  #count(namespace: string, [name]: RemoteMessage, to?: readonly NodeCode[]): void {
    this.#counts.of(namespace).messagesSent += 1;
    if (talkSent.hasSubscribers) talkSent.publish({ node: this.node, namespace, message: String(name), to });
  }

  #tellHeard(from: NodeCode, namespace: string, message: RemoteMessage | undefined): void {
    if (!talkHeard.hasSubscribers) return;
    talkHeard.publish({ node: this.node, from, namespace, message: String(message?.[0]) });
  }
}

/** Encodes a message to other nodes. Throws ConfigError for data that cannot be encoded. */
export function encodeMessage(message: readonly unknown[]): Bytes {
  return encodeUtf8(encodeValue([FORMATS.message.written, ...message]));
}

/** Reads the answers of nodes. An answer for which `read` returns `undefined` counts as none. */
export function readAnswers<In, Out>(
  answers: ReadonlyMap<NodeCode, In>,
  read: (answer: In) => Out | undefined,
): { readonly read: ReadonlyMap<NodeCode, Out>; readonly unread: readonly NodeCode[] } {
  const found = new Map<NodeCode, Out>();
  const unread: NodeCode[] = [];
  for (const [node, answer] of answers) {
    const value = read(answer);
    if (value === undefined) unread.push(node);
    else found.set(node, value);
  }
  return { read: found, unread };
}

/** Returns a message, or `undefined` for one of a later version, which gets no answer. Throws for anything else. */
function decode(bytes: Bytes): RemoteMessage | undefined {
  const list = decodeValue(decodeUtf8(bytes), Number.POSITIVE_INFINITY);
  const [version, name, ...args] = Array.isArray(list) ? list : [];
  if (typeof version !== 'number') throw unreadable('a message');
  if (isReadable(FORMATS.message, version)) return [name, ...args];
  warnOfLaterVersion('a message between processes', FORMATS.message, version);
  return undefined;
}

/** Returns the list with an answer, or `undefined` for anything else. */
function decodeAnswer(bytes: Bytes): readonly unknown[] | undefined {
  try {
    return decode(bytes);
  } catch {
    // The node counts as missing.
    return undefined;
  }
}
