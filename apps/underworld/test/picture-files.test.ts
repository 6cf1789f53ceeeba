import { existsSync, readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PictureFiles } from '../server/pictures/picture-files.js';
import { LIMITS } from '../shared/limits.js';
import { Data } from './data.js';

let data: Data;

beforeEach(() => {
  data = new Data();
});
afterEach(() => data.remove());

const offer = { place: 'central', key: 'k', size: 10, width: 1, height: 1, alt: '' };
const bytes = (...values: number[]) => Uint8Array.from(values);
const namesIn = ({ folder }: Data) => readdirSync(join(folder, 'pictures'));

describe('files of pictures', () => {
  it('grow with each chunk, are found again, and become the picture of their place', async () => {
    const files = new PictureFiles(Date.now, data.folder);
    expect(await files.append('u', 'me', offer, bytes(1, 2))).toBe(true);
    await files.append('u', 'me', offer, bytes(3));
    const later = new PictureFiles(Date.now, data.folder);
    expect(await later.begun('u', 'me', offer)).toEqual(bytes(1, 2, 3));
    expect(await later.begun('u', 'another', offer)).toBeUndefined();
    expect(await later.read('u', 'central')).toBeUndefined();
    await later.finish('u', 'me', offer);
    expect(await later.read('u', 'central')).toEqual(bytes(1, 2, 3));
    expect(await later.read('u', 'library')).toBeUndefined();
    expect(await later.begun('u', 'me', offer)).toBeUndefined();
    await later.remove('u', 'library');
    expect(namesIn(data)).toHaveLength(1);
    await later.remove('u', 'central');
    expect(namesIn(data)).toEqual([]);
  });

  it('have names that show neither sender nor place', async () => {
    await new PictureFiles(Date.now, data.folder).append('upload', 'somebody', offer, bytes(1));
    expect(namesIn(data)).toEqual([expect.stringMatching(/^[0-9a-f]{40}\.part$/)]);
  });

  it('do not exist without a folder that can be written', async () => {
    const none = new PictureFiles(Date.now, undefined);
    expect([await none.append('u', 'me', offer, bytes(1)), await none.read('u', 'central')]).toEqual([
      false,
      undefined,
    ]);
    const bad = new PictureFiles(Date.now, '/dev/null');
    expect([await bad.append('u', 'me', offer, bytes(1)), await bad.begun('u', 'me', offer)]).toEqual([
      false,
      undefined,
    ]);
    await bad.sweep();
  });

  it('do not count when they have more bytes than were offered', async () => {
    const files = new PictureFiles(Date.now, data.folder);
    await files.append('u', 'me', offer, new Uint8Array(10));
    expect(await files.begun('u', 'me', offer)).toBeUndefined();
  });

  it('stay within their limit, however fast they arrive', async () => {
    const files = new PictureFiles(Date.now, data.folder);
    const most = LIMITS.pictureBytesMax;
    for (let count = 0; count * most < 1.5 * LIMITS.picturesBytesMax; count++) {
      await files.append(`u${count}`, 'me', { ...offer, size: most }, new Uint8Array(most));
      await files.finish(`u${count}`, 'me', { ...offer, size: most });
    }
    expect(namesIn(data).length * most).toBeLessThanOrEqual(1.25 * LIMITS.picturesBytesMax + most);
    expect(await files.read('u0', 'central')).toBeUndefined();
  });

  it('are removed at their age, parts sooner, and the oldest of too many', async () => {
    const now = Date.now();
    const files = new PictureFiles(() => now, data.folder);
    const put = async (id: string, ageMs: number, isPart = false): Promise<void> => {
      const before = new Set(existsSync(join(data.folder, 'pictures')) ? namesIn(data) : []);
      await files.append(id, 'me', offer, bytes(1));
      if (!isPart) await files.finish(id, 'me', offer);
      const name = namesIn(data).find((each) => !before.has(each)) ?? '';
      const at = (now - ageMs) / 1_000;
      utimesSync(join(data.folder, 'pictures', name), at, at);
    };
    await put('old', LIMITS.messageAgeMs + 1_000);
    await put('young', LIMITS.messageAgeMs - 60_000);
    await put('stuck', LIMITS.uploadIdleMs + 1_000, true);
    await put('moving', 0, true);
    await files.sweep();
    expect(await files.read('old', 'central')).toBeUndefined();
    expect(await files.read('young', 'central')).toBeDefined();
    expect(await files.begun('stuck', 'me', offer)).toBeUndefined();
    expect(await files.begun('moving', 'me', offer)).toBeDefined();
  });
});
