/**
 * Sends your own messages and reactions in order. Keeps them until the page is connected, and waits when the server
 * asks for it.
 */
import { randomHex } from 'naru-apps-kit/page/memory.js';
import { settle } from 'naru-apps-kit/page/settle.js';
import type { Message, MessageRef, Picture } from '../../shared/protocol.js';
import { confirmed, own, ownPicture, reacted, withoutOwn } from '../state/places.js';
import type { Pending, State } from '../state/state.js';
import type { Store } from '../state/store.js';
import { type Drawn, upload } from './pictures.js';
import type { PictureShelf } from './shelf.js';
import { ANSWER_MS, type ChatSocket, type Settled } from './socket.js';

type Sent =
  | Settled<{ seq: number; at: number }>
  | { readonly ok: false; readonly why: 'lost'; readonly waitMs?: number };

/** Hears when messages have to wait, and when a reaction is given up. A message that is given up is shown as such. */
type OnRefused = (why: string, waitMs?: number) => void;

/**
 * The outbox. Invariants: at most one send per place is under way, so messages arrive in the order in which they were
 * written. At most one picture of all places is, because the server drops the upload of a person for a newer one.
 */
export class Outbox {
  readonly #store: Store;
  readonly #socket: ChatSocket;
  readonly #shelf: PictureShelf;
  /** Pictures on their way. After a reload, a picture may first have to be read from the shelf. */
  readonly #drawn = new Map<string, Drawn | Promise<Drawn | undefined>>();
  readonly #busy = new Set<string>();
  #uploading: Promise<Sent> | undefined;
  readonly #cancelled = new Set<string>();
  readonly #tries = new Map<string, number>();
  readonly #onRefused: OnRefused;

  constructor(store: Store, socket: ChatSocket, shelf: PictureShelf, onRefused: OnRefused) {
    this.#store = store;
    this.#socket = socket;
    this.#shelf = shelf;
    this.#onRefused = onRefused;
  }

  /** Says something in a place, now or as soon as possible. `to` is the message that it answers. */
  say(place: string, text: string, to?: MessageRef): void {
    this.#store.take(own(place, randomHex(8), { text, once: randomHex(16), ...(to ? { to } : {}) }));
    void this.flush(place);
  }

  /** Adds a reaction to a message, or takes it back, now or as soon as possible. */
  react(place: string, reaction: NonNullable<Pending['reaction']>): void {
    this.#store.take(own(place, randomHex(8), { once: randomHex(16), reaction }));
    void this.flush(place);
  }

  /** Sends a picture to a place, now or as soon as possible. */
  show(place: string, drawn: Drawn, alt: string): void {
    const key = randomHex(8);
    this.#drawn.set(key, drawn);
    const { url, width, height } = drawn;
    this.#store.take(own(place, key, { picture: { url, width, height, alt, sent: 0 } }));
    void this.flush(place);
    // Pictures of a ride are not stored anywhere, so they stay off the shelf, too.
    if (!this.#store.state.places[place]?.isRide) void this.#keep(place, key, drawn);
  }

  /** Continues with a picture after a reload of the page. It has its place among the waiting messages already. */
  recall(place: string, key: string): void {
    const found = this.#shelf.get(key).then((drawn) => {
      if (drawn) this.#store.take(ownPicture(place, key, { url: drawn.url }));
      return drawn;
    });
    this.#drawn.set(key, found);
  }

  /** Tries a failed message again. */
  retry(place: string, key: string): void {
    this.#tries.delete(key);
    this.#store.take(own(place, key, { status: 'waiting', problem: undefined }));
    void this.flush(place);
  }

  /** Takes back a message that has not arrived. */
  discard(place: string, key: string): void {
    this.#cancelled.add(key);
    const picture = this.#store.state.places[place]?.pending.find((pending) => pending.key === key)?.picture;
    if (picture) URL.revokeObjectURL(picture.url);
    this.#drawn.delete(key);
    void this.#shelf.drop(key);
    const upload = picture?.upload;
    if (upload && this.#socket.connected) this.#socket.emit('picture:cancel', { upload });
    this.#store.take(withoutOwn(place, key));
  }

  /** Forgets all messages that have not arrived. */
  clear(): void {
    for (const { id, pending } of Object.values(this.#store.state.places)) {
      for (const { key } of pending) this.discard(id, key);
    }
  }

  async #keep(place: string, key: string, drawn: Drawn): Promise<void> {
    const isShelved = await this.#shelf.put(key, drawn);
    // Meanwhile it may have arrived, or have been discarded.
    if (this.#drawn.has(key)) this.#store.take(ownPicture(place, key, { isShelved }));
    else await this.#shelf.drop(key);
  }

  /** Sends the waiting messages of all places. */
  flushAll(): void {
    for (const place of Object.keys(this.#store.state.places)) void this.flush(place);
  }

  /** Sends the waiting messages of a place, until none waits or one cannot be sent. */
  async flush(place: string): Promise<void> {
    if (this.#busy.has(place)) return;
    this.#busy.add(place);
    try {
      for (let next = this.#next(place); next; next = this.#next(place)) {
        if (next.picture && this.#uploading) {
          await this.#uploading;
          continue;
        }
        this.#store.take(own(place, next.key, { status: 'sending' }));
        const sent = await this.#send(place, next);
        if (this.#cancelled.delete(next.key)) continue;
        if (!(await this.#settle(place, next, sent))) return;
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
    const { key, text, picture, once, to, reaction } = pending;
    if (picture) {
      this.#uploading = this.#upload(place, key, picture).finally(() => {
        this.#uploading = undefined;
      });
      return this.#uploading;
    }
    const event = reaction ? 'react' : 'say';
    const ask = reaction ? { place, ...reaction } : { place, key, text, ...(to ? { to } : {}) };
    const said = await settle(this.#socket.timeout(ANSWER_MS).emitWithAck('naru:once', once, event, ask));
    // An answer without `ok` comes from Naru, which could not guarantee to run the event once. The message was not
    // said, so it may be sent again.
    return 'ok' in said ? said : { ok: false, why: 'late' };
  }

  async #upload(place: string, key: string, picture: NonNullable<Pending['picture']>): Promise<Sent> {
    const drawn = await this.#drawn.get(key);
    if (!drawn) return { ok: false, why: 'lost' };
    const { bytes, width, height } = drawn;
    const begun = picture.upload;
    const offer = { place, key, size: bytes.byteLength, width, height, alt: picture.alt };
    return upload(this.#socket, begun === undefined ? offer : { ...offer, upload: begun }, bytes, {
      onBegun: (id) => this.#store.take(ownPicture(place, key, { upload: id })),
      onSent: (sent) => this.#store.take(ownPicture(place, key, { sent })),
      isCancelled: () => this.#cancelled.has(key),
    });
  }

  /** Acts on an answer. Returns false when sending has to pause. */
  async #settle(place: string, pending: Pending, sent: Sent): Promise<boolean> {
    const { key, reaction } = pending;
    if (sent.ok && reaction) {
      this.#store.take(reacted(place, { seq: sent.seq, by: this.#store.state.you?.id ?? '', ...reaction }));
      this.#store.take(withoutOwn(place, key));
      return true;
    }
    if (sent.ok) {
      const drawn = await this.#drawn.get(key);
      this.#tries.delete(key);
      this.#drawn.delete(key);
      if (pending.picture) void this.#shelf.drop(key);
      this.#store.take(confirmed(place, messageOf(pending, sent, this.#store.state, drawn)));
      return true;
    }
    // The log has the message already, so only the answer was lost.
    if (!this.#store.state.places[place]?.pending.some((each) => each.key === key)) return true;
    // The server has answered this key with a refusal, so the next try needs a new one.
    if (sent.why !== 'late') this.#store.take(own(place, key, { once: randomHex(16) }));
    if (sent.why === 'slow') {
      const waitMs = sent.waitMs ?? 1_000;
      this.#store.take(own(place, key, { status: 'waiting' }));
      this.#store.set({ slowUntil: Date.now() + waitMs });
      this.#onRefused(sent.why, waitMs);
      // All places: messages that were written elsewhere meanwhile wait for the same moment.
      setTimeout(() => this.flushAll(), waitMs + 50);
      return false;
    }
    // The connection was lost. The message waits, however long that takes.
    const isLost = !this.#socket.connected;
    const tries = (this.#tries.get(key) ?? 0) + (isLost ? 0 : 1);
    this.#tries.set(key, tries);
    if (sent.why === 'late' && tries < TRIES_MAX) {
      this.#store.take(own(place, key, { status: 'waiting' }));
      // A connected page tries again at once. Otherwise the next connection does.
      return !isLost && this.#store.state.link === 'online';
    }
    if (sent.why === 'muted') this.#store.set({ silencedUntil: Date.now() + (sent.waitMs ?? 0) });
    if (reaction) {
      this.#store.take(withoutOwn(place, key));
      this.#onRefused(sent.why);
      return true;
    }
    this.#store.take(own(place, key, { status: 'failed', problem: sent.why }));
    return true;
  }
}

/** Your own message as everybody else sees it. */
function messageOf(
  pending: Pending,
  sent: { seq: number; at: number },
  state: State,
  drawn: Drawn | undefined,
): Message {
  const from = state.you ?? { id: '', name: [0, 0, 0], hue: 0, client: 'web' };
  const shown = pending.picture;
  const picture: Picture | undefined = shown && {
    // The bytes are in this tab already, so an address for them is enough.
    id: drawn?.url ?? shown.url,
    type: 'image/webp',
    size: drawn?.bytes.byteLength ?? 0,
    width: shown.width,
    height: shown.height,
    alt: shown.alt,
  };
  const { key, text, to } = pending;
  return { seq: sent.seq, key, at: sent.at, from, text, ...(picture ? { picture } : {}), ...(to ? { to } : {}) };
}

const TRIES_MAX = 4;
