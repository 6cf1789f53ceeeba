import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Store } from '../page/state/store.js';
import { Outbox } from '../page/wire/outbox.js';
import { FakeSocket, pageIn } from './page-stage.js';

let socket: FakeSocket;
let store: Store;
let outbox: Outbox;
let said: { place: string; text: string }[];

beforeEach(() => {
  vi.useFakeTimers();
  socket = new FakeSocket();
  store = pageIn('p', 'q');
  outbox = new Outbox(store, socket.forPage, () => {});
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

describe('what one writes', () => {
  it('waits while the server asks for a slower pace, wherever it was written, and then goes out', async () => {
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

  it('keeps its key as long as there is no answer, so that it is said once', async () => {
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
});
