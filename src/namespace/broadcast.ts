/** What `to`, `in` and `except` give: a target that narrows or widens by each call, and what can be done to it. */
import type { Clock } from '../base/clock.js';
import { ConfigError, UnavailableError } from '../base/errors.js';
import type { Listener } from '../base/event-map.js';
import { PacketType, type SocketPacket } from '../protocol/socket-io/packet.js';
import type { DrainedOptions } from './slow-readers/drain-waits.js';
import { checkEventName } from './socket/reserved.js';
import type { Flags, Room, SocketId, Target } from './target.js';

/** What a broadcast needs of its namespace. */
export interface BroadcastScope<S> {
  readonly name: string;
  readonly clock: Clock;
  /** Sends to a target. */
  broadcast(packet: SocketPacket, target: Target): void;
  /** Sends to a target and asks for acknowledgements; `onAnswer` gets the arguments of each. */
  broadcastWithAck(packet: SocketPacket, target: Target, onAnswer: (args: readonly unknown[]) => void): Asked;
  /** Calls `visit` for each socket of a target. */
  forEach(target: Target, visit: (socket: S) => void): void;
  /** Resolves with `true` once the sockets of a target are within their budget. */
  drained(target: Target, options: DrainedOptions | undefined): Promise<boolean>;
  /** Whether no socket of the target is over its budget, where whoever emits is asked to wait. */
  accepts(target: Target): boolean;
}

/** The sockets that a broadcast has asked for an acknowledgement. */
export interface Asked {
  readonly count: number;
  /** They need not keep in mind any more that they were asked. */
  giveUp(): void;
}

/** What a broadcast needs of a socket. */
export interface BroadcastSocket {
  readonly id: SocketId;
  join(rooms: Room | readonly Room[]): unknown;
  leave(room: Room): unknown;
  disconnect(close?: boolean): unknown;
}

/** Chooses sockets and does something to all of them. Immutable: each call that changes the target gives a new operator. */
export class BroadcastOperator<S extends BroadcastSocket> {
  readonly #scope: BroadcastScope<S>;
  readonly #target: Target;

  constructor(scope: BroadcastScope<S>, target: Target) {
    this.#scope = scope;
    this.#target = target;
  }

  /** The rooms that are meant; everybody when there are none. */
  get rooms(): ReadonlySet<Room> {
    return this.#target.rooms;
  }

  /** The rooms that are left out. */
  get exceptRooms(): ReadonlySet<Room> {
    return this.#target.except;
  }

  /** How the message is sent. */
  get flags(): Flags {
    return this.#target.flags;
  }

  /** Adds rooms: sockets in any of them are meant. */
  to(room: Room | readonly Room[]): BroadcastOperator<S> {
    return new BroadcastOperator(this.#scope, { ...this.#target, rooms: withRooms(this.#target.rooms, room) });
  }

  /** Same as `to`. */
  in(room: Room | readonly Room[]): BroadcastOperator<S> {
    return this.to(room);
  }

  /** Takes out the sockets that are in any of these rooms. */
  except(room: Room | readonly Room[]): BroadcastOperator<S> {
    return new BroadcastOperator(this.#scope, { ...this.#target, except: withRooms(this.#target.except, room) });
  }

  /** Whether the transports may compress the message. */
  compress(compress: boolean): BroadcastOperator<S> {
    return this.#with({ compress });
  }

  /** The message is dropped for sockets whose connection cannot take it at once. */
  get volatile(): BroadcastOperator<S> {
    return this.#with({ volatile: true });
  }

  /** Only sockets of this node are meant. */
  get local(): BroadcastOperator<S> {
    return this.#with({ local: true });
  }

  /**
   * Of the events of one name to the same rooms that are sent with this key, only the newest matters to a client that is slow: with the
   * policy `newest-per-key` it takes the place of those that wait. Throws ConfigError for what is no string of 1 to 1,000 characters.
   */
  key(key: string): BroadcastOperator<S> {
    return this.#with({ key: checkKey(key) });
  }

  /** Sets how many milliseconds acknowledgements are waited for. */
  timeout(timeoutMs: number): BroadcastOperator<S> {
    return this.#with({ timeout: timeoutMs });
  }

  /**
   * Sends an event to all. When the last argument is a function it is called once, as `(error, answers)`: with all answers, or after
   * the `timeout` with an error and the answers so far. Throws ConfigError for a reserved name and for data that cannot be encoded.
   * Gives `false` where the policy for slow readers is `hold` and one of the sockets is over its budget: wait for `drained` then.
   */
  emit(name: string | symbol, ...args: unknown[]): boolean {
    checkEventName(name);
    const last = args.at(-1);
    if (typeof last === 'function') {
      this.#emitWithCallback([name, ...args.slice(0, -1)], last as Listener);
    } else {
      this.#scope.broadcast({ type: PacketType.EVENT, nsp: this.#scope.name, data: [name, ...args] }, this.#target);
    }
    return this.#scope.accepts(this.#target);
  }

  /** Sends an event to all and resolves with all answers; rejects at the `timeout`, with the answers so far as `responses`. */
  emitWithAck(name: string | symbol, ...args: unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.emit(name, ...args, (error: Error | null, responses: unknown) => {
        if (error) reject(Object.assign(error, { responses }));
        else resolve(responses);
      });
    });
  }

  /** Sends a `message` event. */
  send(...args: unknown[]): this {
    this.emit('message', ...args);
    return this;
  }

  /** Same as `send`. */
  write(...args: unknown[]): this {
    return this.send(...args);
  }

  /** The ids of the sockets. Older name of what `fetchSockets` gives. */
  async allSockets(): Promise<Set<SocketId>> {
    return new Set(this.#select().map((socket) => socket.id));
  }

  /** The sockets, to look at and to act on. */
  async fetchSockets(): Promise<S[]> {
    return this.#select();
  }

  /**
   * Resolves with `true` once all sockets of this process that are meant are within their budget, or gone; with `false` after `timeoutMs`,
   * 10 seconds if nothing else is said, so that one that has stalled does not hold up those who emit for ever.
   */
  drained(options?: DrainedOptions): Promise<boolean> {
    return this.#scope.drained(this.#target, options);
  }

  /** Has the sockets join rooms. */
  socketsJoin(room: Room | readonly Room[]): void {
    for (const socket of this.#select()) socket.join(room);
  }

  /** Has the sockets leave rooms. */
  socketsLeave(room: Room | readonly Room[]): void {
    for (const socket of this.#select()) for (const name of toList(room)) socket.leave(name);
  }

  /** Disconnects the sockets; `close` ends the whole connection of each and not only the namespace. */
  disconnectSockets(close = false): void {
    for (const socket of this.#select()) socket.disconnect(close);
  }

  #with(flags: Flags): BroadcastOperator<S> {
    return new BroadcastOperator(this.#scope, { ...this.#target, flags: Object.assign({}, this.#target.flags, flags) });
  }

  // A list, because what is done to a socket may change who is in the rooms.
  #select(): S[] {
    const sockets: S[] = [];
    this.#scope.forEach(this.#target, (socket) => sockets.push(socket));
    return sockets;
  }

  #emitWithCallback(data: unknown[], callback: Listener): void {
    const { timeout, expectSingleResponse } = this.#target.flags;
    const { clock } = this.#scope;
    const answers: unknown[] = [];
    let isOver = false;
    let asked: Asked | undefined;
    const finish = (error: Error | null): void => {
      if (isOver) return;
      isOver = true;
      if (timer !== undefined) clock.clearTimeout(timer);
      callback(error, expectSingleResponse ? (answers[0] ?? null) : answers);
    };
    const timer =
      timeout === undefined
        ? undefined
        : clock.setTimeout(
            () => {
              asked?.giveUp();
              finish(new UnavailableError('TIMEOUT', 'operation has timed out'));
            },
            timeout,
            undefined,
          );
    const packet = { type: PacketType.EVENT, nsp: this.#scope.name, data };
    asked = this.#scope.broadcastWithAck(packet, this.#target, (args) => {
      answers.push(args[0]);
      if (asked && answers.length >= asked.count) finish(null);
    });
    if (answers.length >= asked.count) finish(null);
  }
}

/** A key of events. Throws ConfigError for what can be none. */
export function checkKey(key: unknown): string {
  if (typeof key === 'string' && key.length > 0 && key.length <= KEY_MAX) return key;
  throw new ConfigError('BAD_ARGUMENT', `a key is a string of 1 to ${KEY_MAX} characters`);
}

const KEY_MAX = 1_000;

/** The rooms as a list. */
export function toList(room: Room | readonly Room[]): readonly Room[] {
  return typeof room === 'string' || !Array.isArray(room) ? [nameOf(room)] : room.map(nameOf);
}

function withRooms(rooms: ReadonlySet<Room>, room: Room | readonly Room[]): ReadonlySet<Room> {
  const joined = new Set(rooms);
  for (const name of toList(room)) joined.add(name);
  return joined;
}

// Socket.IO takes anything as a room, and programs hand on what a client has named, or left out: to throw would let it end the program.
function nameOf(room: unknown): Room {
  return room === undefined || room === null ? String(room) : (room as Room);
}
