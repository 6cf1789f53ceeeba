/**
 * Members of a namespace whose log is on another machine. They enter rooms, leave them, fall behind and catch up, all
 * at random.
 */
import { describe, expect, it } from 'vitest';
import { FakeClock, SeededRandom } from '../../../../../testing/src/index.js';
import type { LogRecord, Offset } from '../../../../src/backplane/backplane.js';
import { isErased, toldRecord } from '../../../../src/backplane/own-records.js';
import { DIALECT_V5, StandardCodec } from '../../../../src/namespace/event/codec.js';
import { EffectiveRooms } from '../../../../src/namespace/log/effective-rooms.js';
import { NamespaceLog } from '../../../../src/namespace/log/namespace-log.js';
import { LogDelivery } from '../../../../src/namespace/log/order/log-delivery.js';
import { isFor } from '../../../../src/namespace/log/records.js';
import { Reception, type ReceptionContext } from '../../../../src/namespace/membership/reception.js';
import { Rooms } from '../../../../src/namespace/rooms.js';
import type { Lag } from '../../../../src/namespace/slow-policies/lag.js';
import type { ActivePolicy } from '../../../../src/namespace/slow-policies/policy.js';
import type { Member } from '../../../../src/namespace/socket/socket.js';
import { PacketType } from '../../../../src/protocol/socket-io/packet.js';
import { Outbox } from '../../../../src/session/outbox.js';
import type { EncodedPacket } from '../../../../src/transport/encoded-packet.js';
import { FarLog } from './far-log.js';

const ROOMS = ['a', 'b', 'c', 'd', 'e'];
const MEMBERS = 6;
const STEPS = 200;

/** A member, and what its client got: the names of events and pages. */
class Guest {
  readonly id: string;
  isInOwnRoom = false;
  joinedRooms: Set<string> | undefined = undefined;
  readonly connected = true;
  lag: Lag | undefined = undefined;
  readonly namespace = { name: '/' };
  readonly client: object;
  readonly got: string[] = [];
  /** The changes of its rooms and its pages, each with the record that it follows. */
  readonly marks: { after: Offset; room?: string; isIn?: boolean; page?: string }[] = [];
  /** Whether its connection takes nothing. */
  isFull = false;
  readonly #stage: Stage;

  constructor(stage: Stage, id: string) {
    this.#stage = stage;
    this.id = id;
    const guest = this;
    const conn = {
      readyState: 'open',
      isAwaitingSpace: false,
      transport: { writable: false, carries: { reliable: true } },
      get bufferedBytes() {
        return guest.isFull ? 2_000_000 : 0;
      },
    };
    const sink = { sendPackets: (packets: readonly EncodedPacket[]) => this.#take(packets) };
    this.client = { conn, attachmentsMax: 10, sink };
  }

  get effectiveRooms(): Set<string> {
    return this.#stage.recipients.roomsOf(this);
  }

  #take(packets: readonly EncodedPacket[]): void {
    for (const { unit } of packets) this.got.push(String((JSON.parse(String(unit).slice(2)) as unknown[])[0]));
    this.isFull ||= this.#stage.fills();
  }

  sendLogged(packets: readonly EncodedPacket[], previous: Offset): void {
    this.#stage.reception.sendLogged(asMember(this), packets, previous, this.#stage.policy);
  }

  readFrom(after: Offset): void {
    this.#stage.reception.readFrom(asMember(this), after);
  }

  /** Enters or leaves a room, as `Membership` does it. */
  move(room: string, isIn: boolean): void {
    const { outbox, rooms, recipients, log } = this.#stage;
    outbox.settle();
    if (rooms.has(this, room) === isIn) return;
    if (isIn) rooms.join(this, room);
    else rooms.leave(this, room);
    const change = log.fences.isClosed ? recipients.begin(this, room, isIn) : undefined;
    log.fences.run(() => {
      if (change && !recipients.end(change, isIn, log.offset)) return;
      this.marks.push({ after: log.offset, room, isIn });
      this.lag?.onRoom(room, isIn);
    });
  }

  /** Enters a room with a page of history, as `enterWithHistory` does it. */
  enter(room: string, page: string): void {
    const { delivery, log, reception, far } = this.#stage;
    delivery.reachEnd();
    const begin = async (): Promise<string[]> => {
      await far.travel();
      this.got.push(page);
      await far.travel();
      return [];
    };
    log.fences.run(() => {
      this.marks.push({ after: log.offset, page });
      reception.pauseFor(asMember(this), { begin, cancel: () => undefined });
    });
    this.move(room, true);
  }

  takeAll(): void {
    this.isFull = false;
    this.lag?.pump();
  }

  /** Returns the events and pages that are due to its client, and those that it got. Erased events take no part. */
  compare(start: Offset): [due: string[], got: string[]] {
    const rooms = new Set([this.id]);
    const marks = [...this.marks];
    const due: string[] = [];
    const pass = (isBefore: (after: Offset) => boolean): void => {
      for (let [mark] = marks; mark && isBefore(mark.after); [mark] = marks) {
        marks.shift();
        if (mark.page !== undefined) due.push(mark.page);
        else if (mark.isIn) rooms.add(mark.room ?? '');
        else rooms.delete(mark.room ?? '');
      }
    };
    for (const record of this.#stage.far.records) {
      pass((after) => after < record.offset);
      if (record.offset <= start || !isFor(record, rooms) || isErased(record)) continue;
      due.push(String((JSON.parse(record.event) as unknown[])[0]));
    }
    pass(() => true);
    const known = new Set(due);
    return [due, this.got.filter((name) => known.has(name) || !this.#stage.erases)];
  }
}

function asMember(guest: Guest): Member {
  return guest as unknown as Member;
}

/** A process with guests. */
class Stage {
  readonly clock = new FakeClock();
  readonly outbox = new Outbox(this.clock);
  readonly rooms = new Rooms<Guest>(100);
  readonly recipients = new EffectiveRooms(this.rooms);
  readonly errors: unknown[] = [];
  readonly policy: ActivePolicy;
  readonly erases: boolean;
  readonly far: FarLog;
  readonly log: NamespaceLog;
  readonly delivery: LogDelivery;
  readonly reception: Reception;
  readonly #guests = Array.from({ length: MEMBERS }, (_, n) => new Guest(this, `guest-${n}`));
  readonly #random: SeededRandom;
  readonly #codec = new StandardCodec(DIALECT_V5, {});
  readonly #large: number;
  #count = 0;
  #isEnding = false;

  constructor(seed: number) {
    const random = new SeededRandom(seed);
    this.#random = random;
    this.far = new FarLog(this.clock, random.fork());
    this.erases = random.chance(0.3);
    this.#large = random.pick([0, 0, 0.1, 0.5]);
    const limit = random.pick([0, 1_000, 1_000_000]);
    this.policy = { name: 'catch-up', bytesMax: limit, limit, isDropping: false, behindMaxMs: 1_000 };
    this.log = new NamespaceLog('/', this.far.log, {
      clock: this.clock,
      codec: this.#codec,
      onLogError: (error) => void this.errors.push(error),
      onRefresh: () => this.delivery.catchUp(),
    });
    const { outbox, log, recipients } = this;
    this.delivery = new LogDelivery({
      rooms: recipients as never,
      outbox,
      codec: this.#codec,
      log,
      describe: () => undefined,
    });
    const slowReaders = {
      onCaughtUp: () => undefined,
      bufferedBytesMax: Number.POSITIVE_INFINITY,
      table: { begin: () => undefined },
    };
    this.reception = new Reception({
      log,
      slowReaders: slowReaders as unknown as ReceptionContext['slowReaders'],
      lateBytesMax: () => limit,
      settle: () => outbox.settle(),
    });
  }

  /** Whether a connection is full after it was sent something. */
  fills(): boolean {
    return !this.#isEnding && this.#random.chance(0.1);
  }

  /** Returns what went wrong. */
  async run(): Promise<unknown[]> {
    this.delivery.follow();
    await this.clock.advance(2_000);
    const start = this.log.offset;
    for (const guest of this.#guests) this.rooms.add(guest);
    const hurry = this.#random.pick([2, 10, 50]);
    for (let step = 0; step < STEPS; step += 1) {
      const deeds = this.#random.chance(0.3) ? this.#random.integer(1, 8) : 1;
      for (let deed = 0; deed < deeds; deed += 1) this.#act();
      await this.clock.advance(this.#random.integer(0, hurry));
    }
    this.#isEnding = true;
    for (let round = 0; round < 60; round += 1) {
      this.far.announce();
      for (const guest of this.#guests) guest.takeAll();
      await this.clock.advance(500);
    }
    const wrong = [...this.errors];
    if (this.log.offset !== this.far.newest) wrong.push(`delivered up to ${this.log.offset} of ${this.far.newest}`);
    for (const guest of this.#guests) {
      if (guest.lag) wrong.push(`${guest.id} is late`);
      const [due, got] = guest.compare(start);
      const at = due.findIndex((name, index) => name !== got[index]);
      if (String(due) !== String(got)) wrong.push({ guest: guest.id, due: due.slice(at), got: got.slice(at) });
    }
    return wrong;
  }

  /** Does one thing. */
  #act(): void {
    const guest = this.#random.pick(this.#guests);
    const dice = this.#random.integer(0, 99);
    if (dice < 25) this.#emit();
    else if (dice < 55)
      this.far.appendElsewhere(Array.from({ length: this.#random.integer(1, 4) }, () => this.#record()));
    else if (dice < 69) guest.move(this.#random.pick(ROOMS), this.#random.chance(0.5));
    else if (dice < 78) {
      const rooms = ROOMS.filter(() => this.#random.chance(0.3));
      if (this.#random.chance(0.3)) for (const room of rooms) guest.move(room, false);
      for (const room of rooms) guest.enter(room, this.#name());
    } else if (dice < 82) {
      this.outbox.settle();
      guest.readFrom(this.log.offset);
    } else if (dice < 85) guest.isFull = true;
    else if (dice < 92) for (const each of this.#guests) each.takeAll();
    else if (dice < 94) this.far.announce();
    else if (dice < 96 && this.erases) void this.log.erase({ offset: this.#random.pick(this.far.records).offset });
    else this.delivery.tell(['told']);
  }

  #emit(): void {
    const { rooms, except } = this.#record();
    const packet = { type: PacketType.EVENT, nsp: '/', data: [this.#name(), this.#pad()] };
    const target = { rooms: new Set(rooms), except: new Set(except), flags: {} };
    this.delivery.keep(packet, target);
  }

  #record(): LogRecord {
    if (this.#random.chance(0.15)) return toldRecord(['nothing'], 0);
    const rooms = this.#random.chance(0.1) ? [] : ROOMS.filter(() => this.#random.chance(0.3));
    const except = this.#random.chance(0.1) ? [this.#random.pick(ROOMS)] : [];
    return { rooms, except, event: JSON.stringify([this.#name(), this.#pad()]), attachments: [], at: 0 };
  }

  #name(): string {
    this.#count += 1;
    return `${this.#count}`;
  }

  #pad(): string {
    return 'x'.repeat(this.#random.chance(this.#large) ? this.#random.integer(10_000, 400_000) : 0);
  }
}

describe('Members of a log on another machine', () => {
  it.each(Array.from({ length: 25 }, (_, at) => at + 1))(
    'get their events and pages once, in order and by their rooms at each place (seed %i)',
    async (seed) => {
      expect(await new Stage(seed).run()).toEqual([]);
    },
  );
});
