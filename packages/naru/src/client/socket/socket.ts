/** One namespace of a server, as an emitter whose `emit` sends to the server. socket.io-protocol 5. */

import { ConfigError, ProtocolError, UnavailableError } from '../../base/errors.js';
import type {
  AllButLast,
  DecorateAcknowledgements,
  DefaultEventsMap,
  EventNames,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Last,
} from '../../base/event-map.js';
import { checkTimeout } from '../../base/options/timeout.js';
import { attempt } from '../../base/uncaught.js';
import type { SocketPacket } from '../../protocol/socket-io/packet.js';
import { ACK, BINARY_ACK, BINARY_EVENT, CONNECT, DISCONNECT, EVENT } from '../../protocol/socket-io/packet-type.js';
import { listen } from '../emitter.js';
import { hasBounds, hasChecks, hasChoice } from '../features.js';
import { answerAck, expectAck, giveUpAck, giveUpSentAcks, textOf } from './acks.js';
import { CatchAllEmitter } from './catch-all.js';
import { checkClientOptions } from './check-options.js';
import type { Ack, ConnectAnswer, DisconnectDescription, EventPacket, SocketReservedEvents } from './events.js';
import type { Manager } from './manager.js';
import type { SocketAuth, SocketOptions } from './options.js';
import { OWN_OFFSET, RESERVED_EVENTS } from './packet-codec.js';
import { type EmitFlags, type EventQueue, RetryQueue } from './retry-queue.js';
import { checkEncodable, dropIfOld, noteWaiting } from './send-buffer-bounds.js';

/** A received event, with the id of the session in which it was delivered. `null` after its answer. */
type Received = unknown[] & { sid?: string | null | undefined };

/**
 * The client's socket in a namespace. Events emitted before it is connected wait, and are sent in order once it is.
 * Received events arrive in order, at most once. `id` changes with each connection, unless the server recovered the old
 * one (`recovered`).
 */
export class Socket<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
> extends CatchAllEmitter<ListenEvents, SocketReservedEvents> {
  /** The Manager that carries this socket. */
  declare readonly io: Manager<Socket<ListenEvents, EmitEvents>>;
  /** The namespace. */
  declare readonly nsp: string;
  /** The socket's id on the server, while connected. */
  declare id: string | undefined;
  /** Whether the server knows this socket. */
  connected = false;
  /** Whether the latest connection continued the previous one: same id and rooms, and missed events delivered. */
  recovered = false;
  /** The credentials for the next connect. */
  declare auth: SocketAuth | undefined;
  /** Events that arrived before the connection was confirmed. */
  receiveBuffer: unknown[][] = [];
  /** Events that wait for the connection. */
  sendBuffer: EventPacket[] = [];
  /** Acknowledgements that wait for the server, by their ids. */
  readonly acks: Record<number, Ack> = {};
  /** Events that are resent until they are acknowledged. Code written for Socket.IO reads this name. */
  // biome-ignore lint/complexity/useLiteralKeys: the underscore is Socket.IO's, and as a key it escapes our rule for names
  declare readonly ['_queue']: EventQueue | undefined;

  readonly #opts: SocketOptions;
  readonly #bufferCountMax: number;
  #nextId = 0;
  #askedCount = 0;
  #flags: EmitFlags = {};
  #pid: string | undefined;
  #offset: string | undefined;
  #unlisten: (() => void)[] | undefined;
  #knowsOnce: unknown;

  constructor(io: Manager<Socket<ListenEvents, EmitEvents>>, nsp: string, options: SocketOptions = {}) {
    super();
    if (hasChecks) checkClientOptions(options);
    this.io = io;
    this.nsp = nsp;
    this.#opts = options;
    this.auth = options.auth;
    this.#bufferCountMax = options.bufferCountMax ?? 65_536;
    const { retries, queue: Queue = retries && RetryQueue } = options;
    if (Queue) {
      this._queue = new Queue(
        retries,
        () => this.connected,
        (args, flags) => this.#emit(args, flags),
        options.ackTimeout,
      );
    }
  }

  /** The opposite of `connected`. */
  get disconnected(): boolean {
    return !this.connected;
  }

  /** Whether the socket is connected or will try to be. `false` after a refusal and after `disconnect`. */
  get active(): boolean {
    return !!this.#unlisten;
  }

  /** Marks the next event as volatile: it is dropped when it cannot be sent at once. */
  get volatile(): this {
    this.#flags.volatile = true;
    return this;
  }

  /** Connects. Called by `io()` unless `autoConnect` is off. */
  connect(): this {
    const { io } = this;
    if (this.connected) return this;
    const wasActive = this.active;
    this.#unlisten ??= [
      listen(io, 'open', () => this.#onOpen()),
      listen(io, 'error', (error) => {
        if (!this.connected) this.applyLocal('connect_error', [error]);
      }),
      listen(io, 'close', (reason, details) => this.#onClose(reason, details)),
    ];
    if (!io.isReconnecting) io.open();
    if (io.readyState === 'open' && !wasActive) this.#onOpen();
    return this;
  }

  /** Connects, as `connect` does. */
  open(): this {
    return this.connect();
  }

  /** Leaves the namespace. The connection closes with its last socket. */
  disconnect(): this {
    const { connected } = this;
    if (connected) this.#write(DISCONNECT);
    // The next CONNECT may be that of another user.
    this.#pid = this.#offset = undefined;
    this.#leave();
    if (connected) this.#onClose('io client disconnect');
    return this;
  }

  /** Leaves the namespace, as `disconnect` does. */
  close(): this {
    return this.disconnect();
  }

  /** Emits `message`. */
  send(...args: unknown[]): this {
    return this.#emitWithFlags(['message', ...args]);
  }

  /**
   * Sends an event. A function as the last argument is called with the acknowledgement. Throws RESERVED_EVENT for the
   * names of the socket's own events, NOT_ENCODABLE for data that cannot be sent, and DISCONNECTED when
   * `bufferCountMax` events, or `bufferBytesMax` bytes of them, are already waiting.
   */
  emit<Name extends EventNames<EmitEvents>>(name: Name, ...args: EventParams<EmitEvents, Name>): this {
    if (RESERVED_EVENTS.test(name as string)) {
      throw new ConfigError('RESERVED_EVENT', `"${name as string}" is a reserved event name`);
    }
    return this.#emitWithFlags([name, ...args]);
  }

  /**
   * Sends an event and waits for the acknowledgement. Rejects when the socket disconnects first, after `timeout`, or at
   * once if the event is volatile and dropped.
   */
  emitWithAck<Name extends EventNames<EmitEvents>>(
    name: Name,
    ...args: AllButLast<EventParams<EmitEvents, Name>>
  ): Promise<FirstNonErrorArg<Last<EventParams<EmitEvents, Name>>>> {
    return new Promise((resolve, reject) => {
      const ack: Ack = (error, answer) => (error ? reject(error) : resolve(answer as never));
      ack.takesError = true;
      this.emit(name, ...([...args, ack] as unknown as EventParams<EmitEvents, Name>));
    });
  }

  /**
   * Joins a room, if the application allows clients to do so (`namespace.allow` on the server). Otherwise rejects with
   * UnavailableError REFUSED, whose `reason` says why. Only a Naru server answers, so set a `timeout` for others.
   */
  declare readonly subscribe: (room: string) => Promise<void>;
  /** Leaves a room. */
  declare readonly unsubscribe: (room: string) => Promise<void>;
  /** Sends an event to everybody in a room, if the application allows clients to do so. Rejects as `subscribe` does. */
  declare readonly publish: (room: string, event: string, ...args: unknown[]) => Promise<void>;

  /** Sets whether the next event may be compressed. */
  compress(compress: boolean): this {
    this.#flags.compress = compress;
    return this;
  }

  /**
   * Sets the timeout for the acknowledgement of the next event, in milliseconds. The callback then receives an error or
   * `null` as its first argument.
   */
  timeout(timeoutMs: number): Socket<ListenEvents, DecorateAcknowledgements<EmitEvents>> {
    if (hasChecks) checkTimeout(timeoutMs);
    this.#flags.timeout = timeoutMs;
    return this as unknown as Socket<ListenEvents, DecorateAcknowledgements<EmitEvents>>;
  }

  /**
   * Takes a packet of this namespace. `isVolatile` says that it came outside the ordered stream. Called by the Manager.
   */
  onpacket({ type, data, id }: SocketPacket, isVolatile?: boolean): void {
    if (!this.active) {
      // The socket has left. A server that accepts its earlier CONNECT would keep it.
      if (type === CONNECT) this.#write(DISCONNECT);
    } else if (type === EVENT || type === BINARY_EVENT) this.#onEvent(data as unknown[], id, isVolatile);
    else if (type === ACK || type === BINARY_ACK) answerAck(this, id, data as unknown[]);
    else if (type === CONNECT) this.#onConnect(data as ConnectAnswer | undefined);
    else if (type === DISCONNECT) {
      this.#leave();
      this.#onClose('io server disconnect');
    } else {
      const { message, data: more } = data as { message?: unknown; data?: { retryAfter?: unknown } | null };
      if (this.io.opts.reconnection && this.io.holdOff(more?.retryAfter)) this.io.fail('transport close');
      else this.#leave();
      const why = message ?? data;
      const text = hasChecks ? textOf(why) : (why as string);
      // The texts of Socket.IO's servers do not say which one.
      const subject = hasChecks && /^Invalid namespace$/.test(text) ? ` "${this.nsp}"` : '';
      const error = new UnavailableError('CONNECT_FAILED', text + subject);
      this.applyLocal('connect_error', [Object.assign(error, { data: more })]);
    }
  }

  #emitWithFlags(args: unknown[]): this {
    const flags = this.#flags;
    this.#flags = {};
    if (this._queue && !flags.volatile) {
      this.#checkRoom(this._queue.length);
      // A queue may encode an event long after `emit` returns.
      if (hasChecks) checkEncodable(this, args);
      this._queue.add(args, flags);
    } else this.#emit(args, flags);
    return this;
  }

  #emit(args: unknown[], flags: EmitFlags): void {
    const { engine } = this.io;
    const isConnected = this.connected && !engine.hasPingExpired();
    const isDropped =
      flags.volatile && !(isConnected && (engine.transport.writable || (hasChoice && engine.transport.sendVolatile)));
    const isWaiting = !isConnected && !isDropped;
    if (isWaiting) this.#checkRoom(this.sendBuffer.length);
    const packet: EventPacket = { type: EVENT, nsp: this.nsp, data: args, options: flags };
    const ack = typeof args.at(-1) === 'function' ? (args.pop() as Ack) : undefined;
    if (ack) {
      packet.id = this.#nextId++;
      // A queue always learns why an answer is missing, even without a timeout.
      if (flags.key) ack.takesError = ack.isKeyed = true;
      expectAck(this, packet.id, ack, flags.timeout ?? this.#opts.ackTimeout, isDropped);
    }
    try {
      if (hasBounds && isWaiting) noteWaiting(this, packet, this.#opts);
      if (isWaiting) this.sendBuffer.push(packet);
      else if (!isDropped) this.#writeEvent(packet);
    } catch (error) {
      // The caller gets the error here, so the acknowledgement does not.
      this.acks[packet.id as number]?.stopTimer?.();
      delete this.acks[packet.id as number];
      throw error;
    }
  }

  /** Writes an event that was emitted earlier. An event that cannot be encoded must not block those after it. */
  #writeWaiting(packet: EventPacket): void {
    try {
      if (!(hasBounds && dropIfOld(this, packet, this.#opts))) this.#writeEvent(packet);
    } catch (error) {
      if (!giveUpAck(this, packet.id, error)) throw error;
    }
  }

  #checkRoom(count: number): void {
    if (count >= this.#bufferCountMax) {
      const what = hasChecks ? `${count} events are already waiting (bufferCountMax)` : 'bufferCountMax';
      throw new UnavailableError('DISCONNECTED', what);
    }
  }

  #writeEvent(packet: EventPacket): void {
    const { data, options } = packet;
    this.notifyAny(this.listenersAnyOutgoing(), data);
    // The packet no longer waits, so it may be changed. `data` may not, because it may be sent again.
    if (this.#knowsOnce && options.key) packet.data = ['naru:once', options.key, ...data];
    this.io.write(packet, options);
  }

  #write(type: SocketPacket['type'], data?: unknown, id?: number): void {
    this.io.write({ type, nsp: this.nsp, data, id } as SocketPacket, {});
  }

  #onOpen(): void {
    this.#askAuth((data) => {
      if (!this.active || this.connected || this.io.readyState !== 'open') return;
      this.#write(CONNECT, this.#pid ? { pid: this.#pid, offset: this.#offset, ...data } : data);
    });
  }

  /** Sends a new token. It asks for an acknowledgement, so no wire loses it. Nobody waits for that. */
  #sendToken(auth: object | undefined): void {
    if (this.connected) this.#write(EVENT, ['naru:token', auth], this.#nextId++);
  }

  /** Passes the credentials on. The `auth` function may call back late, and then for another user than the present. */
  #askAuth(give: (data?: object) => void): void {
    const asked = ++this.#askedCount;
    if (typeof this.auth === 'function') this.auth((data) => asked === this.#askedCount && give(data));
    else give(this.auth);
  }

  #onConnect(data: ConnectAnswer | undefined): void {
    if (!data?.sid) {
      this.applyLocal('connect_error', [new ProtocolError('SIO_BAD_PACKET', 'the server speaks Socket.IO 2')]);
      return;
    }
    this.id = data.sid;
    this.recovered = !!data.pid && data.pid === this.#pid;
    this.#pid = data.pid;
    this.#knowsOnce = data.once;
    this.connected = true;
    // A listener that throws must not hold back later events. After one that disconnects, unsent events keep waiting.
    for (const args of this.receiveBuffer.splice(0)) if (this.connected) this.#deliver(args);
    let sentCount = 0;
    for (const packet of this.sendBuffer) if (this.connected && ++sentCount) attempt(() => this.#writeWaiting(packet));
    this.sendBuffer.splice(0, sentCount);
    attempt(() => this._queue?.drain(true));
    if (this.connected) this.applyLocal('connect', []);
    else giveUpSentAcks(this);
  }

  #onEvent(data: unknown[], id: number | undefined, isVolatile?: boolean): void {
    const args: Received = [...data];
    // The guard of the server asks for a new token.
    if (data[0] === 'naru:renew') this.#askAuth((auth) => this.#sendToken(auth));
    if (data[0] === 'naru:restart') this.io.holdOff((data[1] as { retryAfterMs?: unknown } | null)?.retryAfterMs);
    if (id !== undefined && id !== null) {
      args.push((...answer: unknown[]) => {
        // Another session does not have the event, and a server may end the connection at an answer after the end.
        if (args.sid !== this.id) return;
        this.#write(ACK, answer, id);
        args.sid = null;
      });
    }
    if (this.connected) this.#deliver(args, isVolatile);
    else if (!(hasChoice && isVolatile) && this.receiveBuffer.push(args) > this.#bufferCountMax) {
      this.receiveBuffer = [];
      this.io.fail('parse error', new ProtocolError('SIO_BAD_PACKET', 'events before CONNECT'));
    }
  }

  #deliver(args: Received, isVolatile?: boolean): void {
    args.sid = this.id;
    const last = args.at(-1);
    if (this.#pid && typeof last === 'string' && args.length > 1) {
      // A volatile event may have overtaken events with earlier offsets.
      if (!(hasChoice && isVolatile)) this.#offset = last;
      if (OWN_OFFSET.test(last)) args.pop();
    }
    this.notifyAny(this.listenersAny(), args);
    this.applyLocal(args[0] as string, args.slice(1));
  }

  #onClose(reason: string, details?: DisconnectDescription): void {
    this.connected = false;
    this.id = undefined;
    // These events came before the answer to CONNECT, as missed events do over long-polling or from a Socket.IO server.
    // They were not delivered and did not advance the offset, so the server sends them again after the next CONNECT.
    this.receiveBuffer = [];
    this.applyLocal('disconnect', [reason, details]);
    giveUpSentAcks(this, details);
  }

  #leave(): void {
    for (const unlisten of this.#unlisten ?? []) unlisten();
    this.#unlisten = undefined;
    this.io.release();
  }
}

for (const call of ['subscribe', 'unsubscribe', 'publish']) {
  (Socket.prototype as object as Record<string, unknown>)[call] = async function (this: Socket, ...args: unknown[]) {
    const answer: unknown = await this.emitWithAck(`naru:${call}`, ...(args as []));
    const { error } = (answer ?? {}) as { error?: { code: string; message: unknown } };
    if (!error) return;
    const text = hasChecks ? textOf(error.message) : (error.message as string);
    throw Object.assign(new UnavailableError('REFUSED', text), { reason: error.code });
  };
}

/** Types that code written for Socket.IO reads from the class. */
export declare namespace Socket {
  /** Why a socket was disconnected. */
  export type DisconnectReason = Parameters<SocketReservedEvents['disconnect']>[0];
}
