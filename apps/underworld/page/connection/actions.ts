/** The actions of a person, as functions that the parts of the page call. */
import { settle } from 'naru-apps-kit/page/settle.js';
import type { Settings } from 'naru-apps-kit/page/state.js';
import type { ReportReason } from 'naru-apps-kit/shared/protocol.js';
import type { Card, Message, Refusal } from '../../shared/protocol.js';
import { withoutPlace } from '../state/places.js';
import type { Dialog } from '../state/state.js';
import type { Session } from './session.js';
import { ANSWER_MS } from './socket.js';
import { memory, rememberTurn } from './tab.js';

/** The actions, bound to one session. */
export class Actions {
  readonly session: Session;
  #typingAt = 0;

  constructor(session: Session) {
    this.session = session;
  }

  /** Leaves a station. */
  leave(id: string): void {
    const { socket, store } = this.session;
    if (store.state.link === 'online') socket.emit('station:leave', { id }, () => {});
    this.session.close(id);
  }

  /** Opens a station and enters it. Resolves to the reason when it cannot be opened. */
  async make(name: string, hue: number): Promise<Refusal | 'late' | undefined> {
    const { socket, store } = this.session;
    const answer = await settle(socket.timeout(ANSWER_MS).emitWithAck('station:make', { name, hue }));
    if (!answer.ok) return answer.why;
    const { station } = answer;
    const others = store.state.stations.filter((each) => each.id !== station.id);
    store.set({ stations: [...others, station], dialog: undefined });
    location.hash = `#/s/${station.id}`;
    return undefined;
  }

  /** Tells the others that you type, at most every other second, or that you stopped. */
  typing(place: string, on: boolean): void {
    const { socket, store } = this.session;
    const now = Date.now();
    if (store.state.link !== 'online' || (on && now - this.#typingAt < TYPING_EVERY_MS)) return;
    if (!on && this.#typingAt === 0) return;
    this.#typingAt = on ? now : 0;
    socket.volatile.emit('typing', { place, on });
  }

  /** Waits for a stranger. A ride in progress ends first. */
  board(): void {
    const { store } = this.session;
    const { ride, link } = store.state;
    if (ride.type === 'riding' || ride.type === 'over') store.take(withoutPlace(ride.id));
    store.set({ ride: { type: 'waiting', since: Date.now() } });
    location.hash = '#/ride';
    this.session.announce(this.session.words.waitTitle);
    if (link === 'online') void this.session.wait();
  }

  /** Stops waiting. */
  stepBack(): void {
    const { socket, store } = this.session;
    if (store.state.ride.type !== 'waiting') return;
    store.set({ ride: { type: 'idle' } });
    location.hash = '#/';
    if (store.state.link === 'online') socket.emit('line:cancel', () => {});
  }

  /** Gets off the ride. */
  hangUp(): void {
    const { socket, store } = this.session;
    const { ride } = store.state;
    if (ride.type !== 'riding') return;
    socket.emit('ride:end', { id: ride.id }, () => {});
    this.session.rideOver(ride.id, 'you');
  }

  /** Closes the screen of a ride that has ended. */
  leaveRide(): void {
    const { store } = this.session;
    const { ride } = store.state;
    if (ride.type !== 'over') return;
    store.take(withoutPlace(ride.id));
    store.set({ ride: { type: 'idle' } });
    location.hash = '#/';
  }

  /** Hides or shows what a person says, on this page only. */
  mute(card: Card, isMuted: boolean): void {
    const { store } = this.session;
    const { [card.id]: _before, ...others } = store.state.muted;
    store.set({ muted: isMuted ? { ...others, [card.id]: card } : others });
  }

  /** Reports a person and hides what they say. */
  async report(card: Card, place: string, reason: ReportReason): Promise<void> {
    const { socket, store, words } = this.session;
    const ride = store.state.ride;
    this.mute(card, true);
    store.set({ dialog: undefined });
    const answer = await settle(socket.timeout(ANSWER_MS).emitWithAck('report', { who: card.id, place, reason }));
    if (ride.type === 'riding' && ride.id === place) this.session.rideOver(place, 'reported');
    const refusal = !answer.ok && answer.why === 'gone' ? words.reportGone : words.reportFailed;
    this.session.announce(answer.ok ? words.reported : refusal, true);
  }

  /** Takes another name. */
  async rename(): Promise<void> {
    const { socket, store } = this.session;
    const ask = { turn: store.state.turn + 1 };
    const answer = await settle(socket.timeout(ANSWER_MS).emitWithAck('rename', ask));
    if (!answer.ok) return this.session.announce(this.session.words.problems[answer.why] ?? '', true);
    rememberTurn(answer.turn);
    store.set({ you: answer.you, turn: answer.turn });
  }

  /** Asks the server to forget this person, and returns as a new one. */
  async forget(): Promise<void> {
    const { socket, store } = this.session;
    store.set({ dialog: undefined });
    if (store.state.link === 'online') await settle(socket.timeout(ANSWER_MS).emitWithAck('forget'));
    this.session.startOver();
  }

  /** Takes the session over from another tab. */
  takeOver(): void {
    this.session.store.set({ link: 'connecting' });
    this.session.socket.connect();
  }

  /** Opens a dialog, or closes the one that is open. */
  dialog(dialog: Dialog | undefined): void {
    this.session.store.set({ dialog });
  }

  /** Chooses the language or the theme. */
  choose(settings: Partial<Settings>): void {
    const { store } = this.session;
    const next = { ...store.state.settings, ...settings };
    memory.rememberSettings(next);
    store.set({ settings: next });
  }

  /** Makes the draft of a place an answer to a message, or to none. */
  answer(place: string, message?: Message): void {
    const { store } = this.session;
    const { [place]: _before, ...others } = store.state.answered;
    store.set({ answered: message ? { ...others, [place]: message } : others });
    document.getElementById('write')?.focus();
  }

  /** Keeps a draft. */
  draft(place: string, text: string): void {
    const { store } = this.session;
    store.set({ drafts: { ...store.state.drafts, [place]: text } });
  }
}

const TYPING_EVERY_MS = 2_000;
