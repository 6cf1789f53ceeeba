/** Keeps the page in step with the server: the person, the place in a room, the round and the points. */
import { settle } from 'naru-apps-kit/page/settle.js';
import type { Settings } from 'naru-apps-kit/page/state.js';
import { LIMITS } from '../../shared/limits.js';
import type { Place } from '../../shared/protocol.js';
import { changed, type Dialog, type LaneState, type State, seated, told, turned } from '../state/state.js';
import type { Step, Store } from '../state/store.js';
import { type Words, wordsOf } from '../words/language.js';
import { LaneWatch } from './lane-watch.js';
import { ANSWER_MS, type ArenaSocket, makeSocket, type Settled } from './socket.js';
import { isOutdated, memory } from './tab.js';

/** The wait before another try, in milliseconds. */
const RETRY_MS = 2_000;

/** The session of this tab. */
export class Session {
  readonly store: Store;
  readonly socket: ArenaSocket = makeSocket();
  readonly #lane: LaneWatch;
  #notices = 0;
  /** The room that the player wants to be in: a code, or any. */
  #wish: { readonly room?: string } | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #hasLane = false;
  /** Changes of a room that came before the answer that gives the place in it. */
  #early: { readonly room: string; readonly step: Step }[] = [];

  constructor(store: Store) {
    this.store = store;
    this.#lane = new LaneWatch(this.socket, (lane) => this.#laneIs(lane));
    this.#listen();
  }

  /** The phrases of the chosen language. */
  get words(): Words {
    return wordsOf(this.store.state.settings.language);
  }

  /** Announces a text to the screen reader and, when it is urgent, on the screen. */
  announce(text: string, isUrgent = false): void {
    this.store.set({ notice: { id: ++this.#notices, text, isUrgent } });
  }

  /** Asks the server for something. */
  ask<T>(send: (socket: ReturnType<ArenaSocket['timeout']>) => Promise<unknown>): Promise<Settled<T>> {
    return settle(send(this.socket.timeout(ANSWER_MS)) as Promise<Settled<T> & { ok: true }>);
  }

  /** Enters a room, or any. The page comes back to it after each lost connection, until `leave`. */
  async enter(wish: { readonly room?: string } = {}): Promise<void> {
    this.#wish = wish;
    clearTimeout(this.#retry);
    this.store.set({ seat: 'entering' });
    this.#early = [];
    if (this.store.state.link !== 'online') return;
    const answer = await this.ask<{ place: Place }>((socket) => socket.emitWithAck('play', wish));
    if (this.#wish !== wish) return;
    if (answer.ok) {
      // After a lost connection, the page comes back to this room.
      this.#wish = { room: answer.place.room };
      this.store.take(seated(answer.place));
      for (const { room, step } of this.#early.splice(0)) this.#change(room, step);
      void this.#lane.open(this.#hasLane);
      return;
    }
    this.store.set({ seat: answer.why });
    const waits = answer.why === 'busy' || answer.why === 'slow' || answer.why === 'late' || answer.why === 'full';
    if (waits) this.#retry = setTimeout(() => void this.enter(wish), answer.waitMs ?? RETRY_MS);
  }

  /** Leaves the room. */
  leave(): void {
    if (!this.#wish) return;
    this.#wish = undefined;
    clearTimeout(this.#retry);
    this.#lane.close();
    this.store.set({ seat: 'none', place: undefined, round: undefined, own: undefined, figures: undefined });
    if (this.store.state.link === 'online') void this.ask((socket) => socket.emitWithAck('leave', {}));
  }

  /** Takes another made-up name. */
  async rename(): Promise<void> {
    const turn = (this.store.state.turn + 1) % LIMITS.nameTurns;
    const answer = await this.ask<{ you: NonNullable<State['you']>; turn: number }>((socket) =>
      socket.emitWithAck('name', { turn }),
    );
    if (!answer.ok) {
      this.announce(this.words.problems[answer.why], true);
      return;
    }
    memory.write('tab', 'turn', answer.turn);
    this.store.set({ you: answer.you, turn: answer.turn });
  }

  /** Measures the round trip in milliseconds. Returns undefined when the answer is late. */
  async roundTrip(): Promise<number | undefined> {
    const began = performance.now();
    const answer = await this.ask((socket) => socket.emitWithAck('ping', {}));
    return answer.ok ? performance.now() - began : undefined;
  }

  /** Chooses a language or a theme. */
  choose(chosen: Partial<Settings>): void {
    const settings = { ...this.store.state.settings, ...chosen };
    memory.rememberSettings(settings);
    this.store.set({ settings });
  }

  /** Turns the sound on or off. */
  chooseSound(isSoundOn: boolean): void {
    memory.write('browser', 'sound', isSoundOn);
    this.store.set({ isSoundOn });
  }

  /** Opens a dialog, or closes it. */
  dialog(dialog: Dialog | undefined): void {
    this.store.set({ dialog });
  }

  /** Changes the room that the player is in. While the page enters one, the change waits. */
  #change(room: string, step: Step): void {
    const { seat, place } = this.store.state;
    if (seat === 'entering') this.#early.push({ room, step });
    else if (place?.room === room) this.store.take(step);
  }

  #laneIs(lane: LaneState): void {
    const before = this.store.state.lane;
    this.store.set({ lane });
    if (lane === 'down') this.announce(this.words.laneDown, true);
    if (lane === 'up' && before === 'down') this.announce(this.words.laneBack);
  }

  #listen(): void {
    const { socket, store } = this;
    socket.on('welcome', ({ you, turn, map, hasLane }) => {
      if (isOutdated(map)) {
        // The ticket of the tab keeps the place.
        location.reload();
        return;
      }
      this.#hasLane = hasLane;
      const wasOffline = store.state.link === 'offline';
      store.set({ link: 'online', you, turn });
      if (wasOffline) this.announce(this.words.backNote);
      // The ticket of the tab leads back to the place that the player had.
      if (this.#wish) void this.enter(this.#wish);
    });
    socket.on('disconnect', () => {
      store.set({ link: 'offline' });
      this.announce(this.words.offlineNote);
      // The server ends a connection only because of misuse. The page may come back.
      if (!socket.active) setTimeout(() => socket.connect(), RETRY_MS);
    });
    socket.on('connect_error', (error) => {
      const isFull = (error.data as { code?: string } | undefined)?.code === 'full';
      store.set({ link: isFull ? 'full' : 'offline' });
      if (!socket.active) setTimeout(() => socket.connect(), RETRY_MS);
    });
    socket.on('roster', (room, change) => this.#change(room, changed(change)));
    socket.on('round', (room, round) => this.#change(room, turned(round)));
    socket.on('outs', (room, outs) => this.#change(room, told(outs, performance.now())));
    socket.on('points', (room, points) => this.#change(room, (state) => ({ ...state, points })));
    socket.on('over', (room, why) => {
      if (store.state.place?.room !== room || !this.#wish) return;
      // A room that is lost has another one in its place.
      if (why === 'lost') void this.enter({});
      else {
        this.#wish = undefined;
        this.#lane.close();
        store.set({ seat: why });
      }
    });
  }
}
