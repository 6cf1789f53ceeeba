/** Pictures on the page: redrawn before sending, sent and fetched in chunks, shown from memory. */
import { settle } from 'naru-apps-kit/page/settle.js';
import { LIMITS } from '../../shared/limits.js';
import type { Picture, PictureOffer } from '../../shared/protocol.js';
import { ANSWER_MS, type ChatSocket, type Settled } from './socket.js';

/** A picture that is ready to be sent. */
export interface Drawn {
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** The address that shows it in this tab. */
  readonly url: string;
}

/** A picture that is ready to be sent, with its description. */
export interface Laid {
  readonly drawn: Drawn;
  readonly alt: string;
}

/** Redraws a picture, smaller if it is large. That removes the camera's metadata, such as the location. */
export async function redraw(file: Blob): Promise<Drawn | undefined> {
  const bitmap = await createImageBitmap(file).catch(() => undefined);
  if (!bitmap) return undefined;
  for (const side of SIDES) {
    const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
    const width = Math.max(1, Math.round(bitmap.width * scale));
    const height = Math.max(1, Math.round(bitmap.height * scale));
    const canvas = document.createElement('canvas');
    canvas.width = width;
    canvas.height = height;
    canvas.getContext('2d')?.drawImage(bitmap, 0, 0, width, height);
    const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/webp', 0.86));
    if (!blob || blob.size > LIMITS.pictureBytesMax) continue;
    bitmap.close();
    return drawnOf(new Uint8Array(await blob.arrayBuffer()), width, height, blob);
  }
  bitmap.close();
  return undefined;
}

/** A picture of these bytes, with an address that shows it in this tab. */
export function drawnOf(
  bytes: Uint8Array<ArrayBuffer>,
  width: number,
  height: number,
  blob = new Blob([bytes]),
): Drawn {
  return { bytes, width, height, url: URL.createObjectURL(blob) };
}

/**
 * Sends a picture, or the rest of it after a break. Reports its progress, and stops when `isCancelled` returns true.
 */
export async function upload(
  socket: ChatSocket,
  offer: PictureOffer,
  bytes: Uint8Array,
  watch: { onBegun(upload: string): void; onSent(part: number): void; isCancelled(): boolean },
): Promise<Settled<{ seq: number; at: number }>> {
  const offered = await settle(socket.timeout(ANSWER_MS).emitWithAck('picture:offer', offer));
  if (!offered.ok) return offered;
  if (offered.seq !== undefined) return { ok: true, seq: offered.seq, at: offered.at ?? Date.now() };
  const id = offered.upload;
  watch.onBegun(id);
  watch.onSent(offered.received / bytes.byteLength);
  for (let at = offered.received; at < bytes.byteLength; ) {
    if (watch.isCancelled()) {
      socket.emit('picture:cancel', { upload: id });
      return { ok: false, why: 'gone' };
    }
    const chunk = bytes.slice(at, at + LIMITS.pictureChunkBytes);
    const taken = await settle(
      socket.timeout(ANSWER_MS).emitWithAck('picture:chunk', { upload: id, at, bytes: chunk }),
    );
    // The server asks to slow down: wait, and send the same chunk again.
    if (!taken.ok && taken.why === 'slow') {
      await new Promise((done) => setTimeout(done, taken.waitMs ?? 1_000));
      continue;
    }
    // The server has dropped the upload, or another process answers now. The next try starts from the beginning.
    if (!taken.ok) return taken.why === 'gone' ? { ok: false, why: 'late' } : taken;
    at += chunk.byteLength;
    watch.onSent(at / bytes.byteLength);
    if (taken.seq !== undefined) return { ok: true, seq: taken.seq, at: taken.at ?? Date.now() };
  }
  return { ok: false, why: 'bad' };
}

/**
 * Fetches the bytes of a picture, and returns an address for them in this tab. Returns `gone` when the server does not
 * have the picture, and `late` when it did not answer or the connection was lost.
 */
export async function download(
  socket: ChatSocket,
  place: string,
  picture: Picture,
  onPart: (part: number) => void,
): Promise<{ readonly url: string } | 'gone' | 'late'> {
  if (picture.size > LIMITS.pictureBytesMax || !TYPES.has(picture.type)) return 'gone';
  const bytes = new Uint8Array(picture.size);
  for (let at = 0; at < bytes.byteLength; ) {
    const got = await settle(socket.timeout(ANSWER_MS).emitWithAck('picture:get', { place, id: picture.id, at }));
    if (!got.ok) {
      if (got.why !== 'slow') return got.why === 'late' ? 'late' : 'gone';
      await new Promise((done) => setTimeout(done, got.waitMs ?? 1_000));
      continue;
    }
    const chunk = new Uint8Array(got.bytes);
    if (chunk.byteLength === 0 || at + chunk.byteLength > bytes.byteLength) return 'gone';
    bytes.set(chunk, at);
    at += chunk.byteLength;
    onPart(at / bytes.byteLength);
  }
  return { url: URL.createObjectURL(new Blob([bytes], { type: picture.type })) };
}

const SIDES = [2_048, 1_440, 1_024, 640];
const TYPES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif']);
