import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Airing } from '../page/connection/airing.js';
import type { Session } from '../page/connection/session.js';
import { stateAtStart } from '../page/state/state.js';
import { Store } from '../page/state/store.js';
import { en } from '../page/words/en.js';

/** A camera of the tests. It runs until its track is stopped. */
class FakeCamera {
  isRunning = true;
  readonly track = {
    stop: () => {
      this.isRunning = false;
    },
  };
  readonly getTracks = () => [this.track];
  readonly getVideoTracks = () => [];
  readonly getAudioTracks = () => [];
}

/** Opens the cameras that the page has asked for, in their order. */
let opening: ((camera: FakeCamera) => void)[];
let listeners: Map<string, (...args: unknown[]) => void>;
let asked: string[];
let store: Store;
let airing: Airing;

beforeEach(() => {
  [opening, listeners, asked] = [[], new Map(), []];
  const getUserMedia = () => new Promise<FakeCamera>((done) => opening.push(done));
  vi.stubGlobal('navigator', { mediaDevices: { getUserMedia } });
  vi.stubGlobal('VideoEncoder', class {});
  vi.stubGlobal('AudioEncoder', class {});
  const held = new Map<string, string>();
  const setItem = (name: string, value: string): void => void held.set(name, value);
  vi.stubGlobal('sessionStorage', { getItem: (name: string) => held.get(name) ?? null, setItem });
  store = new Store(stateAtStart({ language: 'en', theme: 'auto' } as never, { type: 'air' }));
  const socket = {
    connected: true,
    on: (event: string, listener: (...args: unknown[]) => void) => void listeners.set(event, listener),
    emitWithAck: async (event: string) => {
      asked.push(event);
      return { ok: true, id: 'one' };
    },
  };
  const session = {
    store,
    socket,
    words: en,
    ask: (send: (asking: typeof socket) => unknown) => send(socket),
    whenOnline: (listener: () => void) => {
      listener();
      return () => undefined;
    },
    announce: () => undefined,
    readTalk: async () => undefined,
  };
  airing = new Airing(session as unknown as Session);
});

afterEach(() => vi.unstubAllGlobals());

/** Opens the next camera that the page waits for. */
async function allow(): Promise<FakeCamera> {
  const camera = new FakeCamera();
  opening.shift()?.(camera);
  await new Promise((done) => setTimeout(done));
  return camera;
}

it('does not go on air when the person stops before the camera opens', async () => {
  const starting = airing.start('camera');
  await airing.stop();
  const camera = await allow();
  expect(await starting).toBe(false);
  expect(camera.isRunning).toBe(false);
  expect(asked).not.toContain('air:start');
  expect(store.state.air).toBeUndefined();
});

it('has one source when the person starts again before the camera opens', async () => {
  void airing.start('camera');
  void airing.start('camera');
  const [first, second] = [await allow(), await allow()];
  expect([first.isRunning, second.isRunning]).toEqual([false, true]);
  expect(asked).toEqual(['air:start']);
  expect(store.state.air?.status).toBe('on');
});

it('is over on the page when it has ended elsewhere', async () => {
  void airing.start('camera');
  const camera = await allow();
  listeners.get('off')?.('another', 'stopped');
  expect(store.state.air?.status).toBe('on');
  listeners.get('off')?.('one', 'stopped');
  expect(store.state.air).toMatchObject({ status: 'refused', why: 'stopped' });
  expect(camera.isRunning).toBe(false);
  // A lost connection changes nothing about that.
  listeners.get('disconnect')?.();
  expect(store.state.air?.status).toBe('refused');
});
