import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Airing } from '../page/connection/airing.js';
import { Encoder } from '../page/media/encoder.js';
import { ownElsewhere } from '../page/state/state.js';
import type { OnAir } from '../shared/protocol.js';
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
  getVideoTracks = (): { enabled: boolean }[] => [];
  readonly getAudioTracks = () => [];
}

/** Opens the cameras that the page has asked for, in their order. */
let opening: ((camera: FakeCamera) => void)[];
let asked: string[];
let requests: object[];
const keyed = { key: expect.any(String) };
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
  requests = [];
  page = fakeSession({ type: 'air' }, async (event, request) => {
    asked.push(event);
    requests.push(request);
    return refusals.shift() ?? { ok: true, id: 'one' };
  });
  airing = new Airing(page.session);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
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

it('stops saying that it goes on elsewhere when the other one has ended', async () => {
  void airing.start('camera');
  await allow();
  page.store.set({ onAir: [{ id: 'one', since: 0 } as OnAir] });
  page.listeners.get('refused')?.('taken');
  expect(page.store.state.air).toMatchObject({ status: 'refused', why: 'taken' });
  page.store.set({ onAir: [] });
  await expect.poll(() => page.store.state.air).toBeUndefined();
});

it('knows after its end how long it was, and how many people watched', async () => {
  void airing.start('camera');
  await allow();
  page.store.set({ onAir: [{ id: 'one', since: -90_000 } as OnAir] });
  for (const watched of [3, 1]) page.listeners.get('desk')?.('one', { watched });
  await airing.stop();
  expect(page.store.state.air).toMatchObject({ status: 'over', lastedMs: 90_000, watched: 3 });
});

it('tells viewers that the picture is off, and that it is on again', async () => {
  const track = { enabled: true };
  const camera = await (async () => {
    void airing.start('camera');
    return allow();
  })();
  camera.getVideoTracks = () => [track] as never;
  page.store.set({ onAir: [{ id: 'one', since: 0, title: 'Rain' } as OnAir] });
  airing.turn('picture', false);
  expect([track.enabled, requests.at(-1)]).toEqual([false, { ...keyed, title: 'Rain', isDark: true }]);
  airing.turn('picture', true);
  expect(requests.at(-1)).toMatchObject({ isDark: false });
});

it('that waits for this tab after a reload is known', () => {
  const own = { id: 'one', card: { id: 'me' }, kind: 'camera', isLost: true } as OnAir;
  page.store.set({ you: own.card, onAir: [{ ...own, card: { id: 'other' } } as OnAir, own] });
  expect(ownElsewhere(page.store.state)).toBe(own);
  page.store.set({ you: { ...own.card, id: 'else' } });
  expect(ownElsewhere(page.store.state)).toBeUndefined();
});

it('opens a camera again that gives no picture, and leaves one alone that does', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const later = async (ms: number): Promise<void> => {
    await vi.advanceTimersByTimeAsync(ms);
  };
  const give = async (): Promise<FakeCamera> => {
    const camera = new FakeCamera();
    opening.shift()?.(camera);
    await later(0);
    return camera;
  };
  void airing.start('camera');
  const first = await give();
  await later(3_900);
  expect([first.isRunning, opening.length]).toEqual([true, 0]);
  await later(200);
  expect([first.isRunning, opening.length]).toEqual([false, 1]);
  const second = await give();
  expect([airing.stream === (second as object), asked]).toEqual([true, ['air:start']]);
  vi.spyOn(Encoder.prototype, 'hasPicture', 'get').mockReturnValue(true);
  await later(20_000);
  expect([second.isRunning, opening.length, page.store.state.air?.status]).toEqual([true, 0, 'on']);
});

it('opens a camera without a picture twice again, and not after the end', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  void airing.start('camera');
  let count = 0;
  for (let at = 0; at < 10; at += 1) {
    const next = opening.shift();
    if (next) count += 1;
    next?.(new FakeCamera());
    await vi.advanceTimersByTimeAsync(5_000);
  }
  expect(count).toBe(3);
  await airing.stop();
  void airing.start('camera');
  opening.shift()?.(new FakeCamera());
  await vi.advanceTimersByTimeAsync(1_000);
  await airing.stop();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(opening).toEqual([]);
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
