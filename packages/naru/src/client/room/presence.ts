/** Keeps the list of members of a room up to date, also after reconnects. docs/presence.md. */
import type { UnavailableError } from '../../base/errors.js';
import type { Listener } from '../../base/event-map.js';
import { ClientEmitter, listen } from '../emitter.js';
import type { Member, MemberList } from '../socket/naru-events.js';
import { ANSWER_MS, badAnswer, type RoomSocket, request } from './request.js';

/** Options of `presence`. */
export interface PresenceOptions {
  /** Milliseconds to wait for each answer of the server. @default 10000 */
  timeoutMs?: number | undefined;
}

/** The events of a RoomPresence. */
export interface PresenceEvents<State = unknown> {
  /** A member has joined. */
  join: (member: Member<State>) => void;
  /** A member has a new state. */
  update: (member: Member<State>) => void;
  /** A member has left. The argument is the member's last known form. */
  leave: (member: Member<State>) => void;
  /** The whole list has arrived: first, and after each reconnect. Events for the differences come before this one. */
  sync: () => void;
  /** The list could not be read, with the error that `list` rejects with. The next connect asks again. */
  error: (error: UnavailableError) => void;
}

/** The changes of members that the server reports. */
const CHANGES = ['join', 'update', 'leave'] as const;

type Change = (typeof CHANGES)[number];

/** Watches the members of a room. Call `close` when you no longer need it. */
export function presence<State = unknown>(
  socket: RoomSocket,
  room: string,
  options: PresenceOptions = {},
): RoomPresence<State> {
  return new RoomPresence<State>(socket, room, options);
}

/**
 * The members of a room. The client requests the list at once and after each reconnect, which the server must allow
 * (`allow({ presence })`). The server sends changes if the room's presence is announced. Members stay listed while the
 * socket is disconnected.
 */
export class RoomPresence<State = unknown> extends ClientEmitter<Record<never, never>, PresenceEvents<State>> {
  readonly room: string;
  readonly #socket: RoomSocket;
  readonly #timeoutMs: number;
  readonly #members = new Map<string, Member<State>>();
  #count = 0;
  #unlisten: (() => void)[] = [];
  /** The changes since the list was requested. The list may or may not contain them. */
  #since: [change: Change, member: Member<State>][] | undefined;
  #asked = 0;

  constructor(socket: RoomSocket, room: string, { timeoutMs = ANSWER_MS }: PresenceOptions = {}) {
    super();
    this.room = room;
    this.#socket = socket;
    this.#timeoutMs = timeoutMs;
    this.#listen('connect', () => this.#resync());
    this.#listen('naru:presence:list', (of: string, list: MemberList<State>) => {
      if (of === room && isList(list)) this.#take(list);
    });
    for (const change of CHANGES) {
      this.#listen(`naru:presence:${change}`, (of: string, member: Member<State>) => {
        if (of !== room || !isMember(member)) return;
        this.#since?.push([change, member]);
        this.#apply(change, member);
      });
    }
    if (socket.connected) this.#resync();
  }

  /** The known members by id, the earliest first. At most as many as the server lists at once. */
  get members(): ReadonlyMap<string, Member<State>> {
    return this.#members;
  }

  /** The number of members, including those that are not listed. */
  get count(): number {
    return this.#count;
  }

  /**
   * Requests the list from the server now. Rejects with UnavailableError: REFUSED, whose `reason` is the server's code
   * (FORBIDDEN, FAILED), TIMEOUT, or DISCONNECTED.
   */
  async list(): Promise<readonly Member<State>[]> {
    this.#asked += 1;
    const asked = this.#asked;
    this.#since = [];
    try {
      const answer = await request<MemberList<State>>(this.#socket, this.#timeoutMs, 'naru:presence', this.room);
      if (!isList(answer)) throw badAnswer();
      // A list that was requested later, or that the server sent by itself, is newer.
      if (asked === this.#asked) this.#take(answer, this.#since);
      return answer.members;
    } finally {
      if (asked === this.#asked) this.#since = undefined;
    }
  }

  /**
   * Changes this client's state. The application must have made the client present and allow the change
   * (`allow({ ownPresence })`). Rejects as `list` does.
   */
  async update(state: State): Promise<void> {
    await request(this.#socket, this.#timeoutMs, 'naru:presence:update', this.room, state);
  }

  /** Ends this client's presence, under the same condition. The client stays in the room. Rejects as `list` does. */
  async leave(): Promise<void> {
    await request(this.#socket, this.#timeoutMs, 'naru:presence:leave', this.room);
  }

  /** Stops watching, and removes all listeners. */
  close(): void {
    for (const unlisten of this.#unlisten.splice(0)) unlisten();
    this.#asked += 1;
    this.removeAllListeners();
  }

  #listen(event: string, listener: Listener): void {
    this.#unlisten.push(listen(this.#socket, event, listener));
  }

  #resync(): void {
    const asked = this.#asked + 1;
    this.list().catch((error: UnavailableError) => {
      if (asked === this.#asked) this.applyLocal('error', [error]);
    });
  }

  /** Takes over a whole list and the changes since it was requested, and emits the differences. */
  #take(answer: MemberList<State>, since: readonly [Change, Member<State>][] = []): void {
    const next = new Map(answer.members.map((member) => [member.id, member]));
    let { count } = answer;
    // A member that joined later than all listed members may still be present without being listed.
    const lastListed = count > next.size ? (answer.members.at(-1)?.since ?? 0) : Number.POSITIVE_INFINITY;
    for (const [change, member] of since) {
      const { size } = next;
      if (change === 'leave') next.delete(member.id);
      else next.set(member.id, member);
      count += next.size - size;
    }
    const before = new Map(this.#members);
    this.#count = count;
    this.#members.clear();
    for (const [id, member] of next) this.#members.set(id, member);
    for (const [id, member] of before)
      if (!next.has(id) && member.since <= lastListed) this.applyLocal('leave', [{ ...member, connections: 0 }]);
    for (const [id, member] of next) this.#tell(before.get(id), member);
    this.applyLocal('sync', []);
  }

  #apply(change: Change, member: Member<State>): void {
    const known = this.#members.get(member.id);
    if (change === 'leave') {
      // A member that is not listed counts too.
      if (known || this.#count > this.#members.size) this.#count -= 1;
      this.#members.delete(member.id);
      if (known) this.applyLocal('leave', [member]);
      return;
    }
    if (!known && (change === 'join' || this.#count === this.#members.size)) this.#count += 1;
    this.#members.set(member.id, member);
    this.#tell(known, member);
  }

  #tell(known: Member<State> | undefined, member: Member<State>): void {
    if (!known) this.applyLocal('join', [member]);
    else if (JSON.stringify(known.state) !== JSON.stringify(member.state)) this.applyLocal('update', [member]);
  }
}

/** Whether a value has the parts of a member that are read here. A server may send anything. */
function isMember(value: unknown): boolean {
  const { id, since } = (value ?? {}) as Partial<Member>;
  return typeof id === 'string' && typeof since === 'number';
}

function isList(value: unknown): boolean {
  const { members, count } = (value ?? {}) as Partial<MemberList>;
  return Array.isArray(members) && members.every(isMember) && typeof count === 'number';
}
