/** People without a page: the rooms of the engine that they enter are their stations, and what they send to one is said there. */
import { randomBytes } from 'node:crypto';
import { LIMITS } from '../shared/limits.js';
import { languageFor, nameOf } from '../shared/naming.js';
import type { Language } from '../shared/words.js';
import { readText } from './asks.js';
import { plainDoors } from './plain-doors.js';
import { PlainVoice } from './plain-voice.js';
import { plainWordsOf } from './plain-words.js';
import type { Rider, RiderSocket } from './riders.js';
import { roadOf } from './roads.js';
import { languageOf } from './spellings.js';
import type { OpenStation } from './stations.js';
import { mayNotSpeak, tell, tooFast } from './talk-doors.js';
import type { World } from './world.js';

/** What is known of a connection before it is there. */
export interface PlainSeat {
  readonly rider: Rider;
  readonly language: Language;
  /** Whether it comes for one request, and is in no station itself. */
  readonly isVisit: boolean;
  /** Whether the person has a word to come back by. */
  readonly canReturn: boolean;
}

interface Seat extends PlainSeat {
  voice: PlainVoice | undefined;
  /** Ids of stations, each with the room by which this connection is in it. */
  readonly rooms: Map<string, string>;
}

/** The seats. Invariant: a rider who sits here is in exactly those stations in whose rooms the connection is. */
export class PlainSeats {
  readonly #world: World;
  readonly #seats = new WeakMap<object, Seat>();
  readonly #byId = new Map<string, RiderSocket>();

  constructor(world: World) {
    this.#world = world;
    world.io.allow({
      subscribe: (socket, room) => this.#mayEnter(socket, room),
      publish: (socket, room, event, args) => this.#maySay(socket, room, event, args),
    });
    world.io.sockets.adapter.on('join-room', (room, id) => this.#joined(room, id));
    world.io.sockets.adapter.on('leave-room', (room, id) => this.#left(room, id));
  }

  /** Keeps a seat for a connection that is let in. */
  take(socket: RiderSocket, seat: PlainSeat): void {
    this.#seats.set(socket, { ...seat, voice: undefined, rooms: new Map() });
    if (!seat.isVisit) socket.on('disconnect', () => this.#gone(socket, seat));
  }

  /** Seats a connection that is there; the second time nothing happens. */
  sit(socket: RiderSocket): void {
    const seat = this.#seats.get(socket);
    if (!seat) return void socket.disconnect(true);
    if (seat.voice || seat.isVisit) return;
    const { rider, language } = seat;
    const voice = new PlainVoice(socket, roadOf(socket), language);
    seat.voice = voice;
    this.#byId.set(socket.id, socket);
    this.#open(socket, rider, voice);
    this.#world.connect(rider, socket, voice);
  }

  #gone(socket: RiderSocket, { rider, canReturn }: PlainSeat): void {
    this.#byId.delete(socket.id);
    // Who has no word to come back by is not waited for.
    if (canReturn) this.#world.lose(rider, socket);
    else this.#world.drop(rider, 'lost');
  }

  #open(socket: RiderSocket, rider: Rider, voice: PlainVoice): void {
    // The one place where events are untyped: a stranger's client sends what it likes.
    const raw = socket as unknown as { on(event: string, listener: (...args: unknown[]) => void): void };
    socket.onAny(() => this.#isFlood(socket, rider));
    for (const [event, act] of plainDoors) {
      raw.on(event, (...args) => {
        if (rider.socket !== socket) return;
        const reply = typeof args.at(-1) === 'function' ? (args.pop() as (...answer: unknown[]) => void) : undefined;
        const told = act(this.#world, rider, voice, args);
        if (!told.ok) {
          if (reply) reply('refused', told.why, voice.words.refused(told.why, told.waitMs));
          else voice.refused(told.why, told.waitMs);
        } else if (reply) reply(...told.answer);
        else told.tell?.();
      });
    }
  }

  /** Whether somebody does too much of anything, and is put out for it. */
  #isFlood(socket: RiderSocket, rider: Rider): boolean {
    const isFlood = rider.pace.take('flood', this.#world.now()) > 0;
    if (isFlood) socket.disconnect(true);
    return isFlood;
  }

  #mayEnter(socket: RiderSocket, room: string): boolean | Error {
    const seat = this.#seats.get(socket);
    // Pages enter by a request of their own.
    if (!seat || seat.isVisit) return false;
    const words = plainWordsOf(seat.language);
    const { rider, rooms } = seat;
    if (this.#isFlood(socket, rider)) return false;
    const wait = rider.pace.take('act', this.#world.now());
    if (wait > 0) return new Error(words.refused('slow', wait));
    const station = this.#world.stations.spelled(room);
    if (!station) return new Error(words.noStation(room));
    const held = rooms.get(station.id);
    if (held !== undefined && held !== room) return new Error(words.inAlready(held));
    if (held === undefined && rooms.size >= LIMITS.stationsJoined) return new Error(words.refused('full'));
    this.sit(socket);
    return true;
  }

  #maySay(socket: RiderSocket, room: string, event: string, args: readonly unknown[]): boolean | Error | (() => void) {
    const seat = this.#seats.get(socket);
    if (!seat) return false;
    const { rider, language, isVisit } = seat;
    const world = this.#world;
    if (this.#isFlood(socket, rider)) return false;
    const words = plainWordsOf(language);
    const station = world.stations.spelled(room);
    if (!station) return new Error(words.noStation(room));
    const isPasser = rider === world.riders.passer(world.now());
    if (!isPasser && !rider.stations.has(station.id)) return new Error(words.notIn(room));
    const isPerson = seat.voice?.road === 'terminal';
    const text = readText(event === 'message' || event === 'say' ? args : isPerson ? [lineOf(event, args)] : []);
    if (text === undefined) return new Error(words.refused('bad'));
    const no = mayNotSpeak(world, rider, station) ?? tooFast(world, rider, station, text);
    if (!no || no.ok) return () => void tell(world, rider, station, { key: randomKey(), text });
    // A STOMP client that is refused is disconnected, which is no answer to somebody who was only too fast.
    const { voice } = seat;
    if (voice?.road === 'broker' && !isVisit) return () => voice.refused(no.why, no.waitMs);
    return new Error(words.refused(no.why, no.waitMs));
  }

  #joined(room: string, id: string): void {
    const socket = this.#byId.get(id);
    const seat = socket && this.#seats.get(socket);
    const station = seat && this.#world.stations.spelled(room);
    if (!station || seat.rooms.has(station.id)) return;
    seat.rooms.set(station.id, room);
    this.#world.speaker.join(room);
    // What is said from here on is heard as it is said.
    const { lastSeq } = station.log;
    this.#world.enter(station, seat.rider);
    // The wire first says that the room is entered, and who subscribes by STOMP has no subscription yet.
    setImmediate(() => {
      const { rider, rooms, voice } = seat;
      if (voice && rooms.get(station.id) === room) welcomeTo(voice, room, station, lastSeq, rider);
    });
  }

  #left(room: string, id: string): void {
    const socket = this.#byId.get(id);
    const seat = socket && this.#seats.get(socket);
    const held = seat && [...seat.rooms].find(([, spelling]) => spelling === room);
    if (!held) return;
    const [stationId] = held;
    seat.rooms.delete(stationId);
    this.#world.speaker.leave(room);
    const station = this.#world.stations.get(stationId);
    if (station && seat.rider.socket === socket) this.#world.leave(station, seat.rider, socket);
  }

  /** Whether somebody without a page may read what was said in a room: at any station, by whatever name, and nowhere else. */
  mayRead(socket: RiderSocket, room: string): boolean | Error {
    const seat = this.#seats.get(socket);
    if (!seat || seat.isVisit || this.#isFlood(socket, seat.rider)) return false;
    const words = plainWordsOf(seat.language);
    const wait = seat.rider.pace.take('past', this.#world.now());
    if (wait > 0) return new Error(words.refused('slow', wait));
    return this.#world.stations.spelled(room) !== undefined || new Error(words.noStation(room));
  }
}

/** Tells a newcomer who is there and what was said last, in the language of the name by which the station was entered. */
function welcomeTo(voice: PlainVoice, label: string, station: OpenStation, lastSeq: number, { card }: Rider): void {
  const language = languageOf(label);
  const names = [...station.members.values()].slice(-LIMITS.membersListed).map((each) => nameOf(each, language));
  voice.emit('entered', label, names, nameOf(card, language));
  const before = station.log.messages.filter(({ seq }) => seq <= lastSeq);
  for (const { from, text, picture } of before.slice(-EARLIER)) {
    voice.emit('earlier', label, nameOf(from, language), picture ? `[${picture.alt}]` : text);
  }
}

/** What a person wrote behind `/to <station>`: the wire took the first word for the name of an event. */
function lineOf(event: string, args: readonly unknown[]): string {
  return [event, ...args.filter((arg) => typeof arg !== 'object')].join(' ');
}

/** The language that a connection asks for: by `lang` beside its token, or as browsers do. */
export function wantedLanguage({ handshake }: Pick<RiderSocket, 'handshake'>): Language {
  const { auth, headers } = handshake;
  const wanted = typeof auth.lang === 'string' ? auth.lang : (headers['accept-language'] ?? '');
  return languageFor(
    wanted
      .slice(0, 200)
      .split(',')
      .map((tag) => tag.trim()),
  );
}

function randomKey(): string {
  return randomBytes(8).toString('hex');
}

const EARLIER = 10;
