/** Pictures in memory: uploads that arrive in chunks, and pictures that people of a place can fetch. */
import { LIMITS } from '../../shared/limits.js';
import type { PictureOffer } from '../../shared/protocol.js';
import { sizeOf } from './picture-size.js';

/** A picture on its way in. */
export interface Upload {
  readonly id: string;
  readonly owner: string;
  readonly offer: PictureOffer;
  readonly chunks: Uint8Array[];
  /** The bytes that have arrived. */
  received: number;
  movedAt: number;
  /** Resolves when all bytes so far are on disk: to `false` from the first one that could not be written. */
  kept: Promise<boolean>;
}

/** Uploads in progress: one for each session, and together no more than a fixed amount of memory. */
export class Uploads {
  readonly #byOwner = new Map<string, Upload>();
  #bytes = 0;

  /**
   * Opens an upload, in place of an older one of the same session. `begun` has its first bytes, if it broke off
   * earlier.
   */
  open(id: string, owner: string, offer: PictureOffer, now: number, begun?: Uint8Array): Upload {
    this.close(owner);
    const hasRoom = begun !== undefined && this.#bytes + begun.byteLength <= UPLOAD_BYTES_MAX;
    const chunks = hasRoom && begun.byteLength > 0 ? [begun] : [];
    const received = chunks[0]?.byteLength ?? 0;
    const upload = { id, owner, offer, chunks, received, movedAt: now, kept: Promise.resolve(true) };
    this.#byOwner.set(owner, upload);
    this.#bytes += received;
    return upload;
  }

  /** The upload of a session that broke off, if it has the same offer. */
  resume(owner: string, offer: PictureOffer, now: number): Upload | undefined {
    const upload = this.#byOwner.get(owner);
    if (!upload || upload.id !== offer.upload || !isSameOffer(upload.offer, offer)) return undefined;
    upload.movedAt = now;
    return upload;
  }

  /** The upload of a session. */
  of(owner: string): Upload | undefined {
    return this.#byOwner.get(owner);
  }

  /** The upload of a session, if it has this id. */
  get(owner: string, id: string): Upload | undefined {
    const upload = this.#byOwner.get(owner);
    return upload?.id === id ? upload : undefined;
  }

  /** Takes the next chunk: `bad` when its place or length is wrong, `full` when all uploads together are too large. */
  add(upload: Upload, at: number, chunk: Uint8Array, now: number): 'taken' | 'bad' | 'full' {
    if (at !== upload.received || chunk.byteLength === 0) return 'bad';
    if (chunk.byteLength > LIMITS.pictureChunkBytes) return 'bad';
    if (upload.received + chunk.byteLength > upload.offer.size) return 'bad';
    if (this.#bytes + chunk.byteLength > UPLOAD_BYTES_MAX) return 'full';
    // A copy, because the chunk may be a view of a larger buffer, which it would keep in memory. `slice` of a Buffer
    // shares its memory.
    upload.chunks.push(new Uint8Array(chunk));
    upload.received += chunk.byteLength;
    upload.movedAt = now;
    this.#bytes += chunk.byteLength;
    return 'taken';
  }

  /** Drops the upload of a session, finished or not. */
  close(owner: string): void {
    const upload = this.#byOwner.get(owner);
    if (!upload) return;
    this.#byOwner.delete(owner);
    this.#bytes -= upload.received;
  }

  /** Drops uploads without progress. */
  sweep(now: number): void {
    for (const upload of this.#byOwner.values()) {
      if (now - upload.movedAt > LIMITS.uploadIdleMs) this.close(upload.owner);
    }
  }
}

function isSameOffer(one: PictureOffer, other: PictureOffer): boolean {
  return one.place === other.place && one.key === other.key && one.size === other.size;
}

/**
 * The pictures in memory, oldest first. Invariant: `bytes` is the sum of all sizes, and stays below
 * `LIMITS.picturesBytesMax`.
 */
export class PictureStore {
  readonly #pictures = new Map<string, { place: string; bytes: Uint8Array }>();
  #bytes = 0;

  /** The bytes in use. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds a picture for a place. The oldest pictures make room for it. */
  add(id: string, place: string, bytes: Uint8Array): void {
    this.remove(id);
    for (const old of this.#pictures.keys()) {
      if (this.#bytes + bytes.byteLength <= LIMITS.picturesBytesMax) break;
      this.remove(old);
    }
    this.#pictures.set(id, { place, bytes });
    this.#bytes += bytes.byteLength;
  }

  /** A chunk of a picture that belongs to this place. */
  chunk(id: string, place: string, at: number): Uint8Array | undefined {
    const held = this.#pictures.get(id);
    if (held?.place !== place || at >= held.bytes.byteLength) return undefined;
    return held.bytes.subarray(at, at + LIMITS.pictureChunkBytes);
  }

  /** Forgets a picture. */
  remove(id: string): void {
    const held = this.#pictures.get(id);
    if (!held) return;
    this.#pictures.delete(id);
    this.#bytes -= held.bytes.byteLength;
  }
}

/** The media type that the first bytes prove, or undefined. A type that the client claims is not trusted. */
export function sniff(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 32)).toString('latin1');
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (text.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (/^GIF8[79]a/.test(text)) return 'image/gif';
  if (/^RIFF[\s\S]{4}WEBPVP8[ LX]/.test(text)) return 'image/webp';
  if (/^[\s\S]{4}ftypavi[fs]/.test(text)) return 'image/avif';
  return undefined;
}

/** The media type of a picture that can be drawn within the limits, or undefined. */
export function showableType(bytes: Uint8Array): string | undefined {
  const type = sniff(bytes);
  const size = type && sizeOf(type, bytes);
  if (!size) return undefined;
  const { width, height } = size;
  const isSmall = Math.max(width, height) <= LIMITS.pictureSideMax && width * height <= LIMITS.picturePixelsMax;
  return isSmall && width * height > 0 ? type : undefined;
}

const UPLOAD_BYTES_MAX = 64 * 1_024 * 1_024;
