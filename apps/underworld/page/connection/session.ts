/** Keeps the page in step with the server: events change the state, and each new connection brings it up to date. */
import { settle } from 'naru-apps-kit/page/settle.js';
import { nameOf } from 'naru-apps-kit/shared/naming.js';
import { LIMITS } from '../../shared/limits.js';
import type { Card, Reaction, Ride, RideEnd, Station, Welcome } from '../../shared/protocol.js';
import {
  arrivedMessage,
  cameIn,
  entered,
  lit,
  own,
  reacted,
  renamed,
  replacedPlace,
  torn,
  typed,
  wentOut,
  withoutPlace,
  withPlace,
} from '../state/places.js';
import type { Store } from '../state/store.js';
import { type Words, wordsOf } from '../words/language.js';
import { Outbox } from './outbox.js';
import { Past } from './past.js';
import type { Laid } from './pictures.js';
import type { PictureShelf } from './shelf.js';
import { ANSWER_MS, type ChatSocket } from './socket.js';
import { forgetTab, remember, remembered, rememberTurn, ticketOfTab } from './tab.js';

/** The session of this tab. */
export class Session {
  readonly store: Store;
  readonly socket: ChatSocket;
  readonly outbox: Outbox;
  readonly past: Past;
  /** Pictures that are ready to be sent, by place, the oldest first. */
  readonly laid = new Map<string, Laid>();
  readonly #typists = new Map<string, ReturnType<typeof setTimeout>>();
  #reactions = 0;
  #notices = 0;

  constructor(store: Store, socket: ChatSocket, shelf: PictureShelf) {
    this.store = store;
    this.socket = socket;
    this.outbox = new Outbox(store, socket, shelf, (why, waitMs) =>
      this.announce(why === 'slow' ? this.words.slow(waitMs ?? 0) : this.words.reactFailed, why !== 'slow'),
    );
    this.past = new Past(store, socket);
    this.#recall();
    this.#listen();
    store.watch(() => remember(store.state));
  }

  /** Announces a text to the screen reader and, when it is urgent, on the screen. `href` is where it leads. */
  announce(text: string, isUrgent = false, href?: string): void {
    this.store.set({ notice: { id: ++this.#notices, text, isUrgent, href } });
  }

  /** The phrases of the chosen language. */
  get words(): Words {
    return wordsOf(this.store.state.settings.language);
  }

  /** Enters a place on the server, or brings it up to date. */
  async enter(id: string, isRide: boolean): Promise<void> {
    this.store.take(withPlace(id, isRide));
    if (this.store.state.link !== 'online') return;
    const event = isRide ? 'ride:enter' : 'station:enter';
    const answer = await settle(this.socket.timeout(ANSWER_MS).emitWithAck(event, { id }));
    if (answer.ok) {
      this.store.take(entered(id, answer));
      void this.outbox.flush(id);
      // From here on, events bring the new messages, and the history brings earlier ones. Keys prevent duplicates.
      if (!isRide) await this.past.catchUp(id);
      return;
    }
    if (answer.why === 'slow') {
      setTimeout(() => void this.enter(id, isRide), answer.waitMs ?? 1_000);
      return;
    }
    if (answer.why === 'late') {
      // The next connection asks again. While the server is only slow, this timer has to.
      const connection = this.socket.id;
      setTimeout(() => {
        const { link, places } = this.store.state;
        const isWanted = places[id] !== undefined && !places[id].isEntered;
        if (isWanted && link === 'online' && this.socket.id === connection) void this.enter(id, isRide);
      }, LATE_RETRY_MS);
      return;
    }
    if (isRide) return;
    this.close(id);
    this.announce(answer.why === 'full' ? this.words.tooMany : this.words.stationGone, true);
  }

  /** Asks for a stranger, and asks again later when the server says to slow down. */
  async wait(): Promise<void> {
    const avoid = Object.keys(this.store.state.muted).slice(-LIMITS.avoided);
    const answer = await settle(this.socket.timeout(ANSWER_MS).emitWithAck('line:wait', { avoid }));
    if (answer.ok || answer.why !== 'slow') return;
    const waitMs = answer.waitMs ?? 1_000;
    this.announce(this.words.slowLine(waitMs), true);
    setTimeout(() => {
      const { ride, link } = this.store.state;
      if (ride.type === 'waiting' && link === 'online') void this.wait();
    }, waitMs);
  }

  /**
   * Connects at once, for example when the network is back. Does nothing after the session moved to another tab, which
   * would lose it.
   */
  wake(): void {
    if (this.store.state.link !== 'moved') this.socket.connect();
  }

  /** Closes a place on this page. A person who looks at it goes to the map. */
  close(id: string): void {
    const { view } = this.store.state;
    this.store.take(withoutPlace(id));
    this.laid.delete(id);
    if (view.type === 'station' && view.id === id) location.hash = '#/';
  }

  /** Starts as a new person. This tab forgets the previous one. */
  startOver(): void {
    this.outbox.clear();
    this.laid.clear();
    forgetTab();
    ticketOfTab(true);
    this.store.set({
      you: undefined,
      places: {},
      drafts: {},
      answered: {},
      ride: { type: 'idle' },
      muted: {},
      silencedUntil: 0,
      slowUntil: 0,
      link: 'connecting',
    });
    location.hash = '#/';
    this.socket.disconnect().connect();
  }

  /** The ride on this page has ended. */
  rideOver(id: string, why: RideEnd | 'range'): void {
    const { ride } = this.store.state;
    if (ride.type !== 'riding' || ride.id !== id) return;
    const tookMs = Date.now() - ride.since;
    this.store.set({ ride: { type: 'over', id, partner: ride.partner, why, tookMs } });
    for (const pending of this.store.state.places[id]?.pending ?? []) {
      this.store.take(own(id, pending.key, { status: 'failed', problem: 'gone' }));
    }
    // The screen of the ride shows the end and takes the focus. On other screens it has to be announced.
    if (this.store.state.view.type !== 'ride') this.announce(overText(this.words, why, this.#name(ride.partner)), true);
  }

  #recall(): void {
    const { you, map, ride, stations, unsent, muted, drafts } = remembered();
    this.store.set({ you, muted, drafts });
    if (map.length > 0) this.store.set({ stations: map });
    for (const id of stations) this.store.take(withPlace(id, false));
    if (ride) {
      this.store.set({ ride });
      this.store.take(withPlace(ride.id, true));
    }
    for (const [id, list] of Object.entries(unsent)) {
      for (const { key, ...written } of list) {
        this.store.take(own(id, key, written));
        if (written.picture) this.outbox.recall(id, key);
      }
    }
  }

  #listen(): void {
    const { socket, store } = this;
    socket.on('welcome', (welcome) => this.#welcome(welcome));
    socket.on('disconnect', () => this.#lost());
    socket.on('connect_error', (error) => {
      const isFull = (error.data as { code?: string } | undefined)?.code === 'full';
      if (store.state.link === 'connecting' && !isFull)
        this.announce(`${this.words.linkOffline}. ${this.words.tryingNote}`);
      if (store.state.link === 'connecting' || isFull) store.set({ link: isFull ? 'full' : 'offline' });
      // After a refusal by middleware, the client does not reconnect by itself.
      if (!socket.active) setTimeout(() => socket.connect(), FULL_RETRY_MS);
    });
    // An open dialog would cover the choice.
    socket.on('moved', () => store.set({ link: 'moved', dialog: undefined }));
    socket.on('stations', (stations, riders) => this.#map(stations, riders));
    socket.on('spoke', (stations) => store.take(lit(stations, Date.now())));
    socket.on('message', (place, message) => {
      this.#typed(place, message.from.id, false);
      store.take(arrivedMessage(place, message));
    });
    socket.on('reacted', (place, reaction) => this.#reacted(place, reaction));
    socket.on('arrived', (place, card, here) => store.take(cameIn(place, card, here)));
    socket.on('departed', (place, id, here) => store.take(wentOut(place, id, here)));
    socket.on('renamed', (place, card) => this.#renamed(place, card));
    socket.on('typing', (place, id, on) => this.#typed(place, id, on));
    socket.on('ride:start', (ride) => this.#rideStart(ride));
    socket.on('ride:signal', (id, isLost) => this.#rideSignal(id, isLost));
    socket.on('ride:over', (id, why) => this.rideOver(id, why));
    // This page read so slowly that the log has dropped events for it.
    socket.on('naru:gap', () => {
      for (const { id, isRide } of Object.values(store.state.places)) {
        if (isRide) continue;
        store.take(torn(id));
        void this.past.catchUp(id);
      }
    });
    socket.on('muted', (forMs) => {
      store.set({ silencedUntil: Date.now() + forMs });
      this.announce(this.words.silenced(forMs), true);
    });
  }

  #welcome(welcome: Welcome): void {
    const { store } = this;
    const { ride, link, stations: before } = store.state;
    rememberTurn(welcome.turn);
    const { you, turn, stations, riders, endpoints } = welcome;
    const silencedUntil = welcome.mutedMs > 0 ? Date.now() + welcome.mutedMs : 0;
    store.set({ link: 'online', you, turn, stations, riders, endpoints, silencedUntil });
    if (link === 'offline') this.announce(this.words.backNote);
    for (const { id, isRide } of Object.values(store.state.places)) {
      const closed = stations.some((station) => station.id === id)
        ? undefined
        : before.find((station) => station.id === id);
      if (closed && !isRide) void this.#reopen(closed);
      else if (!isRide) void this.enter(id, false);
    }
    if (welcome.ride) this.#resume(welcome.ride);
    else if (ride.type === 'riding') this.rideOver(ride.id, 'range');
    if (ride.type === 'waiting') void this.wait();
  }

  /** Reopens a station that closed while the page was disconnected. The first rider who asks opens it. */
  async #reopen({ id, name, hue }: Station): Promise<void> {
    const ask = { name, hue, reopen: true };
    const answer = await settle(this.socket.timeout(ANSWER_MS).emitWithAck('station:make', ask));
    if (!answer.ok) return void this.enter(id, false);
    const { station } = answer;
    const { view, stations } = this.store.state;
    this.store.set({ stations: [...stations.filter((each) => each.id !== station.id), station] });
    this.store.take(replacedPlace(id, station.id));
    if (view.type === 'station' && view.id === id) location.replace(`#/s/${station.id}`);
    await this.enter(station.id, false);
  }

  #lost(): void {
    const { link, places } = this.store.state;
    if (link === 'moved' || link === 'connecting') return;
    const left = Object.entries(places).map(([id, place]) => [id, { ...place, isEntered: false, typing: [] }] as const);
    this.store.set({ link: 'offline', places: Object.fromEntries(left) });
    for (const id of Object.keys(places)) this.store.take(torn(id));
    this.announce(this.words.offlineNote);
    // The server ends a connection only for a newer one or because of a flood. Either way, this page may come back.
    if (!this.socket.active) setTimeout(() => this.socket.connect(), FULL_RETRY_MS);
  }

  #map(stations: Welcome['stations'], riders: number): void {
    this.store.set({ stations, riders });
    const { link, places } = this.store.state;
    if (link !== 'online') return;
    for (const place of Object.values(places)) {
      if (place.isRide || !place.isEntered || stations.some((station) => station.id === place.id)) continue;
      this.close(place.id);
    }
  }

  #rideStart(ride: Ride): void {
    const { ride: before } = this.store.state;
    if (before.type === 'over' || before.type === 'riding') this.store.take(withoutPlace(before.id));
    this.#seat(ride, Date.now());
    void this.enter(ride.id, true);
    const began = this.words.rideBegan(this.#name(ride.partner));
    // A person at a station stays there. A person on the platform or the map goes to the ride.
    const isTalking = this.store.state.view.type === 'station';
    if (!isTalking) {
      // A dialog would stay over the companion, and would keep the first words.
      this.store.set({ dialog: undefined });
      location.hash = '#/ride';
    }
    this.announce(began, isTalking, '#/ride');
  }

  #resume(ride: Ride): void {
    const { ride: before } = this.store.state;
    this.#seat(ride, before.type === 'riding' ? before.since : Date.now());
    this.store.take(withPlace(ride.id, true));
    void this.enter(ride.id, true);
  }

  #seat(ride: Ride, since: number): void {
    this.store.set({ ride: { type: 'riding', ...ride, since } });
  }

  #rideSignal(id: string, isPartnerLost: boolean): void {
    const { ride } = this.store.state;
    if (ride.type !== 'riding' || ride.id !== id || ride.isPartnerLost === isPartnerLost) return;
    this.store.set({ ride: { ...ride, isPartnerLost } });
    const name = this.#name(ride.partner);
    this.announce(isPartnerLost ? this.words.rideLost(name) : this.words.rideBack(name));
  }

  #renamed(place: string, card: Card): void {
    this.store.take(renamed(place, card));
    const { ride } = this.store.state;
    if (ride.type === 'riding' && ride.partner.id === card.id) this.store.set({ ride: { ...ride, partner: card } });
  }

  #typed(place: string, id: string, on: boolean): void {
    const mark = `${place} ${id}`;
    clearTimeout(this.#typists.get(mark));
    this.#typists.delete(mark);
    this.store.take(typed(place, id, on));
    // Typing ends by itself when no further mark arrives.
    if (on)
      this.#typists.set(
        mark,
        setTimeout(() => this.#typed(place, id, false), TYPING_MS),
      );
  }

  /** Shows a reaction of somebody else. A screen reader hears of all that come close together in one phrase. */
  #reacted(place: string, reaction: Reaction): void {
    this.store.take(reacted(place, reaction));
    const { view, ride, muted } = this.store.state;
    const here = view.type === 'station' ? view.id : view.type === 'ride' && ride.type === 'riding' && ride.id;
    if (here !== place || !reaction.on || muted[reaction.by] || ++this.#reactions > 1) return;
    setTimeout(() => {
      this.announce(this.words.reacted(this.#reactions));
      this.#reactions = 0;
    }, GATHER_MS);
  }

  #name(card: Card): string {
    return nameOf(card, this.store.state.settings.language);
  }
}

/** The end of a ride in words. */
export function overText(words: Words, why: RideEnd | 'range', name: string): string {
  if (why === 'you') return words.overYou;
  if (why === 'reported') return words.overReported;
  if (why === 'range') return words.overRange;
  return why === 'partner' ? words.overPartner(name) : words.overLost(name);
}

const TYPING_MS = 5_000;
const GATHER_MS = 1_500;
const FULL_RETRY_MS = 4_000;
const LATE_RETRY_MS = 1_000;
