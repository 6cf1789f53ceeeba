/** One namespace of a server, beside nodes whose adapter builds on the `ClusterAdapter` of Socket.IO. */
import { type Clock, unreferenced } from 'naru/base';
import {
  type BridgedNamespace,
  type FarAnswerHandler,
  type FarSockets,
  isFacts,
  readServerEvent,
  type SocketAction,
  type Span,
  type Target,
  unanswered,
} from 'naru/bridge';
import { Calls } from '../calls.js';
import { isOfNaru, readTarget, timeoutOf } from '../messages.js';
import { ClusterKind, type ClusterMessage, changeOf, eventOf, optsOf, readBroadcast } from './cluster-messages.js';

/** The way of the messages of one namespace. */
export interface ClusterWay {
  /** Encodes a message to all other nodes, and returns the function that sends it. */
  prepare(kind: number, data: Readonly<Record<string, unknown>>): () => void;
  /** Sends a response to one node. */
  respond(to: string, kind: number, data: Readonly<Record<string, unknown>>): void;
  /** Resolves when the other nodes count this one. */
  enter(): Promise<void>;
  leave(): void;
  /** Returns the count of the other nodes that respond to this one. */
  count(): Promise<number>;
}

/** The parts of a bridge that its spans use. */
export interface ClusterSpanContext {
  readonly clock: Clock;
  readonly requestsTimeout: number;
  readonly way: ClusterWay;
  createId(): string;
  onClose(): void;
}

/** The other nodes behind one namespace. */
export class ClusterSpan implements Span {
  readonly namespace: BridgedNamespace;
  readonly #context: ClusterSpanContext;
  readonly #calls: Calls;

  constructor(namespace: BridgedNamespace, context: ClusterSpanContext) {
    this.namespace = namespace;
    this.#context = context;
    this.#calls = new Calls({ ...context, count: () => context.way.count() });
  }

  /** From now on, the other nodes count this one, and wait for its responses. */
  enter(): void {
    this.#calls.enter(this.#context.way.enter());
  }

  close(): void {
    this.#context.way.leave();
    this.#calls.close();
    this.#context.onClose();
  }

  get isWaiting(): boolean {
    return this.#calls.isWaiting;
  }

  // The program may change the data before the log has them, so each message is encoded at the call. An event that the
  // clients of Naru lose, because its node is killed, must not reach the others.
  send(target: Target, data: readonly unknown[]): void {
    this.namespace.whenKept(this.#prepareEvent(eventOf(this.namespace.name, target, data)));
  }

  act(target: Target, action: SocketAction): void {
    this.namespace.whenKept(this.#context.way.prepare(...changeOf(target, action)));
  }

  ask(target: Target, data: readonly unknown[], handler: FarAnswerHandler): () => readonly string[] {
    return this.#calls.ask(target.flags.timeout, handler, (requestId) => {
      this.namespace.whenKept(this.#prepareEvent({ ...eventOf(this.namespace.name, target, data), requestId }));
    });
  }

  #prepareEvent(message: Readonly<Record<string, unknown>>): () => void {
    return this.#context.way.prepare(ClusterKind.BROADCAST, message);
  }

  async fetch(target: Target): Promise<FarSockets> {
    const opts = optsOf(target);
    const { answers, silent } = await this.#calls.collect<ClusterMessage>((requestId) =>
      this.#context.way.prepare(ClusterKind.FETCH, { opts, requestId })(),
    );
    const found = answers.flatMap(({ data: { sockets } }) => (Array.isArray(sockets) ? sockets.filter(isFacts) : []));
    return { found, missing: silent };
  }

  emit(args: readonly unknown[]): void {
    this.#context.way.prepare(ClusterKind.SERVER_SIDE_EMIT, { packet: args })();
  }

  async emitWithAck(args: readonly unknown[]): Promise<unknown[]> {
    const { answers, silent } = await this.#calls.collect<ClusterMessage>((requestId) =>
      this.#context.way.prepare(ClusterKind.SERVER_SIDE_EMIT, { packet: args, requestId })(),
    );
    // The nodes of Naru tell each other of it by other means.
    const responses = answers.filter(({ uid }) => !isOfNaru(uid)).map(({ data: { packet } }) => packet);
    if (silent.length > 0) throw unanswered(silent, { responses });
    return responses;
  }

  /** Takes a response to a request of this node. */
  onResponse(message: ClusterMessage): void {
    const { kind, data } = message;
    const { requestId, clientCount, packet } = data;
    if (kind === ClusterKind.CLIENT_COUNT) this.#calls.onAsked(requestId, clientCount);
    else this.#calls.onAnswer(requestId, kind === ClusterKind.ACK ? packet : message);
  }

  /** Answers a request, if the others count this node. Returns `false` for one that cannot be read. */
  onRequest(message: ClusterMessage): boolean {
    if (!this.#calls.isEntered) return true;
    const { kind, uid, data } = message;
    const { requestId } = data;
    if (kind === ClusterKind.SERVER_SIDE_EMIT) return this.#onServerSideEmit(message);
    if (typeof requestId !== 'string') return false;
    if (kind === ClusterKind.BROADCAST) return this.#onQuestion(message, requestId);
    const target = kind === ClusterKind.FETCH ? readTarget(data.opts) : undefined;
    if (!target) return false;
    const sockets = isOfNaru(uid) ? [] : this.namespace.describe(target);
    this.#respond(uid, ClusterKind.SOCKETS, { requestId, sockets });
    return true;
  }

  #onServerSideEmit({ uid, data }: ClusterMessage): boolean {
    const { requestId, packet } = data;
    const respond = (answer: unknown): void => {
      const response = { requestId, packet: answer };
      this.#respond(uid, ClusterKind.SERVER_SIDE_ANSWER, response);
    };
    if (isOfNaru(uid)) {
      if (requestId !== undefined) respond(null);
      return true;
    }
    const [name, ...args] = readServerEvent(packet);
    let isAnswered = false;
    const answer = (value: unknown): void => {
      if (!isAnswered) respond(value);
      isAnswered = true;
    };
    this.namespace.announce(String(name), requestId === undefined ? args : [...args, answer]);
    return true;
  }

  #onQuestion({ uid, data }: ClusterMessage, requestId: string): boolean {
    const { clock, requestsTimeout } = this.#context;
    const event = readBroadcast(data);
    if (!event) return false;
    const onAsked = (clientCount: number): void =>
      this.#respond(uid, ClusterKind.CLIENT_COUNT, { requestId, clientCount });
    if (isOfNaru(uid)) {
      onAsked(0);
      return true;
    }
    const stop = this.namespace.ask(event.target, event.data, {
      onAsked,
      onAnswer: ([packet]) => this.#respond(uid, ClusterKind.ACK, { requestId, packet }),
    });
    // The node that asks waits no longer.
    unreferenced(clock.setTimeout(() => stop(), timeoutOf(data.opts) ?? requestsTimeout, undefined));
    return true;
  }

  #respond(to: string, kind: number, data: Readonly<Record<string, unknown>>): void {
    // A response would tell the other nodes that this one is still there.
    if (this.#calls.isEntered) this.#context.way.respond(to, kind, data);
  }
}
