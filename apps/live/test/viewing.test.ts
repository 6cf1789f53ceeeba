import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Viewing } from '../page/connection/viewing.js';
import { Player } from '../page/media/player.js';
import { viewOf } from '../page/state/state.js';
import type { OnAir } from '../shared/protocol.js';
import { fakeSession } from './fake-session.js';

const broadcast = { id: 'one', qualities: ['high', 'low'], isLost: false } as unknown as OnAir;

/** The requests of the page, with the wish of those that have one. */
let asked: string[];
/** The answers to come, by request. Without one, the server agrees. */
let answers: Map<string, object[]>;
let page: ReturnType<typeof fakeSession>;
let viewing: Viewing;

beforeEach(() => {
  vi.useFakeTimers();
  [asked, answers] = [[], new Map()];
  class Decoder {
    readonly state = 'configured';
    configure(): void {}
    close(): void {}
  }
  vi.stubGlobal('VideoDecoder', Decoder);
  vi.stubGlobal('document', { hidden: false });
  vi.stubGlobal('navigator', {});
  const answer = async (event: string, { wish }: { wish?: string }): Promise<object> => {
    asked.push(wish ? `${event} ${wish}` : event);
    return answers.get(event)?.shift() ?? { ok: true, broadcast, viewers: 1, marks: [] };
  };
  // The tape has a connection of its own, which never answers here.
  const io = { socket: () => ({ active: true, disconnect: () => undefined, timeout: () => ({ emitWithAck: never }) }) };
  page = fakeSession({ type: 'watch', id: 'one' }, answer, { off: () => undefined, emit: () => undefined, io });
  const canvas = { width: 0, height: 0, getContext: () => null } as unknown as HTMLCanvasElement;
  answers.set('watch', [{ ok: false, why: 'gone' }]);
  viewing = new Viewing(page.session, 'one', canvas);
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
  expect(page.store.state.watching?.status).toBe('gone');
  page.store.set({ onAir: [broadcast] });
  await vi.advanceTimersByTimeAsync(0);
  expect(page.store.state.watching?.status).toBe('on');
  page.listeners.get('off')?.('one', 'stopped');
  page.store.set({ onAir: [] });
  await vi.advanceTimersByTimeAsync(0);
  expect(page.store.state.watching?.status).toBe('over');
  page.store.set({ onAir: [broadcast] });
  await vi.advanceTimersByTimeAsync(0);
  expect(page.store.state.watching).toMatchObject({ status: 'on', ending: undefined });
  expect(asked).toEqual(['watch auto', 'watch auto', 'watch auto']);
});

it('says that a broadcast has ended while the line was broken', async () => {
  await vi.advanceTimersByTimeAsync(0);
  page.store.set({ onAir: [broadcast] });
  await vi.advanceTimersByTimeAsync(0);
  page.listeners.get('watching')?.('one', { ok: false, why: 'gone' });
  expect(page.store.state.watching?.status).toBe('over');
});

it('seeks once while a key is held on the slider', async () => {
  for (let back = 5; back <= 100; back += 5) {
    void viewing.rewind(back * 1_000);
    await vi.advanceTimersByTimeAsync(33);
  }
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked.slice(1)).toEqual(['quality none', 'tape:marks']);
  expect(page.store.state.watching?.rewoundMs).toBe(100_000);
});

it('shows the place of a seek at once, so that a second key goes on from there', () => {
  void viewing.rewind(5_000);
  expect(page.store.state.watching?.rewoundMs).toBe(5_000);
});

it('is live again when the person comes back before the tape was found', async () => {
  void viewing.rewind(5_000);
  await vi.advanceTimersByTimeAsync(100);
  void viewing.rewind(0);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(last()).toBeUndefined();
  expect(page.store.state.watching?.rewoundMs).toBe(0);
});

it('gets live pictures again when the tape cannot be found, although the server finds it too fast', async () => {
  answers.set('tape:marks', [{ ok: false, why: 'slow', waitMs: 2_000 }]);
  answers.set('quality', [{ ok: true }, { ok: false, why: 'slow', waitMs: 2_000 }]);
  void viewing.rewind(5_000);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(asked.slice(1)).toEqual(['quality none', 'tape:marks', 'quality auto', 'quality auto']);
});

it('shows no delay while the clock of the server is not known well', async () => {
  const figures = vi.spyOn(Player.prototype, 'figures', 'get');
  figures.mockReturnValue({ shownAt: -300, height: 540 } as never);
  (page.session.clock as { isExact: boolean }).isExact = false;
  await vi.advanceTimersByTimeAsync(600);
  expect(page.store.state.watching).toMatchObject({ lines: 540, behindMs: undefined });
  (page.session.clock as { isExact: boolean }).isExact = true;
  await vi.advanceTimersByTimeAsync(600);
  expect(page.store.state.watching?.behindMs).toBe(300);
  figures.mockRestore();
});

it('does not ask a person for the sound who turned it off', async () => {
  expect(page.store.state.watching?.hasChosenSound).toBe(false);
  await viewing.turnSound(false);
  expect(page.store.state.watching).toMatchObject({ isSoundOn: false, hasChosenSound: true });
});

it('pauses where it is, and goes on from there', async () => {
  const figures = vi.spyOn(Player.prototype, 'figures', 'get');
  figures.mockReturnValue({ shownAt: -300, height: 540 } as never);
  await viewing.pause(true);
  expect(last()).toBe('quality none');
  (page.session.clock as { now: number }).now = 60_000;
  await vi.advanceTimersByTimeAsync(600);
  expect(page.store.state.watching).toMatchObject({ isPaused: true, rewoundMs: 60_300 });
  void viewing.pause(false);
  await vi.advanceTimersByTimeAsync(200);
  expect(asked.at(-1)).toBe('tape:marks');
  expect(page.store.state.watching).toMatchObject({ isPaused: false, rewoundMs: 60_300 });
  figures.mockRestore();
});

it('begins at the moment of its link', async () => {
  viewing.close();
  asked = [];
  (page.session.clock as { now: number }).now = 100_000;
  const canvas = { width: 0, height: 0, getContext: () => null } as unknown as HTMLCanvasElement;
  viewing = new Viewing(page.session, 'one', canvas, 70_000);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked).toEqual(['watch auto', 'quality none', 'tape:marks']);
  expect(page.store.state.watching?.rewoundMs).toBe(30_000);
});

it.each([
  ['#/watch/one', { type: 'watch', id: 'one', at: undefined }],
  ['#/watch/one/1700000000000', { type: 'watch', id: 'one', at: 1_700_000_000_000 }],
  ['#/watch/one/x', { type: 'watch', id: 'one', at: undefined }],
  ['#/watch/%00', { type: 'map' }],
])('reads the link %s', (hash, view) => {
  expect(viewOf(hash)).toEqual(view);
});
