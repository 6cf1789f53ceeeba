/** The voice of a plain wire: events in words, made for people and scripts. */
import { nameOf } from '../shared/naming.js';
import type { Card, Message, Refusal, Ride, RideEnd, Road, Welcome } from '../shared/wire.js';
import type { Language } from '../shared/words.js';
import { type PlainWords, plainWordsOf } from './plain-words.js';
import type { RiderSocket } from './riders.js';
import { labelOf } from './spellings.js';
import type { Voice } from './voice.js';
import { whisper } from './whisper.js';

/** Events to plain wires. A station is named as its hearer entered it, a person by the made-up name, in the language of that. */
export interface ToPlain {
  /** Who one is. */
  welcome: (name: string) => void;
  /** The stations, with how many people are in each. */
  stations: (here: Readonly<Record<string, number>>) => void;
  hint: (text: string) => void;
  /** One is in a station: those who are there, and which of them one is. */
  entered: (station: string, names: readonly string[], you: string) => void;
  here: (station: string, names: readonly string[]) => void;
  /** What was said before one came. */
  earlier: (station: string, name: string, text: string) => void;
  said: (station: string, name: string, text: string) => void;
  /** Somebody showed a picture, by its description. */
  picture: (station: string, name: string, description: string) => void;
  arrived: (station: string, name: string, here: number) => void;
  departed: (station: string, name: string, here: number) => void;
  renamed: (station: string, before: string, now: string) => void;
  'ride:wait': () => void;
  'ride:began': (name: string) => void;
  'ride:said': (name: string, text: string) => void;
  'ride:picture': (name: string, description: string) => void;
  'ride:signal': (name: string, signal: 'lost' | 'back') => void;
  'ride:renamed': (before: string, now: string) => void;
  'ride:over': (why: RideEnd, text: string) => void;
  /** What was asked for was not done. */
  refused: (why: Refusal, text: string) => void;
  muted: (seconds: number) => void;
  moved: (text: string) => void;
}

/** A socket as plain wires are spoken to. */
export interface PlainSocket {
  emit<E extends keyof ToPlain>(event: E, ...args: Parameters<ToPlain[E]>): boolean;
}

/** The voice of a plain wire. */
export class PlainVoice implements Voice {
  readonly road: Road;
  readonly language: Language;
  readonly words: PlainWords;
  readonly #socket: RiderSocket;

  constructor(socket: RiderSocket, road: Road, language: Language) {
    this.#socket = socket;
    this.road = road;
    this.language = language;
    this.words = plainWordsOf(language);
  }

  /** Sends an event. */
  emit<E extends keyof ToPlain>(event: E, ...args: Parameters<ToPlain[E]>): void {
    // The page's types do not hold here: this socket is one of the others.
    (whisper(this.#socket) as unknown as PlainSocket).emit(event, ...args);
  }

  /** A person's name in the language of this wire. */
  name(card: Card): string {
    return nameOf(card, this.language);
  }

  welcome({ you, stations, ride }: Welcome): void {
    this.emit('welcome', this.name(you));
    this.emit('stations', Object.fromEntries(stations.map((each) => [labelOf(each, this.language), each.here])));
    if (this.road === 'terminal') for (const hint of this.words.hints) this.emit('hint', hint);
    if (ride) this.rideStart(ride);
  }

  moved(): void {
    this.emit('moved', this.words.moved);
    this.#socket.disconnect(true);
  }

  muted(forMs: number): void {
    this.emit('muted', Math.ceil(forMs / 1_000));
  }

  refused(why: Refusal, waitMs?: number): void {
    this.emit('refused', why, this.words.refused(why, waitMs));
  }

  rideStart({ partner }: Ride): void {
    this.emit('ride:began', this.name(partner));
  }

  rideSignal({ partner, isPartnerLost }: Ride): void {
    this.emit('ride:signal', this.name(partner), isPartnerLost ? 'lost' : 'back');
  }

  rideOver(_ride: Ride, why: RideEnd): void {
    this.emit('ride:over', why, this.words.over[why]);
  }

  /** Something was said on the ride. */
  rideSaid({ from, text, picture }: Message): void {
    if (picture) this.emit('ride:picture', this.name(from), picture.alt);
    else this.emit('ride:said', this.name(from), text);
  }
}
