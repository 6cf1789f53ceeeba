/** Tracks who is present in the rooms of a namespace: sockets of this process, and those that others report. */
import { DeadlineEntry, Deadlines } from '../../base/deadlines.js';
import { ConfigError, shown } from '../../base/errors.js';
import { getOrCreate } from '../../base/get-or-create.js';
import type { Answer } from '../../base/steps/answer.js';
import type { Room, SocketId } from '../event/target.js';
import type { Socket } from '../socket/socket.js';
import type { PresenceContext } from './context.js';
import { type Held, PresentRoom } from './present-room.js';
import {
  type PresenceDetails,
  type PresenceEvent,
  type PresenceList,
  type PresenceListener,
  type PresenceOptions,
  type PresenceRooms,
  RoomPresence,
} from './room-presence.js';
import { type PresenceChange, type PresenceEntry, type PresentAs, Roster, sameEntries, withStored } from './roster.js';
import { topicOf } from './shared-keys.js';
import type { SharedPresence } from './shared-presence.js';
import { bad, encodeState } from './state.js';

const NAME_MAX = 256;
/** Rooms whose loaded entries are remembered. */
const LOADS_MAX = 16;

/**
 * The presence of a namespace. Invariant: `#held` has a socket and a room exactly while the room's roster has the
 * socket under this process's name, or this process has ceded it.
 */
export class Presences<S extends Pick<Socket, 'id' | 'connected' | 'rooms' | 'join'>> implements PresenceRooms<S> {
  readonly #context: PresenceContext<S>;
  readonly #node: string;
  readonly #rooms = new Map<Room, PresentRoom>();
  readonly #held = new Map<SocketId, Map<Room, Held>>();
  readonly #grace: Deadlines<Held>;
  readonly #loads = new Map<Room, { readonly at: number; readonly entries: Answer<readonly PresenceEntry[]> }>();
  /** Sockets that get the list of a room when it is loaded. */
  readonly #waiting = new WeakMap<PresentRoom, Map<SocketId, S>>();
  /** Ends the listening to the rooms, once it has begun. */
  #unlisten: (() => void) | undefined;

  constructor(context: PresenceContext<S>) {
    this.#context = context;
    this.#node = context.shared?.node ?? '';
    this.#grace = new Deadlines(context.clock, context.settings.graceMs, (held) => this.#end(held));
  }

  /** Rooms with a present socket or a listener in this process. */
  get roomCount(): number {
    return this.#rooms.size;
  }

  /** Returns the presence of a room. `rooms` returns what carries out its operations, which may be others later. */
  of(room: Room, options?: PresenceOptions, rooms: () => PresenceRooms<S> = () => this): RoomPresence<S> {
    if (typeof room !== 'string' || room === '' || room.length > NAME_MAX)
      throw bad(`the name of a room with presence must be a string of 1 to ${NAME_MAX} characters, got ${shown(room)}`);
    return new RoomPresence(rooms, room, options);
  }

  join(room: Room, socket: S, details: PresenceDetails, options: PresenceOptions): void {
    if (this.#context.isOver(socket)) return;
    if (!socket.connected) throw new ConfigError('WRONG_STATE', 'a socket can be present only after "connection"');
    const before = this.#held.get(socket.id)?.has(room) ? this.#rooms.get(room)?.roster.get(socket.id) : undefined;
    const { id = before?.id ?? socket.id } = details;
    if (typeof id !== 'string' || id === '' || id.length > NAME_MAX)
      throw bad(`the id of a member must be a string of 1 to ${NAME_MAX} characters, got ${shown(id)}`);
    const isGiven = details.state !== undefined;
    const state = isGiven
      ? encodeState(details.state, this.#context.settings.stateBytesMax)
      : (before?.state ?? 'null');
    let place = this.#open(room, options);
    try {
      const { connectionsMax } = this.#context.settings;
      if (!this.#hasSpace(place, socket))
        throw bad(`${connectionsMax} connections are present in "${room}": raise "presence.connectionsMax" for more`);
      socket.join(room);
    } catch (error) {
      this.#closeIdle(place);
      throw error;
    }
    // The last other socket may have left during the call.
    place = this.#open(room, options);
    // A listener of `join-room` may have disconnected the socket.
    if (!socket.connected) {
      this.#closeIdle(place);
      return;
    }
    this.#hold(place, socket.id);
    this.#set(place, {
      socketId: socket.id,
      node: this.#node,
      id,
      state,
      // A state that is carried over keeps its time.
      at: isGiven ? this.#after(place, id) : (before?.at ?? 0),
      takenAt: this.#takenAt(before),
      since: before?.since ?? this.#now,
    });
    this.#sendList(place, socket);
  }

  update(room: Room, socket: S, state: unknown): boolean {
    const text = encodeState(state, this.#context.settings.stateBytesMax);
    const place = this.#rooms.get(room);
    const known = this.#held.get(socket.id)?.has(room) ? place?.roster.get(socket.id) : undefined;
    if (!place || !known) return false;
    const now = { node: this.#node, takenAt: this.#takenAt(known), at: this.#after(place, known.id) };
    this.#set(place, { ...known, ...now, state: text });
    return true;
  }

  leave(room: Room, socket: S): boolean {
    const held = this.#held.get(socket.id)?.get(room);
    if (held) this.#end(held);
    return held !== undefined;
  }

  async list(room: Room, limit = this.#context.settings.membersMax): Promise<PresenceList> {
    const place = this.#rooms.get(room);
    const { shared } = this.#context;
    let roster = place?.roster ?? new Roster();
    if (shared && !place?.isLoaded) {
      const entries = [...(await this.#load(room, shared)), ...roster.entries];
      roster = new Roster();
      for (const entry of entries) roster.set(entry);
    }
    return { members: roster.list(limit), count: roster.count };
  }

  listen(room: Room, event: PresenceEvent, listener: PresenceListener, options: PresenceOptions): void {
    this.#open(room, options).on(event, listener);
  }

  unlisten(room: Room, event?: PresenceEvent, listener?: PresenceListener): void {
    const place = this.#rooms.get(room);
    place?.off(event, listener);
    if (place) this.#closeIdle(place);
  }

  /** Ends the presence of a socket that has left. With `isLost` it may come back, and stays for the grace period. */
  drop(id: SocketId, isLost: boolean): void {
    const all = this.#held.get(id);
    if (!all) return;
    const hasGrace = isLost && this.#context.settings.graceMs > 0;
    for (const held of [...all.values()]) {
      if (hasGrace && !held.isCeded) this.#grace.add(held);
      else this.#end(held);
    }
  }

  /** Returns the presence of a socket that is gone. Gives `undefined` for one that is connected and present. */
  heldBy(id: SocketId, isLive = false): readonly PresentAs[] | undefined {
    const all = this.#held.get(id);
    if (!all || isLive) return all ? undefined : [];
    const present: PresentAs[] = [];
    for (const room of all.keys()) {
      const place = this.#rooms.get(room);
      const entry = place?.roster.get(id);
      if (place && entry)
        present.push({ room, id: entry.id, state: entry.state, at: entry.at, isAnnounced: place.isAnnounced });
    }
    return present;
  }

  /** Makes a socket that came back present in its rooms. `present` restores what ended with the grace period. */
  resume(socket: S, present?: readonly PresentAs[]): void {
    const all = this.#held.get(socket.id);
    const before = new Map(present?.map((each) => [each.room, each]));
    for (const room of socket.rooms) {
      const held = all?.get(room);
      const place = this.#rooms.get(room);
      if (held && place) {
        this.#grace.remove(held);
        this.#sendList(place, socket);
        // An empty list says that the store had nothing, and the former server may have made the client present since.
      } else if (present?.length !== 0 || place?.roster.get(socket.id)) this.#return(room, socket, before.get(room));
    }
    // Rooms that the socket has left in the meantime.
    for (const held of [...(all?.values() ?? [])]) if (held.deadlineQueue) this.#end(held);
  }

  /** Ends all waiting when the server closes, or when nothing needs the namespace. */
  close(): void {
    for (const all of this.#held.values()) for (const held of all.values()) this.#grace.remove(held);
    this.#held.clear();
    this.#rooms.clear();
    this.#unlisten?.();
  }

  /**
   * Makes a returning socket present in a room with what is known here: `before`, its presence when its connection was
   * lost, or what another process has told. The store may know more later.
   */
  #return(room: Room, socket: S, before: PresentAs | undefined): void {
    const { shared } = this.#context;
    let restored: PresenceEntry | undefined;
    let isAnswered = false;
    if (shared && room !== socket.id && room.length <= NAME_MAX) {
      // The store is asked before it gets the entry of this process.
      shared.find(this.#topic(room), socket.id, (entry) => {
        isAnswered = true;
        const held = this.#held.get(socket.id)?.get(room);
        if (held) this.#reconcile(held, entry, restored, before);
        else if (!restored) this.#adopt(room, socket, entry, before);
      });
    }
    if (!isAnswered) restored = this.#adopt(room, socket, this.#rooms.get(room)?.roster.get(socket.id), before);
  }

  /** Makes a returning socket present: with `entry`, whose process is gone or learns of this, or else with `before`. */
  #adopt(room: Room, socket: S, entry?: PresenceEntry, before?: PresentAs): PresenceEntry | undefined {
    const known = entry ?? before;
    if (!known || !socket.connected || !socket.rooms.has(room) || this.#held.get(socket.id)?.has(room)) return;
    const place = this.#open(room, !entry && before?.isAnnounced ? { announce: true } : {});
    if (!this.#hasSpace(place, socket)) return void this.#closeIdle(place);
    this.#hold(place, socket.id);
    const { id, state, at } = entry && before && before.at > entry.at ? before : known;
    const { since = this.#now, takenAt: takenBefore = 0 } = entry ?? {};
    const takenAt = Math.max(this.#now, takenBefore + 1);
    const own: PresenceEntry = { socketId: socket.id, node: this.#node, id, state, at, takenAt, since };
    this.#set(place, own);
    this.#sendList(place, socket);
    return own;
  }

  /** The store says what it had of a client that is back. Without an entry, its presence had ended. */
  #reconcile(held: Held, stored?: PresenceEntry, restored?: PresenceEntry, before?: PresentAs): void {
    const place = this.#rooms.get(held.room);
    const own = place?.roster.get(held.id);
    if (!place || !own || held.isCeded || stored?.node === this.#node) return;
    const next = stored && withStored(own, stored, own === restored);
    if (!next && own === restored && !before) this.#end(held);
    if (next && (next.since !== own.since || !sameEntries(own, next))) this.#set(place, next);
  }

  /** Reads who is present in a room that this process does not track, at most once in each `pollMs`. */
  #load(room: Room, shared: SharedPresence): Answer<readonly PresenceEntry[]> {
    const known = this.#loads.get(room);
    if (known && this.#now - known.at < this.#context.settings.pollMs) return known.entries;
    if (this.#loads.size >= LOADS_MAX) this.#loads.clear();
    const entries = shared.load(this.#topic(room));
    this.#loads.set(room, { at: this.#now, entries });
    return entries;
  }

  get #now(): number {
    return this.#context.clock.now();
  }

  #topic(room: Room): string {
    return topicOf(this.#context.name, room);
  }

  #open(room: Room, { announce }: PresenceOptions): PresentRoom {
    const place = this.#rooms.get(room) ?? this.#create(room);
    if (announce !== undefined) place.isAnnounced = announce;
    return place;
  }

  #create(room: Room): PresentRoom {
    const { shared } = this.#context;
    const place: PresentRoom = new PresentRoom(room, (entries) => this.#merge(place, entries));
    place.isLoaded = shared === undefined;
    this.#rooms.set(room, place);
    shared?.open(this.#topic(room), place);
    return place;
  }

  #closeIdle(place: PresentRoom): void {
    if (!place.isIdle || this.#rooms.get(place.room) !== place) return;
    this.#rooms.delete(place.room);
    this.#context.shared?.close(this.#topic(place.room), place);
  }

  #hasSpace({ roster }: PresentRoom, { id }: S): boolean {
    return roster.get(id) !== undefined || roster.connectionCount < this.#context.settings.connectionsMax;
  }

  #hold(place: PresentRoom, id: SocketId): void {
    this.#unlisten ??= this.#context.onLeaveRoom((room, left) => {
      const held = this.#held.get(left)?.get(room);
      // A socket that lost its connection has also left its rooms, but stays present for the grace period.
      if (held && !held.deadlineQueue) this.#end(held);
    });
    const { room } = place;
    const all = this.#held.get(id) ?? new Map<Room, Held>();
    if (all.has(room)) return;
    place.heldCount += 1;
    this.#held.set(id, all.set(room, Object.assign(new DeadlineEntry(), { room, id, isCeded: false })));
  }

  #release({ room, id }: Held, place: PresentRoom): void {
    const all = this.#held.get(id);
    all?.delete(room);
    if (all?.size === 0) this.#held.delete(id);
    this.#waiting.get(place)?.delete(id);
    place.heldCount -= 1;
  }

  /**
   * Gives up a socket, because another process has its client. That process may have taken the client earlier and say
   * so later. So a socket that is still connected is taken back if the other process gives up the client.
   */
  #cede(held: Held, place: PresentRoom): void {
    this.#context.shared?.forget(this.#topic(held.room), held.id);
    held.isCeded = held.deadlineQueue === undefined;
    if (held.isCeded) return;
    this.#grace.remove(held);
    this.#release(held, place);
  }

  /** Returns when this process took a socket that it has, or takes it from the process of `before`. */
  #takenAt(before: PresenceEntry | undefined): number {
    if (before?.node === this.#node) return before.takenAt;
    return Math.max(this.#now, (before?.takenAt ?? 0) + 1);
  }

  /** Returns a time after that of the newest state of a member. */
  #after(place: PresentRoom, id: string): number {
    return Math.max(this.#now, place.roster.newestAt(id) + 1);
  }

  #set(place: PresentRoom, entry: PresenceEntry): void {
    const held = this.#held.get(entry.socketId)?.get(place.room);
    if (held) held.isCeded = false;
    const changes = place.roster.set(entry);
    this.#context.shared?.write(this.#topic(place.room), entry);
    this.#tell(place, changes);
  }

  #end(held: Held): void {
    this.#grace.remove(held);
    const place = this.#rooms.get(held.room);
    if (!place) return;
    this.#release(held, place);
    if (!held.isCeded) {
      const changes = place.roster.delete(held.id);
      this.#context.shared?.erase(this.#topic(held.room), held.id);
      this.#tell(place, changes);
    }
    this.#closeIdle(place);
  }

  #tell(place: PresentRoom, changes: readonly PresenceChange[]): void {
    for (const change of place.isLoaded ? changes : []) {
      if (place.isAnnounced)
        this.#context.tell(place.room, `naru:presence:${change.type}`, [place.room, change.member]);
      place.announce(change);
    }
  }

  #sendList(place: PresentRoom, socket: S): void {
    if (!place.isAnnounced || !socket.connected) return;
    // The socket waits for the list, because only the list reports the members that were here earlier.
    if (!place.isLoaded) return void getOrCreate(this.#waiting, place, () => new Map()).set(socket.id, socket);
    const { roster } = place;
    const list: PresenceList = { members: roster.list(this.#context.settings.membersMax), count: roster.count };
    this.#context.tellOne(socket, 'naru:presence:list', [place.room, list]);
  }

  /**
   * Takes over the entries of all processes for a room. Sockets that are connected here keep their own entries. New
   * entries are applied before missing ones are removed, so a client that moves is not reported as gone.
   */
  #merge(place: PresentRoom, entries: readonly PresenceEntry[]): void {
    if (this.#rooms.get(place.room) !== place) return;
    const listed = new Set<SocketId>();
    const changes: PresenceChange[] = [];
    const { heldCount } = place;
    // With the first list, the changes of this process since it opened the room are told, relative to the others.
    const others = place.isLoaded ? undefined : new Roster();
    for (const entry of entries) {
      const known = place.roster.get(entry.socketId);
      const held = this.#held.get(entry.socketId)?.get(place.room);
      const [isOwn, isOther] = [held?.isCeded === false, entry.node !== this.#node];
      if (isOther) others?.set(entry);
      if (held && isOwn && known && isOther) {
        // The list is older, or the other process does not know yet. If it took the client later, it has it now.
        if (entry.takenAt < known.takenAt || (entry.takenAt === known.takenAt && !held.deadlineQueue)) continue;
        this.#cede(held, place);
      }
      listed.add(entry.socketId);
      if ((isOther || !isOwn) && !sameEntries(known, entry)) changes.push(...place.roster.set(entry));
    }
    for (const known of [...place.roster.entries]) {
      if (listed.has(known.socketId)) continue;
      if (this.#held.get(known.socketId)?.has(place.room))
        this.#set(place, { ...known, node: this.#node, takenAt: this.#takenAt(known) });
      else changes.push(...place.roster.delete(known.socketId));
    }
    place.isLoaded = true;
    this.#tell(place, others ? [...place.roster.entries].flatMap((entry) => others.set(entry)) : changes);
    for (const socket of this.#waiting.get(place)?.values() ?? []) this.#sendList(place, socket);
    this.#waiting.delete(place);
    if (place.heldCount < heldCount) this.#closeIdle(place);
  }
}
