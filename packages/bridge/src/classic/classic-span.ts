/** One namespace of a server, beside the nodes of a Socket.IO cluster: its calls to them, and its answers. */
import { type Clock, unreferenced } from 'naru/base';
import {
  type BridgedNamespace,
  EVERYBODY,
  type FarAnswerHandler,
  type FarSockets,
  isFacts,
  isObject,
  isRooms,
  readEvent,
  readServerEvent,
  type SocketAction,
  type Span,
  type Target,
  unanswered,
} from 'naru/bridge';
import { Calls, type Collected } from '../calls.js';
import { encode } from '../codec.js';
import { eventMessage, isOfNaru, Kind, packetOf, type Request, readTarget, timeoutOf } from '../messages.js';
import type { Channels } from '../redis/connections.js';

/** The parts of a bridge that its spans use. */
export interface SpanContext {
  readonly clock: Clock;
  /** The name of this node. */
  readonly uid: string;
  readonly key: string;
  readonly requestsTimeout: number;
  channels(): Channels;
  createId(): string;
  onClose(): void;
}

/** The other nodes behind one namespace. */
export class ClassicSpan implements Span {
  readonly namespace: BridgedNamespace;
  readonly #context: SpanContext;
  readonly #calls: Calls;

  constructor(namespace: BridgedNamespace, context: SpanContext) {
    this.namespace = namespace;
    this.#context = context;
    const count = async (): Promise<number> =>
      Math.max(0, (await context.channels().count(this.#channel('-request'))) - 1);
    this.#calls = new Calls({ ...context, count });
  }

  /** From now on, the other nodes count this one, and wait for its responses. */
  enter(): void {
    this.#calls.enter(this.#context.channels().enter(this.#channel('-request')));
  }

  close(): void {
    this.#context.channels().leave(this.#channel('-request'));
    this.#calls.close();
    this.#context.onClose();
  }

  send(target: Target, data: readonly unknown[]): void {
    const [room] = target.rooms.size === 1 ? target.rooms : [];
    const channel = `${this.#channel('')}${room === undefined ? '' : `${room}#`}`;
    const message = encode(eventMessage(this.#context.uid, this.namespace.name, target, data));
    // An event that the clients of Naru lose, because its node is killed, must not reach the others.
    this.namespace.whenKept(() => this.#publish(channel, message));
  }

  act(target: Target, [kind, what]: SocketAction): void {
    const opts = optsOf(target);
    const change =
      kind === 'disconnect'
        ? { type: Kind.DISCONNECT, opts, close: what }
        : { type: kind === 'join' ? Kind.JOIN : Kind.LEAVE, opts, rooms: [...what] };
    this.namespace.whenKept(() => this.#request(change));
  }

  ask(target: Target, data: readonly unknown[], handler: FarAnswerHandler): () => readonly string[] {
    const { timeout, compress } = target.flags;
    const opts = { ...optsOf(target), flags: { timeout, compress } };
    const packet = packetOf(this.namespace.name, data);
    return this.#calls.ask(timeout, handler, (requestId) => {
      const message = encode({ uid: this.#context.uid, requestId, type: Kind.BROADCAST, packet, opts });
      this.namespace.whenKept(() => this.#publish(this.#channel('-request'), message));
    });
  }

  async fetch(target: Target): Promise<FarSockets> {
    const { answers, silent } = await this.#collect({ type: Kind.FETCH, opts: optsOf(target) });
    const found = answers.flatMap(({ sockets }) => (Array.isArray(sockets) ? sockets.filter(isFacts) : []));
    return { found, missing: silent };
  }

  emit(args: readonly unknown[]): void {
    this.#request({ type: Kind.SERVER_SIDE_EMIT, data: args });
  }

  async emitWithAck(args: readonly unknown[]): Promise<unknown[]> {
    const { answers, silent } = await this.#collect({ type: Kind.SERVER_SIDE_EMIT, data: args });
    const responses = answers.filter(({ naru }) => naru !== true).map(({ data }) => data);
    if (silent.length > 0) throw unanswered(silent, { responses });
    return responses;
  }

  get isWaiting(): boolean {
    return this.#calls.isWaiting;
  }

  /** Takes a response to a request of this node. */
  onResponse(value: unknown): void {
    if (!isObject(value)) return;
    const { requestId, type, clientCount, packet } = value;
    if (type === Kind.CLIENT_COUNT) this.#calls.onAsked(requestId, clientCount);
    else this.#calls.onAnswer(requestId, type === Kind.ACK ? packet : value);
  }

  /**
   * Answers a request of another node, if the others count this node. Returns `false` for one that cannot be read.
   */
  onRequest(request: Request): boolean {
    if (!this.#calls.isEntered) return true;
    const { kind, requestId, given, uid } = request;
    const isOurs = isOfNaru(uid);
    if (kind === Kind.SERVER_SIDE_EMIT) return this.#onServerSideEmit(request);
    if (requestId === undefined) return false;
    if (kind === Kind.BROADCAST) return this.#onBroadcast(request, requestId);
    const target = kind === Kind.FETCH ? readTarget(given.opts) : EVERYBODY;
    if (!target) return false;
    if (kind === Kind.FETCH) {
      const sockets = isOurs ? [] : this.namespace.describe(target);
      this.#respond(JSON.stringify({ requestId, sockets }));
    } else if (kind === Kind.ALL_ROOMS) {
      this.#respond(JSON.stringify({ requestId, rooms: isOurs ? [] : [...this.namespace.rooms()] }));
    } else if (kind === Kind.SOCKETS) {
      const rooms = new Set(isRooms(given.rooms) ? given.rooms : []);
      const sockets = isOurs ? [] : this.namespace.describe({ ...EVERYBODY, rooms }).map(({ id }) => id);
      this.#respond(JSON.stringify({ requestId, sockets }));
    } else return false;
    return true;
  }

  /** Changes one socket, if it is here, as adapters before version 7 asked for it. */
  onOneSocket({ requestId, given }: Request, action: SocketAction): boolean {
    if (typeof given.sid !== 'string') return false;
    const target = { ...EVERYBODY, rooms: new Set([given.sid]) };
    if (this.namespace.describe(target).length === 0) return true;
    this.namespace.act(target, action);
    this.#respond(JSON.stringify({ requestId }));
    return true;
  }

  #onServerSideEmit({ uid, requestId, given }: Request): boolean {
    if (isOfNaru(uid)) {
      // The nodes of Naru tell each other of it by other means.
      if (requestId !== undefined) this.#respond(JSON.stringify({ requestId, naru: true }));
      return true;
    }
    const [name, ...args] = readServerEvent(given.data);
    let isAnswered = false;
    const answer = (data: unknown): void => {
      if (isAnswered) return;
      isAnswered = true;
      this.#respond(JSON.stringify({ type: Kind.SERVER_SIDE_EMIT, requestId, data }));
    };
    this.namespace.announce(String(name), requestId === undefined ? args : [...args, answer]);
    return true;
  }

  #onBroadcast({ uid, given }: Request, requestId: string): boolean {
    const target = readTarget(given.opts);
    const { data } = isObject(given.packet) ? given.packet : {};
    if (!target || !Array.isArray(data)) return false;
    const onAsked = (clientCount: number): void =>
      this.#respond(JSON.stringify({ type: Kind.CLIENT_COUNT, requestId, clientCount }));
    if (isOfNaru(uid)) {
      onAsked(0);
      return true;
    }
    const stop = this.namespace.ask(target, readEvent(data), {
      onAsked,
      onAnswer: ([packet]) => this.#respond(encode({ type: Kind.ACK, requestId, packet })),
    });
    const { clock, requestsTimeout } = this.#context;
    // The node that asks waits no longer.
    unreferenced(clock.setTimeout(() => stop(), timeoutOf(given.opts) ?? requestsTimeout, undefined));
    return true;
  }

  #collect(request: Record<string, unknown>): Promise<Collected<Record<string, unknown>>> {
    return this.#calls.collect((requestId) => this.#request({ ...request, requestId }));
  }

  #channel(what: string): string {
    return `${this.#context.key}${what}#${this.namespace.name}#`;
  }

  #request(request: Record<string, unknown>): void {
    this.#publish(this.#channel('-request'), JSON.stringify({ uid: this.#context.uid, ...request }));
  }

  /** Responds on the channel that nodes hear with any setting of `publishOnSpecificResponseChannel`. */
  #respond(response: string | Uint8Array): void {
    this.#publish(this.#channel('-response'), response);
  }

  #publish(channel: string, message: string | Uint8Array): void {
    this.#context.channels().publish(channel, message);
  }
}

function optsOf({ rooms, except }: Target): { rooms: string[]; except: string[] } {
  return { rooms: [...rooms], except: [...except] };
}
