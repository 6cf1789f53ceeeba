/** Tells the people of a place what happens there: pages as data, plain wires in words; each is encoded once for all who hear it in that form. */
import { nameOf } from '../shared/naming.js';
import { roomOf } from '../shared/rooms.js';
import type { Card, Message } from '../shared/wire.js';
import type { Language } from '../shared/words.js';
import type { OpenRide } from './line.js';
import { PlainVoice, type ToPlain } from './plain-voice.js';
import type { Rider } from './riders.js';
import { languageOf, spellingsOf } from './spellings.js';
import type { OpenStation } from './stations.js';
import type { ChatServer } from './world.js';

/** The server as plain wires are spoken to. */
interface PlainServer {
  to(room: string): PlainServer;
  except(room: string): PlainServer;
  emit<E extends keyof ToPlain>(event: E, ...args: Parameters<ToPlain[E]>): boolean;
}

type Words = (label: string, name: (card: Card) => string) => void;

/** The loudspeaker. Invariant: `#hearers` counts the plain connections in each room that is a spelling, and has no zeros. */
export class Loudspeaker {
  readonly #io: ChatServer;
  readonly #plain: PlainServer;
  /** The same, past the log: for those of this process. */
  readonly #plainHere: PlainServer;
  readonly #hearers = new Map<string, number>();

  constructor(io: ChatServer) {
    this.#io = io;
    // The page's types do not hold for those in rooms of plain wires.
    this.#plain = io as unknown as PlainServer;
    this.#plainHere = io.local as unknown as PlainServer;
  }

  /** A plain connection came into a room. */
  join(spelling: string): void {
    this.#hearers.set(spelling, (this.#hearers.get(spelling) ?? 0) + 1);
  }

  /** A plain connection left a room. */
  leave(spelling: string): void {
    const count = (this.#hearers.get(spelling) ?? 1) - 1;
    if (count > 0) this.#hearers.set(spelling, count);
    else this.#hearers.delete(spelling);
  }

  /**
   * Something was said at a station. The page that said it knows by its answer; on plain wires the sender hears it, too. It goes through
   * the log, in every form that somebody may ask for later: once as data, and in words under each name that is the station's for good. The
   * name of one that riders opened may be another's tomorrow, who must not find there what was said today.
   */
  saidAt(station: OpenStation, message: Message, from: Rider): void {
    this.#io
      .to(roomOf(station.id))
      .except(from.socket?.id ?? [])
      .emit('message', station.id, message);
    const { text, picture } = message;
    const isKept = (label: string): boolean => station.isPermanent || label === station.id;
    const labels = spellingsOf(station).filter((label) => isKept(label) || this.#hearers.has(label));
    inWords(labels, (label, name) => {
      const hearers = (isKept(label) ? this.#plain : this.#plainHere).to(label);
      if (picture) hearers.emit('picture', label, name(message.from), picture.alt);
      else hearers.emit('said', label, name(message.from), text);
    });
  }

  /** Something was said on a ride. It is for two, and stands in no log. */
  saidOn(ride: OpenRide, message: Message, from: Rider): void {
    this.#pagesBut(from.socket?.id, ride.id).emit('message', ride.id, message);
    for (const { voice } of ride.riders) if (voice instanceof PlainVoice) voice.rideSaid(message);
  }

  /** Somebody came to a station; `own` is the connection that it is, which knows. As what follows, each process tells its own people. */
  arrived(station: OpenStation, card: Card, own: string | undefined): void {
    const here = station.members.size;
    this.#pagesBut(own, station.id).emit('arrived', station.id, card, here);
    this.#heard(station, (label, name) => {
      const hearers = this.#plainHere.to(label);
      (own ? hearers.except(own) : hearers).emit('arrived', label, name(card), here);
    });
  }

  /** Somebody left a station. */
  departed(station: OpenStation, card: Card): void {
    const here = station.members.size;
    this.#pagesBut(undefined, station.id).emit('departed', station.id, card.id, here);
    this.#heard(station, (label, name) => this.#plainHere.to(label).emit('departed', label, name(card), here));
  }

  /** Somebody at a station has another name, or came back by another road. */
  renamedAt(station: OpenStation, card: Card, before: Card, own: string | undefined): void {
    this.#pagesBut(own, station.id).emit('renamed', station.id, card);
    this.#heard(station, (label, name) => {
      if (name(before) !== name(card)) this.#plainHere.to(label).emit('renamed', label, name(before), name(card));
    });
  }

  /** The same on a ride. */
  renamedOn(ride: OpenRide, rider: Rider, before: Card): void {
    const { card } = rider;
    this.#pagesBut(rider.socket?.id, ride.id).emit('renamed', ride.id, card);
    for (const each of ride.riders) {
      const { voice } = each;
      if (each === rider || !(voice instanceof PlainVoice) || voice.name(before) === voice.name(card)) continue;
      voice.emit('ride:renamed', voice.name(before), voice.name(card));
    }
  }

  /** The pages in a place, past the log. */
  #pagesBut(socket: string | undefined, place: string): ReturnType<ChatServer['to']> {
    return this.#io.local.to(roomOf(place)).except(socket ?? []);
  }

  /** Tells it in words under those names of a station by which somebody listens here. */
  #heard(station: OpenStation, tell: Words): void {
    if (this.#hearers.size === 0) return;
    inWords(
      spellingsOf(station).filter((label) => this.#hearers.has(label)),
      tell,
    );
  }
}

function inWords(labels: readonly string[], tell: Words): void {
  for (const label of labels) {
    const language: Language = languageOf(label);
    tell(label, (card) => nameOf(card, language));
  }
}
