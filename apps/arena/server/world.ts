/** The state of this server: the people who are connected to it, their seats, and the rooms. */
import { randomBytes } from 'node:crypto';
import { People } from 'naru-apps-kit/server/people.js';
import { LIMITS } from '../shared/limits.js';
import type { Answer, Ending, Place, Refusal } from '../shared/protocol.js';
import { decodeInputs, type InputMessage } from '../shared/wire/input.js';
import type { GameServer, GameSocket } from './game-server.js';
import { type Entry, humansIn } from './nodes/directory.js';
import { Journal } from './nodes/journal.js';
import { Keeper } from './nodes/keeper.js';
import { type InputParcel, type Message, Post, type SnapshotParcel } from './nodes/post.js';
import { type Person, rename } from './people/people.js';
import { Host } from './rooms/host.js';
import type { Outbox } from './rooms/outbox.js';
import type { RoomState } from './rooms/state.js';
import type { Rules } from './rules.js';

/** The place of a connection in a room, as the server knows it to which the connection comes. */
interface Seat {
  readonly socket: GameSocket;
  readonly person: Person;
  readonly code: string;
  /** The slot that the page knows, and the term of the owner who knows the connection. */
  slot: number | undefined;
  term: number | undefined;
}

type PlaceAnswer = Answer<{ place: Place }>;

/** The state of one server. */
export class World {
  readonly io: GameServer;
  readonly rules: Rules;
  readonly now: () => number;
  readonly people = new People<Person>(LIMITS.people, LIMITS.personKeptMs);
  /** The people behind the sockets. */
  readonly persons = new WeakMap<GameSocket, Person>();
  readonly host: Host;
  readonly keeper: Keeper;
  readonly #post: Post;
  readonly #seats = new Map<string, Seat>();
  /** Connections that are told the reason before they end. */
  readonly #expelled = new Set<GameSocket>();
  #opening: Promise<void> | undefined;
  #isTicking = false;
  #advancedAt: number;
  #isStale = false;

  constructor(io: GameServer, rules: Rules, now: () => number) {
    this.io = io;
    this.rules = rules;
    this.now = now;
    this.#advancedAt = now();
    this.host = new Host(rules, (code) => this.#outboxOf(code));
    const journal = new Journal(io);
    this.#post = new Post(io, (from, message) => this.#receive(from, message));
    this.keeper = new Keeper(this.#post.here, journal, this.host, now);
  }

  /**
   * Gives a person a place: the one that they have, one in the room they ask for, or one in the fullest room with
   * space.
   */
  async play(person: Person, socket: GameSocket, wanted?: string): Promise<PlaceAnswer> {
    if (this.#expelled.has(socket)) return { ok: false, why: 'gone' };
    const seat = this.#seats.get(socket.id);
    if (seat && wanted !== undefined && wanted !== seat.code) this.leave(socket);
    const full = new Set<string>();
    for (let tries = 0; tries < TRIES; tries++) {
      const code = wanted ?? this.#roomFor(person, full);
      if (code === undefined || !this.keeper.has(code)) {
        if (wanted !== undefined && !(await this.#isOpen(wanted))) return { ok: false, why: 'gone' };
        if (this.host.isFull || this.keeper.directory.entries.size >= LIMITS.rooms) return { ok: false, why: 'full' };
        await this.#open(code);
        continue;
      }
      const answer = await this.#enter(person, socket, code);
      if (answer.ok || answer.why !== 'full' || wanted !== undefined) return answer;
      full.add(code);
    }
    return BUSY;
  }

  /** Takes the inputs of a connection. */
  take(socket: GameSocket, message: InputMessage, bytes: Uint8Array): void {
    const seat = this.#seats.get(socket.id);
    if (!seat) return;
    const owner = this.keeper.ownerOf(seat.code);
    if (this.host.rooms.has(seat.code)) this.host.take(seat.code, socket.id, message);
    // The bytes are a part of a larger buffer, which is used again.
    else if (owner) this.#post.addInputs(owner, [seat.code, socket.id, bytes.slice()]);
  }

  /** Gives a person another name, in the room as well. */
  rename(person: Person, socket: GameSocket, turn: number): void {
    rename(person, turn);
    const seat = this.#seats.get(socket.id);
    if (!seat) return;
    const { code } = seat;
    const guest = { key: person.key, card: person.card };
    this.#tell(code, { type: 'rename', code, guest });
  }

  /** Ends the place of a connection. */
  leave(socket: GameSocket): boolean {
    const seat = this.#seats.get(socket.id);
    if (seat) this.#leave(seat, 'left');
    return seat !== undefined;
  }

  /** Ends a connection that sends what no page sends. */
  expel(socket: GameSocket): void {
    const seat = this.#seats.get(socket.id);
    if (seat) this.#leave(seat, 'misuse');
    this.#expelled.add(socket);
  }

  /** The connection of a person is lost. The place waits. */
  lose(socket: GameSocket): void {
    const seat = this.#seats.get(socket.id);
    this.#expelled.delete(socket);
    if (!seat) return;
    this.#seats.delete(socket.id);
    this.#tell(seat.code, { type: 'lose', code: seat.code, socket: socket.id });
  }

  /**
   * Simulates one tick of the rooms of this server, and sends what is for other servers. Snapshots are sent if
   * `isShown`.
   */
  advance(isShown = true): void {
    const now = this.now();
    // A process that slept has to hear first whether another server has its rooms by now.
    if (Math.abs(now - this.#advancedAt) > LIMITS.leaseMs) this.#isStale = true;
    this.#advancedAt = now;
    if (!this.#isStale) this.host.advance(isShown);
    this.#post.flush();
  }

  /** Takes over the rooms of servers that are gone. To be called when the server starts and has read the journal. */
  async begin(): Promise<void> {
    // Servers that begin after this line may be too late to answer.
    const owners = new Set([...this.keeper.directory.entries.values()].map(({ node }) => node));
    const others = await this.#post.others();
    if (!others) return;
    for (const node of owners) if (!others.has(node)) this.keeper.directory.release(node);
    await this.tick();
  }

  /** Does what is due. To be called about twice a second. */
  async tick(): Promise<void> {
    // Reading the log may take longer than until the next call.
    if (this.#isTicking) return;
    this.#isTicking = true;
    try {
      this.people.sweep(this.now());
      for (const socket of this.#expelled) socket.disconnect(true);
      this.#expelled.clear();
      this.#post.sweep();
      const isStale = this.#isStale;
      await this.keeper.tick();
      if (isStale) this.#isStale = false;
      for (const seat of [...this.#seats.values()]) this.#follow(seat);
    } finally {
      this.#isTicking = false;
    }
  }

  /** Follows a room to its owner. */
  #follow(seat: Seat): void {
    if (!this.keeper.has(seat.code)) this.#over(seat, 'lost');
    const entry = this.keeper.directory.alive(seat.code, this.now());
    if (entry && seat.slot !== undefined && seat.term !== entry.term) void this.#resume(seat, entry);
  }

  /** Gives all rooms to the other servers. */
  close(): void {
    this.keeper.release();
  }

  /** The room in which a person has a place, or else the fullest one with space. */
  #roomFor({ key }: Person, full: ReadonlySet<string>): string | undefined {
    let [best, most] = [undefined as string | undefined, -1];
    const { isFull } = this.host;
    for (const [code, { state }] of this.keeper.directory.entries) {
      if (full.has(code)) continue;
      const slots = this.host.rooms.get(code)?.slots;
      if (this.#isIn(code, state, key)) return code;
      if (slots && isFull) continue;
      const humans = slots?.humans ?? humansIn(state);
      if (humans < LIMITS.players && humans > most) [best, most] = [code, humans];
    }
    return best;
  }

  /** Whether a room that a page names may be entered. Another server may have opened it a moment ago. */
  async #isOpen(code: string): Promise<boolean> {
    if (this.rules.opensNamed) return true;
    await this.keeper.readOn();
    return this.keeper.has(code);
  }

  /** Opens a room. Many who come at once wait for the same one. */
  #open(code: string | undefined): Promise<void> {
    if (code !== undefined) return this.keeper.open(code);
    this.#opening ??= this.keeper.open(randomBytes(4).toString('hex')).finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #enter(person: Person, socket: GameSocket, code: string): Promise<PlaceAnswer> {
    const isHere = this.host.rooms.has(code);
    const owner = this.keeper.ownerOf(code);
    // A room of this server goes on when the log is slow.
    if (!isHere && owner === undefined) return BUSY;
    // The socket joins first, so that it misses no news between its place and its joining. The news of this server come
    // after it anyway.
    const joining = socket.join(channelOf(code));
    if (!isHere) await joining;
    // The connection has asked for a place in another room meanwhile.
    const former = this.#seats.get(socket.id);
    if (former && former.code !== code) this.#leave(former, 'left');
    const seat: Seat = { socket, person, code, slot: undefined, term: this.keeper.directory.entries.get(code)?.term };
    // The first snapshots may come before the answer of another server.
    this.#seats.set(socket.id, seat);
    const place = await this.#askFor(seat, owner);
    if (typeof place === 'string') return this.#refuse(seat, place);
    seat.slot = place.slot;
    // Without the seat, a newer request of the connection has another place.
    if (this.#seats.get(socket.id) === seat) this.#endOthers(seat);
    // The connection was lost meanwhile.
    if (!socket.connected) this.lose(socket);
    return { ok: true, place };
  }

  /** Ends the places that the person has in other rooms, through another window or an earlier connection. */
  #endOthers({ person: { key }, code }: Seat): void {
    for (const [other, { state }] of this.keeper.directory.entries) {
      if (other !== code && this.#isIn(other, state, key))
        this.#tell(other, { type: 'leave', code: other, key, why: 'moved' });
    }
  }

  /** Whether a person has a place in a room. The state of another server's room is up to a second old. */
  #isIn(code: string, { players }: RoomState, key: string): boolean {
    const slots = this.host.rooms.get(code)?.slots;
    return slots ? slots.ofKey(key) !== undefined : players.some((player) => player.key === key);
  }

  /** Asks for a place, of this server or of another one. */
  #askFor({ socket, person, code }: Seat, owner: string | undefined): Place | Refusal | Promise<Place | Refusal> {
    const guest = { key: person.key, card: person.card, outlet: { node: this.#post.here, socket: socket.id } };
    if (this.host.rooms.has(code)) return this.host.enter(code, guest);
    return owner === undefined ? 'busy' : this.#post.enter(owner, code, guest);
  }

  /** Makes a connection known to a new owner, whose state of the room may be older than the connection. */
  async #resume(seat: Seat, { node, term }: Entry): Promise<void> {
    seat.term = term;
    const place = await this.#askFor(seat, node);
    if (this.#seats.get(seat.socket.id) !== seat) return;
    if (place === 'busy' || place === 'gone') seat.term = undefined;
    // The page has to learn its new slot, so it asks for a place again.
    else if (typeof place === 'string' || place.slot !== seat.slot) this.#over(seat, 'lost');
  }

  #refuse(seat: Seat, why: Refusal): PlaceAnswer {
    if (this.#seats.get(seat.socket.id) === seat) this.#seats.delete(seat.socket.id);
    void seat.socket.leave(channelOf(seat.code));
    // The owner may have died a moment ago, or have given the room away.
    return why === 'gone' || why === 'busy' ? BUSY : { ok: false, why };
  }

  #leave(seat: Seat, why: Ending): void {
    const { code, person } = seat;
    // The seat goes first, so that the page hears of one ending.
    this.#over(seat, why);
    this.#tell(code, { type: 'leave', code, key: person.key, why });
  }

  #over({ socket, code }: Seat, why: Ending): void {
    this.#seats.delete(socket.id);
    void socket.leave(channelOf(code));
    socket.emit('over', code, why);
  }

  /** Tells the owner of a room something, which may be this server. */
  #tell(code: string, message: Message): void {
    const owner = this.keeper.ownerOf(code);
    if (this.host.rooms.has(code)) this.#receive(this.#post.here, message);
    else if (owner) this.#post.send(owner, message);
  }

  /** Takes a message of another server, or of this one. */
  #receive(from: string, message: Message): void {
    if (message.type === 'enter') {
      const answer = this.host.enter(message.code, message.guest);
      this.#post.send(from, { type: 'answer', id: message.id, answer });
    } else if (message.type === 'leave') this.host.leave(message.code, message.key, message.why);
    else if (message.type === 'lose') this.host.lose(message.code, message.socket);
    else if (message.type === 'rename') this.host.rename(message.code, message.guest);
    else if (message.type === 'over') this.#end(message.code, message.socket, message.why);
    else if (message.type === 'bundle') this.#unpack(message.inputs, message.snapshots);
  }

  #unpack(inputs: readonly InputParcel[], snapshots: readonly SnapshotParcel[]): void {
    for (const [code, socket, bytes] of inputs) {
      const message = decodeInputs(bytes);
      if (message) this.host.take(code, socket, message);
    }
    for (const [socket, bytes] of snapshots) this.#seats.get(socket)?.socket.volatile.emit('s', bytes);
  }

  #end(code: string, socket: string, why: Ending): void {
    const seat = this.#seats.get(socket);
    if (seat?.code === code) this.#over(seat, why);
  }

  #outboxOf(code: string): Outbox {
    const channel = channelOf(code);
    const { here } = this.#post;
    return {
      snapshot: ({ node, socket }, bytes) => {
        if (node === here) this.#seats.get(socket)?.socket.volatile.emit('s', bytes);
        else this.#post.addSnapshot(node, [socket, bytes]);
      },
      roster: (change) => this.io.to(channel).emit('roster', code, change),
      round: (round) => this.io.to(channel).emit('round', code, round),
      outs: (outs) => this.io.to(channel).emit('outs', code, outs),
      points: (points) => this.io.to(channel).emit('points', code, points),
      over: ({ node, socket }, why) => {
        if (node === here) this.#end(code, socket, why);
        else this.#post.send(node, { type: 'over', code, socket, why });
      },
    };
  }
}

/** The room of the connections in a room of the game. */
export function channelOf(code: string): string {
  return `room/${code}`;
}

/** Rooms that are tried for one request. */
const TRIES = 8;
/** Time after which a page asks again for a room that has no owner at the moment. */
const BUSY = { ok: false, why: 'busy', waitMs: 500 } as const;
