import { describe, expect, it } from 'vitest';
import { PictureStore, sniff, Uploads } from '../server/pictures/pictures.js';
import { LIMITS } from '../shared/limits.js';

const bytes = (text: string): Uint8Array => Buffer.from(text.padEnd(40, '\0'), 'latin1');
const offer = (size: number) => ({ place: 'central', key: 'k', size, width: 1, height: 1, alt: '' });

describe('the first bytes', () => {
  it.each([
    ['image/png', '\x89PNG\r\n\x1a\n'],
    ['image/jpeg', '\xff\xd8\xff\xe0'],
    ['image/gif', 'GIF89a'],
    ['image/webp', 'RIFF\x10\0\0\0WEBPVP8X'],
    ['image/avif', '\0\0\0\x20ftypavif'],
  ])('prove %s', (type, start) => {
    expect(sniff(bytes(start))).toBe(type);
  });

  it.each(['<svg xmlns="http://www.w3.org/2000/svg">', '<html>', 'RIFF\x10\0\0\0WAVEfmt ', '%PDF-1.7', '', 'PNG'])(
    'prove nothing for %j',
    (start) => {
      expect(sniff(bytes(start))).toBeUndefined();
      expect(sniff(Buffer.from(start, 'latin1'))).toBeUndefined();
    },
  );
});

describe('uploads', () => {
  it('take chunks in order, up to the offered size', () => {
    const uploads = new Uploads();
    const upload = uploads.open('u', 'me', offer(10), 0);
    expect(uploads.add(upload, 0, new Uint8Array(6), 0)).toBe('taken');
    expect(uploads.add(upload, 0, new Uint8Array(6), 0)).toBe('bad');
    expect(uploads.add(upload, 6, new Uint8Array(0), 0)).toBe('bad');
    expect(uploads.add(upload, 6, new Uint8Array(5), 0)).toBe('bad');
    expect(uploads.add(upload, 6, new Uint8Array(4), 0)).toBe('taken');
  });

  it('keep a chunk alone, and not the buffer around it', () => {
    const uploads = new Uploads();
    const upload = uploads.open('u', 'me', offer(10), 0);
    uploads.add(upload, 0, Buffer.alloc(65_536).subarray(100, 110), 0);
    expect(upload.chunks[0]?.buffer.byteLength).toBe(10);
  });

  it('refuse a chunk over the limit', () => {
    const uploads = new Uploads();
    const upload = uploads.open('u', 'me', offer(LIMITS.pictureBytesMax), 0);
    expect(uploads.add(upload, 0, new Uint8Array(LIMITS.pictureChunkBytes + 1), 0)).toBe('bad');
  });

  it('are limited to one per person, and dropped without progress', () => {
    const uploads = new Uploads();
    uploads.open('first', 'me', offer(10), 0);
    uploads.open('second', 'me', offer(10), 0);
    expect(uploads.get('me', 'first')).toBeUndefined();
    expect(uploads.get('me', 'second')).toBeDefined();
    expect(uploads.get('somebody', 'second')).toBeUndefined();
    uploads.sweep(LIMITS.uploadIdleMs + 1);
    expect(uploads.get('me', 'second')).toBeUndefined();
  });

  it('together use a bounded amount of memory', () => {
    const uploads = new Uploads();
    const chunk = new Uint8Array(LIMITS.pictureChunkBytes);
    let taken = 0;
    for (let person = 0; person < 40; person++) {
      const upload = uploads.open(`u${person}`, `p${person}`, offer(LIMITS.pictureBytesMax), 0);
      for (let at = 0; at < LIMITS.pictureBytesMax; at += chunk.byteLength) {
        if (uploads.add(upload, at, chunk, 0) === 'taken') taken += chunk.byteLength;
        else break;
      }
    }
    expect(taken).toBe(64 * 1_024 * 1_024);
  });
});

describe('held pictures', () => {
  it('are read in chunks, and only from their place', () => {
    const store = new PictureStore();
    store.add('p', 'central', new Uint8Array(LIMITS.pictureChunkBytes + 5));
    expect(store.chunk('p', 'central', 0)?.byteLength).toBe(LIMITS.pictureChunkBytes);
    expect(store.chunk('p', 'central', LIMITS.pictureChunkBytes)?.byteLength).toBe(5);
    expect(store.chunk('p', 'central', LIMITS.pictureChunkBytes + 5)).toBeUndefined();
    expect(store.chunk('p', 'library', 0)).toBeUndefined();
  });

  it('never use more memory than the limit', () => {
    const store = new PictureStore();
    for (let index = 0; index < 40; index++) {
      store.add(`p${index}`, `place-${index}`, new Uint8Array(LIMITS.pictureBytesMax));
      expect(store.bytes).toBeLessThanOrEqual(LIMITS.picturesBytesMax);
    }
    store.remove('p39');
    expect(store.bytes).toBe(LIMITS.picturesBytesMax - LIMITS.pictureBytesMax);
  });
});
