import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Outbox } from '../page/connection/outbox.js';
import type { Drawn } from '../page/connection/pictures.js';
import type { PictureShelf } from '../page/connection/shelf.js';
import { caughtUp, entered, own, withPlace } from '../page/state/places.js';
import type { Store } from '../page/state/store.js';
import { LIMITS } from '../shared/limits.js';
import { FakeSocket, message, pageIn } from './fake-page.js';

/** A shelf that survives a reload of the page. */
class MemoryShelf implements PictureShelf {
  readonly pictures = new Map<string, Drawn>();

  async put(key: string, drawn: Drawn): Promise<boolean> {
    this.pictures.set(key, drawn);
    return true;
  }

  async get(key: string): Promise<Drawn | undefined> {
    return this.pictures.get(key);
  }

  async drop(key: string): Promise<void> {
    this.pictures.delete(key);
  }
}

let socket: FakeSocket;
let store: Store;
let outbox: Outbox;
let shelf: MemoryShelf;
let said: { place: string; text: string }[];

beforeEach(() => {
  vi.useFakeTimers();
  socket = new FakeSocket();
  store = pageIn('p', 'q');
  shelf = new MemoryShelf();
  outbox = new Outbox(store, socket.forPage, shelf, () => {});
  said = [];
  socket.answer = (_event, _once, _say, ask) => {
    said.push(ask as { place: string; text: string });
    return { ok: true, seq: said.length, at: said.length };
  };
});
afterEach(() => {
  vi.useRealTimers();
});

const texts = (): string[] => said.map(({ place, text }) => `${place}: ${text}`);

describe('an own message', () => {
  it('waits in every place while the server asks to slow down, and is sent then', async () => {
    const { answer } = socket;
    socket.answer = () => ({ ok: false, why: 'slow', waitMs: 2_000 });
    outbox.say('p', 'one');
    await vi.advanceTimersByTimeAsync(0);
    socket.answer = answer;
    outbox.say('q', 'two');
    outbox.say('p', 'three');
    await vi.advanceTimersByTimeAsync(0);
    expect(texts()).toEqual([]);
    await vi.advanceTimersByTimeAsync(2_100);
    expect(texts().sort()).toEqual(['p: one', 'p: three', 'q: two']);
    expect([store.state.places.p?.pending, store.state.places.q?.pending]).toEqual([[], []]);
  });

  it('names the message that it answers, also once it is confirmed', async () => {
    const to = { from: 'bo', key: 'k1' };
    outbox.say('p', 'yes', to);
    await vi.advanceTimersByTimeAsync(0);
    expect(said).toMatchObject([{ text: 'yes', to }]);
    expect(store.state.places.p?.messages).toMatchObject([{ text: 'yes', to }]);
  });

  it('keeps its key until it is answered, so that it is said once', async () => {
    const { answer } = socket;
    socket.answer = () => undefined;
    socket.connected = false;
    outbox.say('p', 'one');
    store.set({ link: 'offline' });
    await vi.advanceTimersByTimeAsync(0);
    expect(store.state.places.p?.pending).toMatchObject([{ text: 'one', status: 'waiting' }]);
    socket.answer = answer;
    store.set({ link: 'online' });
    outbox.flushAll();
    await vi.advanceTimersByTimeAsync(0);
    const keys = socket.asked.map(([, once]) => once);
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
    expect(texts()).toEqual(['p: one']);
  });

  it('is not left pending when the log has it and only the answer was lost', async () => {
    let lose = (): void => undefined;
    socket.answer = () => new Promise((done) => (lose = () => done(undefined)));
    outbox.say('p', 'one');
    await vi.advanceTimersByTimeAsync(0);
    const key = store.state.places.p?.pending[0]?.key ?? '';
    store.take(caughtUp('p', { messages: [message(1, key)], reactions: [], hasMore: false, before: undefined }, true));
    expect(store.state.places.p?.pending).toEqual([]);
    store.set({ link: 'offline' });
    lose();
    await vi.advanceTimersByTimeAsync(0);
    expect(store.state.places.p?.pending).toEqual([]);
  });
});

describe('a picture', () => {
  const bytes = new Uint8Array(3 * LIMITS.pictureChunkBytes).map((_, index) => index % 251);
  const drawn: Drawn = { bytes, width: 9, height: 9, url: 'blob:one' };
  let received: Uint8Array[];
  let partsMax: number;

  beforeEach(() => {
    received = [];
    partsMax = Number.POSITIVE_INFINITY;
    socket.answer = (event, ask) => {
      const count = received.reduce((sum, each) => sum + each.byteLength, 0);
      if (event === 'picture:offer') return { ok: true, upload: 'upload', received: count };
      if (event === 'naru:once') return { ok: true, seq: 9, at: 9 };
      if (received.length >= partsMax) return undefined;
      received.push((ask as { bytes: Uint8Array }).bytes);
      const isAll = count + (received.at(-1)?.byteLength ?? 0) === bytes.byteLength;
      return { ok: true, received: count, ...(isAll ? { seq: 1, at: 1 } : {}) };
    };
  });

  it('continues after a reload, before the message that follows it, and then leaves the shelf', async () => {
    partsMax = 1;
    socket.connected = false;
    outbox.show('p', drawn, 'a picture');
    outbox.say('p', 'behind it');
    await vi.advanceTimersByTimeAsync(0);
    const before = store.state.places.p?.pending ?? [];
    expect(before).toMatchObject([{ picture: { upload: 'upload', isShelved: true } }, { text: 'behind it' }]);
    expect(received).toHaveLength(1);
    // The page after a reload, with the state that it remembers.
    partsMax = Number.POSITIVE_INFINITY;
    socket.connected = true;
    socket.asked.length = 0;
    store = pageIn('p');
    outbox = new Outbox(store, socket.forPage, shelf, () => {});
    for (const { key, text, once, picture } of before) {
      store.take(own('p', key, picture ? { text, once, picture: { ...picture, url: '' } } : { text, once }));
      if (picture) outbox.recall('p', key);
    }
    await outbox.flush('p');
    expect(socket.asked.map(([event]) => event)).toEqual([
      'picture:offer',
      'picture:chunk',
      'picture:chunk',
      'naru:once',
    ]);
    expect(socket.asked[0]?.[1]).toMatchObject({ upload: 'upload', key: before[0]?.key });
    expect(Buffer.concat(received).equals(bytes)).toBe(true);
    expect(store.state.places.p?.pending).toEqual([]);
    expect(store.state.places.p?.messages[0]?.picture).toMatchObject({ id: 'blob:one' });
    expect(shelf.pictures.size).toBe(0);
  });

  it('fails with a reason when the browser did not keep it, and delays no other message', async () => {
    store.take(own('p', 'key', { picture: { url: '', alt: '', width: 9, height: 9, sent: 0, isShelved: true } }));
    outbox.recall('p', 'key');
    outbox.say('p', 'behind it');
    await vi.advanceTimersByTimeAsync(0);
    expect(store.state.places.p?.pending).toMatchObject([{ key: 'key', status: 'failed', problem: 'lost' }]);
    expect(store.state.places.p?.messages).toHaveLength(1);
  });

  it('waits for one in another place, because the server has one upload of a person, and holds up no text', async () => {
    let upload = '';
    const progress = new Map<string, number>();
    const { answer } = socket;
    // The server drops an upload when another one of the same person begins.
    socket.answer = (event, ask, ...rest) => {
      if (event === 'picture:offer') {
        upload = (ask as { key: string }).key;
        progress.set(upload, 0);
        return { ok: true, upload, received: 0 };
      }
      if (event !== 'picture:chunk') return answer(event, ask, ...rest);
      const chunk = ask as { upload: string; bytes: Uint8Array };
      if (chunk.upload !== upload) return { ok: false, why: 'gone' };
      const count = (progress.get(upload) ?? 0) + chunk.bytes.byteLength;
      progress.set(upload, count);
      return { ok: true, received: count, ...(count === bytes.byteLength ? { seq: 1, at: 1 } : {}) };
    };
    store.take(withPlace('r', false));
    store.take(entered('r', { members: [], here: 1, messages: [], reactions: [] }));
    for (const place of ['p', 'q']) outbox.show(place, drawn, '');
    outbox.say('r', 'a text');
    outbox.say('q', 'behind the picture');
    await vi.advanceTimersByTimeAsync(0);
    const events = socket.asked.map(([event]) => event);
    const pictureOf = ['picture:offer', 'picture:chunk', 'picture:chunk', 'picture:chunk'];
    expect(events.filter((event) => event !== 'naru:once')).toEqual([...pictureOf, ...pictureOf]);
    expect(events.indexOf('naru:once')).toBeLessThan(events.lastIndexOf('picture:offer'));
    expect(events.at(-1)).toBe('naru:once');
    for (const place of ['p', 'q', 'r']) expect(store.state.places[place]?.pending).toEqual([]);
  });

  it('that waits for another one is not sent when it is discarded, or when the connection is lost', async () => {
    let lose = (): void => undefined;
    socket.answer = (event) =>
      event === 'picture:offer' ? new Promise((done) => (lose = () => done(undefined))) : undefined;
    outbox.show('p', drawn, '');
    outbox.show('q', drawn, '');
    store.take(withPlace('r', false));
    store.take(entered('r', { members: [], here: 1, messages: [], reactions: [] }));
    outbox.show('r', drawn, '');
    await vi.advanceTimersByTimeAsync(0);
    outbox.discard('q', store.state.places.q?.pending[0]?.key ?? '');
    socket.connected = false;
    store.set({ link: 'offline' });
    lose();
    await vi.advanceTimersByTimeAsync(0);
    expect(socket.asked.map(([event]) => event)).toEqual(['picture:offer']);
    for (const place of ['p', 'r']) expect(store.state.places[place]?.pending).toMatchObject([{ status: 'waiting' }]);
  });

  it('of a ride, or one that was discarded, is not on the shelf', async () => {
    partsMax = 1;
    store.take(withPlace('ride', true));
    store.take(entered('ride', { members: [], here: 2, messages: [], reactions: [] }));
    outbox.show('ride', drawn, '');
    await vi.advanceTimersByTimeAsync(0);
    expect(shelf.pictures.size).toBe(0);
    outbox.show('p', drawn, '');
    await vi.advanceTimersByTimeAsync(0);
    expect(shelf.pictures.size).toBe(1);
    outbox.discard('p', store.state.places.p?.pending[0]?.key ?? '');
    await vi.advanceTimersByTimeAsync(0);
    expect(shelf.pictures.size).toBe(0);
  });
});
