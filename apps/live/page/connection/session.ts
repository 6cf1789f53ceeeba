/** Keeps the page in step with the server, and offers what every screen needs: the list, the chat, and reports. */

import { randomHex } from 'naru-apps-kit/page/memory.js';
import { settle } from 'naru-apps-kit/page/settle.js';
import type { Settings } from 'naru-apps-kit/page/state.js';
import type { Card, ReportReason } from 'naru-apps-kit/shared/protocol.js';
import { LIMITS } from '../../shared/limits.js';
import type { Message, WatchAsk } from '../../shared/protocol.js';
import { talkOf } from '../../shared/rooms.js';
import { type State, said } from '../state/state.js';
import type { Store } from '../state/store.js';
import { type Words, wordsOf } from '../words/language.js';
import { ServerClock } from './server-clock.js';
import { ANSWER_MS, type LiveSocket, makeSocket, type Settled } from './socket.js';
import { memory } from './tab.js';

/** The session of this tab. */
export class Session {
  readonly store: Store;
  readonly socket: LiveSocket;
  readonly #isBack = new Set<() => void>();
  #notices = 0;
  readonly #hearts = new Set<(id: string) => void>();
  /** The clock of the server. */
  readonly clock = new ServerClock();
  #looking: ReturnType<typeof setTimeout> | undefined;
  #wish: (() => WatchAsk) | undefined;
  #asked: string | undefined;

  constructor(store: Store) {
    this.store = store;
    this.socket = makeSocket(() => {
      const ask = this.#wish?.();
      this.#asked = ask?.id;
      return ask;
    });
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

  /** Calls `listener` after each connection, and at once if there is one. */
  whenOnline(listener: () => void): () => void {
    this.#isBack.add(listener);
    if (this.store.state.link === 'online') listener();
    return () => this.#isBack.delete(listener);
  }

  /** Lets each connection ask for a broadcast at once, which saves a round trip. The answer is the event `watching`. */
  wish(wish: (() => WatchAsk) | undefined): void {
    this.#wish = wish;
    if (!wish) this.#asked = undefined;
  }

  /** Whether the present connection has asked for this broadcast by itself. */
  hasAsked(id: string): boolean {
    return this.#asked === id;
  }

  /** Asks the server for something. */
  ask<T>(send: (socket: ReturnType<LiveSocket['timeout']>) => Promise<unknown>): Promise<Settled<T>> {
    return settle(send(this.socket.timeout(ANSWER_MS)) as Promise<Settled<T> & { ok: true }>);
  }

  /** Reads the newest messages of a chat. */
  async readTalk(id: string): Promise<void> {
    try {
      const query = { limit: LIMITS.messagesPage };
      const past = await this.socket.timeout(ANSWER_MS).emitWithAck('naru:history', talkOf(id), query);
      const messages = (past.events ?? []).flatMap(({ event, args: [place, message] }) =>
        event === 'said' && place === id ? [message as Message] : [],
      );
      this.store.take(said(id, messages));
    } catch {
      // The connection was lost. The next one reads again.
      return;
    }
  }

  /** Says something. Returns whether the server took it. */
  async say(id: string, text: string): Promise<boolean> {
    const { you } = this.store.state;
    const key = randomHex(6);
    const answer = await this.ask<{ at: number }>((socket) => socket.emitWithAck('say', { id, key, text }));
    if (answer.ok) {
      if (you) this.store.take(said(id, [{ key, from: you, at: answer.at, text }]));
      return true;
    }
    const { problems, slow, silenced } = this.words;
    const waitMs = answer.waitMs ?? 1_000;
    const text2 =
      answer.why === 'slow' ? slow(waitMs) : answer.why === 'muted' ? silenced(waitMs) : problems[answer.why];
    this.announce(text2, true);
    return false;
  }

  /** Sends a heart, and shows it at once. */
  heart(id: string): void {
    for (const listener of this.#hearts) listener(id);
    void this.ask((socket) => socket.emitWithAck('heart', { id }));
  }

  /** Calls `listener` with the broadcast of each heart. */
  onHeart(listener: (id: string) => void): () => void {
    this.#hearts.add(listener);
    return () => this.#hearts.delete(listener);
  }

  /** Reports a person, and hides what the person says. */
  async report(card: Card, id: string, reason: ReportReason): Promise<void> {
    this.hide(card, true);
    this.store.set({ dialog: undefined });
    const answer = await this.ask((socket) => socket.emitWithAck('report', { id, who: card.id, reason }));
    this.announce(answer.ok ? this.words.reported : this.words.reportFailed, true);
  }

  /** Hides a person's messages in this tab, or shows them again. */
  hide(card: Card, isHidden: boolean): void {
    const { [card.id]: _, ...others } = this.store.state.hidden;
    this.store.set({ hidden: isHidden ? { ...others, [card.id]: card } : others });
  }

  /** Chooses a language or a theme. */
  choose(chosen: Partial<Settings>): void {
    const settings = { ...this.store.state.settings, ...chosen };
    memory.rememberSettings(settings);
    this.store.set({ settings });
  }

  /** Opens a dialog, or closes it. */
  dialog(dialog: State['dialog']): void {
    this.store.set({ dialog });
  }

  /** Looks at the clock of the server: soon for the first `looks`, and seldom after them. */
  #lookAtClock(looks: number): void {
    clearTimeout(this.#looking);
    const look = async (): Promise<void> => {
      const sentAt = performance.now();
      try {
        this.clock.note(sentAt, await this.socket.timeout(ANSWER_MS).emitWithAck('clock', {}));
      } catch {
        // The connection was lost. The next one looks again.
        return;
      }
      this.#lookAtClock(looks - 1);
    };
    this.#looking = setTimeout(() => void look(), looks > 0 ? LOOK_SOON_MS : LOOK_SELDOM_MS);
  }

  #listen(): void {
    const { socket, store } = this;
    socket.on('welcome', ({ you, onAir, mutedMs, now, graceMs }) => {
      const wasOffline = store.state.link === 'offline';
      this.clock.begin(now);
      this.#lookAtClock(FIRST_LOOKS);
      const mutedUntil = mutedMs > 0 ? Date.now() + mutedMs : 0;
      store.set({ link: 'online', you, onAir, mutedUntil, graceMs });
      if (wasOffline) this.announce(this.words.backNote);
      for (const listener of [...this.#isBack]) listener();
    });
    socket.on('disconnect', () => {
      store.set({ link: 'offline' });
      this.announce(this.words.offlineNote);
      // The server ends a connection only because of a flood. The page may come back.
      if (!socket.active) setTimeout(() => socket.connect(), RETRY_MS);
    });
    socket.on('connect_error', (error) => {
      const isFull = (error.data as { code?: string } | undefined)?.code === 'full';
      store.set({ link: isFull ? 'full' : 'offline' });
      // After a refusal by middleware, the client does not reconnect by itself.
      if (!socket.active) setTimeout(() => socket.connect(), RETRY_MS);
    });
    socket.on('on-air', (onAir) => store.set({ onAir }));
    socket.on('crowds', (viewers) => {
      const onAir = store.state.onAir.map((each) => ({ ...each, viewers: viewers[each.id] ?? each.viewers }));
      store.set({ onAir });
    });
    socket.on('heart', (id) => {
      for (const listener of this.#hearts) listener(id);
    });
    socket.on('said', (id, message) => store.take(said(id, [message])));
    socket.on('muted', (forMs) => {
      store.set({ mutedUntil: Date.now() + forMs });
      this.announce(this.words.silenced(forMs), true);
    });
  }
}

const RETRY_MS = 4_000;
const FIRST_LOOKS = 5;
const LOOK_SOON_MS = 250;
const LOOK_SELDOM_MS = 5_000;
