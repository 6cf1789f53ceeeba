/** Everything that is kept while the chat runs, all of it in memory, and what happens as people come, get lost, and go. */
import { randomBytes } from 'node:crypto';
import type { Server } from 'naru';
import { LIMITS } from '../shared/limits.js';
import type { FromPage, FromServer, RideEnd } from '../shared/wire.js';
import { Line, type OpenRide, partnerOf } from './line.js';
import { PictureStore, Uploads } from './pictures.js';
import type { PlaceLog } from './place-log.js';
import { type ReportRules, Reports } from './reports.js';
import { type Rider, type RiderSocket, Riders } from './riders.js';
import { type OpenStation, Stations } from './stations.js';

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
  #isMapStale = false;
  #mapSentAt = 0;

  constructor(io: ChatServer, rules: Rules, now: () => number = Date.now) {
    this.io = io;
    this.now = now;
    this.rules = rules;
    this.line = new Line(newId);
    this.stations = new Stations(newId, now());
    this.reports = new Reports(rules);
  }

  /** Seats a connection in its session; an older connection of the same session is told and closed. */
  connect(rider: Rider, socket: RiderSocket): void {
    const older = rider.socket;
    rider.socket = socket;
    if (older && older !== socket) {
      older.emit('moved');
      older.disconnect(true);
    }
    for (const id of rider.stations) void socket.join(roomOf(id));
    const ride = rider.ride ? this.line.get(rider.ride) : undefined;
    if (ride) {
      void socket.join(roomOf(ride.id));
      if (older === undefined) partnerOf(ride, rider).socket?.emit('ride:signal', ride.id, false);
    }
    socket.emit('welcome', {
      you: rider.card,
      turn: rider.turn,
      stations: this.stations.list(),
      riders: this.riders.count,
      ...(ride ? { ride: this.rideFor(ride, rider) } : {}),
      mutedMs: this.reports.mutedFor(rider.card.id, this.now()),
      now: this.now(),
    });
    this.refreshMap();
  }

  /** Notes that a connection is gone; the session waits for the next one during the grace time. */
  lose(rider: Rider, socket: RiderSocket): void {
    if (rider.socket !== socket) return;
    rider.socket = undefined;
    rider.lostAt = this.now();
    this.line.cancel(rider);
    this.uploads.close(rider.card.id);
    const ride = rider.ride ? this.line.get(rider.ride) : undefined;
    if (ride) partnerOf(ride, rider).socket?.emit('ride:signal', ride.id, true);
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
    this.refreshMap();
  }

  /** The place with this id, if this rider is in it. */
  placeOf(rider: Rider, id: string): Place | undefined {
    if (rider.stations.has(id)) return this.stations.get(id);
    return rider.ride === id ? this.line.get(id) : undefined;
  }

  /** Lets a rider out of a station and tells the others. */
  leave(station: OpenStation, rider: Rider): void {
    void rider.socket?.leave(roomOf(station.id));
    if (!this.stations.leave(station, rider, this.now())) return;
    this.io.to(roomOf(station.id)).emit('departed', station.id, rider.card.id, station.riders.size);
    this.refreshMap();
  }

  /** Ends a ride that `rider` leaves, and tells both. */
  endRide(ride: OpenRide, rider: Rider, why: RideEnd, forGood = false): void {
    const partner = partnerOf(ride, rider);
    for (const id of this.line.end(ride, this.now(), forGood)) this.pictures.remove(id);
    rider.socket?.emit('ride:over', ride.id, why === 'reported' ? 'reported' : 'you');
    // The other one is not told of a report: it says only that the companion got off.
    partner.socket?.emit('ride:over', ride.id, why === 'lost' ? 'lost' : 'partner');
    for (const each of ride.riders) void each.socket?.leave(roomOf(ride.id));
  }

  /** Brings strangers together. */
  match(): void {
    for (const ride of this.line.match(this.now())) {
      for (const rider of ride.riders) {
        void rider.socket?.join(roomOf(ride.id));
        rider.socket?.emit('ride:start', this.rideFor(ride, rider));
      }
    }
  }

  /** A ride as one of the two sees it. */
  rideFor(ride: OpenRide, rider: Rider): { id: string; partner: Rider['card']; isPartnerLost: boolean } {
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
    this.io.emit('stations', this.stations.list(), this.riders.count);
  }
}

const MAP_EVERY_MS_MAX = 4_000;

/** The room of a place. */
export function roomOf(place: string): string {
  return `place:${place}`;
}

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
