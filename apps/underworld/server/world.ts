/** The state of the chat besides the log, and its changes when riders connect, lose their connection or leave. */
import { randomBytes } from 'node:crypto';
import { Reports } from 'naru-apps-kit/server/reports.js';
import type { Rules } from 'naru-apps-kit/server/rules.js';
import type { Card, OpenEndpoint, Ride, RideEnd } from '../shared/protocol.js';
import { PAGES, roomOf } from '../shared/rooms.js';
import type { ChatServer, RiderSocket } from './chat-server.js';
import { isPlain } from './client-kind.js';
import { PictureFiles } from './pictures/picture-files.js';
import { PictureStore, Uploads } from './pictures/pictures.js';
import { Line, type OpenRide, partnerOf } from './places/line.js';
import type { PlaceLog } from './places/place-log.js';
import { StationAnnouncer } from './places/station-announcer.js';
import { StationJournal } from './places/station-journal.js';
import { StationPresence } from './places/station-presence.js';
import { StationSync } from './places/station-sync.js';
import { type OpenStation, Stations } from './places/stations.js';
import { type Rider, Riders } from './riders/riders.js';
import type { Voice } from './riders/voice.js';

/** A place where people talk: a station or a ride. */
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
  readonly announcer: StationAnnouncer;
  readonly presence: StationPresence;
  readonly journal: StationJournal;
  readonly sync: StationSync;
  readonly #spokenAt = new Set<string>();
  #isMapStale = false;
  #mapSentAt = 0;
  #lightsSentAt = 0;
  #filesSweptAt = 0;

  /** `folder` is where pictures are kept. Without one they are in memory only. */
  constructor(io: ChatServer, rules: Rules, now: () => number, folder?: string) {
    this.io = io;
    this.now = now;
    this.rules = rules;
    const onChange = (): void => this.refreshMap();
    this.line = new Line(newId);
    this.stations = new Stations(newId, now());
    this.reports = new Reports(rules);
    this.files = new PictureFiles(now, folder);
    this.announcer = new StationAnnouncer(io);
    this.presence = new StationPresence(io, this.riders, this.announcer, onChange);
    this.journal = new StationJournal(io);
    const { stations, journal, presence } = this;
    this.sync = new StationSync({ stations, journal, presence, now, onChange });
  }

  /** Assigns a connection to its rider. An older connection of the same rider gets `moved` and is closed. */
  connect(rider: Rider, socket: RiderSocket, voice: Voice): void {
    const older = rider.voice;
    const before = rider.latest;
    rider.socket = socket;
    rider.latest = socket;
    rider.voice = voice;
    this.#showClient(rider, voice);
    const plain = isPlain(voice.client);
    for (const id of [...rider.stations]) {
      const station = this.stations.get(id);
      // On a plain wire, a rider is in the stations whose rooms the connection joins, and in no others.
      if (plain && station) this.leave(station, rider, before);
      else if (!plain && station) this.#moveTo(station, rider, socket, before);
    }
    if (older && older !== voice) older.moved();
    const ride = this.rideOf(rider);
    if (ride) {
      if (!plain) void socket.join(roomOf(ride.id));
      const partner = partnerOf(ride, rider);
      if (older === undefined) partner.voice?.rideSignal(this.rideFor(ride, partner));
    }
    voice.welcome({
      you: rider.card,
      turn: rider.turn,
      stations: this.stations.list(),
      riders: this.riders.connected,
      ...(ride ? { ride: this.rideFor(ride, rider) } : {}),
      mutedMs: this.reports.mutedFor(rider.card.id, this.now()),
      now: this.now(),
      endpoints: this.#listEndpoints(),
    });
    this.refreshMap();
  }

  /** Notes that a connection is gone. The rider waits for the next one during the grace time. */
  lose(rider: Rider, socket: RiderSocket): void {
    if (rider.socket !== socket) return;
    rider.socket = undefined;
    rider.voice = undefined;
    rider.lostAt = this.now();
    this.line.cancel(rider);
    this.refreshMap();
    const ride = this.rideOf(rider);
    if (!ride) return;
    const partner = partnerOf(ride, rider);
    partner.voice?.rideSignal(this.rideFor(ride, partner));
  }

  /** Ends a session for good and forgets the rider. */
  drop(rider: Rider, why: RideEnd): void {
    this.line.cancel(rider);
    this.uploads.close(rider.card.id);
    const ride = this.rideOf(rider);
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

  /** The place with this id, if the rider is in it. */
  placeOf(rider: Rider, id: string): Place | undefined {
    if (rider.stations.has(id)) return this.stations.get(id);
    return rider.ride === id ? this.line.get(id) : undefined;
  }

  /** The ride that a rider is on. */
  rideOf(rider: Rider): OpenRide | undefined {
    return rider.ride === undefined ? undefined : this.line.get(rider.ride);
  }

  /** Lets a rider into a station and tells the others. */
  enter(station: OpenStation, rider: Rider): void {
    this.stations.enter(station, rider);
    if (rider.socket) this.presence.join(station, rider, rider.socket);
  }

  /** Lets a rider out of a station and tells the others. `socket` is the connection that was there. */
  leave(station: OpenStation, rider: Rider, socket = rider.latest): void {
    void socket?.leave(roomOf(station.id));
    if (!this.stations.leave(station, rider, this.now())) return;
    if (socket) this.presence.leave(station, socket);
  }

  /** Ends a ride that `rider` leaves, and tells both. */
  endRide(ride: OpenRide, rider: Rider, why: RideEnd, forGood = false): void {
    const partner = partnerOf(ride, rider);
    for (const id of this.line.end(ride, this.now(), forGood)) this.pictures.remove(id);
    rider.voice?.rideOver(this.rideFor(ride, rider), why === 'reported' ? 'reported' : 'you');
    // The companion is not told about a report, only that the other rider got off.
    partner.voice?.rideOver(this.rideFor(ride, partner), why === 'lost' ? 'lost' : 'partner');
  }

  /** Renames a rider, and tells everybody who sees the name. */
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

  /** Marks the map as changed, so that the next sweep sends it to every page. */
  refreshMap(): void {
    this.#isMapStale = true;
  }

  /** Notes that somebody spoke at a station, so that the next sweep lights it on every map. */
  light({ id }: OpenStation): void {
    this.#spokenAt.add(id);
  }

  /** Removes everything whose time is over, matches riders and sends the map. Runs twice a second. */
  sweep(): void {
    const now = this.now();
    for (const rider of this.riders.lost(now, this.rules.graceMs)) this.drop(rider, 'lost');
    const { dropped, closed } = this.stations.sweep(now);
    const droppedInRides = this.line.sweep(now, (id) => this.riders.get(id) !== undefined);
    for (const id of [...dropped, ...droppedInRides]) this.pictures.remove(id);
    this.sync.closed(closed);
    this.match();
    this.reports.sweep(now);
    this.uploads.sweep(now);
    this.sync.sweep();
    if (now - this.#filesSweptAt >= FILES_EVERY_MS) {
      this.#filesSweptAt = now;
      void this.files.sweep();
    }
    // Before the map, because a volatile event is dropped for a page that is still taking another one.
    this.#sendLights(now);
    this.#sendMap(now);
  }

  /** Sends the map to the pages of this process, past the log. The interval grows with the number of riders. */
  #sendMap(now: number): void {
    if (!this.#isMapStale || now - this.#mapSentAt < this.#mapEveryMs) return;
    this.#isMapStale = false;
    this.#mapSentAt = now;
    this.io.local.to(PAGES).emit('stations', this.stations.list(), this.riders.connected);
  }

  /** Lights the map on the pages of all processes. A light may be lost, so it never waits and is not in the log. */
  #sendLights(now: number): void {
    if (this.#spokenAt.size === 0 || now - this.#lightsSentAt < this.#mapEveryMs) return;
    this.io.to(PAGES).volatile.emit('spoke', [...this.#spokenAt]);
    this.#spokenAt.clear();
    this.#lightsSentAt = now;
  }

  get #mapEveryMs(): number {
    return Math.min(MAP_EVERY_MS_MAX, this.riders.count);
  }

  /** Moves a rider's place at a station to a new connection; the others notice nothing. */
  #moveTo(station: OpenStation, rider: Rider, socket: RiderSocket, before: RiderSocket | undefined): void {
    void socket.join(roomOf(station.id));
    this.presence.join(station, rider, socket);
    if (before && before !== socket) this.presence.leave(station, before);
  }

  /** Puts the kind of client of a new connection on the rider's card. */
  #showClient(rider: Rider, { client }: Voice): void {
    const before = rider.card;
    if (before.client === client) return;
    rider.card = { ...before, client };
    this.#tellRenamed(rider, before);
  }

  #tellRenamed(rider: Rider, before: Card): void {
    for (const id of rider.stations) {
      const station = this.stations.get(id);
      if (station && rider.socket) this.presence.join(station, rider, rider.socket);
    }
    const ride = this.rideOf(rider);
    if (ride) partnerOf(ride, rider).voice?.rideRenamed(ride.id, before, rider.card);
  }

  /** The endpoints besides HTTP that the page can tell people of. `io.endpoints` lists what `--listen` has opened. */
  #listEndpoints(): OpenEndpoint[] {
    return this.io.endpoints.flatMap(({ url, address }) => {
      const scheme = SCHEMES.find((each) => url.startsWith(`${each}:`));
      const port = typeof address === 'object' && address !== null ? Reflect.get(address, 'port') : undefined;
      return scheme && typeof port === 'number' ? [{ scheme, port }] : [];
    });
  }
}

/** A random id that nobody can guess. */
export function newId(): string {
  return randomBytes(12).toString('base64url');
}

const SCHEMES = ['tcp', 'tls', 'stomp', 'stomps'] as const;
const MAP_EVERY_MS_MAX = 4_000;
const FILES_EVERY_MS = 60_000;
