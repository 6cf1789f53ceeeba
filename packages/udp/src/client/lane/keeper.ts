/**
 * Keeps a lane beside a connection: asks for it, watches over it, and asks for another when it fails. Volatile events
 * go over the lane while it is up, and over the connection while it is not.
 */
import type { Timer } from 'naru/base';
import { attempt, throwLater } from 'naru/base';
import type { EngineSocket, Manager, Socket } from 'naru/client/wire';
import { decodeMessage, listen } from 'naru/client/wire';
import type { SocketPacket } from 'naru/protocol';
import { CONNECT, EVENT } from 'naru/protocol';
import { LANE_SIGN_AGAIN_MS, LANE_SIGN_EVERY_MS, LANE_SILENCE_MS_MAX } from '../../protocol/lane/freshness.js';

/** A lane as the client uses it. */
export interface ClientLane {
  /** Whether the server has answered lately. */
  readonly isFresh: boolean;
  /** Milliseconds since the server's last answer to a sign. */
  readonly silentMs: number;
  /**
   * Sends the units of one message, text first. Returns `false`, and sends nothing, if the lane is not fresh or the
   * message is too big.
   */
  send(units: readonly unknown[]): boolean;
  /** Sends a sign of life, which the server answers. */
  giveSign(): void;
}

/** The keeper of a lane, as its opener sees it. After the keeper has stopped the lane, calls have no effect. */
export interface LaneHost {
  /** The session that the lane is beside. */
  readonly engine: EngineSocket;
  /**
   * Sends a request to the server. `answered` gets its answer, which may have any form, or `undefined` if it does not
   * answer.
   */
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
/** The id of the next request. A socket counts its own ids from 0, and never gets here. */
let nextId = 2 ** 48;
const RETRY_AFTER_MS = 5_000;
const RETRY_AFTER_MS_MAX = 60_000;

/** Keeps one lane for a connection. Invariant: only the newest attempt to open a lane has any effect. */
export class LaneKeeper {
  readonly #connection: Manager<Socket>;
  readonly #open: LaneOpener;
  readonly #onClosed: (() => void) | undefined;
  /** Ends the watch over the connection. */
  #unwatch: (() => void)[] = [];
  #engine: EngineSocket | undefined;
  /** Stands for the newest attempt to open a lane, until it is stopped. */
  #attempt: object | undefined;
  #lane: ClientLane | undefined;
  /**
   * Functions that take back what the newest attempt has done, such as an open lane, a request and the way of volatile
   * events.
   */
  #undo: (() => void)[] = [];
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
    const connection = this.#connection;
    this.#unwatch = [
      listen(connection, 'packet', ({ type, data }: SocketPacket) => {
        const isConnected = type === CONNECT && (data as { sid?: string } | undefined)?.sid !== undefined;
        if (isConnected) this.#accompany();
      }),
      listen(connection, 'close', () => {
        this.#stop();
        this.#engine = undefined;
      }),
    ];
    if (this.#findSocket()) this.#accompany();
  }

  /** Closes the lane, and opens no other. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const unwatch of this.#unwatch) unwatch();
    this.#stop();
    this.#engine = undefined;
    this.#onClosed?.();
  }

  #accompany(): void {
    const { engine } = this.#connection;
    if (this.#isClosed || this.#engine === engine) return;
    this.#stop();
    this.#engine = engine;
    this.#retryAfterMs = RETRY_AFTER_MS;
    // The socket gets the packet that connects it only after this listener has returned, so it is not connected yet.
    this.#after(0, () => this.#begin(engine));
  }

  /** Returns a connected socket. Any of them may ask, because the lane belongs to the connection. */
  #findSocket(): Socket | undefined {
    return [...this.#connection.nsps.values()].find(({ connected }) => connected);
  }

  #begin(engine: EngineSocket): void {
    const own = {};
    this.#attempt = own;
    const isCurrent = (): boolean => this.#attempt === own;
    const host: LaneHost = {
      engine,
      ask: (call, args, answered) => {
        if (!isCurrent()) return;
        const socket = this.#findSocket();
        if (!socket) {
          this.#retry();
          return;
        }
        // Past the queue of the socket, which would hold back other events until this one is answered.
        const { timers } = this.#connection;
        const id = nextId++;
        const end = (answer?: unknown): void => {
          timers.clearTimeout(timer);
          if (isCurrent()) answered(answer);
        };
        const timer = timers.setTimeout(end, ASK_TIMEOUT_MS, undefined);
        socket.acks[id] = end;
        this.#undo.push(() => {
          timers.clearTimeout(timer);
          delete socket.acks[id];
        });
        this.#connection.write({ type: EVENT, nsp: socket.nsp, data: [call, ...args], id }, {});
      },
      onOpen: (lane) => {
        if (isCurrent()) this.#onOpen(engine, lane);
      },
      onUnits: (units) => {
        if (isCurrent()) this.#receive(engine, units);
      },
      onEnd: () => {
        if (isCurrent()) this.#retry();
      },
    };
    try {
      const closeLane = this.#open(host);
      if (isCurrent()) this.#undo.push(closeLane);
      else closeLane();
    } catch (error) {
      // A page may have too many connections of WebRTC at the moment.
      this.#retry();
      throwLater(error);
    }
  }

  #onOpen(engine: EngineSocket, lane: ClientLane): void {
    this.#lane = lane;
    this.#retryAfterMs = RETRY_AFTER_MS;
    this.#attach(engine, lane);
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

  /** Makes the transport send volatile events over the lane, and the one after an upgrade too. */
  #attach(engine: EngineSocket, lane: ClientLane): void {
    const sendVolatile = (units: readonly unknown[]): boolean => lane.send(units);
    const attach = (): void => {
      engine.transport.sendVolatile ??= sendVolatile;
    };
    attach();
    const unlisten = listen(engine, 'upgrade', attach);
    this.#undo.push(() => {
      unlisten();
      if (engine.transport.sendVolatile === sendVolatile) delete engine.transport.sendVolatile;
    });
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
    for (const undo of this.#undo.splice(0)) undo();
  }
}
