import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { TapeStills } from '../page/connection/tape-stills.js';
import { fakeSession } from './fake-session.js';

/** The moments that were asked for. */
let asked: unknown[];
/** The next answers. Without one, the server gives a still. */
let answers: object[];
/** Stills in memory. */
let open: number;
let stills: TapeStills;

beforeEach(() => {
  [asked, answers, open] = [[], [], 0];
  vi.stubGlobal('createImageBitmap', async (file: Blob) => {
    if (file.size === 0) throw new TypeError('a damaged picture');
    open++;
    return { close: () => open-- };
  });
  const answer = async (_event: string, request: object): Promise<object> => {
    asked.push(request);
    return answers.shift() ?? { ok: true, still: new Uint8Array(8) };
  };
  stills = new TapeStills(fakeSession({ type: 'watch', id: 'one' }, answer).session, 'one');
});

afterEach(() => {
  vi.unstubAllGlobals();
});

it('loads the still of a moment once, in steps of five seconds', async () => {
  expect(stills.known(12_000)).toBeUndefined();
  const still = await stills.load(12_000);
  expect(still).toBeDefined();
  expect(await stills.load(8_000)).toBe(still);
  expect(stills.known(10_000)).toBe(still);
  expect(asked).toEqual([{ id: 'one', at: 10_000 }]);
});

it('keeps a bounded number of stills, and closes the oldest', async () => {
  for (let at = 0; at < 500_000; at += 5_000) await stills.load(at);
  expect(open).toBe(60);
  expect(stills.known(0)).toBeUndefined();
  expect(stills.known(495_000)).toBeDefined();
});

it('remembers that there is no still, and asks again after a refusal', async () => {
  answers = [{ ok: true }, { ok: true, still: new Uint8Array(0) }, { ok: false, why: 'slow' }];
  for (const at of [0, 5_000, 10_000]) expect(await stills.load(at)).toBeUndefined();
  for (const at of [0, 5_000]) expect(await stills.load(at)).toBeUndefined();
  expect([asked.length, stills.hasAny]).toEqual([3, false]);
  expect(await stills.load(10_000)).toBeDefined();
  expect([asked.length, stills.hasAny]).toEqual([4, true]);
});
