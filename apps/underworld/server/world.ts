/** Everything that is kept while the chat runs, besides the log, and what happens as people come, get lost, and go. */
import { randomBytes } from 'node:crypto';
import type { Server } from 'naru';
import { LIMITS } from '../shared/limits.js';
import { PAGES, roomOf } from '../shared/rooms.js';
import type { FromPage, FromServer, OpenEndpoint, Ride, RideEnd } from '../shared/wire.js';
import { Chronicle } from './chronicle.js';
import { Line, type OpenRide, partnerOf } from './line.js';
import { Loudspeaker } from './loudspeaker.js';
import { People } from './people.js';
import { PictureFiles } from './picture-files.js';
import { PictureStore, Uploads } from './pictures.js';
import type { PlaceLog } from './place-log.js';
import { type ReportRules, Reports } from './reports.js';
import { type Rider, type RiderSocket, Riders } from './riders.js';
import { isPlain } from './roads.js';
import { type OpenStation, Stations } from './stations.js';
import type { Voice } from './voice.js';

/** The server of the chat. */
export type ChatServer = Server<FromPage, FromServer>;

/** What a deployment may set. */
export interface Rules extends ReportRules {
  readonly graceMs: number;
}

/** Where people talk: a station or a ride. */
export interface Place {
  readonly id: string;
  readonly log: PlaceLog;
}

/** The state of the chat. One server process has one. */
export class World {
  readonly io: ChatServer;
  readonly now: () => number;
  readonly rules: Rules;
  readonly riders = new Riders();
  readonly line: Line;
  readonly stations: Stations;
  readonly reports: Reports;
  readonly uploads = new Uploads();
  readonly pictures = new PictureStore();
  readonly files: PictureFiles;
  readonly speaker: Loudspeaker;
  readonly people: People;
  readonly chronicle: Chronicle;
  #isMapStale = false;
  #mapSentAt = 0;
  #comparedAt = 0;
  #writtenAt = 0;
  #sweptAt = 0;
  #recalling: Promise<void> | undefined;

  /** `folder` is where pictures are kept besides memory, if anywhere. */
  constructor(io: ChatServer, rules: Rules, now: () => number = Date.now, folder?: string) {
    this.io = io;
    this.now = now;
    this.rules = rules;
    this.line = new Line(newId);
    this.stations = new Stations(newId, now());
    this.reports = new Reports(rules);
    this.speaker = new Loudspeaker(io);
    this.files = new PictureFiles(folder);
    this.people = new People(io, this.riders, this.speaker, () => this.refreshMap());
    this.chronicle = new Chronicle(io);
    for (const station of this.stations.all) this.people.watch(station);
  }

  /** Takes over what the log has from before: the stations that riders opened, and the newest that was said at each. */
  async recall(): Promise<void> {
    await this.follow();
    for (const { id, log } of [...this.stations.all]) log.recall(await this.chronicle.newest(id, LIMITS.messagesKept));
  }

  /** Takes over what other processes did with stations; one call at a time. */
  follow(): Promise<void> {
    this.#recalling ??= this.#follow().finally(() => {
      this.#recalling = undefined;
    });
    return this.#recalling;
  }

  async #follow(): Promise<void> {
    // Opened and closed again is nothing; only what is left counts.
    const open = new Map<string, Parameters<Stations['adopt']>[0] | undefined>();
    for (const each of await this.chronicle.happened()) {
      if (each.type === 'opened') open.set(each.station.id, each.station);
      else open.set(each.id, undefined);
    }
    for (const [id, made] of open) {
      const known = this.stations.get(id);
      if (made && !known) {
        const station = this.stations.adopt(made, this.now());
        if (station) this.people.watch(station);
      } else if (!made && known) {
        const closed = this.stations.close(id);
        if (closed) this.people.unwatch(closed);
        // Somebody came in here in that moment, so it is open after all.
        else this.chronicle.opened(known);
      } else continue;
      this.refreshMap();
    }
  }

  /** Opens a station for everybody, or says why not. */
  make(name: string, hue: number): OpenStation | 'name' | 'full' {
    const made = this.stations.make(name, hue, this.now());
    if (typeof made === 'string') return made;
    this.people.watch(made);
    this.chronicle.opened(made);
    this.refreshMap();
    return made;
  }

  /** Seats a connection in its session; an older connection of the same session is told and closed. */
  connect(rider: Rider, socket: RiderSocket, voice: Voice): void {
    const older = rider.voice;
    const before = rider.latest;
    rider.socket = socket;
    rider.latest = socket;
    rider.voice = voice;
    this.#rewear(rider, voice);
    const plain = isPlain(voice.road);
    for (const id of [...rider.stations]) {
      const station = this.stations.get(id);
      // Whoever has no page is in those stations whose rooms the connection enters, and in no others.
      if (plain && station) this.leave(station, rider, before);
      else if (!plain && station) this.#moveTo(station, rider, socket, before);
    }
    if (older && older !== voice) older.moved();
    const ride = rider.ride ? this.line.get(rider.ride) : undefined;
    if (ride) {
      if (!plain) void socket.join(roomOf(ride.id));
      const partner = partnerOf(ride, rider);
      if (older === undefined) partner.voice?.rideSignal(this.rideFor(ride, partner));
    }
    voice.welcome({
      you: rider.card,
      turn: rider.turn,
      stations: this.stations.list(),
      riders: this.riders.count,
      ...(ride ? { ride: this.rideFor(ride, rider) } : {}),
      mutedMs: this.reports.mutedFor(rider.card.id, this.now()),
      now: this.now(),
      endpoints: this.#endpoints(),
    });
    this.refreshMap();
  }

  /** Notes that a connection is gone; the session waits for the next one during the grace time. */
  lose(rider: Rider, socket: RiderSocket): void {
    if (rider.socket !== socket) return;
    rider.socket = undefined;
    rider.voice = undefined;
    rider.lostAt = this.now();
    this.line.cancel(rider);
    const ride = rider.ride ? this.line.get(rider.ride) : undefined;
    if (!ride) return;
    const partner = partnerOf(ride, rider);
    partner.voice?.rideSignal(this.rideFor(ride, partner));
  }

  /** Ends a session for good and forgets it. */
  drop(rider: Rider, why: RideEnd): void {
    this.line.cancel(rider);
    this.uploads.close(rider.card.id);
    const ride = rider.ride ? this.line.get(rider.ride) : undefined;
    if (ride) this.endRide(ride, rider, why);
    for (const id of [...rider.stations]) {
      const station = this.stations.get(id);
      if (station) this.leave(station, rider);
    }
    this.riders.remove(rider);
    rider.socket = undefined;
    rider.voice = undefined;
    this.refreshMap();
  }

  /** The place with this id, if this rider is in it. */
  placeOf(rider: Rider, id: string): Place | undefined {
    if (rider.stations.has(id)) return this.stations.get(id);
    return rider.ride === id ? this.line.get(id) : undefined;
  }

  /** Lets a rider into a station and tells the others. */
  enter(station: OpenStation, rider: Rider): void {
    this.stations.enter(station, rider);
    if (rider.socket) this.people.join(station, rider, rider.socket);
  }

  /** Lets a rider out of a station and tells the others. `socket` is the connection by which it was in. */
  leave(station: OpenStation, rider: Rider, socket = rider.latest): void {
    void socket?.leave(roomOf(station.id));
    if (!this.stations.leave(station, rider, this.now())) return;
    if (socket) this.people.leave(station, socket);
  }

  /** A rider is where it was by another connection, and nobody sees it go and come. */
  #moveTo(station: OpenStation, rider: Rider, socket: RiderSocket, before: RiderSocket | undefined): void {
    void socket.join(roomOf(station.id));
    this.people.join(station, rider, socket);
    if (before && before !== socket) this.people.leave(station, before);
  }

  /** Ends a ride that `rider` leaves, and tells both. */
  endRide(ride: OpenRide, rider: Rider, why: RideEnd, forGood = false): void {
    const partner = partnerOf(ride, rider);
    for (const id of this.line.end(ride, this.now(), forGood)) this.pictures.remove(id);
    rider.voice?.rideOver(this.rideFor(ride, rider), why === 'reported' ? 'reported' : 'you');
    // The other one is not told of a report: it says only that the companion got off.
    partner.voice?.rideOver(this.rideFor(ride, partner), why === 'lost' ? 'lost' : 'partner');
  }

  /** Gives a rider another name, and tells those who see it. */
  rename(rider: Rider, turn: number): void {
    const before = rider.card;
    this.riders.rename(rider, turn);
    this.#tellRenamed(rider, before);
  }

  /** Brings strangers together. */
  match(): void {
    for (const ride of this.line.match(this.now())) {
      for (const rider of ride.riders) rider.voice?.rideStart(this.rideFor(ride, rider));
    }
  }

  /** A ride as one of the two sees it. */
  rideFor(ride: OpenRide, rider: Rider): Ride {
    const partner = partnerOf(ride, rider);
    return { id: ride.id, partner: partner.card, isPartnerLost: partner.socket === undefined };
  }

  /** Lets everybody know soon how the map looks now. */
  refreshMap(): void {
    this.#isMapStale = true;
  }

  /** Forgets what is due. Runs twice a second. */
  sweep(): void {
    const now = this.now();
    for (const rider of this.riders.lost(now, this.rules.graceMs)) this.drop(rider, 'lost');
    const { dropped, closed } = this.stations.sweep(now);
    const droppedInRides = this.line.sweep(now, (id) => this.riders.get(id) !== undefined);
    for (const id of [...dropped, ...droppedInRides]) this.pictures.remove(id);
    for (const station of closed) {
      this.people.unwatch(station);
      this.chronicle.closed(station.id);
      this.refreshMap();
    }
    this.match();
    this.reports.sweep(now);
    this.uploads.sweep(now);
    this.#compare(now);
    // The more people, the rarer: the map goes to all of them.
    if (!this.#isMapStale || now - this.#mapSentAt < Math.min(MAP_EVERY_MS_MAX, this.riders.count)) return;
    this.#isMapStale = false;
    this.#mapSentAt = now;
    this.io.local.to(PAGES).emit('stations', this.stations.list(), this.riders.count);
  }

  /** Now and then: who is where, whatever may have been missed; and that what is open is open. */
  #compare(now: number): void {
    if (now - this.#comparedAt < COMPARE_EVERY_MS) return;
    this.#comparedAt = now;
    for (const station of this.stations.all) void this.people.compare(station);
    if (now - this.#sweptAt >= FILES_EVERY_MS) {
      this.#sweptAt = now;
      void this.files.sweep(now);
    }
    if (now - this.#writtenAt < WRITE_EVERY_MS) return;
    this.#writtenAt = now;
    for (const station of this.stations.all) if (!station.isPermanent) this.chronicle.opened(station);
  }

  /** A session that goes on by another road says so on its card. */
  #rewear(rider: Rider, { road }: Voice): void {
    const before = rider.card;
    if (before.road === road) return;
    rider.card = { ...before, road };
    this.#tellRenamed(rider, before);
  }

  #tellRenamed(rider: Rider, before: Rider['card']): void {
    for (const id of rider.stations) {
      const station = this.stations.get(id);
      if (station && rider.socket) this.people.join(station, rider, rider.socket);
    }
    const ride = rider.ride ? this.line.get(rider.ride) : undefined;
    if (ride) this.speaker.renamedOn(ride, rider, before);
  }

  /** The endpoints that the page can tell people of. */
  #endpoints(): OpenEndpoint[] {
    return this.io.endpoints.flatMap(({ url, address }) => {
      const scheme = SCHEMES.find((each) => url.startsWith(`${each}:`));
      const port = typeof address === 'object' && address !== null ? Reflect.get(address, 'port') : undefined;
      return scheme && typeof port === 'number' ? [{ scheme, port }] : [];
    });
  }
}

const SCHEMES = ['tcp', 'tls', 'stomp', 'stomps'] as const;

const MAP_EVERY_MS_MAX = 4_000;
const COMPARE_EVERY_MS = 5_000;
const FILES_EVERY_MS = 60_000;
const WRITE_EVERY_MS = 60 * 60 * 1_000;

/** A random id, not to be guessed. */
export function newId(): string {
  return randomBytes(12).toString('base64url');
}

/** The rules, with what the environment sets for a deployment or a rehearsal. */
export function rulesFrom(env: Readonly<Record<string, string | undefined>>): Rules {
  return {
    graceMs: numberFrom(env.UNDERWORLD_GRACE_MS, LIMITS.graceMs),
    reportsToMute: numberFrom(env.UNDERWORLD_REPORTS_TO_MUTE, LIMITS.reportsToMute),
    reporterAgeMs: numberFrom(env.UNDERWORLD_REPORTER_AGE_MS, LIMITS.reporterAgeMs),
  };
}

function numberFrom(text: string | undefined, fallback: number): number {
  const value = Number(text ?? Number.NaN);
  return Number.isSafeInteger(value) && value >= 0 ? value : fallback;
}
