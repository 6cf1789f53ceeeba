/** Pictures of stations on disk, where they outlive the process: complete ones, and the parts of uploads. */
import { createHash } from 'node:crypto';
import { appendFile, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LIMITS } from '../../shared/limits.js';
import type { PictureOffer } from '../../shared/protocol.js';

/** A file as the sweep sees it. */
interface Found {
  readonly path: string;
  readonly size: number;
  readonly at: number;
  readonly isPart: boolean;
}

/**
 * The files of pictures. The file of an unfinished upload is named by a digest of its id, its owner and the offer. The
 * file of a picture is named by a digest of its id and its place. The names replace an index, and keep a rider from
 * continuing the upload of another. Without a folder, or when a write fails, the picture is in memory only.
 */
export class PictureFiles {
  readonly #now: () => number;
  readonly #folder: string | undefined;
  #isMade = false;
  #bytesSinceSweep = 0;

  constructor(now: () => number, folder: string | undefined) {
    this.#now = now;
    this.#folder = folder && join(folder, 'pictures');
  }

  /**
   * Writes the next bytes of an upload. Resolves to whether they are on disk. The caller waits for one call before the
   * next.
   */
  async append(id: string, owner: string, offer: PictureOffer, bytes: Uint8Array): Promise<boolean> {
    const isKept = await this.#try(async (folder) => {
      if (!this.#isMade) await mkdir(folder, { recursive: true, mode: 0o700 });
      this.#isMade = true;
      await appendFile(join(folder, partName(id, owner, offer)), bytes, { mode: 0o600 });
      this.#bytesSinceSweep += bytes.byteLength;
      // Sweeping here bounds the folder however fast uploads come, because the sender waits for it.
      if (this.#bytesSinceSweep > SWEEP_BYTES) await this.sweep();
      return true;
    });
    return isKept === true;
  }

  /**
   * Returns the bytes of an interrupted upload, or undefined when the file is missing or has more bytes than were
   * offered.
   */
  async begun(id: string, owner: string, offer: PictureOffer): Promise<Uint8Array | undefined> {
    const bytes = await this.#try((folder) => readFile(join(folder, partName(id, owner, offer))));
    return bytes && bytes.byteLength < offer.size ? new Uint8Array(bytes) : undefined;
  }

  /** Makes a complete upload a picture of its place. */
  async finish(id: string, owner: string, offer: PictureOffer): Promise<void> {
    await this.#try((folder) =>
      rename(join(folder, partName(id, owner, offer)), join(folder, pictureName(id, offer.place))),
    );
  }

  /** Removes the part of an upload. */
  async drop(id: string, owner: string, offer: PictureOffer): Promise<void> {
    await this.#try((folder) => rm(join(folder, partName(id, owner, offer)), { force: true }));
  }

  /** Removes a picture of a place. */
  async remove(id: string, place: string): Promise<void> {
    await this.#try((folder) => rm(join(folder, pictureName(id, place)), { force: true }));
  }

  /** The bytes of a picture of a place. */
  async read(id: string, place: string): Promise<Uint8Array | undefined> {
    const bytes = await this.#try((folder) => readFile(join(folder, pictureName(id, place))));
    return bytes && new Uint8Array(bytes);
  }

  /**
   * Removes files that are too old, and the oldest of the rest when there are too many or they are too large together.
   */
  async sweep(): Promise<void> {
    const now = this.#now();
    this.#bytesSinceSweep = 0;
    await this.#try(async (folder) => {
      const found = (await Promise.all((await readdir(folder)).map((name) => look(folder, name)))).filter(
        (each) => each !== undefined,
      );
      let bytes = 0;
      let count = 0;
      for (const { path, size, at, isPart } of found.sort((a, b) => b.at - a.at)) {
        bytes += size;
        count += 1;
        const isOld = now - at > (isPart ? LIMITS.uploadIdleMs : LIMITS.messageAgeMs);
        if (isOld || bytes > LIMITS.picturesBytesMax || count > LIMITS.picturesKept) await rm(path, { force: true });
      }
    });
  }

  async #try<T>(act: (folder: string) => Promise<T>): Promise<T | undefined> {
    if (this.#folder === undefined) return undefined;
    try {
      return await act(this.#folder);
    } catch {
      // The file is missing or the disk is full; the picture is still in memory.
      return undefined;
    }
  }
}

async function look(folder: string, name: string): Promise<Found | undefined> {
  const path = join(folder, name);
  const found = await stat(path).catch(() => undefined);
  return found && { path, size: found.size, at: found.mtimeMs, isPart: name.endsWith(PART) };
}

function partName(id: string, owner: string, { place, key, size }: PictureOffer): string {
  return `${digest([id, owner, place, key, String(size)])}${PART}`;
}

function pictureName(id: string, place: string): string {
  return digest([id, place]);
}

function digest(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 40);
}

const PART = '.part';
const SWEEP_BYTES = LIMITS.picturesBytesMax / 4;
