import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Past } from '../page/connection/past.js';
import { arrivedMessage, entered, seen, torn } from '../page/state/places.js';
import type { Store } from '../page/state/store.js';
import { LIMITS } from '../shared/limits.js';
import { FakeSocket, message, pageIn } from './fake-page.js';

/** The newest position in the log of the only station. */
let newest: number;
let socket: FakeSocket;
let store: Store;
let past: Past;

beforeEach(() => {
  vi.useFakeTimers();
  newest = 100;
  socket = new FakeSocket();
  socket.answer = (_event, _room, query) => read(query as { limit: number; before?: string });
  store = pageIn('p');
  past = new Past(store, socket.forPage);
});
afterEach(() => {
  vi.useRealTimers();
});

/** The log has one message at each position from 1 to the newest. */
function read({ limit, before }: { limit: number; before?: string }): unknown {
  const end = before === undefined ? newest : Number(before) - 1;
  const start = Math.max(1, end - limit + 1);
  const events = [];
  for (let seq = start; seq <= end; seq++) events.push({ event: 'message', args: ['p', message(seq)] });
  return { events, hasMore: start > 1, next: String(start) };
}

const seqs = (): number[] => store.state.places.p?.messages.map(({ seq }) => seq) ?? [];
const upTo = (last: number, first = 1): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

/** Loses the connection, adds that many messages of others, and reconnects. */
function tunnel(said: number): void {
  store.take(torn('p'));
  newest += said;
  socket.id = `after ${newest}`;
  store.take(entered('p', { members: [], here: 1, messages: [], reactions: [] }));
}

describe('after a lost connection', () => {
  it('has every missed message once', async () => {
    await past.catchUp('p');
    tunnel(120);
    await past.catchUp('p');
    expect(seqs()).toEqual(upTo(220, 51));
  });

  it('misses nothing when the log is read twice and a message arrives meanwhile', async () => {
    await past.catchUp('p');
    tunnel(120);
    const { answer } = socket;
    socket.answer = () => ({ error: { code: 'REFUSED' } });
    const catchingUp = past.catchUp('p');
    await vi.advanceTimersByTimeAsync(0);
    store.take(arrivedMessage('p', message(++newest)));
    socket.answer = answer;
    await vi.advanceTimersByTimeAsync(1_000);
    await catchingUp;
    expect(seqs()).toEqual(upTo(221, 51));
  });

  it('misses nothing when a message arrives before the log is read', async () => {
    await past.catchUp('p');
    tunnel(120);
    store.take(arrivedMessage('p', message(++newest)));
    await past.catchUp('p');
    expect(seqs()).toEqual(upTo(221, 51));
  });

  it('misses nothing when the connection is lost again while it catches up', async () => {
    await past.catchUp('p');
    tunnel(120);
    store.take(arrivedMessage('p', message(++newest)));
    tunnel(120);
    await past.catchUp('p');
    expect(seqs()).toEqual(upTo(341, 51));
  });

  it('begins after the gap when it missed too much, and has the rest further up', async () => {
    await past.catchUp('p');
    tunnel(1_000);
    store.take(arrivedMessage('p', message(++newest)));
    await past.catchUp('p');
    expect(seqs()).toEqual(upTo(1_101, 1_101 - 8 * LIMITS.messagesPage + 1));
    while (store.state.places.p?.older === 'more') await past.older('p');
    expect(seqs()).toEqual(upTo(1_101));
  });
});

describe('scrolling up', () => {
  it('adds no messages that do not join, when the oldest ones were dropped meanwhile', async () => {
    newest = 3_000;
    await past.catchUp('p');
    while (seqs().length < LIMITS.messagesHeld + 100) await past.older('p');
    const { answer } = socket;
    let goOn = (): void => undefined;
    socket.answer = (...asked) => new Promise((done) => (goOn = () => done(answer(...asked))));
    const reading = past.older('p');
    await vi.advanceTimersByTimeAsync(0);
    store.take(seen('p'));
    goOn();
    await reading;
    expect(seqs()).toEqual(upTo(3_000, 3_000 - LIMITS.messagesHeld + 1));
    expect(store.state.places.p?.older).toBe('more');
    socket.answer = answer;
    await past.older('p');
    const [first = 0] = seqs();
    expect(first).toBeLessThan(3_000 - LIMITS.messagesHeld + 1);
    expect(seqs()).toEqual(upTo(3_000, first));
  });
});
