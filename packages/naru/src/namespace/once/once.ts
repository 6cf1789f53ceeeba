/**
 * Runs the listener of an event once, however often the client sends the event. Later tries receive the remembered
 * answer. docs/delivery.md.
 */
import type { KeyValueStore } from '../../backplane/backplane.js';
import { memoryOf } from '../../base/bytes.js';
import type { Clock } from '../../base/clock.js';
import { type Answer, after, inTime, unlessThere } from '../../base/steps/answer.js';
import { throwLater, attempt as tryTo } from '../../base/uncaught.js';
import type { Room } from '../event/target.js';
import { shortName } from '../explain/journal.js';
import { ORDER_WAIT_MS } from '../log/fences.js';
import { type CallAnswer, GONE } from '../permissions/permissions.js';
import { ANSWER, LISTENER_FAILED } from '../socket/listener-errors.js';
import { isOwnEvent } from '../socket/reserved.js';
import type { Member } from '../socket/socket.js';
import { AnswerMemory, type OnceEntry } from './answer-memory.js';
import { decodeAnswer, encodeAnswer, isForOther } from './answer-text.js';
import type { Attempt, OnceNamespace, TryAnswer } from './attempt.js';
import { type KeyRefusal, type OnceKey, readKey, refuseEvent, SECRET_KEY_MIN } from './once-key.js';
import { OnceStore, type StoredOnce } from './once-store.js';
import type { IdempotencySettings } from './options.js';

/** The parts of the server that `Once` uses. */
export interface OnceContext {
  readonly clock: Clock;
  /** The store of the backplane, which may keep answers beyond the process. */
  readonly store: KeyValueStore | undefined;
  /** Called when an answer could not be stored. */
  onLogError(error: unknown, namespace: string): void;
}

/** The function with which a listener answers an event. */
export interface KeyedAck {
  (...args: unknown[]): void;
  /** The key, the same for every try of the event. Absent when the client gave none. */
  readonly idempotencyKey?: string;
}

/**
 * Tries of one event that may wait for its answer. Beyond that, the oldest try gets no answer. Its client gave it up
 * before it sent the next try.
 */
const WAITING_MAX = 8;

/**
 * Keys or rows remembered for one socket, here and in the store. Beyond that, its oldest is forgotten, so that one
 * socket cannot displace all others.
 */
const KEYS_PER_SOCKET_MAX = 1_000;

/** The newest keys of one socket whose claims are renewed, as long as they have no answer. */
const RENEWED_PER_SOCKET_MAX = 100;

/**
 * The remembered events of all namespaces of a server. Guarantees: while an event is remembered, its listener does not
 * run again, in this process or in any other that shares a durable store. Each waiting try gets the answer, once the
 * log has what the listener emitted before it. The events of one socket reach its listeners in order. An event that
 * reached no listener, or whose events the log has refused, is not remembered, so that it may be sent again. An event
 * that changes the socket itself runs once for each socket.
 */
export class Once {
  readonly #settings: IdempotencySettings;
  readonly #clock: Clock;
  readonly #memory: AnswerMemory;
  readonly #store: OnceStore | undefined;
  readonly #idsOf = new WeakMap<Member, string[]>();

  constructor({ clock, store, onLogError }: OnceContext, settings: IdempotencySettings) {
    this.#settings = settings;
    this.#clock = clock;
    this.#memory = new AnswerMemory(clock, settings);
    if (!store?.isDurable) return;
    this.#store = new OnceStore(clock, store, {
      ...settings,
      isThere: (entry) => this.#memory.has(entry),
      onError: (error) => onLogError(error, 'all namespaces'),
    });
  }

  /** Number of events that are remembered in this process. */
  get count(): number {
    return this.#memory.count;
  }

  /** Answers `naru:once`: a key, the name of an event, and its arguments. */
  readonly call = (namespace: OnceNamespace, member: Member, args: readonly unknown[], answer: TryAnswer): void => {
    const [key, ...event] = args;
    // Clients without an owner share their keys, so these have to be secret.
    const owner = this.#settings.scope?.(member.socket) ?? undefined;
    const read = readKey(key, owner === undefined ? SECRET_KEY_MIN : 1);
    const refusal = 'code' in read ? read : refuseEvent(event[0]);
    const attempt = { namespace, member, key: key as string, event: event as Attempt['event'], answer, bytes: 0 };
    if (refusal) refuse(attempt, refusal);
    else this.#take(attempt, owner ?? '', read as OnceKey);
  };

  /** Claims and watches events again, because the server listens again. */
  open(): void {
    this.#store?.open();
  }

  /** Ends all waiting when the server closes. Later answers are still written while the store is open. */
  close(): void {
    this.#store?.close();
  }

  #take(attempt: Attempt, owner: string, { row, number }: OnceKey): void {
    this.#arrive(attempt, JSON.stringify([attempt.namespace.name, owner, row]), number);
  }

  #arrive(attempt: Attempt, id: string, number: number): void {
    const { namespace, member } = attempt;
    const known = this.#memory.get(id);
    if (known && known.number > number) {
      refuse(attempt, STALE);
    } else if (known?.number === number && !isForOther(attempt, known.answer)) {
      noteDuplicate(attempt, known);
      if (known.answer !== undefined) answerInOrder(attempt, known.answer);
      else this.#wait(attempt, known);
    } else if (namespace.fences?.confirmations.isFull) {
      refuse(attempt, BUSY);
    } else {
      const entry: OnceEntry = {
        id,
        number,
        answer: undefined,
        waiting: [attempt],
        given: undefined,
        at: 0,
        claim: '',
        cost: 0,
      };
      if (!known) this.#count(member, id);
      this.#memory.put(entry);
      this.#begin(attempt, entry);
    }
  }

  #wait(attempt: Attempt, entry: OnceEntry): void {
    entry.waiting.push(attempt);
    const gone = entry.waiting.length > WAITING_MAX ? entry.waiting.shift() : undefined;
    this.#keep(attempt, entry);
    this.#memory.grow(entry, -(gone?.bytes ?? 0));
  }

  /** The arguments of a try stay in memory while it waits. */
  #keep(attempt: Attempt, entry: OnceEntry): void {
    attempt.bytes = memoryOf(attempt.event);
    this.#memory.grow(entry, attempt.bytes);
  }

  /** Claims the event first: another process may know it, or this one did before it was restarted. */
  #begin(attempt: Attempt, entry: OnceEntry): void {
    const decided = after(
      this.#store?.claim(entry, (text) => isForOther(attempt, text)),
      (found) => this.#decide(attempt, entry, found),
    );
    // Later packets of the client wait for this one.
    unlessThere(decided, (coming) => coming.catch(throwLater).finally(attempt.member.intercept().hold()));
  }

  #decide(attempt: Attempt, entry: OnceEntry, found: StoredOnce | undefined): Answer<void> {
    if (!found) {
      this.#run(attempt, entry);
    } else if (found.number > entry.number) {
      if (this.#memory.has(entry)) this.#memory.delete(entry.id);
      for (const each of entry.waiting.splice(0)) refuse(each, STALE);
    } else if (found.answer === undefined) {
      this.#keep(attempt, entry);
      // The listener runs in another process, which may end. The event is a duplicate once it has an answer.
      this.#store?.watch(entry, () => this.#begin(attempt, entry));
    } else {
      const { answer: text } = found;
      noteDuplicate(attempt, { ...entry, answer: text });
      return after(this.#hear(attempt.namespace), () => {
        this.#memory.answer(entry, text);
        this.#answer(entry, text, (each) => answerInOrder(each, text));
      });
    }
    return undefined;
  }

  /** Delivers what another process had emitted when it answered. Waits for the log as long as acknowledgements do. */
  #hear({ log }: OnceNamespace): Answer<unknown> {
    return inTime(this.#clock, log?.refresh(), ORDER_WAIT_MS);
  }

  #run(attempt: Attempt, entry: OnceEntry): void {
    const { namespace, member, event } = attempt;
    let isOver = false;
    const forget = (): void => {
      if (isOver) return;
      isOver = true;
      this.#forget(attempt, entry);
    };
    if (!member.connected) {
      forget();
      return;
    }
    const ack = this.#createAck(attempt, entry, namespace.recovery && member.rooms);
    try {
      const own: TryAnswer = (...args) => (isGone(args) ? forget() : ack(...args));
      if (isOwnEvent(event[0]) && namespace.answer(member, event, own)) return;
      member.dispatch([...event, ack], forget);
      // The listener may never answer.
      event.splice(1);
      this.#memory.grow(entry, -attempt.bytes);
    } catch (error) {
      forget();
      throw error;
    }
  }

  /**
   * The answer waits until the logs have taken what the listener has emitted so far, in any namespace, or have refused
   * it. It is stored right after those events and not later, so that a killed server leaves neither without the other.
   * After a refusal it is taken back.
   */
  #createAck(attempt: Attempt, entry: OnceEntry, rooms: ReadonlySet<Room> | undefined): KeyedAck {
    const { namespace, member, key } = attempt;
    const { confirmations } = namespace.fences ?? {};
    const since = confirmations?.newest ?? 0;
    let hasFailed = false;
    const ack = (...args: unknown[]): void => {
      if (entry.given !== undefined || hasFailed) return;
      const refusal = refusalIn(args);
      if (refusal) {
        hasFailed = true;
        this.#drop(entry);
        for (const each of entry.waiting.splice(0)) refuse(each, refusal);
        return;
      }
      // Encoded first: this throws for values that cannot be sent, and the listener may then answer with something
      // else.
      const text = encodeAnswer(attempt, args);
      entry.given = text;
      let isOurs = true;
      const isLate = confirmations?.isLate === true;
      // If another server has taken the session with its rooms, the changes of the rooms get lost. The listener then
      // runs again there.
      const store = (isStillOurs: boolean): void => {
        isOurs = isStillOurs;
        if (!isOurs) this.#drop(entry);
        else if (isLate) this.#store?.write(entry);
      };
      // A home on this machine takes the events of the turn, and its store the answer, in one transaction.
      if (!isLate && this.#remember(member, entry, text)) this.#store?.write(entry);
      namespace.settle();
      const hasMoved = rooms !== undefined && !equals(rooms, member.rooms);
      const written = (hasMoved ? namespace.recovery?.whenWritten(member.pid) : undefined) ?? true;
      after(written, store, throwLater);
      const end = (isKept: boolean): void => {
        if (!isKept) this.#drop(entry);
        else if (isLate && isOurs) this.#remember(member, entry, text);
        const given = isKept ? args : [errorOf(UNCONFIRMED)];
        this.#answer(entry, isKept ? text : undefined, ({ answer }) => answer(...given));
      };
      if (confirmations) confirmations.whenKept(since, end);
      else end(true);
    };
    return Object.assign(ack, { idempotencyKey: key, [ANSWER]: true });
  }

  /** Answers the tries that wait. An event that changes the socket is carried out again for each other socket. */
  #answer(entry: OnceEntry, text: string | undefined, give: (attempt: Attempt) => void): void {
    for (const each of entry.waiting.splice(0)) {
      if (!isForOther(each, text)) give(each);
      else if (each.member.connected) this.#arrive(each, entry.id, entry.number);
    }
  }

  /** Gives the answer to later tries. Returns `false` if a later event of the row has taken the place. */
  #remember(member: Member, entry: OnceEntry, text: string): boolean {
    const wasLetGo = !this.#memory.has(entry);
    const isThere = this.#memory.answer(entry, text);
    if (isThere && wasLetGo) this.#count(member, entry.id);
    return isThere;
  }

  #drop(entry: OnceEntry): void {
    if (this.#memory.has(entry)) this.#memory.delete(entry.id);
    this.#store?.forget(entry);
  }

  /**
   * Forgets that an event was tried, because it reached no listener, its listener threw, or its client had gone. A
   * later try that waits for the answer counts as the first. Without one, the next does.
   */
  #forget(attempt: Attempt, entry: OnceEntry): void {
    if (entry.given !== undefined || !this.#memory.has(entry)) return;
    const waiting = entry.waiting.splice(0).filter((each) => each !== attempt && each.member.connected);
    entry.waiting.push(...waiting);
    const next = waiting.at(-1);
    if (next) tryTo(() => this.#run(next, entry));
    else this.#drop(entry);
  }

  #count(member: Member, id: string): void {
    const ids = this.#idsOf.get(member) ?? [];
    this.#idsOf.set(member, ids);
    const earlier = ids.push(id) > RENEWED_PER_SOCKET_MAX ? ids.at(-RENEWED_PER_SOCKET_MAX - 1) : undefined;
    if (earlier !== undefined) this.#store?.renewNoMore(this.#memory.get(earlier));
    if (ids.length <= KEYS_PER_SOCKET_MAX) return;
    const oldest = ids.shift() as string;
    this.#memory.delete(oldest);
    this.#store?.delete(oldest);
  }
}

const STALE: KeyRefusal = {
  code: 'STALE_KEY',
  message: 'an event with a higher number in the same row has already arrived',
};

const UNCONFIRMED: KeyRefusal = {
  code: 'UNCONFIRMED',
  message: 'the log has not taken the events of the listener; some may be published',
};

const BUSY: KeyRefusal = { code: 'UNCONFIRMED', message: 'too many answers wait for the log already' };

function refuse({ namespace, answer }: Attempt, refusal: NonNullable<CallAnswer['error']>): void {
  namespace.inOrder(() => answer(errorOf(refusal)));
}

/** Whether a request was not carried out, because its client had gone. */
function isGone([answer]: readonly unknown[]): boolean {
  return (answer as CallAnswer | undefined)?.error?.code === GONE.code;
}

/** Returns the error of an answer that says that nothing was done, so a later try may succeed. */
function refusalIn([answer]: readonly unknown[]): CallAnswer['error'] {
  const { error } = (answer ?? {}) as CallAnswer;
  return answer === LISTENER_FAILED || (error?.code === 'LIMITED' && error.retryAfter !== undefined)
    ? error
    : undefined;
}

function errorOf(error: NonNullable<CallAnswer['error']>): CallAnswer {
  return { error };
}

/** Notes that the listener does not run again. The key is secret. */
function noteDuplicate({ namespace, member, event }: Attempt, { given, answer, at }: OnceEntry): void {
  const isOpen = answer === undefined;
  const firstAt = isOpen || given === undefined ? undefined : at;
  const names = { socket: member.id, event: shortName(event[0]) };
  namespace.journal?.note(namespace, { type: 'duplicate', ...names, firstAt, isOpen });
}

function answerInOrder(attempt: Attempt, text: string): void {
  attempt.namespace.inOrder(() => attempt.answer(...decodeAnswer(attempt, text)));
}

function equals(rooms: ReadonlySet<Room>, others: ReadonlySet<Room>): boolean {
  return rooms.size === others.size && [...rooms].every((room) => others.has(room));
}
