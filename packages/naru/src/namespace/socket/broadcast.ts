/**
 * The operators that `to`, `in` and `except` return. Each call narrows or widens the target, and other methods act on
 * it.
 */

import type { NodeCode } from '../../backplane/talk/talk.js';
import type { Clock, Timer } from '../../base/clock.js';
import type { EventName } from '../../base/emitter.js';
import { ConfigError, UnavailableError } from '../../base/errors.js';
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
} from '../../base/event-map.js';
import { getOrCreate } from '../../base/get-or-create.js';
import { systemRandom } from '../../base/id.js';
import { checkTimeout } from '../../base/options/timeout.js';
import { PacketType, type SocketPacket } from '../../protocol/socket-io/packet.js';
import { authorOf } from '../event/author.js';
import { checkMark, type Mark } from '../event/marks.js';
import type { Flags, Room, SocketId, Target } from '../event/target.js';
import { EVERYBODY } from '../rooms.js';
import type { DrainedOptions } from '../slow-policies/drain-waits.js';
import { type AnswerHandler, type Fetched, type SocketAction, type SocketFacts, unanswered } from './far-sockets.js';
import type { Handshake } from './handshake.js';
import { checkEventName } from './reserved.js';

/** The part of a namespace that a broadcast uses. */
export interface BroadcastScope<S> {
  readonly name: string;
  readonly clock: Clock;
  /** Sends packets to targets. */
  readonly delivery: { broadcast(packet: SocketPacket, target: Target): void };
  /** Sends a packet to a target and asks for acknowledgements. Returns a function that stops waiting for them. */
  broadcastWithAck(packet: SocketPacket, target: Target, handler: AnswerHandler): () => readonly NodeCode[];
  /** Finds the sockets of a target, on all nodes. */
  fetch(target: Target): Promise<Fetched<S>>;
  /** Changes the sockets of a target, on all nodes. */
  act(target: Target, action: SocketAction): void;
  /** Resolves with `true` once the sockets of a target are within their budget. */
  drained(target: Target, options: DrainedOptions | undefined): Promise<boolean>;
  /**
   * Returns `false` if the policy is `hold` and a socket of the target is over its budget, so the application should
   * wait.
   */
  accepts(target: Target): boolean;
}

/** Has a scope. A namespace has a new one when it is used again after it was idle, so operators do not keep it. */
export interface ScopeSource {
  readonly scope: BroadcastScope<BroadcastSocket>;
}

/**
 * A socket as `fetchSockets` returns it, with the attributes and methods that also work for sockets of another node.
 */
export interface RemoteSocket<EmitEvents extends EventsMap, SocketData> {
  /** The socket's id. */
  readonly id: SocketId;
  /** The details of the handshake. */
  readonly handshake: Handshake;
  /** The rooms that the socket is in, including its own. */
  readonly rooms: Set<Room>;
  /** The data that the application keeps with the socket. */
  readonly data: SocketData;
  /** Sets the timeout for the acknowledgement of the next event, in milliseconds. */
  timeout(timeoutMs: number): BroadcastOperator<DecorateAcknowledgements<EmitEvents>, SocketData>;
  /** Sends an event to the client. */
  emit<Name extends EventNames<EmitEvents>>(name: Name, ...args: EventParams<EmitEvents, Name>): boolean;
  /** Joins a room, or rooms. */
  join(room: Room | readonly Room[]): void;
  /** Leaves a room. */
  leave(rooms: Room | Room[]): void;
  /** Disconnects the client from the namespace. With `close`, the whole connection ends. */
  disconnect(close?: boolean): this;
}

/** The part of a socket that a broadcast uses. */
export type BroadcastSocket = Pick<RemoteSocket<EventsMap, unknown>, 'id' | 'join' | 'leave'> & {
  disconnect(close?: boolean): unknown;
};

/** Chooses sockets of all nodes. Each call that changes the target returns a new operator. */
export abstract class Aiming<Operator> {
  /** The chosen sockets. @internal */
  abstract readonly target: Target;

  /** Returns the operator for another target. @internal */
  abstract at(target: Target): Operator;

  /** Returns the operator for the target with more flags. @internal */
  with(flags: Flags): Operator {
    return this.at({ ...this.target, flags: Object.assign({}, this.target.flags, flags) });
  }

  /** Adds rooms to the target. It then has the sockets that are in at least one of its rooms. */
  to(room: Room | readonly Room[]): Operator {
    return this.at({ ...this.target, rooms: withRooms(this.target.rooms, room) });
  }

  /** Adds rooms to the target, as `to` does. */
  in(room: Room | readonly Room[]): Operator {
    return this.to(room);
  }

  /** Excludes the sockets that are in any of these rooms. */
  except(room: Room | readonly Room[]): Operator {
    return this.at({ ...this.target, except: withRooms(this.target.except, room) });
  }

  /** Makes the message volatile: it is dropped for sockets whose connection cannot take it at once. */
  get volatile(): Operator {
    return this.with({ volatile: true });
  }

  /**
   * Sends the event with a key. With the policy `newest-per-key`, only the newest of the waiting events with the same
   * name, rooms and key is kept for a slow client. Throws ConfigError unless the key is a string of 1 to 1,000
   * characters.
   */
  key(key: string): Operator {
    return this.with({ key: checkKey(key) });
  }

  /**
   * Marks the event for the policy `newest-group`: a `key` begins a group, a `delta` continues it, and `always` is
   * never dropped. A client that falls behind misses whole groups. Throws ConfigError for another mark.
   */
  mark(mark: Mark): Operator {
    return this.with({ mark: checkMark(mark) });
  }

  /**
   * Names the person on whose behalf the event is sent. The log keeps the name, so that `erase({ by })` finds the
   * event. No client gets it. Throws ConfigError unless the name is a string of 1 to 256 characters.
   */
  by(person: string): Operator {
    return this.with({ by: authorOf(person) });
  }
}

/**
 * Chooses sockets and acts on all of them, except for sending them an event. A namespace and a server have these
 * methods too, and target everybody.
 */
export class Targeting<EmitEvents extends EventsMap, SocketData> extends Aiming<
  BroadcastOperator<EmitEvents, SocketData>
> {
  /** Has the scope that carries out the calls. @internal */
  readonly source: ScopeSource;
  /** The chosen sockets. @internal */
  readonly target: Target;

  constructor(source: ScopeSource, target: Target) {
    super();
    this.source = source;
    this.target = target;
  }

  /** @internal */
  at(target: Target): BroadcastOperator<EmitEvents, SocketData> {
    return new BroadcastOperator(this.source, target);
  }

  /** Sets whether the transports may compress the message. */
  compress(compress: boolean): BroadcastOperator<EmitEvents, SocketData> {
    return this.with({ compress });
  }

  /** Limits the target to sockets of this node. */
  get local(): BroadcastOperator<EmitEvents, SocketData> {
    return this.with({ local: true });
  }

  /**
   * Sets the timeout for acknowledgements, in milliseconds. Their callback then receives an error as its first
   * argument.
   */
  timeout(timeoutMs: number): BroadcastOperator<DecorateAcknowledgements<EmitEvents>, SocketData> {
    return this.with({ timeout: checkTimeout(timeoutMs) }) as object as ReturnType<typeof this.timeout>;
  }

  /**
   * Sends an event and resolves with all answers. Rejects after the `timeout` with an error whose `responses` are the
   * answers so far.
   */
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

  /** Returns the ids of the sockets. @deprecated Use `fetchSockets`, which returns more. */
  async allSockets(): Promise<Set<SocketId>> {
    return new Set((await fetchAll(this)).map((socket) => socket.id));
  }

  /**
   * Resolves with `true` once all targeted sockets of this process are within their budget, or gone. Resolves with
   * `false` after `timeoutMs` (by default 10 seconds), so that a stalled client does not hold up the others forever.
   */
  drained(options?: DrainedOptions): Promise<boolean> {
    return this.source.scope.drained(this.target, options);
  }

  /** Makes the sockets join a room, or rooms. */
  socketsJoin(room: Room | readonly Room[]): void {
    this.source.scope.act(this.target, ['join', toList(room)]);
  }

  /** Makes the sockets leave a room, or rooms. */
  socketsLeave(room: Room | readonly Room[]): void {
    this.source.scope.act(this.target, ['leave', toList(room)]);
  }

  /** Disconnects the sockets from the namespace. With `close`, the whole connection of each ends. */
  disconnectSockets(close = false): void {
    this.source.scope.act(this.target, ['disconnect', close]);
  }
}

/** Chooses sockets, and sends events to all of them. */
export class BroadcastOperator<EmitEvents extends EventsMap, SocketData> extends Targeting<EmitEvents, SocketData> {
  /**
   * Sends an event to the target. A function as the last argument is called once as `(error, answers)`: with all
   * answers, or after the `timeout` with an error and the answers so far. Throws ConfigError for a reserved name and
   * for data that cannot be encoded. Returns `false` if the policy for slow readers is `hold` and a socket is over its
   * budget. The application should then wait for `drained`.
   */
  emit<Name extends EventNames<EmitEvents>>(name: Name, ...args: EventParams<EmitEvents, Name>): boolean {
    return emitTo(this, name, args);
  }

  /** Sends a `message` event to the target. */
  send(...args: EventParams<EmitEvents, 'message'>): this {
    (this as unknown as BroadcastOperator<DefaultEventsMap, SocketData>).emit('message', ...args);
    return this;
  }

  /** Sends a `message` event to the target, as `send` does. */
  write(...args: EventParams<EmitEvents, 'message'>): this {
    return this.send(...args);
  }

  /**
   * Returns the sockets of all nodes, to inspect them or act on them. Rejects with UnavailableError if a node does not
   * answer (TIMEOUT), or if the backplane cannot be used (REFUSED). The error has the other `sockets`, and the codes of
   * the `missing` nodes.
   */
  async fetchSockets(): Promise<RemoteSocket<EmitEvents, SocketData>[]> {
    return (await fetchAll(this)) as RemoteSocket<EmitEvents, SocketData>[];
  }
}

/** The part of an operator that says which namespace acts on which sockets. */
type Aim = Pick<Targeting<never, never>, 'source' | 'target'>;

function emitTo({ source: { scope }, target }: Aim, name: EventName, args: unknown[]): boolean {
  checkEventName(name);
  const last = args.at(-1);
  if (typeof last === 'function') emitWithCallback(scope, target, [name, ...args.slice(0, -1)], last as Listener);
  else scope.delivery.broadcast({ type: PacketType.EVENT, nsp: scope.name, data: [name, ...args] }, target);
  return scope.accepts(target);
}

function emitWithCallback(scope: ScopeSource['scope'], target: Target, data: unknown[], callback: Listener): void {
  const { timeout, expectSingleResponse } = target.flags;
  const { clock } = scope;
  const answers: unknown[] = [];
  let isOver = false;
  let timer: Timer | undefined;
  let askedCount: number | undefined;
  let missing: readonly NodeCode[] = [];
  const finish = (error: Error | null): void => {
    if (isOver) return;
    isOver = true;
    if (timer !== undefined) clock.clearTimeout(timer);
    callback(error, expectSingleResponse ? (answers[0] ?? null) : answers);
  };
  const onLate = (): void => {
    missing = giveUp();
    finish(Object.assign(new UnavailableError('TIMEOUT', 'operation has timed out'), { missing }));
  };
  const finishIfComplete = (): void => {
    if (askedCount === undefined || answers.length < askedCount) return;
    finish(missing.length > 0 ? unanswered(missing, {}) : null);
  };
  const giveUp = scope.broadcastWithAck({ type: PacketType.EVENT, nsp: scope.name, data }, target, {
    onAsked: (count, nodes = []) => {
      askedCount = count;
      missing = nodes;
      // If nobody is asked, the callback still comes after `emit`.
      queueMicrotask(finishIfComplete);
    },
    onAnswer: (args) => {
      answers.push(args[0]);
      finishIfComplete();
    },
  });
  // Data that cannot be encoded has thrown by now.
  if (timeout !== undefined && !isOver) timer = clock.setTimeout(onLate, timeout, undefined);
}

async function fetchAll({ source, target }: Aim): Promise<BroadcastSocket[]> {
  const { near, found, missing, unusable } = await source.scope.fetch(target);
  const sockets = [...near, ...found.map((facts) => new FarSocket(source, facts))];
  if (missing.length > 0) throw unanswered(missing, { sockets }, unusable);
  return sockets;
}

/** A socket of another node. Its methods reach it through the backplane. */
class FarSocket implements RemoteSocket<EventsMap, unknown> {
  readonly id: SocketId;
  readonly handshake: Handshake;
  readonly rooms: Set<Room>;
  readonly data: unknown;
  readonly #operator: BroadcastOperator<EventsMap, unknown>;

  constructor(source: ScopeSource, { id, handshake, rooms, data }: SocketFacts) {
    this.id = id;
    this.handshake = handshake;
    this.rooms = new Set(rooms);
    this.data = data;
    this.#operator = new BroadcastOperator(source, {
      ...EVERYBODY,
      rooms: new Set([id]),
      flags: { expectSingleResponse: true },
    });
  }

  timeout(timeoutMs: number): BroadcastOperator<EventsMap, unknown> {
    return this.#operator.timeout(timeoutMs);
  }

  emit(name: string, ...args: unknown[]): boolean {
    return this.#operator.emit(name, ...args);
  }

  join(room: Room | readonly Room[]): void {
    this.#operator.socketsJoin(room);
  }

  leave(rooms: Room | Room[]): void {
    this.#operator.socketsLeave(rooms);
  }

  disconnect(close = false): this {
    this.#operator.disconnectSockets(close);
    return this;
  }
}

/** Returns a key of events. Throws ConfigError if it is invalid. */
export function checkKey(key: unknown): string {
  if (typeof key === 'string' && key.length > 0 && key.length <= KEY_MAX) return key;
  throw new ConfigError('BAD_ARGUMENT', `a key must be a string of 1 to ${KEY_MAX} characters`);
}

const KEY_MAX = 1_000;

/** Returns a room, or rooms, as a list. */
export function toList(room: Room | readonly Room[]): readonly Room[] {
  return typeof room === 'string' || !Array.isArray(room) ? [nameOf(room)] : room.map(nameOf);
}

/** Returns rooms with one more room, or with several. */
export function withRooms(rooms: ReadonlySet<Room>, room: Room | readonly Room[]): ReadonlySet<Room> {
  const joined = new Set(rooms);
  for (const name of toList(room)) joined.add(name);
  return joined;
}

/** The names of objects that were given as rooms. */
const objectNames = new WeakMap<object, Room>();

// Socket.IO accepts anything as a room, and programs pass on names from clients. An error would let a client crash the
// program, so anything but a text or a number becomes a text. An object without a text of its own is a room of its own.
function nameOf(room: unknown): Room {
  if (typeof room === 'string' || typeof room === 'number') return room as Room;
  if (typeof room !== 'object' || room === null) return String(room);
  if (!Array.isArray(room) && typeof room.toString === 'function' && room.toString !== Object.prototype.toString)
    return String(room);
  return getOrCreate(objectNames, room, () => `object ${systemRandom.id()}`);
}
