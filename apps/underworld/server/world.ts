/** Everything that is kept while the chat runs, all of it in memory, and what happens as people come, get lost, and go. */
import { randomBytes } from 'node:crypto';
import type { Server } from 'naru';
import { LIMITS } from '../shared/limits.js';
import type { FromPage, FromServer, OpenDoor, Ride, RideEnd } from '../shared/wire.js';
import { Line, type OpenRide, partnerOf } from './line.js';
import { Loudspeaker } from './loudspeaker.js';
import { PictureStore, Uploads } from './pictures.js';
import type { PlaceLog } from './place-log.js';
import { type ReportRules, Reports } from './reports.js';
import { type Rider, type RiderSocket, Riders } from './riders.js';
import { isPlain } from './roads.js';
import { PAGES, roomOf } from './rooms.js';
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
  readonly speaker: Loudspeaker;
  #isMapStale = false;
  #mapSentAt = 0;

  constructor(io: ChatServer, rules: Rules, now: () => number = Date.now) {
    this.io = io;
    this.now = now;
    this.rules = rules;
    this.line = new Line(newId);
    this.stations = new Stations(newId, now());
    this.reports = new Reports(rules);
    this.speaker = new Loudspeaker(io);
  }

  /** Seats a connection in its session; an older connection of the same session is told and closed. */
  connect(rider: Rider, socket: RiderSocket, voice: Voice): void {
    const older = rider.voice;
    rider.socket = socket;
    rider.voice = voice;
    if (older && older !== voice) older.moved();
    const plain = isPlain(voice.road);
    for (const id of [...rider.stations]) {
      const station = this.stations.get(id);
      // Whoever has no page is in those stations whose rooms the connection enters, and in no others.
      if (plain && station) this.leave(station, rider);
      else if (!plain) void socket.join(roomOf(id));
    }
    this.#rewear(rider, voice);
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
      doors: this.#doors(),
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
    this.uploads.close(rider.card.id);
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
    if (!this.stations.enter(station, rider)) return;
    this.speaker.arrived(station, rider);
    this.refreshMap();
  }

  /** Lets a rider out of a station and tells the others. */
  leave(station: OpenStation, rider: Rider): void {
    void rider.socket?.leave(roomOf(station.id));
    if (!this.stations.leave(station, rider, this.now())) return;
    this.speaker.departed(station, rider);
    this.refreshMap();
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
    const { dropped, isChanged } = this.stations.sweep(now);
    const droppedInRides = this.line.sweep(now, (id) => this.riders.get(id) !== undefined);
    for (const id of [...dropped, ...droppedInRides]) this.pictures.remove(id);
    if (isChanged) this.refreshMap();
    this.match();
    this.reports.sweep(now);
    this.uploads.sweep(now);
    // The more people, the rarer: the map goes to all of them.
    if (!this.#isMapStale || now - this.#mapSentAt < Math.min(MAP_EVERY_MS_MAX, this.riders.count)) return;
    this.#isMapStale = false;
    this.#mapSentAt = now;
    this.io.to(PAGES).emit('stations', this.stations.list(), this.riders.count);
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
      if (station) this.speaker.renamedAt(station, rider, before);
    }
    const ride = rider.ride ? this.line.get(rider.ride) : undefined;
    if (ride) this.speaker.renamedOn(ride, rider, before);
  }

  /** The doors that the page can tell people of. */
  #doors(): OpenDoor[] {
    return this.io.doors.flatMap(({ endpoint, address }) => {
      const scheme = SCHEMES.find((each) => endpoint.startsWith(`${each}:`));
      const port = typeof address === 'object' && address !== null ? Reflect.get(address, 'port') : undefined;
      return scheme && typeof port === 'number' ? [{ scheme, port }] : [];
    });
  }
}

const SCHEMES = ['tcp', 'tls', 'stomp', 'stomps'] as const;

const MAP_EVERY_MS_MAX = 4_000;

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
