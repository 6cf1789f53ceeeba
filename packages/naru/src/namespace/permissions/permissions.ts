/**
 * Decides what the clients of a namespace may do by themselves, such as joining rooms and sending to them. By default
 * they may do nothing.
 */
import { shown } from '../../base/errors.js';
import { value } from '../../base/options/kinds.js';
import { options, readOptions } from '../../base/options/table.js';
import { attempt, throwLater } from '../../base/uncaught.js';
import { RESERVED_EVENTS } from '../../protocol/socket-io/decoder.js';
import { shownNamespace, shownRoom } from '../../taps/shown.js';
import { permissionRefused } from '../../taps/taps.js';
import { authorOf } from '../event/author.js';
import type { Room } from '../event/target.js';
import type { SocketFact } from '../explain/journal.js';
import type { Socket } from '../socket/socket.js';
import type { GuardRefusal, RoomAct } from './guard.js';
import { PermissionQuestions } from './permission-questions.js';

/** An answer of the application: yes, no, or an error. An error means no, and its message goes to the client. */
export type Verdict = boolean | Error;

/** An answer to a request to send. A function means yes, and is called instead of sending the event. */
export type PublishVerdict = Verdict | (() => void);

/** Rules for what clients may do by themselves. `true` means yes for all, and `false` or nothing means no. */
export interface PermissionRules<S> {
  /** Whether a client may join a room. */
  subscribe?: boolean | ((socket: S, room: Room) => Verdict | Promise<Verdict>);
  /**
   * Whether a client may send an event to a room, even one that it is not in. A function as the answer is called
   * instead of sending the event.
   */
  publish?:
    | boolean
    | ((socket: S, room: Room, event: string, args: readonly unknown[]) => PublishVerdict | Promise<PublishVerdict>);
  /**
   * Names the person on whose behalf a client sends an event to a room, such as `socket.data.userId`. The log keeps the
   * name, so that `erase({ by })` finds the event. An event with an invalid name is refused.
   */
  author?: (socket: S, room: Room, event: string, args: readonly unknown[]) => string | undefined;
  /** Whether a client may read the events sent to a room. `true` applies to the rooms that the client is in. */
  history?: boolean | ((socket: S, room: Room) => Verdict | Promise<Verdict>);
  /** Whether a client may see who is in a room. `true` applies to the rooms that the client is in. */
  presence?: boolean | ((socket: S, room: Room) => Verdict | Promise<Verdict>);
  /**
   * Whether a client may change its own presence, in a room where the application made it present. The client may then
   * set the state in `wish` or end its presence, but never change its identity.
   */
  ownPresence?: boolean | ((socket: S, room: Room, wish: OwnPresenceWish) => Verdict | Promise<Verdict>);
}

/** A change that a client wants to make to its own presence. */
export type OwnPresenceWish = { readonly type: 'update'; readonly state: unknown } | { readonly type: 'leave' };

/** Why a request of a client was refused. Each wire sends it in its own form. */
export interface Refusal {
  readonly code:
    | 'FORBIDDEN'
    | 'LIMITED'
    | 'BAD_ROOM'
    | 'BAD_EVENT'
    | 'BAD_QUERY'
    | 'BAD_STATE'
    | 'NOT_PRESENT'
    | 'TOO_MANY'
    | 'NOT_KEPT'
    | 'FAILED'
    | 'GONE';
  readonly message: string;
  /** Milliseconds after which the client may try again. */
  readonly retryAfter?: number;
}

/** The answer to a call: empty, or the error. */
export interface CallAnswer {
  readonly error?: { readonly code: string; readonly message: string; readonly retryAfter?: number };
}

/** Called once with the outcome, synchronously if the application answers synchronously. */
export type Answered = (refusal: Refusal | undefined) => void;

/**
 * Called once with the outcome of a request to send, synchronously if the application answers synchronously. Without a
 * refusal, the caller calls `instead`, if there is one, in place of sending the event. Otherwise it sends the event, on
 * behalf of `by`.
 */
export type PublishAnswered = (refusal: Refusal | undefined, instead?: () => void, by?: string) => void;

/** The parts of a namespace that permissions use. */
export interface PermissionScope<S> {
  readonly name: string;
  /** Whether the room is the own room of any socket, even of one that is connected elsewhere, disconnected or gone. */
  isSocketId(room: Room): boolean;
  isMember(room: Room, socket: S): boolean;
  /** Remembers that a request was refused. */
  note?(fact: SocketFact): void;
  /** Returns why the guard of the server refuses what the rules allow, or `undefined` when it does not. */
  refuse(act: RoomAct, socket: S, room: Room, event: string | undefined): GuardRefusal | undefined;
  /** Whether a socket has reached the limit of rooms, or will have when it has joined `count` more. */
  isFull(socket: S, count?: number): boolean;
  send(room: Room, event: string, args: readonly unknown[], from: S, by: string | undefined): void;
}

const rule = () =>
  value<NonNullable<PermissionRules<never>['subscribe']>>(
    'true, false or a function',
    (given) => typeof given === 'boolean' || typeof given === 'function',
  );

/** The table of the rules of `allow`. */
export const rulesTable = options('allow', {
  subscribe: rule(),
  publish: rule(),
  author: value<NonNullable<PermissionRules<never>['author']>>('a function', (given) => typeof given === 'function'),
  history: rule(),
  presence: rule(),
  ownPresence: rule(),
});

/** Most characters in a room name from a client. */
export const ROOM_NAME_MAX = 256;

/** The rules of one namespace. */
export class Rules<S> {
  #current: PermissionRules<S> = {};

  /** The current rules. */
  get current(): PermissionRules<S> {
    return this.#current;
  }

  /** Sets rules. Rules that are not named stay as they are. Throws ConfigError for an unknown or invalid rule. */
  allow(rules: PermissionRules<S>): void {
    // A missing argument is a mistake, so it is refused instead of read as `{}`.
    readOptions(rulesTable, rules ?? null);
    this.#current = { ...this.#current, ...rules };
  }
}

/**
 * The permissions of one namespace. Guarantee: a client joins rooms and sends to rooms only as the rules allow. Its
 * requests take effect in their order, even when a rule answers late.
 */
export class Permissions<S extends Pick<Socket, 'id' | 'connected' | 'join' | 'leave'>> {
  readonly #scope: PermissionScope<S>;
  readonly #questions = new PermissionQuestions<S>();
  readonly #given: Rules<S>;

  constructor(scope: PermissionScope<S>, rules: Rules<S>) {
    this.#scope = scope;
    this.#given = rules;
  }

  get #rules(): PermissionRules<S> {
    return this.#given.current;
  }

  /** Lets a client join a room if the rules allow it. No client can join another socket's own room. */
  subscribe(socket: S, room: unknown, answered: Answered): void {
    this.maySubscribe(socket, room, (refusal) => answered(refusal ?? this.enter(socket, room as Room)));
  }

  /** Decides whether a client may join a room, as `subscribe` does, but does not let it join. No refusal means yes. */
  maySubscribe(socket: S, room: unknown, answered: Answered): void {
    if (!isRoomNameOr(answered, room)) return;
    const rule = !this.#isForeign(socket, room) && this.#rules.subscribe;
    const decide = (verdict: unknown): void => answered(this.#refuse(socket, 'subscribe', room, verdict));
    this.#decide(socket, rule, (rule) => rule(socket, room), decide, answered);
  }

  /**
   * Decides whether a client may read the history or the presence of a room. With `isEntering` the client is about to
   * join the room.
   */
  mayLook(at: 'history' | 'presence', socket: S, room: unknown, answered: Answered, isEntering = false): void {
    if (!isRoomNameOr(answered, room)) return;
    const rule = !this.#isForeign(socket, room) && this.#rules[at];
    const isForOutsiders = typeof rule === 'function' || isEntering;
    const decide = (verdict: unknown): void => {
      const isOpen = isForOutsiders || this.#scope.isMember(room, socket);
      answered(this.#refuse(socket, at, room, isOpen && verdict));
    };
    this.#decide(socket, rule, (rule) => rule(socket, room), decide, answered);
  }

  /** Decides whether a client may change its own presence in a room. No refusal means yes. */
  mayChangePresence(socket: S, room: unknown, wish: OwnPresenceWish, answered: Answered): void {
    if (!isRoomNameOr(answered, room)) return;
    const decide = (verdict: unknown): void => answered(this.#refuse(socket, 'ownPresence', room, verdict));
    this.#decide(socket, this.#rules.ownPresence, (rule) => rule(socket, room, wish), decide, answered, wish);
  }

  /** Removes a client from a room, and then calls `left`. Leaving is allowed, but for the rooms of a guard. */
  unsubscribe(socket: S, room: unknown, left: () => void = () => undefined): void {
    const leave = (): void => {
      const isOpen = isRoomName(room) && room !== socket.id && !this.#scope.refuse('leave', socket, room, undefined);
      if (isOpen) attempt(() => socket.leave(room));
      left();
    };
    // Leaving waits for the client's earlier requests, because one of them may let the client join again. A client with
    // too many waiting requests leaves at once.
    if (this.#questions.isFull(socket)) leave();
    else this.#questions.queue(socket, leave, room);
  }

  /**
   * Sends an event of a client to a room if the rules allow it. `publish: true` does not allow sending to a socket's
   * own room.
   */
  publish(socket: S, room: unknown, event: unknown, args: readonly unknown[], answered: Answered): void {
    this.mayPublish(socket, room, event, args, (refusal, instead, by) => {
      if (instead) attempt(instead);
      else if (!refusal) this.#scope.send(room as Room, event as string, args, socket, by);
      answered(refusal);
    });
  }

  /**
   * Decides whether a client may send an event to a room, as `publish` does, but does not send it. No refusal means
   * yes.
   */
  mayPublish(socket: S, room: unknown, event: unknown, args: readonly unknown[], answered: PublishAnswered): void {
    if (!isRoomNameOr(answered, room)) return;
    if (typeof event !== 'string' || event === '' || RESERVED_EVENTS.has(event) || event.startsWith('naru:')) {
      answered({ code: 'BAD_EVENT', message: `${shown(event)} cannot be the name of an event` });
      return;
    }
    const decide = (verdict: unknown): void => {
      const instead = typeof verdict === 'function' ? (verdict as () => void) : undefined;
      const refusal = this.#refuse(socket, 'publish', room, instead ? true : verdict, event);
      if (refusal || instead) answered(refusal, refusal ? undefined : instead);
      else this.#sign(() => this.#rules.author?.(socket, room, event, args), answered);
    };
    const { publish } = this.#rules;
    const rule = publish === true ? !this.#scope.isSocketId(room) : publish;
    this.#decide(socket, rule, (rule) => rule(socket, room, event, args), decide, answered, [event, args]);
  }

  /**
   * Asks the application on whose behalf an event is sent. An event that could not be found by its author later is not
   * sent at all.
   */
  #sign(author: () => string | undefined, answered: PublishAnswered): void {
    let by: string | undefined;
    try {
      by = author();
      if (by !== undefined) authorOf(by);
    } catch (error) {
      throwLater(error);
      answered(FAILED);
      return;
    }
    answered(undefined, undefined, by);
  }

  /** Lets a client with permission join a room. */
  enter(socket: S, room: Room): Refusal | undefined {
    const refusal = this.refuseEntry(socket, room);
    if (!refusal) attempt(() => socket.join(room));
    return refusal;
  }

  /**
   * Returns why a client cannot join a room, or `undefined` when it can. Does not throw, because clients ask without
   * limit and errors are expensive. The client will have joined `before` rooms by then.
   */
  refuseEntry(socket: S, room: Room, before = 0): Refusal | undefined {
    if (this.#isIn(socket, room)) return undefined;
    const isFull = this.#scope.isFull(socket, before);
    // The guard may have changed its mind since the client was allowed to join.
    const refusal = isFull ? TOO_MANY_ROOMS : this.#scope.refuse('enter', socket, room, undefined);
    return this.#told(socket, 'enter', room, refusal);
  }

  /** Returns the first room that a client cannot join after those before it, or `undefined` when it can join all. */
  refuseEntries(socket: S, rooms: readonly Room[]): { readonly room: Room; readonly refusal: Refusal } | undefined {
    let before = 0;
    for (const room of rooms) {
      const refusal = this.refuseEntry(socket, room, before);
      if (refusal) return { room, refusal };
      if (!this.#isIn(socket, room)) before += 1;
    }
    return undefined;
  }

  #isIn(socket: S, room: Room): boolean {
    return room === socket.id || this.#scope.isMember(room, socket);
  }

  /** Decides by a fixed rule, or asks the application. */
  #decide<Rule extends (...args: never[]) => unknown>(
    socket: S,
    rule: boolean | Rule | undefined,
    ask: (rule: Rule) => unknown,
    decide: (verdict: unknown) => void,
    answered: Answered,
    held?: unknown,
  ): void {
    if (this.#questions.isFull(socket)) answered(TOO_MANY);
    else if (typeof rule === 'function')
      this.#questions.ask(
        socket,
        () => ask(rule),
        decide,
        () => answered(FAILED),
        held,
      );
    else this.#questions.queue(socket, () => decide(rule === true), held);
  }

  /** Whether the room is the own room of another socket. */
  #isForeign(socket: S, room: Room): boolean {
    return room !== socket.id && this.#scope.isSocketId(room);
  }

  /**
   * Returns why a request is refused, or `undefined` when the verdict is `true`, the client is still connected, and the
   * guard agrees.
   */
  #refuse(socket: S, act: RoomAct, room: Room, verdict: unknown, event?: string): Refusal | undefined {
    return this.#told(socket, act, room, this.#judge(socket, act, room, verdict, event));
  }

  #told({ id }: S, act: RoomAct, room: Room, refusal: Refusal | undefined): Refusal | undefined {
    // The guard notes an event that it limits, and a client may send such events as fast as it can.
    const isNoted = refusal && (refusal.code !== 'LIMITED' || act !== 'publish');
    if (isNoted) this.#scope.note?.({ type: 'refused', socket: id, act, room, message: refusal.message });
    if (refusal && permissionRefused.hasSubscribers)
      permissionRefused.publish({ socket: id, namespace: this.#scope.name, act, room, ...refusal });
    return refusal;
  }

  #judge(socket: S, act: RoomAct, room: Room, verdict: unknown, event?: string): Refusal | undefined {
    if (verdict === true) return socket.connected ? this.#scope.refuse(act, socket, room, event) : GONE;
    if (verdict instanceof Error) return { code: 'FORBIDDEN', message: verdict.message };
    const subject = `${VERBS[act]} "${shownRoom(room)}" in ${shownNamespace(this.#scope.name)}`;
    return { code: 'FORBIDDEN', message: `clients may not ${subject} by themselves` };
  }
}

const VERBS: Readonly<Record<RoomAct, string>> = {
  subscribe: 'join',
  enter: 'join',
  leave: 'leave',
  publish: 'send to',
  history: 'read what was sent to',
  presence: 'see who is in',
  ownPresence: 'change their presence in',
};

const TOO_MANY: Refusal = { code: 'TOO_MANY', message: 'too many requests are waiting for a decision' };
const TOO_MANY_ROOMS: Refusal = { code: 'TOO_MANY', message: 'the client is in too many rooms: leave one first' };
const FAILED: Refusal = { code: 'FAILED', message: 'the request could not be decided' };
/** The refusal of a request whose client has gone, which was not carried out. */
export const GONE: Refusal = { code: 'GONE', message: 'the client has gone' };

const BAD_ROOM: Refusal = {
  code: 'BAD_ROOM',
  message: `a room name must have 1 to ${ROOM_NAME_MAX} characters, and the first may not be U+0000`,
};

/** Whether a value can be the name of a room. Answers with a refusal when it cannot. */
function isRoomNameOr(answered: Answered, room: unknown): room is Room {
  const isName = isRoomName(room);
  if (!isName) answered(BAD_ROOM);
  return isName;
}

function isRoomName(room: unknown): room is Room {
  // Names that begin with U+0000 are reserved for messages between processes.
  return typeof room === 'string' && room !== '' && room.length <= ROOM_NAME_MAX && room[0] !== '\0';
}
