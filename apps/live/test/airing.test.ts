import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Airing } from '../page/connection/airing.js';
import { fakeSession } from './fake-session.js';

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
let asked: string[];
/** The first answers of the server. It grants everything after them. */
let refusals: object[];
let page: ReturnType<typeof fakeSession>;
let airing: Airing;

beforeEach(() => {
  [opening, asked, refusals] = [[], [], []];
  const getUserMedia = () => new Promise<FakeCamera>((done) => opening.push(done));
  vi.stubGlobal('navigator', { mediaDevices: { getUserMedia } });
  vi.stubGlobal('VideoEncoder', class {});
  vi.stubGlobal('AudioEncoder', class {});
  const held = new Map<string, string>();
  const setItem = (name: string, value: string): void => void held.set(name, value);
  vi.stubGlobal('sessionStorage', { getItem: (name: string) => held.get(name) ?? null, setItem });
  page = fakeSession({ type: 'air' }, async (event) => {
    asked.push(event);
    return refusals.shift() ?? { ok: true, id: 'one' };
  });
  airing = new Airing(page.session);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

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
  expect(page.store.state.air).toBeUndefined();
});

it('has one source when the person starts again before the camera opens', async () => {
  void airing.start('camera');
  void airing.start('camera');
  const [first, second] = [await allow(), await allow()];
  expect([first.isRunning, second.isRunning]).toEqual([false, true]);
  expect(asked).toEqual(['air:start']);
  expect(page.store.state.air?.status).toBe('on');
});

it('is over on the page when it has ended elsewhere', async () => {
  void airing.start('camera');
  const camera = await allow();
  page.listeners.get('off')?.('another', 'stopped');
  expect(page.store.state.air?.status).toBe('on');
  page.listeners.get('off')?.('one', 'stopped');
  expect(page.store.state.air).toMatchObject({ status: 'refused', why: 'stopped' });
  expect(camera.isRunning).toBe(false);
  // A lost connection changes nothing about that.
  page.listeners.get('disconnect')?.();
  expect(page.store.state.air?.status).toBe('refused');
});

it.each([
  ['finds it too fast', { ok: false, why: 'slow', waitMs: 4_500 }],
  ['does not answer in time', { ok: false, why: 'late' }],
])('keeps its camera and asks again when the server %s', async (_name, refusal) => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  refusals.push(refusal);
  void airing.start('camera');
  const camera = new FakeCamera();
  opening.shift()?.(camera);
  await vi.advanceTimersByTimeAsync(0);
  expect([camera.isRunning, page.store.state.air?.status]).toEqual([true, 'waiting']);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(asked).toEqual(['air:start', 'air:start']);
  expect(page.store.state.air?.status).toBe('on');
});

it('does not ask again after the person has stopped', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  refusals.push({ ok: false, why: 'late' });
  void airing.start('camera');
  opening.shift()?.(new FakeCamera());
  await vi.advanceTimersByTimeAsync(0);
  await airing.stop();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(asked).toEqual(['air:start', 'air:stop']);
});
