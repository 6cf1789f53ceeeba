/** Many seeded runs with `whileAway: 'local'`, with a home that goes away and servers that are killed. */
import { expect, it } from 'vitest';
import { SeededRandom } from '../../../packages/testing/src/seeded-random.js';
import { type LateClient, type LateNode, LateStage } from './late-nodes.js';

const SEEDS = Number(process.env.NARU_AWAY_SEEDS ?? 10);
const STEPS = 150;
/** Milliseconds after which the clients of a server have an event although the home is silent. */
const AT_ONCE_MS = 1_100;
const ROOMS = ['a', 'b', undefined];

/** An event, and who was to get it when it was sent. */
interface Sent {
  readonly name: string;
  readonly by: Place;
  readonly room: string | undefined;
  readonly at: number;
  readonly members: ReadonlySet<Guest>;
}

interface Place {
  readonly node: LateNode;
  isKilled: boolean;
}

/** A client that stays, and what it has got. */
class Guest {
  readonly place: Place;
  readonly client: LateClient;
  readonly rooms = new Set<string>();
  /** When its rooms changed. */
  readonly changes: { readonly room: string; readonly at: number }[] = [];
  readonly got = new Map<string, number>();
  #count = 0;

  constructor(place: Place, client: LateClient) {
    this.place = place;
    this.client = client;
  }

  /** Notes what has come, and fails at an event that came before. */
  look(at: number): void {
    const { events } = this.client;
    for (const name of events.slice(this.#count)) {
      expect(this.got.has(name), `${name} came twice`).toBe(false);
      this.got.set(name, at);
    }
    this.#count = events.length;
  }

  change(room: string, at: number): void {
    const { place, client } = this;
    const socket = place.node.io.sockets.sockets.get(client.answer?.sid ?? '');
    const isIn = this.rooms.has(room);
    if (isIn) socket?.leave(room);
    else socket?.join(room);
    this.rooms[isIn ? 'delete' : 'add'](room);
    this.changes.push({ room, at });
  }

  isIn(room: string | undefined): boolean {
    return room === undefined || this.rooms.has(room);
  }

  /** Whether it joined or left a room between an event and its delivery at the latest. */
  hasChanged({ room, at }: Sent): boolean {
    return this.changes.some((change) => change.room === room && change.at >= at && change.at <= at + AT_ONCE_MS);
  }
}

/** One run. */
class Run {
  readonly #stage: LateStage;
  readonly #random: SeededRandom;
  readonly #places: Place[] = [];
  readonly #guests: Guest[] = [];
  readonly #sent: Sent[] = [];
  /** When the home was out of reach. */
  readonly #silences: { readonly from: number; readonly to: number }[] = [];

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
    this.#stage = new LateStage({ bytes: 100_000_000, seed });
  }

  async run(): Promise<void> {
    for (let at = 0; at < 3; at += 1) {
      const place: Place = { node: await this.#stage.node({ whileAway: 'local' }), isKilled: false };
      this.#places.push(place);
      for (let each = 0; each < 3; each += 1) this.#guests.push(new Guest(place, await place.node.enter()));
    }
    for (let step = 0; step < STEPS; step += 1) await this.#step(step);
    await this.#wait(2 * AT_ONCE_MS);
    this.#stage.home.start();
    await this.#stage.clock.advance(90_000);
    await this.#wait(10);
    this.#check();
  }

  async #step(step: number): Promise<void> {
    const random = this.#random;
    const { home, clock } = this.#stage;
    const place = random.pick(this.#places.filter(({ isKilled }) => !isKilled));
    const dice = random.integer(0, 99);
    const isSilent = this.#silences.some(({ to }) => to > this.#now);
    if (dice < 70) this.#emit(place, `${step}`);
    else if (dice < 90) random.pick(this.#guests.filter(isThere)).change(random.pick(['a', 'b']), this.#now);
    else if (dice < 96 && !isSilent) {
      const ms = random.integer(200, 20_000);
      this.#silences.push({ from: this.#now, to: this.#now + ms });
      home.stop();
      clock.setTimeout(() => home.start(), ms, undefined);
    } else if (dice >= 99 && this.#places.every(({ isKilled }) => !isKilled)) {
      place.isKilled = true;
      place.node.kill();
    }
    await this.#wait(random.pick([0, 1, 20, 300, 900]));
  }

  #emit(by: Place, name: string): void {
    const room = this.#random.pick(ROOMS);
    const members = new Set(this.#guests.filter((guest) => guest.place === by && guest.isIn(room)));
    this.#sent.push({ name, by, room, at: this.#now, members });
    if (room === undefined) by.node.io.emit(name);
    else by.node.io.to(room).emit(name);
  }

  get #now(): number {
    return this.#stage.clock.elapsed;
  }

  async #wait(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 10) {
      await this.#stage.clock.advance(Math.min(10, left));
      for (const guest of this.#guests.filter(isThere)) guest.look(this.#now);
    }
  }

  #check(): void {
    const guests = this.#guests.filter(isThere);
    for (const guest of guests) for (const sent of this.#sent) this.#checkOne(guest, sent);
    for (const guest of guests) {
      for (const by of this.#places) {
        const names = this.#sent.filter((sent) => sent.by === by).map(({ name }) => name);
        const got = [...guest.got.keys()].filter((name) => names.includes(name));
        expect(got).toEqual(names.filter((name) => guest.got.has(name)));
      }
      // Nothing waited for a minute.
      expect(guest.got.has('naru:gap')).toBe(false);
    }
  }

  #checkOne(guest: Guest, sent: Sent): void {
    const at = guest.got.get(sent.name);
    const isOwn = guest.place === sent.by;
    if (isOwn && !guest.hasChanged(sent)) {
      expect(at !== undefined, `${sent.name} reaches exactly the members of its server`).toBe(sent.members.has(guest));
      const isSilent = this.#silences.some(({ from, to }) => from <= sent.at && to >= sent.at + AT_ONCE_MS);
      if (at !== undefined && isSilent) expect(at - sent.at).toBeLessThanOrEqual(AT_ONCE_MS);
    } else if (!isOwn && sent.room === undefined && !sent.by.isKilled)
      expect(at, `${sent.name} reaches the clients of other servers`).toBeDefined();
  }
}

function isThere({ place }: Guest): boolean {
  return !place.isKilled;
}

it.each(Array.from({ length: SEEDS }, (_, at) => at + 1))(
  'each promise of the option holds with seed %i',
  async (seed) => {
    await new Run(seed).run();
  },
);
