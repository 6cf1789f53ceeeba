/** The state of this server, and what happens when broadcasts begin, break off and end. */
import { randomBytes } from 'node:crypto';
import { Bucket } from '@naru/guard';
import { People } from 'naru-apps-kit/server/people.js';
import { Reports } from 'naru-apps-kit/server/reports.js';
import type { Card } from 'naru-apps-kit/shared/protocol.js';
import { LIMITS } from '../shared/limits.js';
import type { About, Ending, OnAir, Quality, Refusal, SourceKind, StreamFault } from '../shared/protocol.js';
import { deskOf, PAGES, talkOf } from '../shared/rooms.js';
import { Audience } from './broadcasts/audience.js';
import { type Change, Directory, onAirOf } from './broadcasts/directory.js';
import { type AirEvent, Journal } from './broadcasts/journal.js';
import { type Broadcaster, Studio } from './broadcasts/studio.js';
import { Tapes } from './broadcasts/tape.js';
import { type LiveClock, type LiveServer, type LiveSocket, unlogged } from './live-server.js';
import type { Person } from './people/people.js';
import type { Rules } from './rules.js';
import { Channels } from './viewers/channels.js';
import { Viewers } from './viewers/viewers.js';

/** The plan of a broadcaster. */
export interface Plan {
  readonly id: string;
  readonly card: Card;
  readonly kind: SourceKind;
  readonly qualities: readonly Quality[];
}

/** A program that has sent no frame yet. Its times are by the steady clock. */
interface WaitingProgram {
  readonly since: number;
  /** When its newest bytes came. */
  heardAt: number;
  stall(): void;
}

/** The state of one server. */
export class World {
  readonly io: LiveServer;
  readonly rules: Rules;
  readonly clock: LiveClock;
  /** Milliseconds since 1970. */
  readonly now = (): number => this.clock.now();
  readonly people = new People<Person>(LIMITS.people, LIMITS.personKeptMs);
  readonly reports: Reports;
  readonly directory = new Directory();
  readonly journal: Journal;
  readonly tapes: Tapes;
  readonly channels: Channels;
  readonly viewers: Viewers;
  /** The requests of programs that have sent no frame yet. */
  readonly waitingPrograms = new Map<object, WaitingProgram>();
  /** The people behind the sockets, in both namespaces. */
  readonly persons = new WeakMap<LiveSocket, Person>();
  readonly #studios = new Map<string, Studio>();
  /** When each broadcast may take more messages and hearts. */
  readonly #paces = new Map<string, Bucket>();
  /** Ended broadcasts whose records are still to be erased for good, and when that is due. */
  readonly #toForget = new Map<string, number>();
  /** Whether the journal was read once. */
  #hasRecalled = false;
  /** When the journal got the newest signs of life, by the steady clock. */
  #renewedAt = Number.NEGATIVE_INFINITY;
  #isTicking = false;

  /** `admit` finds the person of a socket, or returns the reason to refuse it. */
  constructor(io: LiveServer, rules: Rules, clock: LiveClock, admit: (socket: LiveSocket) => Error | undefined) {
    this.io = io;
    this.rules = rules;
    this.clock = clock;
    this.reports = new Reports(rules);
    this.journal = new Journal(io, LIMITS.tapeMs + LIMITS.graceMs);
    this.channels = new Channels(io);
    this.viewers = new Viewers(io, this.channels);
    this.tapes = new Tapes(io, admit, (socket, id) => this.mayRead(socket, id));
  }

  /**
   * Learns from the log what was on air before this server started. Ends that were not carried out are carried out now.
   */
  async recall(): Promise<void> {
    const events = await this.journal.readOn();
    this.#follow(events);
    const ended = new Set(events.flatMap((event) => (event.type === 'off' ? [event.id] : [])));
    for (const id of ended) if (!this.directory.get(id)) await this.#erase(id);
  }

  /** Reads what happened on all servers. */
  async readOn(): Promise<void> {
    this.#follow(await this.journal.readOn());
  }

  /** The broadcast with this id as people see it. */
  onAir(id: string): OnAir | undefined {
    const entry = this.directory.get(id);
    return entry && onAirOf(entry);
  }

  /** The studio of a broadcast, if its broadcaster is connected to this server. */
  studioOf(id: string): Studio | undefined {
    return this.#studios.get(id);
  }

  /** Whether the person of a socket may see a broadcast and read its tape and chat. */
  mayRead(socket: LiveSocket, id: string): boolean {
    const person = this.persons.get(socket);
    const entry = this.directory.get(id);
    return person !== undefined && entry !== undefined && !entry.kicked.includes(person.card.id);
  }

  /** Whether a broadcast takes one more message, or one more heart, now. */
  hasRoom(id: string, what: 'messages' | 'hearts'): boolean {
    const rate = LIMITS[`${what}PerSecond`];
    const pace = this.#paces.get(`${what} ${id}`) ?? new Bucket({ perSecond: rate, burst: 5 * rate }, this.now());
    this.#paces.set(`${what} ${id}`, pace);
    return pace.take(1, this.now());
  }

  /**
   * Lets a broadcaster send. A new broadcast is listed from its first picture on. One that is listed already goes on at
   * once, and a newer broadcaster with the same key takes over.
   */
  async begin(plan: Plan, broadcaster: Broadcaster): Promise<Studio | Refusal> {
    const now = this.now();
    if (this.reports.mutedFor(plan.card.id, now) > 0) return 'muted';
    const known = this.directory.get(plan.id);
    if (!known && this.#isFull) return 'full';
    this.#close(plan.id, 'away', 'taken');
    const { since = now, kicked = [], title = '' } = known ?? {};
    const record = {
      ...plan,
      since,
      kicked,
      title,
      isDark: false,
      viewers: 0,
      session: randomBytes(6).toString('base64url'),
    };
    const { channels, tapes, clock } = this;
    const studio = new Studio(record, { channels, tapes, broadcaster, clock });
    this.#studios.set(plan.id, studio);
    if (known) await this.#list(studio);
    return studio;
  }

  /** Whether there are as many broadcasts as there may be. The journal may not have returned the newest ones yet. */
  get #isFull(): boolean {
    const newest = [...this.#studios.values()].filter(
      ({ isListed, record }) => isListed && !this.directory.get(record.id),
    );
    return this.directory.count + newest.length >= LIMITS.broadcasts;
  }

  async #list(studio: Studio): Promise<void> {
    studio.list(new Audience(this.io, studio.record.id));
    this.journal.on(studio.record);
    await this.readOn();
  }

  /** Takes a frame of a studio. A stream that breaks a rule is told, and its broadcast ends. */
  take(studio: Studio, bytes: Uint8Array): StreamFault | undefined {
    if (this.#studios.get(studio.record.id) !== studio) return undefined;
    let fault = studio.take(bytes);
    if (!fault && studio.hasPicture && !studio.isListed) {
      if (this.#isFull) fault = 'full';
      else void this.#list(studio);
    }
    if (fault) this.fail(studio, fault);
    return fault;
  }

  /** Tells a broadcaster that its stream is refused, and ends the broadcast. */
  fail(studio: Studio, fault: StreamFault): void {
    const { id } = studio.record;
    if (this.#studios.get(id) !== studio) return;
    const { isListed } = studio;
    this.#close(id, fault, fault);
    if (isListed) void this.end(id, fault);
  }

  /** Notes what a broadcaster says about a broadcast. Returns false if it is not on air. */
  async describe(id: string, about: About): Promise<boolean> {
    if (!this.directory.get(id)) return false;
    this.journal.about(id, about);
    await this.readOn();
    return true;
  }

  /** Tells the owner of a stream why it was refused. The owner may be on any server. */
  tellOwner(id: string, fault: StreamFault): void {
    this.io.to(deskOf(id)).volatile.emit('off', id, fault);
  }

  /** The connection of a broadcaster is lost. The broadcast waits for it. */
  lose(studio: Studio): void {
    const { id, session } = studio.record;
    if (this.#studios.get(id) !== studio) return;
    this.#close(id, 'away');
    if (!studio.isListed) return;
    this.directory.away(id, session);
    // The broadcaster may come back to another server.
    this.journal.away(id, session);
    this.#announce();
  }

  /** Ends a broadcast, and erases everything of it. */
  async end(id: string, why: Ending): Promise<void> {
    const isListed = this.#studios.get(id)?.isListed ?? true;
    this.#close(id, why);
    // Nobody knows of a broadcast without a picture.
    if (!isListed) return;
    this.journal.off(id, why);
    await this.readOn();
    await this.#erase(id);
  }

  /** Does what is due. To be called once a second. */
  async tick(): Promise<void> {
    // An erasure may take longer than a second.
    if (this.#isTicking) return;
    this.#isTicking = true;
    try {
      await this.#tick(this.now(), this.clock.steady());
    } finally {
      this.#isTicking = false;
    }
  }

  async #tick(now: number, steady: number): Promise<void> {
    await this.readOn();
    for (const studio of [...this.#studios.values()]) {
      const { fault } = studio;
      if (fault) this.fail(studio, fault);
      else this.#show(studio);
    }
    for (const { since, heardAt, stall } of this.waitingPrograms.values())
      if (steady - heardAt > LIMITS.idleProgramMs || steady - since > LIMITS.stalledMs) stall();
    this.viewers.tick(now);
    if (steady - this.#renewedAt >= LIMITS.renewMs) await this.#renew(steady);
    if (this.directory.lose(steady)) this.#announce();
    for (const { id } of this.directory.expired(steady, this.rules.graceMs))
      if (!this.#studios.has(id)) await this.end(id, 'lost');
    for (const [id, at] of this.#toForget) if (now >= at) await this.#forget(id);
    this.people.sweep(now);
    this.reports.sweep(now);
  }

  async #renew(steady: number): Promise<void> {
    this.#renewedAt = steady;
    for (const studio of this.#studios.values()) {
      const { record } = studio;
      if (!studio.isListed) continue;
      const mark = await this.tapes.newest(record.id);
      if (this.#studios.get(record.id) !== studio) continue;
      const { kicked, title, isDark } = this.directory.get(record.id) ?? record;
      this.journal.on({ ...record, kicked, title, isDark, viewers: studio.viewers, mark });
    }
  }

  #show(studio: Studio): void {
    const { id } = studio.record;
    const figures = studio.figures();
    this.io.to(deskOf(id)).volatile.emit('desk', id, figures);
    this.io.to(talkOf(id)).volatile.emit('audience', id, figures.viewers);
  }

  /** Applies what happened on all servers to the sockets of this one. */
  #follow(events: readonly AirEvent[]): void {
    const [now, steady] = [this.now(), this.clock.steady()];
    // The first reading has old signs of life. Those of later readings are new, whatever the clock of the log says.
    const ageOf = this.#hasRecalled ? () => 0 : (at: number) => Math.max(0, now - at);
    this.#hasRecalled = true;
    const change = this.directory.take(events, (at) => steady - ageOf(at));
    for (const { id, session, qualities } of change.taken) {
      this.channels.open(id);
      this.viewers.offer(id, qualities);
      if (this.#studios.get(id)?.record.session !== session) this.#close(id, 'away', 'taken');
    }
    this.#dismiss(change);
    for (const event of events) if (event.type === 'report') this.#report(event);
    if (change.isListed) this.#announce();
    else if (events.some(({ type }) => type === 'on')) this.#announceCrowds();
  }

  #announceCrowds(): void {
    const viewers = Object.fromEntries(this.directory.list.map((each) => [each.id, each.viewers]));
    this.io.local.to(PAGES).volatile.emit('crowds', viewers);
  }

  #dismiss({ ended, kicked }: Change): void {
    for (const { id, why } of ended) {
      if (this.directory.get(id)) continue;
      this.#close(id, why);
      // The server that ended it erases it. If that server is killed before, this one does.
      if (!this.#toForget.has(id)) this.#toForget.set(id, this.now() + 3 * LIMITS.forgetMs);
      for (const what of ['messages', 'hearts']) this.#paces.delete(`${what} ${id}`);
      this.channels.close(id);
      this.io.local.to([talkOf(id), deskOf(id)]).emit('off', id, why);
      for (const socket of this.viewers.of(id)) this.viewers.leave(socket);
    }
    for (const { id, who } of kicked) {
      for (const socket of this.viewers.of(id, who)) {
        this.viewers.leave(socket);
        unlogged(socket).emit('kicked', id);
      }
    }
  }

  /** A server that starts reads old reports. They count from the time at which they were made. */
  #report({ who, by, at }: AirEvent & { type: 'report' }): void {
    if (this.reports.add(who, { id: by, bornAt: 0 }, at) === 0) return;
    const mutedMs = this.reports.mutedFor(who, this.now());
    if (mutedMs === 0) return;
    this.io.local.to(personOf(who)).emit('muted', mutedMs);
    for (const studio of [...this.#studios.values()]) if (studio.record.card.id === who) this.fail(studio, 'muted');
  }

  /** Ends the studio of a broadcast on this server, if there is one. With a fault, its broadcaster is told. */
  #close(id: string, why: Ending | 'away', fault?: StreamFault): void {
    const studio = this.#studios.get(id);
    if (!studio) return;
    this.#studios.delete(id);
    studio.close(why);
    if (fault) studio.broadcaster.refuse(fault);
    else if (why !== 'away') studio.broadcaster.close();
  }

  #announce(): void {
    this.io.local.to(PAGES).emit('on-air', this.directory.list);
  }

  /** Erases the tape and the chat of a broadcast that has ended, and its records in the journal later. */
  async #erase(id: string): Promise<boolean> {
    this.#toForget.set(id, this.now() + LIMITS.forgetMs);
    try {
      await Promise.all([this.tapes.erase(id), this.io.erase({ room: talkOf(id) })]);
      return true;
    } catch {
      // Naru has reported that the log cannot be written. `#forget` tries again, and so does the next start: the
      // journal still has the end.
      return false;
    }
  }

  /**
   * Erases the rest of a broadcast: what other servers kept before they read of its end, and then its records in the
   * journal.
   */
  async #forget(id: string): Promise<void> {
    this.#toForget.delete(id);
    // The key may have come back meanwhile, with a new broadcast. Another server may have erased everything.
    const isDone = async (): Promise<boolean> => this.directory.get(id) !== undefined || !(await this.journal.has(id));
    if ((await isDone()) || !(await this.#erase(id)) || this.directory.get(id)) return;
    try {
      await this.journal.forget(id);
      this.#toForget.delete(id);
    } catch {
      // Naru has reported this, too. It is tried again.
    }
  }
}

/** The room of all connections of one person. */
export function personOf(who: string): string {
  return `person/${who}`;
}
