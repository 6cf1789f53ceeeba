/**
 * Broadcasts what happens at a station: data to pages, words to plain wires. Naru encodes each broadcast once per wire.
 */
import { nameOf } from 'naru-apps-kit/shared/naming.js';
import type { Card, Message } from '../../shared/protocol.js';
import { roomOf } from '../../shared/rooms.js';
import type { ChatServer } from '../chat-server.js';
import type { PlainEmitter } from '../plain-events.js';
import type { Rider } from '../riders/riders.js';
import { languageOf, spellingsOf } from './station-names.js';
import type { OpenStation } from './stations.js';

/** The server, with the events of plain wires in place of those of pages. */
interface PlainServer extends PlainEmitter {
  to(room: string): PlainServer;
  except(room: string): PlainServer;
}

/**
 * Sends an announcement in words for one spelling of a station. `name` returns a person's name in the language of that
 * spelling.
 */
type Wording = (spelling: string, name: (card: Card) => string) => void;

/**
 * The announcer. Invariant: `#listeners` counts the plain connections in the room of each spelling, and has no zeros.
 */
export class StationAnnouncer {
  readonly #io: ChatServer;
  readonly #plain: PlainServer;
  /** The same server past the log: only clients of this process get its events, and they are not stored. */
  readonly #plainHere: PlainServer;
  readonly #listeners = new Map<string, number>();

  constructor(io: ChatServer) {
    this.#io = io;
    // The event map of the server is that of pages, but rooms of spellings contain plain wires only.
    this.#plain = io as unknown as PlainServer;
    this.#plainHere = io.local as unknown as PlainServer;
  }

  /** Notes that a plain connection has joined the room of a spelling. */
  join(spelling: string): void {
    this.#listeners.set(spelling, (this.#listeners.get(spelling) ?? 0) + 1);
  }

  /** Notes that a plain connection has left the room of a spelling. */
  leave(spelling: string): void {
    const count = (this.#listeners.get(spelling) ?? 1) - 1;
    if (count > 0) this.#listeners.set(spelling, count);
    else this.#listeners.delete(spelling);
  }

  /**
   * Sends a message to a station. A page gets an acknowledgement of its own message instead; a sender on a plain wire
   * gets the event. The message goes through the log once as data, and in words under each permanent name. The name of
   * a station that riders opened stays out of the log: another station may have it tomorrow, and must not show what was
   * said today.
   */
  said(station: OpenStation, message: Message, from: Rider): void {
    this.#io
      .to(roomOf(station.id))
      .except(from.socket?.id ?? [])
      .emit('message', station.id, message);
    const { text, picture } = message;
    const isKept = (spelling: string): boolean => station.isPermanent || spelling === station.id;
    const spellings = spellingsOf(station).filter((spelling) => isKept(spelling) || this.#listeners.has(spelling));
    inWords(spellings, (spelling, name) => {
      const listeners = (isKept(spelling) ? this.#plain : this.#plainHere).to(spelling);
      if (picture) listeners.emit('picture', spelling, name(message.from), picture.alt);
      else listeners.emit('said', spelling, name(message.from), text);
    });
  }

  /**
   * Announces an arrival, except to the arriving connection `own`. Each process tells its own clients, here and in the
   * methods below.
   */
  arrived(station: OpenStation, card: Card, own: string | undefined): void {
    const here = station.members.size;
    this.#pagesExcept(own, station).emit('arrived', station.id, card, here);
    this.#announce(station, (spelling, name) => {
      const listeners = this.#plainHere.to(spelling);
      (own ? listeners.except(own) : listeners).emit('arrived', spelling, name(card), here);
    });
  }

  /** Announces a departure. */
  departed(station: OpenStation, card: Card): void {
    const here = station.members.size;
    this.#pagesExcept(undefined, station).emit('departed', station.id, card.id, here);
    this.#announce(station, (spelling, name) =>
      this.#plainHere.to(spelling).emit('departed', spelling, name(card), here),
    );
  }

  /** Announces a new name, or a new kind of client, of somebody at a station. */
  renamed(station: OpenStation, card: Card, before: Card, own: string | undefined): void {
    this.#pagesExcept(own, station).emit('renamed', station.id, card);
    this.#announce(station, (spelling, name) => {
      if (name(before) === name(card)) return;
      this.#plainHere.to(spelling).emit('renamed', spelling, name(before), name(card));
    });
  }

  #pagesExcept(socketId: string | undefined, { id }: OpenStation): ReturnType<ChatServer['to']> {
    return this.#io.local.to(roomOf(id)).except(socketId ?? []);
  }

  #announce(station: OpenStation, wording: Wording): void {
    if (this.#listeners.size === 0) return;
    inWords(
      spellingsOf(station).filter((spelling) => this.#listeners.has(spelling)),
      wording,
    );
  }
}

function inWords(spellings: readonly string[], wording: Wording): void {
  for (const spelling of spellings) {
    const language = languageOf(spelling);
    wording(spelling, (card) => nameOf(card, language));
  }
}
