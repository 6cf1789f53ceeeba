/** The voice of a plain wire: events in words. */
import { nameOf } from 'naru-apps-kit/shared/naming.js';
import type { Language } from 'naru-apps-kit/shared/words.js';
import type { Card, ClientKind, Message, Refusal, Ride, RideEnd, Welcome } from '../../shared/protocol.js';
import { type RiderSocket, unlogged } from '../chat-server.js';
import { labelOf } from '../places/station-names.js';
import type { PlainEmitter, ToPlain } from '../plain-events.js';
import type { Voice } from '../riders/voice.js';
import { type PlainWords, plainWordsOf } from './plain-words.js';

/** The voice of a plain wire. */
export class PlainVoice implements Voice {
  readonly client: ClientKind;
  readonly language: Language;
  readonly words: PlainWords;
  readonly #socket: RiderSocket;

  constructor(socket: RiderSocket, client: ClientKind, language: Language) {
    this.#socket = socket;
    this.client = client;
    this.language = language;
    this.words = plainWordsOf(language);
  }

  /** Sends an event. */
  emit<E extends keyof ToPlain>(event: E, ...args: Parameters<ToPlain[E]>): void {
    // The event map of the socket is that of pages, but this client is on a plain wire.
    (unlogged(this.#socket) as unknown as PlainEmitter).emit(event, ...args);
  }

  /** A person's name in the language of this client. */
  name(card: Card): string {
    return nameOf(card, this.language);
  }

  welcome({ you, stations, ride }: Welcome): void {
    this.emit('welcome', this.name(you));
    this.emit('stations', Object.fromEntries(stations.map((each) => [labelOf(each, this.language), each.here])));
    if (this.client === 'terminal') for (const hint of this.words.hints) this.emit('hint', hint);
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

  rideSaid(_rideId: string, { from, text, picture }: Message): void {
    if (picture) this.emit('ride:picture', this.name(from), picture.alt);
    else this.emit('ride:said', this.name(from), text);
  }

  rideRenamed(_rideId: string, before: Card, card: Card): void {
    if (this.name(before) !== this.name(card)) this.emit('ride:renamed', this.name(before), this.name(card));
  }

  rideSignal({ partner, isPartnerLost }: Ride): void {
    this.emit('ride:signal', this.name(partner), isPartnerLost ? 'lost' : 'back');
  }

  rideOver(_ride: Ride, why: RideEnd): void {
    this.emit('ride:over', why, this.words.over[why]);
  }
}
