/** One connection that the sockets of many namespaces share. It reconnects when it is lost. */
import type { Timers } from '../../base/clock.js';
import { UnavailableError } from '../../base/errors.js';
import { jitterFraction } from '../../base/jitter.js';
import { transitionOf } from '../../base/steps/machine.js';
import type { SocketPacket } from '../../protocol/socket-io/packet.js';
import { CONNECT, CONNECT_ERROR } from '../../protocol/socket-io/packet-type.js';
import type { Parser, ParserDecoder } from '../../protocol/socket-io/parser.js';
import { listen, PublicEmitter } from '../emitter.js';
import { EngineSocket } from '../engine/engine.js';
import type { EngineData, WriteOptions } from '../engine/options.js';
import type { Platform } from '../engine/platform.js';
import { chooseTimers } from '../engine/timers.js';
import { hasChecks, hasChoice, hasNode } from '../features.js';
import { MANAGER, type ManagerState } from '../states.js';
import { backoffDelay } from './backoff.js';
import { checkClientOptions } from './check-options.js';
import type { DisconnectDescription, ManagerReservedEvents } from './events.js';
import type { ClientOptions, SocketOptions } from './options.js';
import { ClientDecoder, encodePacket } from './packet-codec.js';

/** The options that the Manager reads again later, with their defaults. Each has a method that reads and sets it. */
const SETTINGS = {
  reconnection: true,
  reconnectionAttempts: Number.POSITIVE_INFINITY,
  reconnectionDelay: 1_000,
  reconnectionDelayMax: 5_000,
  randomizationFactor: 0.5,
  timeout: 20_000 as number | false,
};

const SETTING_NAMES = Object.keys(SETTINGS) as (keyof typeof SETTINGS)[];

/** A method that returns an option, or sets it. */
interface Setting<Value, Manager> {
  (): Value;
  (value: Value): Manager;
}

/** The error of a request that the server has refused, maybe with the time after which to come back. */
interface Refused extends Error {
  readonly context?: Partial<XMLHttpRequest>;
}

/** The most milliseconds that a server can delay its clients. */
const HELD_OFF_MS_MAX = 60_000;

/** The part of a socket that its Manager needs. */
export interface NamespaceSocket {
  readonly active: boolean;
  connect(): unknown;
  /** Takes a packet of its namespace. `isVolatile` says that the packet came outside the ordered stream. */
  onpacket(packet: SocketPacket, isVolatile?: boolean): void;
}

/** The class of the sockets. */
export type SocketClass<Socket extends NamespaceSocket> = new (
  manager: Manager<Socket>,
  namespace: string,
  options?: SocketOptions,
) => Socket;

/**
 * Connects, reconnects, and carries the packets of its sockets.
 * Invariant: `engine` is the newest engine, and only its events change the state.
 */
export class Manager<Socket extends NamespaceSocket> extends PublicEmitter<ManagerReservedEvents> {
  /** The newest engine. Set from the first attempt on. */
  declare engine: EngineSocket;
  declare readonly opts: ClientOptions & typeof SETTINGS;
  /** The sockets by their namespaces. */
  readonly nsps: ReadonlyMap<string, Socket> = new Map();
  /** Whether the connection is opening, open or closed. */
  readyState: ManagerState = 'closed';
  /** Whether the Manager is trying to reconnect. */
  isReconnecting = false;
  /** The timers of its sockets. */
  declare readonly timers: Timers;
  /** Whether the client reconnects after a lost connection. */
  declare readonly reconnection: Setting<boolean, this>;
  /** The most attempts before giving up. */
  declare readonly reconnectionAttempts: Setting<number, this>;
  /** Milliseconds before the first attempt. */
  declare readonly reconnectionDelay: Setting<number, this>;
  /** The most milliseconds between two attempts. */
  declare readonly reconnectionDelayMax: Setting<number, this>;
  /** The part of a delay that is random. */
  declare readonly randomizationFactor: Setting<number, this>;
  /** Milliseconds that a connection may take to open. */
  declare readonly timeout: Setting<number | false, this>;

  /** Encodes a packet. Throws NOT_ENCODABLE, or the error of an application's parser. */
  readonly toUnits: (packet: SocketPacket) => unknown[] = encodePacket;
  readonly #uri: unknown;
  readonly #platform: Platform;
  readonly #Socket: SocketClass<Socket>;
  readonly #decoder: Pick<ParserDecoder, 'destroy'> & { add(data: unknown): unknown } = new ClientDecoder();
  #decoded: SocketPacket[] = [];
  #attempts = 0;
  #heldOffMs = 0;
  #isStopped: boolean | undefined;
  readonly #release: (() => void)[] = [];

  constructor(
    uri: string | ClientOptions | undefined,
    options: ClientOptions | undefined,
    platform: Platform,
    Socket: SocketClass<Socket>,
  ) {
    super();
    const opts = { ...(typeof uri === 'object' ? uri : options) } as typeof this.opts;
    if (hasChecks) checkClientOptions(opts);
    // Browsers send headers only with polling, and a server may require them at each handshake.
    if (hasChoice) opts.rememberUpgrade ??= !(opts.transports || opts.extraHeaders || opts.transportOptions);
    opts.path ??= '/socket.io';
    for (const name of SETTING_NAMES) {
      opts[name] ??= SETTINGS[name] as never;
      // As in Socket.IO, 0 means the default here, because a client must not retry without a pause.
      if (/^reconnection./.test(name)) opts[name] ||= SETTINGS[name] as never;
    }
    this.opts = opts;
    this.timers = chooseTimers(opts);
    this.#uri = uri;
    this.#platform = platform;
    this.#Socket = Socket;
    const parser = opts.parser as Parser | undefined;
    if (parser) {
      const encoder = new parser.Encoder();
      this.toUnits = (packet) => encoder.encode(packet);
      const decoder = new parser.Decoder();
      decoder.on('decoded', (packet) => this.#decoded.push(packet));
      this.#decoder = decoder;
    }
    if (opts.autoConnect !== false) this.open();
  }

  /**
   * Opens the connection unless it is open. With `callback`, which gets the error of a failure, the Manager does not
   * retry by itself.
   */
  open(callback?: (error?: Error) => void): this {
    if (this.readyState !== 'closed') return this;
    // This attempt replaces the one that waits for its delay, although an option that has changed may make it throw.
    this.isReconnecting = false;
    this.engine = new EngineSocket(this.#uri, this.opts, this.#platform);
    this.#cleanUp();
    this.#isStopped = false;
    if (hasChecks) transitionOf(MANAGER, this.readyState, 'try');
    this.readyState = 'opening';
    const { engine } = this;
    const fail = (error: Error): void => {
      this.#cleanUp();
      if (hasChecks) transitionOf(MANAGER, this.readyState, 'end');
      this.readyState = 'closed';
      engine.close();
      const seconds = hasNode && (error as Refused).context?.getResponseHeader?.('Retry-After');
      if (seconds) this.holdOff(Number(seconds) * 1_000);
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
    const socket = sockets.get(namespace) ?? new this.#Socket(this, namespace, options);
    sockets.set(namespace, socket);
    if (this.opts.autoConnect !== false && !socket.active) socket.connect();
    return socket;
  }

  /** Closes the connection, and does not reconnect until `open` or a socket's `connect` is called. */
  disconnect(): void {
    this.#isStopped = true;
    this.isReconnecting = false;
    this.fail('forced close');
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
    const units = this.toUnits(packet);
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
    if (hasChecks) transitionOf(MANAGER, this.readyState, 'open');
    this.readyState = 'open';
    const { engine } = this;
    this.#release.push(
      listen(engine, 'ping', () => this.emit('ping')),
      listen(engine, 'data', (data) => {
        try {
          const packet = this.#decoder.add(data) as SocketPacket | undefined;
          // The `add` of an application's parser may return anything.
          if (packet && !this.opts.parser) this.#decoded.push(packet);
        } catch (error) {
          this.fail('parse error', error as Error);
          return;
        }
        // Outside the `try`, because an error of a listener is not the server's fault.
        while (this.#decoded.length) {
          const packet = this.#decoded.shift() as SocketPacket;
          this.emit('packet', packet);
          this.nsps.get(packet.nsp)?.onpacket(packet);
        }
      }),
      ...(hasChoice ? [listen(engine, 'volatile', (packet) => this.nsps.get(packet.nsp)?.onpacket(packet, true))] : []),
      listen(engine, 'error', (error) => this.emit('error', error)),
      listen(engine, 'close', (reason, details) => this.fail(reason, details)),
    );
    this.emit('open');
  }

  /** Ends the connection for this reason, after the packets that were written, and reconnects. */
  fail(reason: string, details?: DisconnectDescription): void {
    this.#cleanUp();
    (this.engine as EngineSocket | undefined)?.close();
    if (hasChecks) transitionOf(MANAGER, this.readyState, 'end');
    this.readyState = 'closed';
    this.#attempts = 0;
    this.emit('close', reason, details);
    this.#reconnect();
  }

  /**
   * Delays the next attempt, because the server asks for that many milliseconds. Returns them, or 0 for anything but a
   * positive number: the client then reconnects as usual. Called by a socket.
   */
  holdOff(retryAfterMs: unknown): number {
    // The comparison may throw for an object.
    const isNumber = !hasChecks || typeof retryAfterMs === 'number';
    // biome-ignore lint/suspicious/noAssignInExpressions: shorter in the files for pages
    return (this.#heldOffMs = Math.min(
      isNumber && (retryAfterMs as number) > 0 ? (retryAfterMs as number) : 0,
      HELD_OFF_MS_MAX,
    ));
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
    const fraction = jitterFraction(this.opts.random);
    // A delay that the server has named replaces the backoff. It is up to a quarter longer, so that not all clients
    // return at once.
    const backoffMs = backoffDelay(this.opts, this.#attempts++, fraction);
    const delayMs = this.#heldOffMs * (1 + fraction / 4) || backoffMs;
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

  #after(delayMs: number, callback: () => void): void {
    const timer = this.timers.setTimeout(callback, delayMs, undefined);
    this.#release.push(() => this.timers.clearTimeout(timer));
  }

  #cleanUp(): void {
    for (const release of this.#release.splice(0)) release();
    this.#decoded = [];
    this.#decoder.destroy();
  }
}

for (const name of SETTING_NAMES) {
  (Manager.prototype as object as Record<string, unknown>)[name] = function (this: Manager<never>, value?: never) {
    if (value === undefined) return this.opts[name];
    this.opts[name] = value;
    this.isReconnecting &&= this.opts.reconnection;
    return this;
  };
}
