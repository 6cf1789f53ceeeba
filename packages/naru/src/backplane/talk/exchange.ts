/** Passes messages and questions between the nodes of this process, and to those of other processes over routes. */
import type { Bytes } from '../../base/bytes.js';
import type { Clock, Timer } from '../../base/clock.js';
import { ConfigError } from '../../base/errors.js';
import { getOrCreate } from '../../base/get-or-create.js';
import type { Random } from '../../base/id.js';
import { attempt } from '../../base/uncaught.js';
import type { NodeCode, Replies, Talk, TalkHandler, TalkMember } from './talk.js';

/** The head of a message, question or answer from one node to another. */
export type Envelope =
  | {
      readonly kind: 'say';
      readonly from: NodeCode;
      readonly namespace: string;
      /** Only nodes that hear the namespace get it. */
      readonly isBroadcast?: boolean;
    }
  | { readonly kind: 'ask'; readonly from: NodeCode; readonly namespace: string; readonly id: number }
  | { readonly kind: 'answer' | 'fail'; readonly from: NodeCode; readonly id: number };

/** Whether a value is an envelope that this version knows. */
export function isEnvelope(value: unknown): value is Envelope {
  const { kind, from, namespace, id } = (value ?? {}) as Record<string, unknown>;
  if (typeof from !== 'string') return false;
  if (kind === 'say') return typeof namespace === 'string';
  if (kind === 'ask') return typeof namespace === 'string' && typeof id === 'number';
  return (kind === 'answer' || kind === 'fail') && typeof id === 'number';
}

/** Carries an envelope to a node. Returns `false` if that is not possible. */
export type Route = (to: NodeCode, envelope: Envelope, body: Bytes) => boolean;

/** Receives the changes among the nodes of this process. */
export interface ExchangeHandler {
  onJoin(node: NodeCode): void;
  onLeave(node: NodeCode): void;
  /** Waits for the other processes, as `TalkMember.whenKnown` describes. */
  whenKnown?(timeoutMs: number): Promise<readonly NodeCode[]> | undefined;
  /** A node of this process hears a namespace as the first one, or none hears it any more. */
  onHeard?(namespace: string, isHeard: boolean): void;
  /** Waits until a namespace is heard, as `TalkMember.whenHeard` describes. */
  whenHeard?(namespace: string): Promise<void> | undefined;
  /** Carries a message to all nodes of other processes. @default over the route to each node */
  carryToAll?(envelope: Envelope & { readonly kind: 'say' }, body: Bytes): void;
}

/** One wish of a node to hear a namespace. */
interface Ear {
  readonly node: NodeCode;
}

interface Question {
  readonly asker: NodeCode;
  readonly waiting: Set<NodeCode>;
  readonly answers: Map<NodeCode, Bytes>;
  readonly missing: NodeCode[];
  readonly resolve: (replies: Replies) => void;
  timer: Timer | undefined;
}

/** Milliseconds for which a process that has just begun waits until the others have said which nodes they have. */
export const KNOWN_WAIT_MS = 1_000;

/** Bytes of one message, question or answer. */
export const TALK_BYTES_MAX = 64 * 1024 * 1024;

/** Bytes that a link to a home says at once. Larger messages go in pieces. NATS takes 1 MiB by default. */
export const SAID_BYTES_MAX = 512 * 1024;

/** The sender of a message that comes from no node. */
export const NOBODY: NodeCode = '';

/** The name of the processes of which a process without a link knows nothing. */
export const UNKNOWN = 'unknown';

/** The length of a node code. */
export const NODE_CHARACTERS = 8;

/** Questions of one node that another one answers at the same time. Beyond that, it counts as missing. */
const ANSWERING_MAX = 10_000;
/** Milliseconds after which a question that nobody has answered does not count any more. */
const ANSWERING_MS = 60_000;

const EMPTY = new Uint8Array(0);

/** The talk of one process. By itself it connects the nodes of the process. */
export class TalkExchange implements Talk {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #handler: ExchangeHandler | undefined;
  readonly #members = new Map<NodeCode, TalkHandler>();
  readonly #ears = new Map<string, Set<Ear>>();
  readonly #routes = new Map<NodeCode, Route>();
  readonly #questions = new Map<number, Question>();
  /** The questions of each node that are being answered, oldest first. */
  readonly #answering = new Map<NodeCode, Set<{ readonly at: number }>>();
  #lastId = 0;

  constructor(clock: Clock, random: Random, handler?: ExchangeHandler) {
    this.#clock = clock;
    this.#random = random;
    this.#handler = handler;
  }

  /** The nodes of this process. */
  get members(): readonly NodeCode[] {
    return [...this.#members.keys()];
  }

  /** The namespaces that nodes of this process hear. */
  get heard(): readonly string[] {
    return [...this.#ears.keys()];
  }

  join(handler: TalkHandler): TalkMember {
    const node = this.#random.id().slice(0, NODE_CHARACTERS);
    for (const other of this.#members.values()) attempt(() => other.onHere?.(node));
    this.#members.set(node, handler);
    this.#handler?.onJoin(node);
    const exchange = this;
    return {
      node,
      get others() {
        return exchange.#othersOf(node);
      },
      whenKnown: (timeoutMs) => this.#handler?.whenKnown?.(timeoutMs),
      publish: (namespace, message, nodes) => this.#publish(node, namespace, message, nodes),
      hear: (namespace) => this.#hear(node, namespace),
      whenHeard: (namespace) => this.#handler?.whenHeard?.(namespace),
      broadcast: (namespace, message) => {
        checkSize(message);
        this.#sayToAll({ kind: 'say', from: node, namespace, isBroadcast: true }, message);
      },
      ask: (namespace, question, timeoutMs, nodes) => this.#ask(node, namespace, question, timeoutMs, nodes),
      leave: () => this.#leave(node),
    };
  }

  /**
   * Sends a message from no node to all nodes of this process, and returns its envelope. Throws ConfigError above 64
   * MiB.
   */
  publishHere(namespace: string, message: Bytes, isBroadcast: boolean): Envelope & { readonly kind: 'say' } {
    checkSize(message);
    const said = { kind: 'say', from: NOBODY, namespace, ...(isBroadcast && { isBroadcast }) } as const;
    for (const to of this.#members.keys()) this.#send(to, said, message);
    return said;
  }

  /** Adds a node of another process, or changes its route. */
  addNode(node: NodeCode, route: Route): void {
    const isNew = !this.#routes.has(node);
    this.#routes.set(node, route);
    if (isNew) for (const handler of this.#members.values()) attempt(() => handler.onHere?.(node));
  }

  /** Removes a node of another process, which has left or is lost. Questions that wait for it count it as missing. */
  removeNode(node: NodeCode, isLost: boolean): void {
    if (!this.#routes.delete(node)) return;
    this.#answering.delete(node);
    for (const id of this.#questions.keys()) this.#settle(id, node, undefined);
    this.#tellGone(node, isLost);
  }

  /** Takes what another process sent to a node of this one, or a message to all of its nodes. */
  receive(to: NodeCode | undefined, envelope: Envelope, body: Bytes): void {
    const { kind, from } = envelope;
    if (to === undefined) {
      if (kind === 'say') for (const node of this.#members.keys()) this.receive(node, envelope, body);
      return;
    }
    const handler = this.#members.get(to);
    if (!handler) {
      if (kind === 'ask') this.#send(from, { kind: 'fail', from: to, id: envelope.id }, EMPTY);
    } else if (kind === 'say') {
      const isFor = envelope.isBroadcast !== true || this.#hears(to, envelope.namespace);
      if (isFor) attempt(() => handler.onMessage(from, envelope.namespace, body));
    } else if (kind === 'ask') {
      void this.#answer(to, handler, envelope, body);
    } else if (this.#questions.get(envelope.id)?.asker === to) {
      this.#settle(envelope.id, from, kind === 'answer' ? body : undefined);
    }
  }

  #othersOf(node: NodeCode): NodeCode[] {
    return [...this.#members.keys(), ...this.#routes.keys()].filter((other) => other !== node);
  }

  #hear(node: NodeCode, namespace: string): () => void {
    // A node that has left hears nothing any more.
    if (!this.#members.has(node)) return () => undefined;
    const ears = getOrCreate(this.#ears, namespace, () => new Set());
    const ear: Ear = { node };
    ears.add(ear);
    if (ears.size === 1) this.#handler?.onHeard?.(namespace, true);
    return () => this.#endHearing(namespace, ears, ear);
  }

  #hears(node: NodeCode, namespace: string): boolean {
    for (const ear of this.#ears.get(namespace) ?? []) if (ear.node === node) return true;
    return false;
  }

  #endHearing(namespace: string, ears: Set<Ear>, ear: Ear): void {
    if (!ears.delete(ear) || ears.size > 0) return;
    this.#ears.delete(namespace);
    this.#handler?.onHeard?.(namespace, false);
  }

  #publish(from: NodeCode, namespace: string, message: Bytes, nodes?: readonly NodeCode[]): void {
    checkSize(message);
    const said = { kind: 'say', from, namespace } as const;
    if (!nodes) this.#sayToAll(said, message);
    else for (const to of nodes) this.#send(to, said, message);
  }

  #sayToAll(said: Envelope & { readonly kind: 'say' }, message: Bytes): void {
    const isCarried = this.#handler?.carryToAll !== undefined;
    for (const to of this.#othersOf(said.from)) if (!isCarried || this.#members.has(to)) this.#send(to, said, message);
    this.#handler?.carryToAll?.(said, message);
  }

  #ask(
    from: NodeCode,
    namespace: string,
    question: Bytes,
    timeoutMs: number,
    nodes?: readonly NodeCode[],
  ): Promise<Replies> {
    checkSize(question);
    const isKnown = nodes ? undefined : this.#handler?.whenKnown?.(Math.min(timeoutMs, KNOWN_WAIT_MS));
    // The `silent` processes are missing from the beginning.
    const ask = (silent: readonly NodeCode[]): Promise<Replies> => {
      const asked = nodes ?? this.#othersOf(from);
      // A node that has left is answered by nobody any more.
      if (!this.#members.has(from)) return Promise.resolve({ answers: new Map(), missing: [...silent, ...asked] });
      return new Promise((resolve) => {
        this.#lastId += 1;
        const id = this.#lastId;
        const waiting = new Set(asked);
        const missing = [...silent];
        this.#questions.set(id, { asker: from, waiting, answers: new Map(), missing, resolve, timer: undefined });
        const envelope: Envelope = { kind: 'ask', from, namespace, id };
        for (const to of asked) if (!this.#send(to, envelope, question)) this.#settle(id, to, undefined);
        const open = this.#questions.get(id);
        if (!open) return;
        if (waiting.size === 0) this.#end(id, open);
        else open.timer = this.#clock.setTimeout(() => this.#end(id, open), timeoutMs, undefined);
      });
    };
    return isKnown ? isKnown.then(ask) : ask([]);
  }

  /** Sends to a node of this process in a later turn, as if it were in another. */
  #send(to: NodeCode, envelope: Envelope, body: Bytes): boolean {
    const route = this.#routes.get(to);
    if (route) return route(to, envelope, body);
    if (!this.#members.has(to)) return false;
    this.#clock.defer(() => this.receive(to, envelope, body), undefined);
    return true;
  }

  async #answer(node: NodeCode, handler: TalkHandler, asked: Envelope & { kind: 'ask' }, body: Bytes): Promise<void> {
    const { from, id } = asked;
    const answering = getOrCreate(this.#answering, from, () => new Set());
    const now = this.#clock.now();
    for (const oldest of answering) {
      if (answering.size < ANSWERING_MAX || oldest.at > now - ANSWERING_MS) break;
      answering.delete(oldest);
    }
    if (answering.size >= ANSWERING_MAX) {
      this.#send(from, { kind: 'fail', from: node, id }, EMPTY);
      return;
    }
    const own = { at: now };
    answering.add(own);
    try {
      const answer = await handler.onQuestion(from, asked.namespace, body);
      if (answer) checkSize(answer);
      this.#send(from, { kind: answer ? 'answer' : 'fail', from: node, id }, answer ?? EMPTY);
    } catch {
      // The asker learns of it, and the handler has reported its own errors.
      this.#send(from, { kind: 'fail', from: node, id }, EMPTY);
    }
    answering.delete(own);
    if (answering.size === 0 && this.#answering.get(from) === answering) this.#answering.delete(from);
  }

  #settle(id: number, node: NodeCode, answer: Bytes | undefined): void {
    const question = this.#questions.get(id);
    if (!question?.waiting.delete(node)) return;
    if (answer) question.answers.set(node, answer);
    else question.missing.push(node);
    if (question.waiting.size === 0) this.#end(id, question);
  }

  #end(id: number, { answers, missing, waiting, timer, resolve }: Question): void {
    if (!this.#questions.delete(id)) return;
    if (timer !== undefined) this.#clock.clearTimeout(timer);
    resolve({ answers, missing: [...missing, ...waiting] });
  }

  #leave(node: NodeCode): void {
    if (!this.#members.delete(node)) return;
    for (const [id, question] of this.#questions) {
      if (question.asker === node) this.#end(id, question);
      else this.#settle(id, node, undefined);
    }
    for (const [namespace, ears] of this.#ears)
      for (const ear of ears) if (ear.node === node) this.#endHearing(namespace, ears, ear);
    this.#handler?.onLeave(node);
    this.#tellGone(node, false);
  }

  #tellGone(node: NodeCode, isLost: boolean): void {
    for (const handler of this.#members.values()) attempt(() => handler.onGone?.(node, isLost));
  }
}

function checkSize({ byteLength }: Bytes): void {
  if (byteLength <= TALK_BYTES_MAX) return;
  throw new ConfigError(
    'BAD_ARGUMENT',
    `a message of ${byteLength} bytes is above the limit of ${TALK_BYTES_MAX} bytes`,
  );
}
