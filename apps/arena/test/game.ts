/** One room without a network: pages that decode what they get, and an outbox that remembers. */
import { names } from '../server/people/names.js';
import type { Outbox } from '../server/rooms/outbox.js';
import type { Outlet, Player } from '../server/rooms/player.js';
import { type Beginning, Room, type RoomRules } from '../server/rooms/room.js';
import { LIMITS } from '../shared/limits.js';
import type { Ending, Out, Place, RosterChange, Round } from '../shared/protocol.js';
import { decodeInputs, encodeInputs, type Input } from '../shared/wire/input.js';
import { decodeSnapshot, type Snapshot } from '../shared/wire/snapshot.js';
import type { Point } from '../shared/world/field.js';

const RULES: RoomRules = {
  roundMs: LIMITS.roundMs,
  pauseMs: LIMITS.pauseMs,
  graceMs: LIMITS.graceMs,
  filledTo: 0,
  whole: 'no',
};

/** A page that plays in the room. */
export class Page {
  readonly place: Place;
  readonly snapshots: Snapshot[] = [];
  readonly endings: Ending[] = [];
  undecoded = 0;
  bytes = 0;
  seq = 0;
  readonly #game: Game;
  readonly #socket: string;

  constructor(game: Game, place: Place, socket: string) {
    this.#game = game;
    this.place = place;
    this.#socket = socket;
  }

  /** The player of this page, as the server has it. */
  get player(): Player {
    const player = this.#game.room.slots.get(this.place.slot);
    if (!player) throw new RangeError('the player is gone');
    return player;
  }

  get newest(): Snapshot | undefined {
    return this.snapshots.at(-1);
  }

  /** Makes an input of the next number. */
  input(input: Partial<Input> = {}): Input {
    const view = (this.newest?.tick ?? 0) * 16;
    return { direction: 0, magnitude: 0, isFiring: false, aim: 0, view, seq: ++this.seq, ...input };
  }

  /** Sends inputs in one message, over the wire. */
  send(inputs: readonly Input[], ack = this.newest?.tick ?? 0): void {
    const message = decodeInputs(encodeInputs({ ack, inputs }));
    if (message) this.#game.room.take(this.#socket, message);
  }

  /** Sends the input of one tick. */
  act(input: Partial<Input> = {}): void {
    this.send([this.input(input)]);
  }

  take(bytes: Uint8Array): void {
    this.bytes += bytes.length;
    const snapshot = decodeSnapshot(bytes, (tick) => this.snapshots.findLast((known) => known.tick === tick));
    if (snapshot) this.snapshots.push(snapshot);
    else this.undecoded++;
  }
}

/** A room and its pages. */
export class Game {
  readonly room: Room;
  readonly pages = new Map<string, Page>();
  readonly rosters: RosterChange[] = [];
  readonly rounds: Round[] = [];
  readonly outs: Out[] = [];
  readonly points: (readonly number[])[] = [];

  constructor(rules: Partial<RoomRules> = {}, beginning: Partial<Beginning> = {}) {
    const outbox: Outbox = {
      snapshot: ({ socket }, bytes) => this.pages.get(socket)?.take(bytes),
      roster: (change) => this.rosters.push(change),
      round: (round) => this.rounds.push(round),
      outs: (outs) => this.outs.push(...outs),
      points: (points) => this.points.push(points),
      over: ({ socket }, why) => this.pages.get(socket)?.endings.push(why),
    };
    this.room = new Room({ code: 'test', seed: 1, ...beginning }, { ...RULES, ...rules }, outbox);
  }

  /** Gives a person of that number a place. */
  enter(number: number, at?: Point): Page {
    const page = this.tryEnter(number);
    if (typeof page === 'string') throw new RangeError(page);
    if (at) this.put(page, at);
    return page;
  }

  /** Gives a person of that number a place. Returns the refusal if there is one. */
  tryEnter(number: number, socket = `socket-${number}-${this.pages.size}`): Page | string {
    const { key, seed } = names.stub(number.toString(16).padStart(32, '0'));
    const outlet: Outlet = { node: 'here', socket };
    const place = this.room.enter({ key, card: names.card(seed), outlet });
    if (typeof place === 'string') return place;
    const page = new Page(this, place, socket);
    this.pages.set(socket, page);
    return page;
  }

  /** Puts a player somewhere, in play. */
  put({ player }: Page, at: Point): void {
    Object.assign(player, { body: at, state: 'in', ticksLeft: 0 });
  }

  /** Notes that the connection of a page is lost. */
  cut(page: Page): void {
    for (const [socket, each] of this.pages) if (each === page) this.room.lose(socket);
  }

  /** Simulates ticks. `act` is called before each of them. */
  run(ticks: number, act?: (tick: number) => void): void {
    for (let tick = 0; tick < ticks; tick++) {
      act?.(tick);
      this.room.advance();
    }
  }
}
