/**
 * The client's half of Engine.IO 4: one session over polling or WebSocket, from handshake to close. engine.io-protocol.
 */
import type { Timer, Timers } from '../../base/clock.js';
import { ConfigError, ProtocolError, UnavailableError } from '../../base/errors.js';
import { transitionOf } from '../../base/steps/machine.js';
import { decodeHandshake, type Handshake, payloadMaxOf, upgradesOf } from '../../protocol/engine-io/handshake.js';
import type { EnginePacket } from '../../protocol/engine-io/packet.js';
import type { SocketPacket } from '../../protocol/socket-io/packet.js';
import { listen, PublicEmitter } from '../emitter.js';
import { hasChecks, hasChoice, hasNode } from '../features.js';
import { inMicrotask } from '../microtask.js';
import { ENGINE, type EngineState } from '../states.js';
import { checkData } from './data.js';
import type {
  BinaryType,
  ClientTransport,
  CloseDetails,
  EngineData,
  EngineOptions,
  OutgoingPacket,
  TransportClass,
  WriteOptions,
} from './options.js';
import type { Platform } from './platform.js';
import { chooseTimers } from './timers.js';
import { isSecure, parseAddress, stripBrackets } from './uri.js';

/** The version of the protocol, as `EIO` in each request. */
export const ENGINE_PROTOCOL = 4;

/** Milliseconds that a transport has before the next one is tried. */
const HEAD_START_MS = 5_000;
/** The longest time that a timer can wait, in milliseconds. */
const TIMER_MAX = 2 ** 31 - 1;

/** The events of an engine. */
export interface EngineEvents {
  open: () => void;
  handshake: (handshake: Handshake) => void;
  packet: (packet: EnginePacket) => void;
  packetCreate: (packet: OutgoingPacket) => void;
  data: (data: string | Uint8Array | ArrayBuffer | Blob) => void;
  message: (data: string | Uint8Array | ArrayBuffer | Blob) => void;
  /** A whole Socket.IO packet arrived outside the ordered stream. */
  volatile: (packet: SocketPacket) => void;
  drain: () => void;
  flush: () => void;
  ping: () => void;
  pong: () => void;
  error: (error: Error | string) => void;
  upgrading: (transport: ClientTransport) => void;
  upgrade: (transport: ClientTransport) => void;
  upgradeError: (error: Error) => void;
  close: (reason: string, details?: CloseDetails | Error) => void;
}

/**
 * One session. It starts to open when it is constructed, and does not reopen after it has closed.
 * Messages stay in order, also during an upgrade. Those sent before `close()` are written before the session closes.
 */
export class EngineSocket extends PublicEmitter<EngineEvents> {
  /** The version of the protocol. */
  static readonly protocol = ENGINE_PROTOCOL;

  /** The session id, while the session is open. It is secret: anybody who has it can read and write in this session. */
  id: string | null = null;
  /** The transport that carries the session now. */
  declare transport: ClientTransport;
  /** The type in which listeners get received bytes. */
  declare binaryType: BinaryType;
  readyState: EngineState = 'opening';
  /** Packets that have not been sent yet, oldest first. */
  writeBuffer: OutgoingPacket[] = [];
  /** Whether the session is moving to another transport. Nothing is written during the move. */
  upgrading = false;
  declare readonly opts: EngineOptions;
  declare readonly secure: boolean;
  declare readonly hostname: string;
  declare readonly port: string;
  /** The names of the usable transports, in the order in which they are tried. */
  declare readonly transports: string[];

  readonly #platform: Platform | undefined;
  readonly #classes: Record<string, TransportClass>;
  readonly #timers: Timers;
  /** The transports to try until one opens the session. */
  #trials: string[] | undefined;
  #sentCount = 0;
  #payloadBytesMax: number | undefined;
  #patienceMs = 0;
  #timer: Timer | undefined;
  #expiresAt = Number.POSITIVE_INFINITY;
  readonly #page = new AbortController();

  constructor(uri: unknown, options: EngineOptions | undefined, platform: Platform) {
    super();
    const opts: EngineOptions = { ...options };
    this.opts = opts;
    const page = globalThis.location as Location | undefined;
    // A host with more than one colon is an IPv6 address. A port in `host` is ignored.
    let hostname = opts.host?.replace(/^([^:]*):[^:]*$/, '$1') || opts.hostname || '';
    let scheme = '';
    if (typeof uri === 'string') {
      const { protocol, host, port, query } = parseAddress((hasNode && platform.rewrite?.(uri)) || uri);
      hostname = host;
      scheme = protocol;
      opts.port = port;
      opts.secure = isSecure(protocol);
      if (query) opts.query = query;
    }
    this.hostname = opts.hostname = stripBrackets(hostname) || page?.hostname || 'localhost';
    this.secure = opts.secure ??= page?.protocol === 'https:';
    this.port = opts.port = `${opts.port || (!hostname && page?.port) || (this.secure ? 443 : 80)}`;
    if (typeof opts.query === 'string') opts.query = Object.fromEntries(new URLSearchParams(opts.query));
    opts.path = (opts.path ?? '/engine.io').replace(/\/$/, '') + (opts.addTrailingSlash === false ? '' : '/');
    if (hasChoice) this.#platform = platform;
    if (hasNode) platform.prepare?.(opts);
    this.binaryType = (hasNode && platform.binaryType) || 'arraybuffer';
    this.#timers = chooseTimers(opts);
    this.#classes = { ...platform.transports };
    const defaults = (hasNode && (platform.schemes?.[scheme] ?? platform.defaults)) || Object.keys(this.#classes);
    this.transports = (opts.transports ?? defaults).map((transport) => {
      if (typeof transport === 'string') return transport;
      const { name } = transport.prototype;
      this.#classes[name] = transport;
      return name;
    });
    this.open();
  }

  /** Starts the session. Called by the constructor. */
  open(): void {
    if (hasChecks && !this.transports.length) {
      // Postponed, so that a listener can be added first.
      this.#timers.setTimeout(() => this.emit('error', 'No transports available'), 0, undefined);
      return;
    }
    // The listeners end with the signal of `#page`.
    const listenToPage = (name: string, listener: () => void): void =>
      globalThis.addEventListener?.(name, listener, this.#page);
    if (this.opts.closeOnBeforeunload) listenToPage('beforeunload', () => this.#closeTransport());
    if (this.hostname !== 'localhost')
      listenToPage('offline', () => this.#onClose('transport close', { description: 'network connection lost' }));
    if (hasChoice) {
      const isOneOfMany = this.opts.tryAllTransports || this.transports[0] === 'sse';
      const trials = this.transports.slice(0, isOneOfMany ? undefined : 1);
      if (this.#platform?.memory?.suggests(this)) trials.unshift('websocket');
      this.#trials = trials;
    }
    this.#start();
  }

  /** Makes `transport` the one that carries the session. */
  setTransport(transport: ClientTransport): void {
    if (hasChoice) this.transport?.removeAllListeners();
    this.transport = transport;
    if (hasChoice && this.id) this.#platform?.memory?.note(this, true);
    listen(transport, 'drain', () => {
      this.writeBuffer.splice(0, this.#sentCount);
      this.#sentCount = 0;
      if (this.writeBuffer.length) this.flush();
      else this.emit('drain');
    });
    listen(transport, 'packet', (packet) => this.#onPacket(packet));
    listen(transport, 'error', (error) => this.#onError(error));
    listen(transport, 'close', (details) => this.#onClose('transport close', details));
  }

  /**
   * Sends a message. `onFlush` is called when the transport has taken the message. After `close()` the message is
   * ignored. Throws a ConfigError for data that is neither text nor bytes (BAD_ARGUMENT), or that the wire cannot carry
   * (NOT_ENCODABLE).
   */
  write(data: EngineData, options?: WriteOptions | (() => void) | null, onFlush?: () => void): this {
    // An error during the flush would come too late, and would block the messages after this one.
    if (hasChecks) checkData(data);
    if (hasNode) (this.transport as ClientTransport | undefined)?.check?.([data]);
    // As options, a function has nothing.
    this.#sendPacket('message', data, options as WriteOptions, typeof options === 'function' ? options : onFlush);
    return this;
  }

  /** Sends a message, as `write` does. */
  send(data: EngineData, options?: WriteOptions | (() => void) | null, onFlush?: () => void): this {
    return this.write(data, options, onFlush);
  }

  /** Writes the waiting packets if the transport is ready. */
  flush(): void {
    if (
      this.readyState === 'closed' ||
      (hasChoice && this.upgrading) ||
      !this.transport.writable ||
      !this.writeBuffer.length
    )
      return;
    const packets = hasChoice
      ? this.writeBuffer.slice(0, this.transport.fit?.(this.writeBuffer, this.#payloadBytesMax as number))
      : [...this.writeBuffer];
    this.#sentCount = packets.length;
    this.transport.send(packets);
    this.emit('flush');
  }

  /** Closes the session after all messages have been written and any running upgrade has finished. */
  close(): this {
    if (this.#isEnding) return this;
    if (hasChecks) transitionOf(ENGINE, this.readyState, 'close');
    this.readyState = 'closing';
    const close = (): void => this.#onClose('forced close');
    const closeUnlessUpgrading = (): void => {
      if (this.upgrading) {
        // The upgrade packet is being sent. Over HTTP streaming that is a request, which closing now would cut off.
        this.once('upgrade', () => this.once('drain', close));
        this.once('upgradeError', close);
      } else close();
    };
    const next = hasChoice ? closeUnlessUpgrading : close;
    if (this.writeBuffer.length) this.once('drain', next);
    else next();
    return this;
  }

  /**
   * Whether the server's ping is overdue. If it is, the session closes with `ping timeout`. Senders call this first,
   * because a timer may be late after a laptop slept or a tab was throttled.
   */
  hasPingExpired(): boolean {
    const hasExpired = this.#timers.now() > this.#expiresAt;
    if (hasExpired) inMicrotask(() => this.#onClose('ping timeout'));
    return hasExpired;
  }

  /** Whether the session is closing or closed. */
  get #isEnding(): boolean {
    return !/open/.test(this.readyState);
  }

  #createTransport(name: string): ClientTransport {
    const { opts } = this;
    const overrides = opts.transportOptions?.[name];
    const query = {
      ...(opts.query as object),
      ...(overrides?.query as object),
      EIO: ENGINE_PROTOCOL,
      transport: name,
      // A server offers HTTP streaming as an upgrade only to clients that ask for it.
      ...(hasChoice && (this.id ? { sid: this.id } : this.transports.includes('sse') && { sse: 1 })),
      // A server announces the event `naru:once` only to clients that ask for it.
      once: 1,
    };
    const Class = this.#classes[name] as TransportClass;
    if (hasChecks && !Class) throw new ConfigError('BAD_OPTION', `unknown transport "${name}"`);
    return new Class({ ...opts, ...overrides, query, socket: this });
  }

  #start(): void {
    const name = (hasChoice ? this.#trials?.shift() : this.transports[0]) as string;
    const transport = this.#createTransport(name);
    if (hasChoice && this.#trials?.length && name !== 'polling') {
      // A network may silently drop a transport's packets, and a proxy may hold a stream back until it ends.
      const fail = (): void => this.#onError(new UnavailableError('TIMEOUT', 'timeout'));
      this.#timer = this.#timers.setTimeout(fail, HEAD_START_MS, undefined);
    }
    this.setTransport(transport);
    transport.open();
  }

  #closeTransport(): void {
    this.transport?.removeAllListeners();
    this.transport?.close();
  }

  #onPacket(packet: EnginePacket): void {
    if (this.readyState === 'closed') return;
    this.emit('packet', packet);
    const { type, data = '' } = packet;
    if (type === 'message') {
      this.emit('data', data);
      this.emit('message', data);
    } else if (type === 'ping') {
      this.#sendPacket('pong');
      this.emit('ping');
      this.emit('pong');
      this.#expectPing();
    } else if (type === 'open' && !this.id) this.#onHandshake(data);
    else if (type === 'close') this.#onClose('transport close', { description: 'transport closed by the server' });
  }

  #onHandshake(data: EnginePacket['data']): void {
    let handshake: Handshake;
    try {
      handshake = decodeHandshake(data);
    } catch (error) {
      this.#onError(error);
      return;
    }
    this.emit('handshake', handshake);
    this.id = handshake.sid;
    this.transport.query.sid = handshake.sid;
    this.#patienceMs = Math.min(handshake.pingInterval + handshake.pingTimeout, TIMER_MAX);
    if (hasChoice) this.#payloadBytesMax = payloadMaxOf(handshake);
    if (hasChecks && this.readyState === 'opening') transitionOf(ENGINE, this.readyState, 'handshake');
    if (this.readyState === 'opening') this.readyState = 'open';
    if (hasChoice) this.#platform?.memory?.note(this, true);
    this.emit('open');
    this.flush();
    if (hasChoice && this.opts.upgrade !== false)
      this.#platform?.upgrade?.(this, upgradesOf(handshake), (name) => this.#createTransport(name), this.#timers);
    this.#expectPing();
  }

  #expectPing(): void {
    this.#stopTimer();
    if ((this.readyState as EngineState) === 'closed') return;
    this.#expiresAt = this.#timers.now() + this.#patienceMs;
    this.#timer = this.#timers.setTimeout(() => this.#onClose('ping timeout'), this.#patienceMs, undefined);
  }

  #stopTimer(): void {
    if (this.#timer !== undefined) this.#timers.clearTimeout(this.#timer);
  }

  #sendPacket(
    type: EnginePacket['type'],
    data?: EngineData,
    options?: WriteOptions | null,
    onFlush?: () => void,
  ): void {
    if (this.#isEnding) return;
    const packet: OutgoingPacket = { type, data, options: { ...options, compress: options?.compress !== false } };
    this.emit('packetCreate', packet);
    this.writeBuffer.push(packet);
    if (onFlush) this.once('flush', onFlush);
    this.flush();
  }

  #onError(error: unknown): void {
    if (this.readyState === 'closed') return;
    if (hasChoice) this.#platform?.memory?.note(this, false);
    if (hasChoice && this.readyState === 'opening' && this.#trials?.length) {
      const { transports } = this;
      // A transport that failed is not a candidate for an upgrade either.
      if (this.opts.tryAllTransports) transports.splice(transports.indexOf(this.transport.name), 1);
      this.#stopTimer();
      this.#closeTransport();
      this.#start();
      return;
    }
    this.emit('error', error);
    this.#onClose(error instanceof ProtocolError ? 'parse error' : 'transport error', error as Error);
  }

  #onClose(reason: string, details?: CloseDetails | Error): void {
    if (this.readyState === 'closed') return;
    if (hasChoice && !this.id) this.#platform?.memory?.note(this, false);
    this.#stopTimer();
    this.#page.abort();
    this.#closeTransport();
    if (hasChecks) transitionOf(ENGINE, this.readyState, 'end');
    this.readyState = 'closed';
    this.id = null;
    this.emit('close', reason, details);
    // Cleared after `close`, so that its listeners can still see the unwritten packets.
    this.writeBuffer = [];
    this.#sentCount = 0;
  }
}
