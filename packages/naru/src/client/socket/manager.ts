/** One connection that the sockets of many namespaces share. It reconnects when it is lost. */
import type { Timers } from '../../base/clock.js';
import { UnavailableError } from '../../base/errors.js';
import { systemJitter } from '../../base/jitter.js';
import type { SocketPacket } from '../../protocol/socket-io/packet.js';
import { CONNECT, CONNECT_ERROR } from '../../protocol/socket-io/packet-type.js';
import type { Parser, ParserDecoder, ParserEncoder } from '../../protocol/socket-io/parser.js';
import { listen, PublicEmitter } from '../emitter.js';
import { EngineSocket } from '../engine/engine.js';
import type { EngineData, WriteOptions } from '../engine/options.js';
import type { Platform } from '../engine/platform.js';
import { chooseTimers } from '../engine/timers.js';
import { hasChecks, hasChoice, hasNode } from '../features.js';
import { backoffDelay } from './backoff.js';
import { checkClientOptions } from './check-options.js';
import type { DisconnectDescription, ManagerReservedEvents } from './events.js';
import type { ClientOptions, ManagerOptions, SocketOptions } from './options.js';
import { ClientDecoder, encodePacket } from './packet-codec.js';

/** The options that the Manager reads again later, with their defaults. */
type CompletedOptions = Required<
  Pick<
    ManagerOptions,
    | 'reconnection'
    | 'reconnectionAttempts'
    | 'reconnectionDelay'
    | 'reconnectionDelayMax'
    | 'randomizationFactor'
    | 'timeout'
  >
>;

/** The most milliseconds that a server can delay its clients. */
const HELD_OFF_MS_MAX = 60_000;

/** The part of a socket that its Manager needs. */
export interface NamespaceSocket {
  readonly active: boolean;
  connect(): unknown;
  /** Takes a packet of its namespace. `isVolatile` says that the packet came outside the ordered stream. */
  onpacket(packet: SocketPacket, isVolatile?: boolean): void;
}

/** Makes the socket of a namespace. */
export type SocketFactory<Socket extends NamespaceSocket> = {
  // Declared as a method, so that a Manager of a narrower socket type is still a Manager of sockets.
  create(manager: Manager<Socket>, namespace: string, options?: SocketOptions): Socket;
}['create'];

/**
 * Connects, reconnects, and carries the packets of its sockets.
 * Invariant: `engine` is the newest engine, and only its events change the state.
 */
export class Manager<Socket extends NamespaceSocket> extends PublicEmitter<ManagerReservedEvents> {
  /** The newest engine. Set from the first attempt on. */
  declare engine: EngineSocket;
  declare readonly opts: ClientOptions & CompletedOptions;
  /** The sockets by their namespaces. */
  readonly nsps: ReadonlyMap<string, Socket> = new Map();
  /** Whether the connection is opening, open or closed. */
  readyState: 'opening' | 'open' | 'closed' = 'closed';
  /** Whether the Manager is trying to reconnect. */
  isReconnecting = false;
  /** The timers of its sockets. */
  declare readonly timers: Timers;

  readonly #uri: string | undefined;
  readonly #platform: Platform;
  readonly #createSocket: SocketFactory<Socket>;
  readonly #encoder: ParserEncoder | undefined;
  readonly #customDecoder: ParserDecoder | undefined;
  readonly #decoder = new ClientDecoder();
  #decoded: SocketPacket[] = [];
  #attempts = 0;
  #heldOffMs = 0;
  #isStopped = false;
  readonly #release: (() => void)[] = [];

  constructor(
    uri: string | ClientOptions | undefined,
    options: ClientOptions | undefined,
    platform: Platform,
    createSocket: SocketFactory<Socket>,
  ) {
    super();
    const given: ClientOptions = { ...(typeof uri === 'object' ? uri : options) };
    if (hasChecks) checkClientOptions(given);
    const opts = {
      ...given,
      path: given.path ?? '/socket.io',
      // Browsers send headers only with polling, and a server may require them at each handshake.
      rememberUpgrade: given.rememberUpgrade ?? !(given.transports || given.extraHeaders || given.transportOptions),
      reconnection: given.reconnection !== false,
      // As in Socket.IO, 0 means the default here, because a client must not retry without a pause.
      reconnectionAttempts: given.reconnectionAttempts || Number.POSITIVE_INFINITY,
      reconnectionDelay: given.reconnectionDelay || 1_000,
      reconnectionDelayMax: given.reconnectionDelayMax || 5_000,
      randomizationFactor: given.randomizationFactor ?? 0.5,
      timeout: given.timeout ?? 20_000,
    };
    this.opts = opts;
    this.timers = chooseTimers(opts);
    this.#uri = typeof uri === 'object' ? undefined : uri;
    this.#platform = platform;
    this.#createSocket = createSocket;
    const parser = opts.parser as Parser | undefined;
    if (parser) {
      this.#encoder = new parser.Encoder();
      this.#customDecoder = new parser.Decoder();
      this.#customDecoder.on('decoded', (packet) => this.#decoded.push(packet));
    }
    if (opts.autoConnect !== false) this.open();
  }

  /** Whether the client reconnects after a lost connection. */
  reconnection(): boolean;
  /** Sets whether the client reconnects after a lost connection. */
  reconnection(value: boolean): this;
  reconnection(value?: boolean): this | boolean {
    if (value === false) this.isReconnecting = false;
    return this.#setting('reconnection', value);
  }

  /** The most attempts before giving up. */
  reconnectionAttempts(): number;
  /** Sets the most attempts before giving up. */
  reconnectionAttempts(value: number): this;
  reconnectionAttempts(value?: number): this | number {
    return this.#setting('reconnectionAttempts', value);
  }

  /** Milliseconds before the first attempt. */
  reconnectionDelay(): number;
  /** Sets the milliseconds before the first attempt. */
  reconnectionDelay(value: number): this;
  reconnectionDelay(value?: number): this | number {
    return this.#setting('reconnectionDelay', value);
  }

  /** The most milliseconds between two attempts. */
  reconnectionDelayMax(): number;
  /** Sets the most milliseconds between two attempts. */
  reconnectionDelayMax(value: number): this;
  reconnectionDelayMax(value?: number): this | number {
    return this.#setting('reconnectionDelayMax', value);
  }

  /** The part of a delay that is random. */
  randomizationFactor(): number;
  /** Sets the part of a delay that is random. */
  randomizationFactor(value: number): this;
  randomizationFactor(value?: number): this | number {
    return this.#setting('randomizationFactor', value);
  }

  /** Milliseconds that a connection may take to open. */
  timeout(): number | false;
  /** Sets the milliseconds that a connection may take to open. */
  timeout(value: number | false): this;
  timeout(value?: number | false): this | number | false {
    return this.#setting('timeout', value);
  }

  /**
   * Opens the connection unless it is open. With `callback`, which gets the error of a failure, the Manager does not
   * retry by itself.
   */
  open(callback?: (error?: Error) => void): this {
    if (this.readyState !== 'closed') return this;
    this.engine = new EngineSocket(this.#uri, this.opts, this.#platform);
    // This attempt replaces the one that waits for its delay.
    this.#cleanUp();
    this.isReconnecting = false;
    this.#isStopped = false;
    this.readyState = 'opening';
    const { engine } = this;
    const fail = (error: Error): void => {
      this.#cleanUp();
      this.readyState = 'closed';
      engine.close();
      this.emit('error', error);
      if (callback) callback(error);
      // An attempt of the Manager itself continues from its callback.
      else this.#reconnect();
    };
    this.#release.push(
      listen(engine, 'open', () => {
        this.#onOpen();
        callback?.();
      }),
      listen(engine, 'error', fail),
      listen(engine, 'close', (reason: string) => fail(new UnavailableError('CONNECT_FAILED', reason))),
    );
    const { timeout } = this.opts;
    if (timeout !== false) {
      this.#after(timeout, () => fail(new UnavailableError('TIMEOUT', 'timeout')));
    }
    return this;
  }

  /** Connects, as `open` does. */
  connect(callback?: (error?: Error) => void): this {
    return this.open(callback);
  }

  /** Returns the socket of a namespace, created at the first call. Connects it when `autoConnect` is on. */
  socket(namespace: string, options?: SocketOptions): Socket {
    const sockets = this.nsps as Map<string, Socket>;
    const socket = sockets.get(namespace) ?? this.#createSocket(this, namespace, options);
    sockets.set(namespace, socket);
    if (this.opts.autoConnect !== false && !socket.active) socket.connect();
    return socket;
  }

  /** Closes the connection, and does not reconnect until `open` or a socket's `connect` is called. */
  disconnect(): void {
    this.#isStopped = true;
    this.isReconnecting = false;
    this.#onClose('forced close');
  }

  /** Closes the connection, as `disconnect` does. Code written for Socket.IO calls this name. */
  // biome-ignore lint/complexity/useLiteralKeys: the underscore is Socket.IO's, and as a key it escapes our rule for names
  ['_close'](): void {
    this.disconnect();
  }

  /** Closes the connection when no socket uses it any more. Called by a socket that has left. */
  release(): void {
    for (const socket of this.nsps.values()) if (socket.active) return;
    this.disconnect();
  }

  /** Sends a packet of a socket. */
  write(packet: SocketPacket, options: WriteOptions): void {
    const units = this.#encoder ? this.#encoder.encode(packet) : encodePacket(packet);
    const { transport } = this.engine;
    if (hasNode && transport.check) {
      try {
        transport.check(units as EngineData[]);
      } catch (error) {
        if (packet.type !== CONNECT) throw error;
        // No program could catch the error of its `auth` here.
        this.nsps.get(packet.nsp)?.onpacket({ type: CONNECT_ERROR, nsp: packet.nsp, data: error });
        return;
      }
    }
    if (options.volatile && ((hasChoice && transport.sendVolatile?.(units)) || !transport.writable)) return;
    for (const unit of units) this.engine.write(unit as EngineData, options);
  }

  #onOpen(): void {
    this.#cleanUp();
    this.#heldOffMs = 0;
    this.readyState = 'open';
    const { engine } = this;
    this.#release.push(
      listen(engine, 'ping', () => this.emit('ping')),
      listen(engine, 'data', (data) => this.#onData(data)),
      ...(hasChoice ? [listen(engine, 'volatile', (packet) => this.nsps.get(packet.nsp)?.onpacket(packet, true))] : []),
      listen(engine, 'error', (error) => this.emit('error', error)),
      listen(engine, 'close', (reason, details) => this.#onClose(reason, details)),
    );
    this.emit('open');
  }

  #onData(data: string | Uint8Array): void {
    try {
      if (this.#customDecoder) this.#customDecoder.add(data);
      else {
        const packet = this.#decoder.add(data);
        if (packet) this.#decoded.push(packet);
      }
    } catch (error) {
      this.fail(error as Error);
      return;
    }
    // Outside the `try`, because an error of a listener is not the server's fault.
    while (this.#decoded.length) {
      const packet = this.#decoded.shift() as SocketPacket;
      this.emit('packet', packet);
      this.nsps.get(packet.nsp)?.onpacket(packet);
    }
  }

  /** Closes the connection to a server that broke a rule. */
  fail(error: Error): void {
    this.#onClose('parse error', error);
  }

  #onClose(reason: string, details?: DisconnectDescription): void {
    this.#cleanUp();
    (this.engine as EngineSocket | undefined)?.close();
    this.readyState = 'closed';
    this.#attempts = 0;
    this.emit('close', reason, details);
    this.#reconnect();
  }

  /**
   * Delays the next attempt, because the server is restarting and returns after this many milliseconds. Called by a
   * socket.
   */
  holdOff(retryAfterMs: unknown): void {
    // For anything but a positive number, the client reconnects as usual.
    this.#heldOffMs = Math.min((retryAfterMs as number) > 0 ? (retryAfterMs as number) : 0, HELD_OFF_MS_MAX);
  }

  #reconnect(): void {
    // A listener of `close` or `error` may have called `open`.
    if (this.isReconnecting || this.#isStopped || !this.opts.reconnection || this.readyState !== 'closed') return;
    if (this.#attempts >= this.opts.reconnectionAttempts) {
      this.#attempts = 0;
      this.emit('reconnect_failed');
      return;
    }
    this.isReconnecting = true;
    const fraction = (this.opts.random ?? systemJitter).fraction();
    // A closing server sends each client its own delay, so that the clients do not all return at once. This delay
    // replaces the backoff.
    const backoffMs = backoffDelay(this.opts, this.#attempts++, fraction);
    const delayMs = this.#heldOffMs || backoffMs;
    this.#heldOffMs = 0;
    this.#after(delayMs, () => {
      if (!this.isReconnecting) return;
      this.emit('reconnect_attempt', this.#attempts);
      // A listener may have called `disconnect`, `open` or `reconnection(false)`.
      if (!this.isReconnecting) return;
      this.open((error) => {
        this.isReconnecting = false;
        if (error) {
          this.#reconnect();
          this.emit('reconnect_error', error);
        } else this.emit('reconnect', this.#attempts);
      });
      this.isReconnecting = true;
    });
  }

  #setting<Name extends keyof CompletedOptions>(
    name: Name,
    value: CompletedOptions[Name] | undefined,
  ): this | CompletedOptions[Name] {
    if (value === undefined) return this.opts[name];
    this.opts[name] = value;
    return this;
  }

  #after(delayMs: number, callback: () => void): void {
    const timer = this.timers.setTimeout(callback, delayMs, undefined);
    this.#release.push(() => this.timers.clearTimeout(timer));
  }

  #cleanUp(): void {
    for (const release of this.#release.splice(0)) release();
    this.#decoded = [];
    this.#decoder.reset();
    this.#customDecoder?.destroy();
  }
}
