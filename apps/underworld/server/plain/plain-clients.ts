/**
 * Serves clients on plain wires. The rooms that they join are their stations, and text that they publish to a room is
 * said at its station.
 */
import { randomBytes } from 'node:crypto';
import { languageFor, nameOf } from 'naru-apps-kit/shared/naming.js';
import type { Language } from 'naru-apps-kit/shared/words.js';
import { LIMITS } from '../../shared/limits.js';
import type { RiderSocket } from '../chat-server.js';
import { clientKindOf } from '../client-kind.js';
import { readText } from '../commands/readers.js';
import { mayNotSpeak, tell, tooFast } from '../commands/speaking.js';
import { RefusedError } from '../errors.js';
import { languageOf } from '../places/station-names.js';
import type { OpenStation } from '../places/stations.js';
import type { Rider } from '../riders/riders.js';
import type { World } from '../world.js';
import { plainCommands } from './plain-commands.js';
import { PlainVoice } from './plain-voice.js';
import { plainWordsOf } from './plain-words.js';

/** A connection as middleware admits it. */
export interface PlainClient {
  readonly rider: Rider;
  readonly language: Language;
  /** Whether it is one request that speaks for a rider and joins no station. */
  readonly isVisit: boolean;
  /** Whether the person has a token to come back with. */
  readonly canReturn: boolean;
}

interface Member extends PlainClient {
  voice: PlainVoice | undefined;
  /** The room by which the connection is in each station, by the station's id. */
  readonly rooms: Map<string, string>;
}

/**
 * The connections on plain wires. Invariant: their riders are in exactly the stations whose rooms the connections have
 * joined.
 */
export class PlainClients {
  readonly #world: World;
  readonly #members = new WeakMap<RiderSocket, Member>();
  readonly #sockets = new Map<string, RiderSocket>();

  constructor(world: World) {
    this.#world = world;
    // Clients may join rooms and publish to them by themselves only as far as these rules permit.
    world.io.allow({
      subscribe: (socket, room) => this.#mayEnter(socket, room),
      publish: (socket, room, event, args) => this.#maySay(socket, room, event, args),
    });
    // The adapter reports every room that a socket joins or leaves, as in Socket.IO.
    world.io.sockets.adapter.on('join-room', (room, id) => this.#joined(room, id));
    world.io.sockets.adapter.on('leave-room', (room, id) => this.#left(room, id));
  }

  /** Notes a connection that middleware admits. */
  admit(socket: RiderSocket, client: PlainClient): void {
    this.#members.set(socket, { ...client, voice: undefined, rooms: new Map() });
    if (!client.isVisit) socket.on('disconnect', () => this.#gone(socket, client));
  }

  /** Starts a connection that was admitted. A second call does nothing. */
  start(socket: RiderSocket): void {
    const member = this.#members.get(socket);
    if (!member) return void socket.disconnect(true);
    if (member.voice || member.isVisit) return;
    const { rider, language } = member;
    const voice = new PlainVoice(socket, clientKindOf(socket), language);
    member.voice = voice;
    this.#sockets.set(socket.id, socket);
    this.#listen(socket, rider, voice);
    this.#world.connect(rider, socket, voice);
  }

  /**
   * Whether a client may read the history of a room. Every open station is permitted, by any of its names, and no other
   * room is.
   */
  mayRead(socket: RiderSocket, room: string): boolean | Error {
    const member = this.#members.get(socket);
    if (!member || member.isVisit) return false;
    const words = plainWordsOf(member.language);
    return this.#world.stations.spelled(room) !== undefined || new RefusedError('gone', words.noStation(room));
  }

  #gone(socket: RiderSocket, { rider, canReturn }: PlainClient): void {
    this.#sockets.delete(socket.id);
    if (canReturn) this.#world.lose(rider, socket);
    else this.#world.drop(rider, 'lost');
  }

  #listen(socket: RiderSocket, rider: Rider, voice: PlainVoice): void {
    // A client may send anything, so the arguments are unknown here, despite the event map.
    const raw = socket as unknown as { on(event: string, listener: (...args: unknown[]) => void): void };
    for (const [event, run] of plainCommands) {
      raw.on(event, (...args) => {
        if (rider.socket !== socket) return;
        const reply = typeof args.at(-1) === 'function' ? (args.pop() as (...answer: unknown[]) => void) : undefined;
        const result = run(this.#world, rider, voice, args);
        if (!result.ok) {
          if (reply) reply('refused', result.why, voice.words.refused(result.why, result.waitMs));
          else voice.refused(result.why, result.waitMs);
        } else if (reply) reply(...result.answer);
        else result.tell?.();
      });
    }
  }

  #mayEnter(socket: RiderSocket, room: string): boolean | Error {
    const member = this.#members.get(socket);
    // Pages enter with a command.
    if (!member || member.isVisit) return false;
    const words = plainWordsOf(member.language);
    const { rider, rooms } = member;
    const wait = rider.pace.take('act', this.#world.now());
    if (wait > 0) return new RefusedError('slow', words.refused('slow', wait));
    const station = this.#world.stations.spelled(room);
    if (!station) return new RefusedError('gone', words.noStation(room));
    const held = rooms.get(station.id);
    if (held !== undefined && held !== room) return new RefusedError('name', words.inAlready(held));
    if (held === undefined && rooms.size >= LIMITS.stationsJoined)
      return new RefusedError('full', words.refused('full'));
    // The address of an event stream names its rooms, so this can come before `connection`.
    this.start(socket);
    return true;
  }

  /**
   * Whether a client may publish. The app returns a function in place of `true` to deliver the message itself, in the
   * language of each listener.
   */
  #maySay(socket: RiderSocket, room: string, event: string, args: readonly unknown[]): boolean | Error | (() => void) {
    const member = this.#members.get(socket);
    if (!member) return false;
    const { rider, language, isVisit, voice } = member;
    const world = this.#world;
    const words = plainWordsOf(language);
    const station = world.stations.spelled(room);
    if (!station) return new RefusedError('gone', words.noStation(room));
    const isPasser = rider === world.riders.passer(world.now());
    if (!isPasser && !rider.stations.has(station.id)) return new RefusedError('gone', words.notIn(room));
    const isTerminal = voice?.client === 'terminal';
    const text = readText(event === 'message' || event === 'say' ? args : isTerminal ? [lineOf(event, args)] : []);
    if (text === undefined) return new RefusedError('bad', words.refused('bad'));
    const no = mayNotSpeak(world, rider, station) ?? tooFast(world, rider, station, text);
    if (!no || no.ok) return () => void tell(world, rider, station, { key: randomKey(), text });
    // An error would disconnect a STOMP client, which is too harsh when it was only too fast.
    if (voice?.client === 'broker' && !isVisit) return () => voice.refused(no.why, no.waitMs);
    return new RefusedError(no.why, words.refused(no.why, no.waitMs));
  }

  #joined(room: string, id: string): void {
    const socket = this.#sockets.get(id);
    const member = socket && this.#members.get(socket);
    const station = member && this.#world.stations.spelled(room);
    if (!station || member.rooms.has(station.id)) return;
    member.rooms.set(station.id, room);
    this.#world.announcer.join(room);
    // Messages after this position arrive as events.
    const { lastSeq } = station.log;
    this.#world.enter(station, member.rider);
    // The wire has to confirm the room first. Before that, a STOMP client has no subscription.
    setImmediate(() => {
      const { rider, rooms, voice } = member;
      if (voice && rooms.get(station.id) === room) welcomeTo(voice, room, station, lastSeq, rider);
    });
  }

  #left(room: string, id: string): void {
    const socket = this.#sockets.get(id);
    const member = socket && this.#members.get(socket);
    const held = member && [...member.rooms].find(([, spelling]) => spelling === room);
    if (!held) return;
    const [stationId] = held;
    member.rooms.delete(stationId);
    this.#world.announcer.leave(room);
    const station = this.#world.stations.get(stationId);
    if (station && member.rider.socket === socket) this.#world.leave(station, member.rider, socket);
  }
}

/**
 * Tells a newcomer who is there and what was said last, in the language of the name by which the station was entered.
 */
function welcomeTo(voice: PlainVoice, label: string, station: OpenStation, lastSeq: number, { card }: Rider): void {
  const language = languageOf(label);
  const names = [...station.members.values()].slice(-LIMITS.membersListed).map((each) => nameOf(each, language));
  voice.emit('entered', label, names, nameOf(card, language));
  const before = station.log.messages.filter(({ seq }) => seq <= lastSeq);
  for (const { from, text, picture } of before.slice(-EARLIER)) {
    voice.emit('earlier', label, nameOf(from, language), picture ? `[${picture.alt}]` : text);
  }
}

/** The line that a person wrote after `/to <station>`. The wire took its first word for the name of an event. */
function lineOf(event: string, args: readonly unknown[]): string {
  return [event, ...args.filter((arg) => typeof arg !== 'object')].join(' ');
}

/** The language that a connection asks for, by `lang` beside its token or by Accept-Language. */
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
