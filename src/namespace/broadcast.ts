/** What `to`, `in` and `except` give: a target that narrows or widens by each call, and what can be done to it. */
import type { Clock } from '../base/clock.js';
import type { EventName } from '../base/emitter.js';
import { ConfigError, UnavailableError } from '../base/errors.js';
import type {
  AllButLast,
  DecorateAcknowledgements,
  DefaultEventsMap,
  EventNames,
  EventNamesWithError,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Last,
  Listener,
} from '../base/event-map.js';
import { PacketType, type SocketPacket } from '../protocol/socket-io/packet.js';
import type { DrainedOptions } from './slow-readers/drain-waits.js';
import type { Handshake } from './socket/handshake.js';
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
  /** Warns that a method does not reach other processes, where there may be some and `local` was not asked for. */
  warnOfLocalReach(method: string, flags: Flags): void;
}

/** The sockets that a broadcast has asked for an acknowledgement. */
export interface Asked {
  readonly count: number;
  /** They need not keep in mind any more that they were asked. */
  giveUp(): void;
}

/** A socket as `fetchSockets` gives it, with the attributes and methods that also work for sockets of another node. */
export interface RemoteSocket<EmitEvents extends EventsMap, SocketData> {
  /** The socket's id. */
  readonly id: SocketId;
  /** The details of the handshake. */
  readonly handshake: Handshake;
  /** The rooms it is in, its own included. */
  readonly rooms: Set<Room>;
  /** What the application keeps with the socket. */
  readonly data: SocketData;
  /** Sets how many milliseconds the acknowledgement of the next event is waited for. */
  timeout(timeoutMs: number): BroadcastOperator<DecorateAcknowledgements<EmitEvents>, SocketData>;
  /** Sends an event to the client. */
  emit<Name extends EventNames<EmitEvents>>(name: Name, ...args: EventParams<EmitEvents, Name>): boolean;
  /** Joins a room, or rooms. */
  join(room: Room | readonly Room[]): void;
  /** Leaves a room. */
  leave(rooms: Room | Room[]): void;
  /** Disconnects the client from the namespace, or with `close` altogether. */
  disconnect(close?: boolean): this;
}

/** What a broadcast needs of a socket. */
export type BroadcastSocket = Pick<RemoteSocket<EventsMap, unknown>, 'id' | 'join' | 'leave'> & {
  disconnect(close?: boolean): unknown;
};

/**
 * Chooses sockets and does something to all of them, except for sending them an event. A namespace and a server have these methods, too:
 * there they begin with everybody. Each call that changes the target gives a new operator.
 */
export class Targeting<EmitEvents extends EventsMap, SocketData> {
  /** Carries out what is done. @internal */
  readonly scope: BroadcastScope<BroadcastSocket>;
  /** The sockets that are meant. @internal */
  readonly target: Target;

  constructor(scope: BroadcastScope<BroadcastSocket>, target: Target) {
    this.scope = scope;
    this.target = target;
  }

  /** Adds rooms: sockets in any of them are meant. */
  to(room: Room | readonly Room[]): BroadcastOperator<EmitEvents, SocketData> {
    return new BroadcastOperator(this.scope, { ...this.target, rooms: withRooms(this.target.rooms, room) });
  }

  /** Same as `to`. */
  in(room: Room | readonly Room[]): BroadcastOperator<EmitEvents, SocketData> {
    return this.to(room);
  }

  /** Takes out the sockets that are in any of these rooms. */
  except(room: Room | readonly Room[]): BroadcastOperator<EmitEvents, SocketData> {
    return new BroadcastOperator(this.scope, { ...this.target, except: withRooms(this.target.except, room) });
  }

  /** Whether the transports may compress the message. */
  compress(compress: boolean): BroadcastOperator<EmitEvents, SocketData> {
    return withFlags(this, { compress });
  }

  /** The message is dropped for sockets whose connection cannot take it at once. */
  get volatile(): BroadcastOperator<EmitEvents, SocketData> {
    return withFlags(this, { volatile: true });
  }

  /** Only sockets of this node are meant. */
  get local(): BroadcastOperator<EmitEvents, SocketData> {
    return withFlags(this, { local: true });
  }

  /**
   * Of the events of one name to the same rooms that are sent with this key, only the newest matters to a client that is slow: with the
   * policy `newest-per-key` it takes the place of those that wait. Throws ConfigError unless the key is a string of 1 to 1,000 characters.
   */
  key(key: string): BroadcastOperator<EmitEvents, SocketData> {
    return withFlags(this, { key: checkKey(key) });
  }

  /** Sets how many milliseconds acknowledgements are waited for; their callback gets an error first. */
  timeout(timeoutMs: number): BroadcastOperator<DecorateAcknowledgements<EmitEvents>, SocketData> {
    return withFlags(this, { timeout: timeoutMs });
  }

  /** Sends an event to all and resolves with all answers; rejects at the `timeout`, with the answers so far as `responses`. */
  emitWithAck<Name extends EventNamesWithError<EmitEvents>>(
    name: Name,
    ...args: AllButLast<EventParams<EmitEvents, Name>>
  ): Promise<FirstNonErrorArg<Last<EventParams<EmitEvents, Name>>>> {
    return new Promise((resolve, reject) => {
      const onAnswered: Listener = (error: Error | null, responses) => {
        if (error) reject(Object.assign(error, { responses }));
        else resolve(responses);
      };
      emitTo(this, name, [...args, onAnswered]);
    });
  }

  /** The ids of the sockets. @deprecated `fetchSockets` tells more. */
  async allSockets(): Promise<Set<SocketId>> {
    return new Set(select(this, 'allSockets()').map((socket) => socket.id));
  }

  /**
   * Resolves with `true` once all sockets of this process that are meant are within their budget, or gone; with `false` after `timeoutMs`
   * (10 seconds), so that a client that has stalled does not hold up the others for ever.
   */
  drained(options?: DrainedOptions): Promise<boolean> {
    return this.scope.drained(this.target, options);
  }

  /** Has the sockets join a room, or rooms. */
  socketsJoin(room: Room | readonly Room[]): void {
    for (const socket of select(this, 'socketsJoin()')) socket.join(room);
  }

  /** Has the sockets leave a room, or rooms. */
  socketsLeave(room: Room | readonly Room[]): void {
    for (const socket of select(this, 'socketsLeave()')) for (const name of toList(room)) socket.leave(name);
  }

  /** Disconnects the sockets; `close` ends the whole connection of each and not only the namespace. */
  disconnectSockets(close = false): void {
    for (const socket of select(this, 'disconnectSockets()')) socket.disconnect(close);
  }
}

/** Chooses sockets, and sends events to all of them. */
export class BroadcastOperator<EmitEvents extends EventsMap, SocketData> extends Targeting<EmitEvents, SocketData> {
  /**
   * Sends an event to all. A function at the end is called once, as `(error, answers)`: with all answers, or after the `timeout` with
   * an error and the answers so far. Throws ConfigError for a reserved name and for data that cannot be encoded. Gives `false` where the
   * policy for slow readers is `hold` and one of the sockets is over its budget: wait for `drained` then.
   */
  emit<Name extends EventNames<EmitEvents>>(name: Name, ...args: EventParams<EmitEvents, Name>): boolean {
    return emitTo(this, name, args);
  }

  /** Sends a `message` event to all. */
  send(...args: EventParams<EmitEvents, 'message'>): this {
    (this as unknown as BroadcastOperator<DefaultEventsMap, SocketData>).emit('message', ...args);
    return this;
  }

  /** Same as `send`. */
  write(...args: EventParams<EmitEvents, 'message'>): this {
    return this.send(...args);
  }

  /** The sockets, to look at and to act on. */
  async fetchSockets(): Promise<RemoteSocket<EmitEvents, SocketData>[]> {
    return select(this, 'fetchSockets()') as RemoteSocket<EmitEvents, SocketData>[];
  }
}

/** The part of an operator that says to whom something is done, and by whom. */
type Aim = Pick<Targeting<never, never>, 'scope' | 'target'>;

function withFlags<Emit extends EventsMap, Data>({ scope, target }: Aim, flags: Flags): BroadcastOperator<Emit, Data> {
  return new BroadcastOperator(scope, { ...target, flags: Object.assign({}, target.flags, flags) });
}

function emitTo({ scope, target }: Aim, name: EventName, args: unknown[]): boolean {
  checkEventName(name);
  const last = args.at(-1);
  if (target.flags.volatile) scope.warnOfLocalReach('A volatile event', target.flags);
  if (typeof last === 'function') emitWithCallback(scope, target, [name, ...args.slice(0, -1)], last as Listener);
  else scope.broadcast({ type: PacketType.EVENT, nsp: scope.name, data: [name, ...args] }, target);
  return scope.accepts(target);
}

function emitWithCallback(scope: Aim['scope'], target: Target, data: unknown[], callback: Listener): void {
  const { timeout, expectSingleResponse } = target.flags;
  scope.warnOfLocalReach('A broadcast with an acknowledgement', target.flags);
  const { clock } = scope;
  const answers: unknown[] = [];
  let isOver = false;
  let asked: Asked | undefined;
  const finish = (error: Error | null): void => {
    if (isOver) return;
    isOver = true;
    if (timer !== undefined) clock.clearTimeout(timer);
    callback(error, expectSingleResponse ? (answers[0] ?? null) : answers);
  };
  const onLate = (): void => {
    asked?.giveUp();
    finish(new UnavailableError('TIMEOUT', 'operation has timed out'));
  };
  const timer = timeout === undefined ? undefined : clock.setTimeout(onLate, timeout, undefined);
  asked = scope.broadcastWithAck({ type: PacketType.EVENT, nsp: scope.name, data }, target, (args) => {
    answers.push(args[0]);
    if (asked && answers.length >= asked.count) finish(null);
  });
  if (answers.length >= asked.count) finish(null);
}

// A list, because what is done to a socket may change who is in the rooms.
function select({ scope, target }: Aim, method: string): BroadcastSocket[] {
  scope.warnOfLocalReach(method, target.flags);
  const sockets: BroadcastSocket[] = [];
  scope.forEach(target, (socket) => sockets.push(socket));
  return sockets;
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
