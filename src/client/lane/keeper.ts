/**
 * Keeps a lane beside a connection: asks for it, watches over it, and asks for another when it fails. Volatile events go over the lane while
 * it is up, and over the connection while it is not.
 */
import type { Timer } from '../../base/clock.js';
import { attempt } from '../../base/uncaught.js';
import { LANE_SIGN_AGAIN_MS, LANE_SIGN_EVERY_MS, LANE_SILENCE_MS_MAX } from '../../protocol/lane/freshness.js';
import type { EngineSocket } from '../engine/engine.js';
import type { Manager } from '../socket/manager.js';
import { decodeMessage } from '../socket/packet-codec.js';
import { CONNECT } from '../socket/packet-type.js';
import type { Socket } from '../socket/socket.js';

/** A lane as the client uses it. */
export interface ClientLane {
  /** Whether the server has answered lately. */
  readonly isFresh: boolean;
  /** Milliseconds since the server's last answer to a sign. */
  readonly silentMs: number;
  /** Sends the units of one message, text first. Returns `false`, and sends nothing, if the lane is not fresh or the message is too big. */
  send(units: readonly unknown[]): boolean;
  /** Sends a sign of life, which the server answers. */
  giveSign(): void;
}

/** The keeper of a lane, as its opener sees it. After the keeper has stopped the lane, calls have no effect. */
export interface LaneHost {
  /** The session that the lane is beside. */
  readonly engine: EngineSocket;
  /** Sends a request to the server. `answered` gets its answer, which may have any form, or `undefined` if it does not answer. */
  ask(call: string, args: readonly unknown[], answered: (answer: unknown) => void): void;
  /** Called when the lane is open. */
  onOpen(lane: ClientLane): void;
  /** Called with the units of each message that arrives, as a transport gets them. */
  onUnits(units: readonly (string | Uint8Array)[]): void;
  /** Called when the lane could not be opened, or has ended. */
  onEnd(): void;
}

/** Opens a lane, and returns the function that closes it. */
export type LaneOpener = (host: LaneHost) => () => void;

const ASK_TIMEOUT_MS = 10_000;
const RETRY_AFTER_MS = 5_000;
const RETRY_AFTER_MS_MAX = 60_000;

/** Keeps one lane for a connection. Invariant: only the newest attempt to open a lane has any effect. */
export class LaneKeeper {
  readonly #connection: Manager<Socket>;
  readonly #open: LaneOpener;
  readonly #onClosed: (() => void) | undefined;
  #engine: EngineSocket | undefined;
  #namespace = '/';
  /** Stands for the newest attempt to open a lane, until it is stopped. */
  #attempt: object | undefined;
  #closeLane: (() => void) | undefined;
  #lane: ClientLane | undefined;
  #timer: Timer | undefined;
  #retryAfterMs = RETRY_AFTER_MS;
  #isClosed = false;

  /** `onClosed` is called by `close`. */
  constructor(connection: Manager<Socket>, open: LaneOpener, onClosed?: () => void) {
    this.#connection = connection;
    this.#open = open;
    this.#onClosed = onClosed;
  }

  /** Whether the lane is up, so that volatile events go over it. */
  get isFresh(): boolean {
    return this.#lane?.isFresh === true;
  }

  /** Opens a lane for the session that is open now, if one is, and for all later ones. */
  watch(): void {
    this.#connection.on('packet', ({ type, nsp, data }) => {
      const isConnected = type === CONNECT && (data as { sid?: string } | undefined)?.sid !== undefined;
      if (isConnected) this.#accompany(nsp);
    });
    this.#connection.on('close', () => {
      this.#stop();
      this.#engine = undefined;
    });
    for (const [name, socket] of this.#connection.nsps) if (socket.connected) this.#accompany(name);
  }

  /** Closes the lane, and opens no other. */
  close(): void {
    this.#isClosed = true;
    this.#stop();
    this.#engine = undefined;
    this.#onClosed?.();
  }

  #accompany(namespace: string): void {
    const { engine } = this.#connection;
    if (this.#isClosed || this.#engine === engine) return;
    this.#stop();
    this.#engine = engine;
    this.#namespace = namespace;
    this.#retryAfterMs = RETRY_AFTER_MS;
    engine.on('upgrade', () => this.#attach());
    // The socket gets the packet that connects it only after this listener has returned, so it is not connected yet.
    this.#after(0, () => this.#begin(engine));
  }

  #begin(engine: EngineSocket): void {
    const attempt = {};
    this.#attempt = attempt;
    const isCurrent = (): boolean => this.#attempt === attempt;
    const closeLane = this.#open({
      engine,
      ask: (call, args, answered) => {
        const socket = this.#connection.nsps.get(this.#namespace);
        if (!socket || !isCurrent()) return;
        socket.timeout(ASK_TIMEOUT_MS).emit(call, ...args, (error: unknown, answer: unknown) => {
          if (isCurrent()) answered(error ? undefined : answer);
        });
      },
      onOpen: (lane) => {
        if (isCurrent()) this.#onOpen(lane);
      },
      onUnits: (units) => {
        if (isCurrent()) this.#receive(engine, units);
      },
      onEnd: () => {
        if (isCurrent()) this.#retry();
      },
    });
    if (isCurrent()) this.#closeLane = closeLane;
    else closeLane();
  }

  #onOpen(lane: ClientLane): void {
    this.#lane = lane;
    this.#retryAfterMs = RETRY_AFTER_MS;
    this.#attach();
    this.#giveSigns(lane);
  }

  /** Sends a sign of life at once, so the server knows that its last answer arrived, and then repeats it. */
  #giveSigns(lane: ClientLane): void {
    if (lane.silentMs > LANE_SILENCE_MS_MAX) {
      this.#retry();
      return;
    }
    // After an unanswered sign, a second one says whether this end hears the server again.
    const wasAnswered = lane.silentMs < LANE_SIGN_EVERY_MS + LANE_SIGN_AGAIN_MS / 2;
    const silentMsMax = Math.max(lane.silentMs, LANE_SIGN_AGAIN_MS / 2) + LANE_SIGN_AGAIN_MS / 2;
    lane.giveSign();
    this.#after(LANE_SIGN_AGAIN_MS, () => {
      // Without an answer, the sign or its answer may be lost, so the next sign follows at once.
      if (wasAnswered && lane.silentMs < silentMsMax)
        this.#after(LANE_SIGN_EVERY_MS - LANE_SIGN_AGAIN_MS, () => this.#giveSigns(lane));
      else this.#giveSigns(lane);
    });
  }

  /** Makes the transport send volatile events over the lane. */
  #attach(): void {
    const { transport } = this.#engine ?? {};
    if (!transport || !this.#lane || transport.sendVolatile) return;
    transport.sendVolatile = (units) => this.#lane?.send(units) === true;
  }

  #receive(engine: EngineSocket, units: readonly (string | Uint8Array)[]): void {
    if (engine.readyState !== 'open') return;
    const packet = decodeMessage(units);
    if (packet) attempt(() => engine.emit('volatile', packet));
  }

  #retry(): void {
    const engine = this.#engine;
    this.#stop();
    if (!engine) return;
    this.#after(this.#retryAfterMs, () => this.#begin(engine));
    this.#retryAfterMs = Math.min(RETRY_AFTER_MS_MAX, this.#retryAfterMs * 2);
  }

  #after(delayMs: number, callback: () => void): void {
    this.#timer = this.#connection.timers.setTimeout(callback, delayMs, undefined);
  }

  #stop(): void {
    if (this.#timer !== undefined) this.#connection.timers.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#lane = undefined;
    this.#attempt = undefined;
    const closeLane = this.#closeLane;
    this.#closeLane = undefined;
    closeLane?.();
  }
}
