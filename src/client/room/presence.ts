/** Who is in a room, kept up to date over reconnects. docs/presence.md. */
import type { UnavailableError } from '../../base/errors.js';
import type { Listener } from '../../base/event-map.js';
import { ClientEmitter, listen } from '../emitter.js';
import type { Member, MemberList } from '../socket/naru-events.js';
import { ANSWER_MS, type RoomSocket, request } from './request.js';

/** How presence is watched. */
export interface PresenceOptions {
  /** Milliseconds to wait for each answer of the server. @default 10000 */
  timeoutMs?: number;
}

/** What a presence tells. */
export interface PresenceEvents<State = unknown> {
  /** Somebody is here who was not. */
  join: (member: Member<State>) => void;
  /** Somebody has another state. */
  update: (member: Member<State>) => void;
  /** Somebody has gone; the member as it was. */
  leave: (member: Member<State>) => void;
  /** The whole list came, at first and behind each reconnect; what had changed in it was told before. */
  sync: () => void;
  /** The list could not be had: UnavailableError as `list` rejects with. Asked again at the next connect. */
  error: (error: UnavailableError) => void;
}

/** The events of Naru's own that tell of members. */
const CHANGES = ['join', 'update', 'leave'] as const;

type Change = (typeof CHANGES)[number];

/** Watches who is in a room. `close` it when nobody looks any more. */
export function presence<State = unknown>(
  socket: RoomSocket,
  room: string,
  options: PresenceOptions = {},
): RoomPresence<State> {
  return new RoomPresence<State>(socket, room, options);
}

/**
 * Who is in a room. The list is asked for at once and behind each reconnect, where the application lets clients do so (`allow({ presence })`);
 * changes come by themselves where the room's presence is announced. Members stay listed while the connection is away.
 */
export class RoomPresence<State = unknown> extends ClientEmitter<Record<never, never>, PresenceEvents<State>> {
  readonly room: string;
  readonly #socket: RoomSocket;
  readonly #timeoutMs: number;
  readonly #members = new Map<string, Member<State>>();
  #count = 0;
  #unlisten: (() => void)[] = [];
  /** The changes that came since the list was asked for, and may or may not be in it. */
  #since: [change: Change, member: Member<State>][] | undefined;
  #asked = 0;

  constructor(socket: RoomSocket, room: string, { timeoutMs = ANSWER_MS }: PresenceOptions = {}) {
    super();
    this.room = room;
    this.#socket = socket;
    this.#timeoutMs = timeoutMs;
    this.#listen('connect', () => this.#resync());
    this.#listen('naru:presence:list', (of: string, list: MemberList<State>) => {
      if (of === room) this.#take(list);
    });
    for (const change of CHANGES) {
      this.#listen(`naru:presence:${change}`, (of: string, member: Member<State>) => {
        if (of !== room) return;
        this.#since?.push([change, member]);
        this.#apply(change, member);
      });
    }
    if (socket.connected) this.#resync();
  }

  /** The members that are known, by id, those who came first first; at most as many as the server lists at once. */
  get members(): ReadonlyMap<string, Member<State>> {
    return this.#members;
  }

  /** How many members there are, those that are not listed included. */
  get count(): number {
    return this.#count;
  }

  /**
   * Asks the server for the list, now. Rejects with UnavailableError: REFUSED, whose `reason` is the server's code (FORBIDDEN, FAILED),
   * TIMEOUT, or DISCONNECTED.
   */
  async list(): Promise<readonly Member<State>[]> {
    this.#asked += 1;
    const asked = this.#asked;
    this.#since = [];
    try {
      const answer = await request<MemberList<State>>(this.#socket, this.#timeoutMs, 'naru:presence', this.room);
      // One that was asked for later, or came by itself, is newer.
      if (asked === this.#asked) this.#take(answer, this.#since);
      return answer.members;
    } finally {
      if (asked === this.#asked) this.#since = undefined;
    }
  }

  /** Gives oneself another state, where the application has made one present and lets clients do so (`allow({ ownPresence })`). Rejects as `list`. */
  async update(state: State): Promise<void> {
    await request(this.#socket, this.#timeoutMs, 'naru:presence:update', this.room, state);
  }

  /** Ends one's own presence, under the same condition; one stays in the room. Rejects as `list`. */
  async leave(): Promise<void> {
    await request(this.#socket, this.#timeoutMs, 'naru:presence:leave', this.room);
  }

  /** Listens no more; nothing is told any more. */
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
      if (asked === this.#asked) this.emitLocal('error', error);
    });
  }

  /** Takes a whole list over, with the changes that came since it was asked for, and tells what is different. */
  #take(answer: MemberList<State>, since: readonly [Change, Member<State>][] = []): void {
    const next = new Map(answer.members.map((member) => [member.id, member]));
    let { count } = answer;
    // Who came later than all that are listed may be here without being listed.
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
      if (!next.has(id) && member.since <= lastListed) this.emitLocal('leave', { ...member, connections: 0 });
    for (const [id, member] of next) this.#tell(before.get(id), member);
    this.emitLocal('sync');
  }

  #apply(change: Change, member: Member<State>): void {
    const known = this.#members.get(member.id);
    if (change === 'leave') {
      // Who is not listed counts all the same.
      if (known || this.#count > this.#members.size) this.#count -= 1;
      this.#members.delete(member.id);
      if (known) this.emitLocal('leave', member);
      return;
    }
    if (!known && (change === 'join' || this.#count === this.#members.size)) this.#count += 1;
    this.#members.set(member.id, member);
    this.#tell(known, member);
  }

  #tell(known: Member<State> | undefined, member: Member<State>): void {
    if (!known) this.emitLocal('join', member);
    else if (JSON.stringify(known.state) !== JSON.stringify(member.state)) this.emitLocal('update', member);
  }
}
