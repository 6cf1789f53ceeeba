/** One client over time, on any transport: the server's half of an Engine.IO session. */
import { checkedBytes } from '../base/bytes.js';
import type { DeadlineEntry, Deadlines } from '../base/deadlines.js';
import { Emitter, type EventName } from '../base/emitter.js';
import { ProtocolError, UnavailableError } from '../base/errors.js';
import { asBuffer } from '../base/node/buffer.js';
import { attempt } from '../base/uncaught.js';
import { MESSAGE, NOOP, OPEN, PING, PONG, packetTypeOf } from '../protocol/engine-io/packet.js';
import { EncodedPacket, type EngineProtocol, type Unit } from '../transport/encoded-packet.js';
import type { PacketList } from '../transport/packet-list.js';
import { NOBODY, type Transport, type TransportHandler } from '../transport/transport.js';
import type { EngineRequest, HandshakeRequest } from './handshake-request.js';
import type { Beating } from './heartbeat.js';
import type { Message, SendOptions, SentCallback } from './message.js';
import type { OutboxSession } from './outbox.js';
import { shapeOf } from './packet-shape.js';
import { nextState, type ReadyState } from './ready-state.js';
import type { SessionContext } from './session-context.js';
import type { Lane, SessionCloseReason, SessionReceiver, Subprotocol } from './session-events.js';
import { countIn, countOut, nextNumber, tellDropped, tellEnded } from './session-taps.js';
import { Upgrade } from './upgrade.js';

const PING_PACKET = new EncodedPacket(PING, false);
const NOOP_PACKET = new EncodedPacket(NOOP, false);
const MESSAGE_CODE = MESSAGE.charCodeAt(0);

/**
 * A session. Guarantees: while the session lives, messages arrive whole, in order and once. Nothing is delivered after
 * `close`. Invariant: a session is in its engine's table from `opening` until `closed`, and only then.
 */
export class Session extends Emitter implements TransportHandler, OutboxSession, Beating {
  /** The session's id. It is secret, since anyone who knows it can speak for the client. */
  readonly id: string;
  /** The number of the session in its process. Unlike the id, everybody may know it. */
  readonly number: number = nextNumber();
  /** The version of the client's Engine.IO protocol. */
  readonly protocol: EngineProtocol;
  /** The transport that carries the session now. */
  transport: Transport;
  /** The request that opened the session. */
  readonly handshake: HandshakeRequest;
  /** The language that the client uses inside its transport. */
  subprotocol: Subprotocol = 'socket.io';
  /** Whether the session was upgraded from polling to another transport. */
  upgraded = false;
  /** Whether the layer above wants `receiver.onSpace` once the transport has taken all waiting packets. */
  isAwaitingSpace = false;
  /** Whether the client is told to go, and may still say what it said before it heard of that. */
  isLeaving = false;
  /** The UDP path for volatile messages beside the transport. */
  lane: Lane | undefined = undefined;
  /** The layer above, unless only event listeners use the session. */
  receiver: SessionReceiver | undefined = undefined;
  waiting: PacketList | undefined = undefined;
  isDirty = false;
  occasion = 0;
  deadlineAt = 0;
  deadlinePrevious: DeadlineEntry | undefined = undefined;
  deadlineNext: DeadlineEntry | undefined = undefined;
  deadlineQueue: Deadlines<never> | undefined = undefined;
  readonly #context: SessionContext<Session>;
  #readyState: ReadyState = 'opening';
  #isHeld = false;
  #hadSpace = false;
  #rejection: ProtocolError | undefined = undefined;
  #upgrade: Upgrade | undefined = undefined;
  #callbacks: ((transport: Transport) => void)[] | undefined = undefined;

  constructor(context: SessionContext<Session>, id: string, transport: Transport, handshake: HandshakeRequest) {
    super();
    this.#context = context;
    this.id = id;
    this.transport = transport;
    this.protocol = transport.protocol;
    this.handshake = handshake;
    transport.handler = this;
  }

  /** The session's current state. */
  get readyState(): ReadyState {
    return this.#readyState;
  }

  /** The engine that holds the session, as applications see it. */
  get server(): unknown {
    return this.#context;
  }

  /** Whether an upgrade is under way. */
  get upgrading(): boolean {
    return this.#upgrade !== undefined;
  }

  /** The HTTP request that opened the session. */
  get request(): EngineRequest {
    return this.handshake.request;
  }

  // Code for Socket.IO sets `request` to null to save memory, so any assignment drops the request object.
  set request(_request: EngineRequest | null) {
    this.handshake.release();
  }

  /** The peer's address at the handshake. */
  get remoteAddress(): string {
    return this.handshake.remoteAddress;
  }

  /** Whether a volatile message could go out this turn: the transport is ready, and `Outbox.takesVolatile` agrees. */
  get takesVolatile(): boolean {
    return this.#readyState === 'open' && this.transport.writable && this.#context.outbox.takesVolatile(this);
  }

  /** The packets that were sent and that the transport has not taken yet. */
  get writeBuffer(): readonly unknown[] {
    return this.waiting?.packets() ?? [];
  }

  /** Whether nothing waits, and after its last write the transport had no bytes left, and took more. @internal */
  get hasSpace(): boolean {
    return this.#hadSpace && this.waiting === undefined;
  }

  /** Bytes that were sent and that the system has not taken yet. */
  get bufferedBytes(): number {
    return (this.waiting?.size ?? 0) + this.transport.bufferedBytes;
  }

  /** Opens the session for messages. Sends the handshake, unless the first answer carried it (`isAnnounced`). */
  open(isAnnounced = false): void {
    this.#readyState = nextState(this.#readyState, 'open');
    if (!isAnnounced) this.sendPacket(new EncodedPacket(`${OPEN}${this.#context.handshakeOf(this)}`, false));
    this.#context.heartbeats.renew(this);
  }

  /**
   * Sends a message. `callback` is called when the transport has taken it, and may be the second argument. A session
   * that is closing or closed sends nothing. Throws a ConfigError for data that is neither text nor bytes.
   */
  send(data: Message, options?: SendOptions | SentCallback, callback?: SentCallback): this {
    if (this.#readyState !== 'open' && this.#readyState !== 'opening') return this;
    const unit = typeof data === 'string' || data == null ? MESSAGE + (data ?? '') : checkedBytes(data);
    const onSent = typeof options === 'function' ? options : callback;
    if (onSent) this.#callbacks ??= [];
    if (onSent) this.#callbacks?.push(onSent);
    this.sendPacket(new EncodedPacket(unit, typeof options === 'function' || options?.compress !== false));
    return this;
  }

  /** Sends a message, as `send` does. */
  write(data: Message, options?: SendOptions | SentCallback, callback?: SentCallback): this {
    return this.send(data, options, callback);
  }

  /** Sends an encoded packet, after all earlier ones. */
  sendPacket(packet: EncodedPacket): void {
    if (this.#readyState === 'closed' || this.#readyState === 'closing') return;
    if (!this.isSilent && this.hasListeners('packetCreate')) this.tell('packetCreate', shapeOf(packet));
    this.#context.outbox.add(this, packet);
  }

  /** Sends encoded packets in order, or all of them as a volatile message. The list must not change in this turn. */
  sendPackets(packets: readonly EncodedPacket[], isVolatile = false): void {
    if (isVolatile) this.sendVolatile(packets);
    else if (this.isSilent && this.#readyState === 'open') this.#context.outbox.addAll(this, packets);
    else for (const packet of packets) this.sendPacket(packet);
  }

  /** Sends a volatile message over the lane or in a datagram, otherwise in order with the others or not at all. */
  sendVolatile(packets: readonly EncodedPacket[]): void {
    if (this.#readyState !== 'open') return;
    if (this.lane?.send(packets) || this.transport.sendVolatile?.(packets)) packets.forEach(countOut);
    else if (!this.transport.carries.reliable || this.takesVolatile) this.sendPackets(packets);
    else tellDropped(this);
  }

  /** Called when a whole message arrives over the lane or as a datagram, with the units as for `onData`. */
  onVolatile(source: Transport | Lane, units: readonly Unit[]): void {
    if (this.#readyState !== 'open' || (source !== this.transport && source !== this.lane)) return;
    units.forEach(countIn);
    this.#context.outbox.beginOccasion();
    this.receiver?.onVolatile?.(
      units.map((unit) => (typeof unit === 'string' && unit.charCodeAt(0) === MESSAGE_CODE ? unit.slice(1) : unit)),
    );
  }

  /** Writes the waiting packets now, and later ones in the next turn, when the program of the client can listen. */
  flushAlone(): void {
    this.flush();
    this.#isHeld = true;
  }

  /** Ends the session after the waiting packets, or at once with `discard`. The close reason is `forced close`. */
  close(discard = false): void {
    this.#context.outbox.settle();
    if (discard && this.#readyState !== 'closed') {
      this.#finish('forced close', undefined);
      if (this.transport.writable) this.transport.close();
      else this.transport.abort();
    } else if (this.#readyState === 'open') {
      this.#readyState = nextState(this.#readyState, 'closing');
      this.#context.outbox.touch(this);
    }
  }

  /** Ends the session as `close` does, but takes messages until its client has heard of it, or until `close(true)`. */
  leave(): void {
    this.isLeaving ||= this.#readyState === 'open';
    this.close();
  }

  /** Starts to move the session to another transport. engine.io-protocol, "Upgrade". */
  beginUpgrade(transport: Transport): void {
    this.#upgrade = new Upgrade(this, transport, this.#context);
  }

  /** Called by the upgrade when it has failed. The session stays on its transport. */
  abandonUpgrade(): void {
    this.#upgrade = undefined;
  }

  /** Called by the upgrade when the client has changed over. */
  completeUpgrade(transport: Transport): void {
    this.#upgrade = undefined;
    const former = this.transport;
    this.transport = transport;
    this.upgraded = true;
    former.handler = NOBODY;
    former.retire();
    transport.handler = this;
    this.tell('upgrade', transport);
    this.#context.outbox.touch(this);
  }

  /** Ends a waiting poll with a noop, so that the client can change over. */
  releasePoll(): void {
    if (this.#readyState === 'open' && this.transport.writable && this.waiting === undefined)
      this.#context.outbox.add(this, NOOP_PACKET);
  }

  ping(): void {
    if (!this.transport.isPlain) this.sendPacket(PING_PACKET);
    else {
      // A plain wire has heartbeats of its own or none. The receiver can send one now.
      this.receiver?.onQuiet?.();
      if (this.#readyState !== 'closed') this.#context.heartbeats.renew(this);
    }
  }

  /** Calls `onPong` when the client has received all so far. Returns `false` if it cannot say so now. @internal */
  probe(onPong: () => void): boolean {
    if (this.protocol === 3 || this.transport.isPlain || !this.transport.carries.reliable) return false;
    return this.#readyState === 'open' && this.#context.heartbeats.probe(this, onPong);
  }

  onPingTimeout(): void {
    this.#closeBy('ping timeout', undefined);
  }

  onData(transport: Transport, unit: Unit): void {
    if (transport !== this.transport || (this.#readyState !== 'open' && !this.isLeaving)) return;
    if (transport.isPlain) this.#receive(unit);
    else if (typeof unit === 'string') {
      if (unit.charCodeAt(0) === MESSAGE_CODE) this.#receive(unit.slice(1));
      else this.#receiveControl(unit);
    } else if (this.protocol === 4) this.#receive(unit);
    else if (unit[0] === 4) this.#receive(asBuffer(unit.subarray(1)));
    else this.#breakOff(`binary packet of unknown type ${unit[0]}`);
  }

  onWritable(transport: Transport): void {
    if (transport !== this.transport) return;
    if (this.waiting) this.#context.outbox.touch(this);
    else if (this.#readyState !== 'opening') this.#tellBoth('drain');
    if (this.isAwaitingSpace && this.waiting === undefined) this.receiver?.onSpace?.();
  }

  onClose(transport: Transport, error: ProtocolError | UnavailableError | undefined): void {
    if (transport !== this.transport) return;
    if (this.#readyState === 'closing') this.#finish('forced close', error);
    else if (error instanceof ProtocolError && error.code === 'EIO_BAD_PAYLOAD') this.#finish('parse error', error);
    else this.#finish(error ? 'transport error' : 'transport close', error);
  }

  flush(): void {
    if (this.#readyState === 'closed') return;
    const list = this.waiting;
    const isHeld = this.#isHeld && list !== undefined;
    this.#isHeld = false;
    if (isHeld) this.#context.outbox.touch(this);
    if (isHeld) return;
    if (list && this.transport.writable) {
      this.waiting = undefined;
      countOut(list);
      if (this.isSilent && this.#callbacks === undefined && !this.#context.isWatched) this.transport.send(list);
      else this.#sendAndTell(list);
    } else if (list && list.cost > this.#context.bufferedBytesMax && list.previous) {
      this.giveUp(this.#context.bufferedBytesMax);
    }
    // A transport with bytes left may be full later, although nothing is written then: it may still compress them.
    this.#hadSpace = this.#readyState === 'open' && this.transport.writable && this.transport.bufferedBytes === 0;
    // After an upgrade, this transport may have space from the start, without a call of `onWritable`.
    if (this.isAwaitingSpace && this.waiting === undefined && this.transport.writable) this.receiver?.onSpace?.();
    if (this.#readyState !== 'closing') return;
    if (this.waiting !== undefined) this.#context.closingSessions.add(this);
    else if (this.isLeaving && this.transport.leave) this.transport.leave();
    else this.transport.close();
  }

  emit(name: EventName, ...args: unknown[]): boolean {
    return this.applyLocal(name, args);
  }

  #receive(data: Unit): void {
    countIn(data);
    this.#context.outbox.beginOccasion();
    if (!this.isSilent) this.tell('packet', { type: 'message', data });
    this.receiver?.onMessage(data);
    if (this.isSilent) return;
    this.tell('data', data);
    this.tell('message', data);
  }

  #receiveControl(unit: string): void {
    const name = packetTypeOf(unit);
    if (name !== undefined && this.hasListeners('packet'))
      this.tell('packet', unit.length > 1 ? { type: name, data: unit.slice(1) } : { type: name });
    if (name === 'close') this.transport.close();
    else if (name === (this.protocol === 3 ? 'ping' : 'pong')) {
      // In protocol 3 the client sends the pings, and the server answers with the same text.
      if (name === 'ping') this.sendPacket(new EncodedPacket(PONG + unit.slice(1), false));
      this.#context.heartbeats.onBeat(this);
      this.tell('heartbeat');
    } else if (name === undefined) this.#breakOff('packet of unknown type');
    else if (name !== 'noop' && name !== 'upgrade')
      this.#breakOff(`only a server sends "${name}" in protocol ${this.protocol}`);
  }

  /** Ends the session because its peer broke a rule. The close reason is `parse error`, described by the error. */
  reject(error: ProtocolError): void {
    if (this.transport.name === 'polling' && this.#readyState === 'open') {
      // A polling client learns of this with its next request. Until then the session accepts nothing more from it.
      this.#rejection = error;
      this.close();
    } else this.#closeBy('parse error', error);
  }

  /** Ends the session when more than `bytesMax` bytes wait for its client. The close reason is `transport error`. */
  giveUp(bytesMax: number): void {
    const message = `more than ${bytesMax} bytes wait for a client that does not read`;
    this.#closeBy('transport error', new UnavailableError('BUFFER_FULL', message));
  }

  #breakOff(message: string): void {
    this.#closeBy('parse error', new ProtocolError('EIO_BAD_PACKET', message));
  }

  #closeBy(reason: SessionCloseReason, error: ProtocolError | UnavailableError | undefined): void {
    if (this.#readyState === 'closed') return;
    this.#finish(reason, error);
    if (reason === 'transport error') this.transport.abort();
    else this.transport.close(reason === 'parse error' ? 1002 : 1000, reason);
  }

  #finish(why: SessionCloseReason, description: unknown = this.#rejection): void {
    if (this.#readyState === 'closed') return;
    const reason = this.#rejection ? 'parse error' : why;
    this.#readyState = nextState(this.#readyState, 'closed');
    tellEnded(this, reason, description);
    this.isLeaving = false;
    this.#context.heartbeats.stop(this);
    this.#context.closingSessions.remove(this);
    this.#upgrade?.cancel();
    this.lane?.close();
    this.lane = undefined;
    this.waiting = undefined;
    this.#callbacks = undefined;
    this.#context.onClosed(this);
    this.receiver?.onClose(reason, description);
    this.tell('close', reason, description);
  }

  #sendAndTell(list: PacketList): void {
    const callbacks = this.#callbacks ?? [];
    this.#callbacks = undefined;
    const packets = this.#context.isWatched || this.hasListeners('flush') ? list.packets() : [];
    this.#tellBoth('flush', packets);
    // A listener may have ended the session.
    if (this.#readyState === 'closed') return;
    this.transport.send(list);
    for (const callback of callbacks) attempt(callback, this.transport);
    if (this.transport.writable) this.#tellBoth('drain');
  }

  /** Tells the listeners of the session and of its engine. */
  #tellBoth(name: 'flush' | 'drain', ...args: unknown[]): void {
    this.tell(name, ...args);
    if (this.#context.isWatched) this.#context.onEvent(name, this, ...args);
  }
}
