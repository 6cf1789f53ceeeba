import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Session } from '../page/connection/session.js';
import { Viewing } from '../page/connection/viewing.js';
import { stateAtStart } from '../page/state/state.js';
import { Store } from '../page/state/store.js';
import { en } from '../page/words/en.js';
import type { OnAir } from '../shared/protocol.js';

const broadcast = { id: 'one', qualities: ['high', 'low'], isLost: false } as unknown as OnAir;

/** The requests of the page, with the wish of those that have one. */
let asked: string[];
/** The answers to come, by request. Without one, the server agrees. */
let answers: Map<string, object[]>;
let listeners: Map<string, (...args: unknown[]) => void>;
let store: Store;
let viewing: Viewing;

beforeEach(() => {
  vi.useFakeTimers();
  [asked, answers, listeners] = [[], new Map(), new Map()];
  class Decoder {
    readonly state = 'configured';
    configure(): void {}
    close(): void {}
  }
  vi.stubGlobal('VideoDecoder', Decoder);
  vi.stubGlobal('document', { hidden: false });
  vi.stubGlobal('navigator', {});
  store = new Store(stateAtStart({ language: 'en', theme: 'auto' } as never, { type: 'watch', id: 'one' }));
  const socket = {
    connected: true,
    on: (event: string, listener: (...args: unknown[]) => void) => void listeners.set(event, listener),
    off: () => undefined,
    emit: () => undefined,
    emitWithAck: async (event: string, { wish }: { wish?: string }) => {
      asked.push(wish ? `${event} ${wish}` : event);
      return answers.get(event)?.shift() ?? { ok: true, broadcast, viewers: 1, marks: [] };
    },
    // The tape has a connection of its own, which never answers here.
    io: { socket: () => ({ active: true, disconnect: () => undefined, timeout: () => ({ emitWithAck: never }) }) },
  };
  const session = {
    store,
    socket,
    words: en,
    serverNow: 0,
    wish: () => undefined,
    hasAsked: () => false,
    ask: (send: (asking: typeof socket) => unknown) => send(socket),
    whenOnline: (listener: () => void) => {
      listener();
      return () => undefined;
    },
    announce: () => undefined,
    readTalk: async () => undefined,
  };
  const canvas = { width: 0, height: 0, getContext: () => null } as unknown as HTMLCanvasElement;
  answers.set('watch', [{ ok: false, why: 'gone' }]);
  viewing = new Viewing(session as unknown as Session, 'one', canvas);
});

afterEach(() => {
  viewing.close();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const never = () => new Promise(() => undefined);
const last = () => asked.filter((each) => each.startsWith('quality')).at(-1);

it('comes in when the broadcast begins after its link was opened, and again after its end', async () => {
  await vi.advanceTimersByTimeAsync(0);
  expect(store.state.watching?.status).toBe('gone');
  store.set({ onAir: [broadcast] });
  await vi.advanceTimersByTimeAsync(0);
  expect(store.state.watching?.status).toBe('on');
  listeners.get('off')?.('one', 'stopped');
  store.set({ onAir: [] });
  await vi.advanceTimersByTimeAsync(0);
  expect(store.state.watching?.status).toBe('over');
  store.set({ onAir: [broadcast] });
  await vi.advanceTimersByTimeAsync(0);
  expect(store.state.watching).toMatchObject({ status: 'on', ending: undefined });
  expect(asked).toEqual(['watch auto', 'watch auto', 'watch auto']);
});

it('seeks once while a key is held on the slider', async () => {
  for (let back = 5; back <= 100; back += 5) {
    void viewing.rewind(back * 1_000);
    await vi.advanceTimersByTimeAsync(33);
  }
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked.slice(1)).toEqual(['quality none', 'tape:marks']);
  expect(store.state.watching?.rewoundMs).toBe(100_000);
});

it('is live again when the person comes back before the tape was found', async () => {
  void viewing.rewind(5_000);
  await vi.advanceTimersByTimeAsync(100);
  void viewing.rewind(0);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(last()).toBeUndefined();
  expect(store.state.watching?.rewoundMs).toBe(0);
});

it('gets live pictures again when the tape cannot be found, although the server finds it too fast', async () => {
  answers.set('tape:marks', [{ ok: false, why: 'slow', waitMs: 2_000 }]);
  answers.set('quality', [{ ok: true }, { ok: false, why: 'slow', waitMs: 2_000 }]);
  void viewing.rewind(5_000);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(asked.slice(1)).toEqual(['quality none', 'tape:marks', 'quality auto', 'quality auto']);
});
