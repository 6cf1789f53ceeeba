/** Sends one's own words in their order, keeps them while there is no signal, and waits when the server says to slow down. */
import type { Message, Picture } from '../../shared/wire.js';
import { confirmed, own, withoutOwn } from '../state/places.js';
import type { Pending, State } from '../state/state.js';
import type { Store } from '../state/store.js';
import { type Drawn, upload } from './pictures.js';
import { ANSWER_MS, type ChatSocket, type Settled, settle } from './socket.js';
import { randomHex } from './tab.js';

type Sent = Settled<{ seq: number; at: number }>;

/** Invariant: at most one send is under way for each place, so words arrive in the order they were written. */
export class Outbox {
  readonly #store: Store;
  readonly #socket: ChatSocket;
  readonly #drawn = new Map<string, Drawn>();
  readonly #busy = new Set<string>();
  /** Uploads that have begun, by the keys of their pictures: where one broke off, it goes on. */
  readonly #uploads = new Map<string, string>();
  readonly #cancelled = new Set<string>();
  readonly #tries = new Map<string, number>();
  readonly #onSlow: (waitMs: number) => void;

  constructor(store: Store, socket: ChatSocket, onSlow: (waitMs: number) => void) {
    this.#store = store;
    this.#socket = socket;
    this.#onSlow = onSlow;
  }

  /** Says something in a place, now or as soon as it can be said. */
  say(place: string, text: string): void {
    this.#store.take(own(place, randomHex(8), { text, once: randomHex(16) }));
    void this.flush(place);
  }

  /** Sends a picture to a place, now or as soon as it can be sent. */
  show(place: string, drawn: Drawn, alt: string): void {
    const key = randomHex(8);
    this.#drawn.set(key, drawn);
    const { url, width, height } = drawn;
    this.#store.take(own(place, key, { picture: { url, width, height, alt, sent: 0 } }));
    void this.flush(place);
  }

  /** Tries something again that failed. */
  retry(place: string, key: string): void {
    this.#tries.delete(key);
    this.#store.take(own(place, key, { status: 'waiting', problem: undefined }));
    void this.flush(place);
  }

  /** Takes something back that has not arrived. */
  discard(place: string, key: string): void {
    this.#cancelled.add(key);
    const drawn = this.#drawn.get(key);
    if (drawn) URL.revokeObjectURL(drawn.url);
    this.#drawn.delete(key);
    const upload = this.#uploads.get(key);
    this.#uploads.delete(key);
    if (upload && this.#socket.connected) this.#socket.emit('picture:cancel', { upload });
    this.#store.take(withoutOwn(place, key));
  }

  /** Sends what waits anywhere. */
  flushAll(): void {
    for (const place of Object.keys(this.#store.state.places)) void this.flush(place);
  }

  /** Sends what waits in a place, until nothing waits or something is in the way. */
  async flush(place: string): Promise<void> {
    if (this.#busy.has(place)) return;
    this.#busy.add(place);
    try {
      for (let next = this.#next(place); next; next = this.#next(place)) {
        this.#store.take(own(place, next.key, { status: 'sending' }));
        const sent = await this.#send(place, next);
        if (this.#cancelled.delete(next.key)) continue;
        if (!this.#settle(place, next, sent)) return;
      }
    } finally {
      this.#busy.delete(place);
    }
  }

  #next(place: string): Pending | undefined {
    const { link, places, slowUntil } = this.#store.state;
    if (link !== 'online' || Date.now() < slowUntil || !places[place]?.isEntered) return undefined;
    return places[place]?.pending.find((pending) => pending.status !== 'failed');
  }

  async #send(place: string, pending: Pending): Promise<Sent> {
    const { key, text, picture, once } = pending;
    if (!picture) {
      const said = await settle(
        this.#socket.timeout(ANSWER_MS).emitWithAck('naru:once', once, 'say', { place, key, text }),
      );
      // The engine has words of its own where it cannot keep the promise; then it was not said, and may be tried again.
      return 'ok' in said ? said : { ok: false, why: 'late' };
    }
    const drawn = this.#drawn.get(key);
    if (!drawn) return { ok: false, why: 'gone' };
    const { bytes, width, height } = drawn;
    const begun = this.#uploads.get(key);
    const offer = { place, key, size: bytes.byteLength, width, height, alt: picture.alt };
    return upload(this.#socket, begun === undefined ? offer : { ...offer, upload: begun }, bytes, {
      onBegun: (id) => this.#uploads.set(key, id),
      onSent: (sent) => {
        if (!this.#cancelled.has(key)) this.#store.take(own(place, key, { picture: { ...picture, sent } }));
      },
      isCancelled: () => this.#cancelled.has(key),
    });
  }

  /** Draws the consequence of an answer; false when sending has to pause. */
  #settle(place: string, pending: Pending, sent: Sent): boolean {
    const { key } = pending;
    if (sent.ok) {
      this.#tries.delete(key);
      this.#uploads.delete(key);
      this.#store.take(confirmed(place, messageOf(pending, sent, this.#store.state, this.#drawn.get(key))));
      return true;
    }
    // It was answered, so it was not said: the next try is not the same again.
    if (sent.why !== 'late') this.#store.take(own(place, key, { once: randomHex(16) }));
    if (sent.why === 'slow') {
      const waitMs = sent.waitMs ?? 1_000;
      this.#store.take(own(place, key, { status: 'waiting' }));
      this.#store.set({ slowUntil: Date.now() + waitMs });
      this.#onSlow(waitMs);
      // All of them: what was written elsewhere meanwhile waits for the same moment, and nothing else would send it.
      setTimeout(() => this.flushAll(), waitMs + 50);
      return false;
    }
    // That the signal went is no fault of what was said: it waits, for as long as it takes.
    const isLost = !this.#socket.connected;
    const tries = (this.#tries.get(key) ?? 0) + (isLost ? 0 : 1);
    this.#tries.set(key, tries);
    if (sent.why === 'late' && tries < TRIES_MAX) {
      this.#store.take(own(place, key, { status: 'waiting' }));
      // With a signal ask again; without one, the return of the signal does.
      return this.#store.state.link === 'online';
    }
    if (sent.why === 'muted') this.#store.set({ silencedUntil: Date.now() + (sent.waitMs ?? 0) });
    this.#store.take(own(place, key, { status: 'failed', problem: sent.why }));
    return true;
  }
}

/** One's own words as everybody else sees them. */
function messageOf(
  pending: Pending,
  sent: { seq: number; at: number },
  state: State,
  drawn: Drawn | undefined,
): Message {
  const from = state.you ?? { id: '', name: [0, 0, 0], hue: 0, road: 'web' };
  const shown = pending.picture;
  const picture: Picture | undefined = shown && {
    // An address in this tab, because the bytes are here already.
    id: shown.url,
    type: 'image/webp',
    size: drawn?.bytes.byteLength ?? 0,
    width: shown.width,
    height: shown.height,
    alt: shown.alt,
  };
  return { seq: sent.seq, key: pending.key, at: sent.at, from, text: pending.text, ...(picture ? { picture } : {}) };
}

const TRIES_MAX = 4;
