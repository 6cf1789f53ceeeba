/** What the clients of a namespace may do by themselves: enter rooms, and send to them. Nothing, unless the application allows it. */
import { shown } from '../../base/errors.js';
import { value } from '../../base/options/kinds.js';
import { options, readOptions } from '../../base/options/table.js';
import { attempt } from '../../base/uncaught.js';
import { RESERVED_EVENTS } from '../../protocol/socket-io/decoder.js';
import type { Socket } from '../socket/socket.js';
import type { Room } from '../target.js';
import { PermissionQuestions } from './permission-questions.js';

/** An answer of the application: yes or no, or an error, which is a no in words of its own for the client. */
export type Verdict = boolean | Error;

/** An answer to a client that wants to send: a function is a yes, too, and is called in place of sending the event. */
export type PublishVerdict = Verdict | (() => void);

/** What clients may do by themselves; `false`, or nothing, is no, and `true` is yes for all. */
export interface PermissionRules<S> {
  /** Whether a client may enter a room. */
  subscribe?: boolean | ((socket: S, room: Room) => Verdict | Promise<Verdict>);
  /** Whether a client may send an event to a room, which need not be one it is in, and whether the application does that itself. */
  publish?:
    | boolean
    | ((socket: S, room: Room, event: string, args: readonly unknown[]) => PublishVerdict | Promise<PublishVerdict>);
  /** Whether a client may read what was sent to a room; `true` is yes for the rooms that it is in. */
  history?: boolean | ((socket: S, room: Room) => Verdict | Promise<Verdict>);
  /** Whether a client may see who is in a room; `true` is yes for the rooms that it is in. */
  presence?: boolean | ((socket: S, room: Room) => Verdict | Promise<Verdict>);
  /**
   * Whether a client that the application made present in a room may change that by itself: give itself the state that `wish` has, or
   * end its presence there. It never changes its identity.
   */
  ownPresence?: boolean | ((socket: S, room: Room, wish: OwnPresenceWish) => Verdict | Promise<Verdict>);
}

/** What a client wants of its own presence. */
export type OwnPresenceWish = { readonly type: 'update'; readonly state: unknown } | { readonly type: 'leave' };

/** Why a client was not let in; each wire says it in its own form. */
export interface Refusal {
  readonly code:
    | 'FORBIDDEN'
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
}

/** Told of the outcome, once; at once when the application answers at once. */
export type Answered = (refusal: Refusal | undefined) => void;

/** As `Answered`; without a refusal, `instead` is what to call in place of sending the event. */
export type PublishAnswered = (refusal: Refusal | undefined, instead?: () => void) => void;

/** What the permissions need of their namespace. */
export interface PermissionScope<S> {
  readonly name: string;
  /** Whether the room is some socket's own: of one that is here, is elsewhere, is away, or has gone. */
  isSocketId(room: Room): boolean;
  isMember(room: Room, socket: S): boolean;
  /** Whether a socket is in as many rooms as it may be. */
  isFull(socket: S): boolean;
  send(room: Room, event: string, args: readonly unknown[], from: S): void;
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
  history: rule(),
  presence: rule(),
  ownPresence: rule(),
});

/** The most characters in the name of a room that a client asks for. */
export const ROOM_NAME_MAX = 256;

/**
 * The permissions of one namespace. Guarantee: a client is in no room by itself, and sends to none, that the rules do not allow it; and what it
 * asks for takes effect in the order in which it did, also where a rule takes its time.
 */
export class Permissions<S extends Pick<Socket, 'id' | 'connected' | 'join' | 'leave'>> {
  readonly #scope: PermissionScope<S>;
  readonly #questions = new PermissionQuestions<S>();
  #rules: PermissionRules<S> = {};

  constructor(scope: PermissionScope<S>) {
    this.#scope = scope;
  }

  /** The rules that hold. */
  get rules(): PermissionRules<S> {
    return this.#rules;
  }

  /** Sets rules; those that are not named stay as they are. Throws ConfigError for a rule that there is not, or that is none. */
  allow(rules: PermissionRules<S>): void {
    // Nothing at all is a mistake, not the default.
    readOptions(rulesTable, rules ?? null);
    this.#rules = { ...this.#rules, ...rules };
  }

  /** A client wants to enter a room. A socket's own room is nobody else's. */
  subscribe(socket: S, room: unknown, answered: Answered): void {
    this.maySubscribe(socket, room, (refusal) => answered(refusal ?? this.enter(socket, room as Room)));
  }

  /** Asks whether a client may enter a room, as `subscribe` does, and leaves the rest to the caller; no refusal is a yes. */
  maySubscribe(socket: S, room: unknown, answered: Answered): void {
    if (!isRoomNameOr(answered, room)) return;
    const rule = !this.#isForeign(socket, room) && this.#rules.subscribe;
    const decide = (verdict: unknown): void => answered(this.#refuse(socket, 'enter', room, verdict));
    this.#decide(socket, rule, (rule) => rule(socket, room), decide, answered);
  }

  /** Asks whether a client may look into a room: at what was sent there, or at who is there. `isEntering`: it is about to be let in. */
  mayLook(at: 'history' | 'presence', socket: S, room: unknown, answered: Answered, isEntering = false): void {
    if (!isRoomNameOr(answered, room)) return;
    const rule = !this.#isForeign(socket, room) && this.#rules[at];
    const isForOutsiders = typeof rule === 'function' || isEntering;
    const decide = (verdict: unknown): void => {
      const isOpen = isForOutsiders || this.#scope.isMember(room, socket);
      answered(this.#refuse(socket, VERBS[at], room, isOpen && verdict));
    };
    this.#decide(socket, rule, (rule) => rule(socket, room), decide, answered);
  }

  /** Asks whether a client may change its own presence in a room; no refusal is a yes. */
  mayChangePresence(socket: S, room: unknown, wish: OwnPresenceWish, answered: Answered): void {
    if (!isRoomNameOr(answered, room)) return;
    const decide = (verdict: unknown): void =>
      answered(this.#refuse(socket, 'change their presence in', room, verdict));
    this.#decide(socket, this.#rules.ownPresence, (rule) => rule(socket, room, wish), decide, answered);
  }

  /** A client leaves a room, which it may always do. */
  unsubscribe(socket: S, room: unknown): void {
    if (!isRoomName(room) || room === socket.id) return;
    // Behind what it asked for before, or it would be in the room in the end; but nobody who waits for too much waits for more.
    if (this.#questions.isFull(socket)) socket.leave(room);
    else this.#questions.queue(socket, () => socket.leave(room));
  }

  /** A client wants to send an event to a room. With `publish: true` that is no way to the own room of a socket. */
  publish(socket: S, room: unknown, event: unknown, args: readonly unknown[], answered: Answered): void {
    this.mayPublish(socket, room, event, args, (refusal, instead) => {
      if (instead) attempt(instead);
      else if (!refusal) this.#scope.send(room as Room, event as string, args, socket);
      answered(refusal);
    });
  }

  /** Asks whether a client may send an event to a room, as `publish` does, and leaves the rest to the caller; no refusal is a yes. */
  mayPublish(socket: S, room: unknown, event: unknown, args: readonly unknown[], answered: PublishAnswered): void {
    if (!isRoomNameOr(answered, room)) return;
    if (typeof event !== 'string' || event === '' || RESERVED_EVENTS.has(event) || event.startsWith('naru:')) {
      answered({ code: 'BAD_EVENT', message: `${shown(event)} cannot be the name of an event` });
      return;
    }
    const decide = (verdict: unknown): void => {
      const instead = typeof verdict === 'function' ? (verdict as () => void) : undefined;
      const refusal = this.#refuse(socket, 'send to', room, instead ? true : verdict);
      answered(refusal, refusal ? undefined : instead);
    };
    const { publish } = this.#rules;
    const rule = publish === true ? !this.#scope.isSocketId(room) : publish;
    this.#decide(socket, rule, (rule) => rule(socket, room, event, args), decide, answered);
  }

  /** Has a client that may enter a room do so. */
  enter(socket: S, room: Room): Refusal | undefined {
    const refusal = this.refuseEntry(socket, room);
    if (!refusal) attempt(() => socket.join(room));
    return refusal;
  }

  /** Why a client can be in no other room; nothing where it can. Clients ask as often as they like, and to throw would cost more than the rest. */
  refuseEntry(socket: S, room: Room): Refusal | undefined {
    const isIn = room === socket.id || this.#scope.isMember(room, socket);
    return this.#scope.isFull(socket) && !isIn ? TOO_MANY_ROOMS : undefined;
  }

  /** Has a rule decide: what it says, or what it says when it is asked. */
  #decide<Rule extends (...args: never[]) => unknown>(
    socket: S,
    rule: boolean | Rule | undefined,
    ask: (rule: Rule) => unknown,
    decide: (verdict: unknown) => void,
    answered: Answered,
  ): void {
    if (this.#questions.isFull(socket)) answered(TOO_MANY);
    else if (typeof rule === 'function')
      this.#questions.ask(
        socket,
        () => ask(rule),
        decide,
        () => answered(FAILED),
      );
    else this.#questions.queue(socket, () => decide(rule === true));
  }

  /** Whether the room is the own room of another socket. */
  #isForeign(socket: S, room: Room): boolean {
    return room !== socket.id && this.#scope.isSocketId(room);
  }

  /** Why a client does not get what it asked for; nothing where the verdict is `true` and it is still here. */
  #refuse(socket: S, verb: string, room: Room, verdict: unknown): Refusal | undefined {
    if (verdict === true) return socket.connected ? undefined : GONE;
    if (verdict instanceof Error) return { code: 'FORBIDDEN', message: verdict.message };
    return { code: 'FORBIDDEN', message: `clients may not ${verb} "${room}" in ${this.#scope.name} by themselves` };
  }
}

const VERBS = { history: 'read what was sent to', presence: 'see who is in' } as const;

const TOO_MANY: Refusal = { code: 'TOO_MANY', message: 'too many requests are being decided' };
const TOO_MANY_ROOMS: Refusal = { code: 'TOO_MANY', message: 'a client can be in no more rooms; leave one first' };
const FAILED: Refusal = { code: 'FAILED', message: 'the request could not be decided' };
const GONE: Refusal = { code: 'GONE', message: 'the client has gone' };

const BAD_ROOM: Refusal = {
  code: 'BAD_ROOM',
  message: `the name of a room is a text of 1 to ${ROOM_NAME_MAX} characters, the first not U+0000`,
};

/** As `isRoomName`; answers with a refusal where it is none. */
function isRoomNameOr(answered: Answered, room: unknown): room is Room {
  const isName = isRoomName(room);
  if (!isName) answered(BAD_ROOM);
  return isName;
}

function isRoomName(room: unknown): room is Room {
  // Such names are kept for what processes say to each other.
  return typeof room === 'string' && room !== '' && room.length <= ROOM_NAME_MAX && room[0] !== '\0';
}
