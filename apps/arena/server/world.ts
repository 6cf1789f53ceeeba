/** The state of this server: the people who are connected to it, their seats, and the rooms. */
import { randomBytes, randomInt } from 'node:crypto';
import { LIMITS } from '../shared/limits.js';
import type { Answer, Ending, Place, Refusal } from '../shared/protocol.js';
import type { InputMessage } from '../shared/wire/input.js';
import type { GameServer, GameSocket } from './game-server.js';
import { People, type Person, rename } from './people/people.js';
import { Host } from './rooms/host.js';
import type { Outbox } from './rooms/outbox.js';
import type { Outlet } from './rooms/player.js';
import type { Rules } from './rules.js';

/** The place of a connection in a room, as the server knows it to which the connection comes. */
interface Seat {
  readonly socket: GameSocket;
  readonly person: Person;
  readonly code: string;
}

/** The state of one server. */
export class World {
  readonly io: GameServer;
  readonly rules: Rules;
  readonly now: () => number;
  readonly people = new People();
  /** The people behind the sockets. */
  readonly persons = new WeakMap<GameSocket, Person>();
  readonly host: Host;
  readonly #seats = new Map<string, Seat>();

  constructor(io: GameServer, rules: Rules, now: () => number) {
    this.io = io;
    this.rules = rules;
    this.now = now;
    this.host = new Host(rules, (code) => this.#outboxOf(code));
  }

  /** Gives a person a place: the one that they have, one in the room they ask for, or one in the fullest room with space. */
  async play(person: Person, socket: GameSocket, wanted?: string): Promise<Answer<{ place: Place }>> {
    const seat = this.#seats.get(socket.id);
    if (seat && wanted !== undefined && wanted !== seat.code) this.leave(socket);
    const code = this.#roomFor(person, wanted);
    if (code === undefined) return { ok: false, why: 'full' };
    // The socket joins first, so that it misses no news between its place and its joining.
    await socket.join(channelOf(code));
    const outlet = { node: HERE, socket: socket.id };
    const place = this.host.enter(code, { key: person.key, card: person.card, outlet });
    if (typeof place === 'string') return this.#refuse(socket, code, place);
    this.#seats.set(socket.id, { socket, person, code });
    return { ok: true, place };
  }

  /** Takes the inputs of a connection. */
  take(socket: GameSocket, message: InputMessage): void {
    const seat = this.#seats.get(socket.id);
    if (seat) this.host.take(seat.code, socket.id, message);
  }

  /** Gives a person another name, in the room as well. */
  rename(person: Person, socket: GameSocket, turn: number): void {
    rename(person, turn);
    const seat = this.#seats.get(socket.id);
    if (seat) this.host.rename(seat.code, person);
  }

  /** Ends the place of a connection. */
  leave(socket: GameSocket): boolean {
    const seat = this.#seats.get(socket.id);
    if (!seat) return false;
    this.host.leave(seat.code, seat.person.key);
    this.#over(seat, 'left');
    return true;
  }

  /** Ends a connection that sends what no page sends. */
  expel(socket: GameSocket): void {
    this.leave(socket);
    socket.disconnect(true);
  }

  /** The connection of a person is lost. The place waits. */
  lose(socket: GameSocket): void {
    const seat = this.#seats.get(socket.id);
    if (!seat) return;
    this.#seats.delete(socket.id);
    this.host.lose(seat.code, socket.id);
  }

  /** Simulates one tick of the rooms of this server. */
  advance(): void {
    this.host.advance();
  }

  /** Does what is due. To be called about twice a second. */
  async tick(): Promise<void> {
    this.people.sweep(this.now());
    for (const [code, room] of this.host.rooms) if (room.isDone) this.host.drop(code);
  }

  #roomFor(person: Person, wanted: string | undefined): string | undefined {
    const { rooms } = this.host;
    let best: string | undefined;
    let most = -1;
    for (const [code, { slots }] of rooms) {
      if (slots.ofKey(person.key) && (wanted === undefined || wanted === code)) return code;
      if (slots.humans < LIMITS.players && slots.humans > most) [best, most] = [code, slots.humans];
    }
    if (wanted !== undefined && rooms.has(wanted)) return wanted;
    if (wanted === undefined && best !== undefined) return best;
    if (rooms.size >= LIMITS.rooms) return best;
    return this.host.open({ code: wanted ?? randomBytes(4).toString('hex'), seed: randomInt(2 ** 31) }).code;
  }

  #refuse(socket: GameSocket, code: string, why: Refusal): Answer<{ place: Place }> {
    void socket.leave(channelOf(code));
    return { ok: false, why };
  }

  #over({ socket, code }: Seat, why: Ending): void {
    this.#seats.delete(socket.id);
    void socket.leave(channelOf(code));
    socket.nsp.local.to(socket.id).emit('over', code, why);
  }

  #outboxOf(code: string): Outbox {
    const channel = channelOf(code);
    return {
      snapshot: ({ socket }, bytes) => this.#seats.get(socket)?.socket.volatile.emit('s', bytes),
      roster: (change) => this.io.to(channel).emit('roster', code, change),
      round: (round) => this.io.to(channel).emit('round', code, round),
      outs: (outs) => this.io.to(channel).emit('outs', code, outs),
      points: (points) => this.io.to(channel).volatile.emit('points', code, points),
      over: ({ socket }: Outlet, why) => {
        const seat = this.#seats.get(socket);
        if (seat?.code === code) this.#over(seat, why);
      },
    };
  }
}

/** The room of the connections in a room of the game. */
export function channelOf(code: string): string {
  return `room/${code}`;
}

const HERE = '';
