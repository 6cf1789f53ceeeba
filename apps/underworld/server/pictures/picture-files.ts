/** Pictures of stations on the disk, so that they outlive the process: whole ones, and those of which only the first part has come. */
import { createHash } from 'node:crypto';
import { appendFile, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LIMITS } from '../../shared/limits.js';
import type { PictureOffer } from '../../shared/protocol.js';

/** What a file is, for the sweep. */
interface Found {
  readonly path: string;
  readonly size: number;
  readonly at: number;
  readonly isPart: boolean;
}

/**
 * The files. A name holds what one has to know to find it, digested: of a part its id, its owner and what was offered; of a picture its id
 * and its place. So nothing has to be written down beside it, and nobody goes on with what another began. Without a folder there is
 * nothing, and a write that fails is as if there were none: then what is in memory counts.
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

  /** Keeps the next bytes of an upload; `true` when they outlive the process from then on. Not to be called before the last one is done. */
  async append(id: string, owner: string, offer: PictureOffer, bytes: Uint8Array): Promise<boolean> {
    const isKept = await this.#try(async (folder) => {
      if (!this.#isMade) await mkdir(folder, { recursive: true, mode: 0o700 });
      this.#isMade = true;
      await appendFile(join(folder, partName(id, owner, offer)), bytes, { mode: 0o600 });
      this.#bytesSinceSweep += bytes.byteLength;
      // So that however fast they come, there are never many more than may be; who sends waits for it.
      if (this.#bytesSinceSweep > SWEEP_BYTES) await this.sweep();
      return true;
    });
    return isKept === true;
  }

  /** The bytes of an upload that came before it broke off; nothing where there are none, or more than were offered. */
  async begun(id: string, owner: string, offer: PictureOffer): Promise<Uint8Array | undefined> {
    const bytes = await this.#try((folder) => readFile(join(folder, partName(id, owner, offer))));
    return bytes && bytes.byteLength < offer.size ? new Uint8Array(bytes) : undefined;
  }

  /** An upload is complete, and a picture of its place from now on. */
  async finish(id: string, owner: string, offer: PictureOffer): Promise<void> {
    await this.#try((folder) =>
      rename(join(folder, partName(id, owner, offer)), join(folder, pictureName(id, offer.place))),
    );
  }

  /** An upload will not go on. */
  async drop(id: string, owner: string, offer: PictureOffer): Promise<void> {
    await this.#try((folder) => rm(join(folder, partName(id, owner, offer)), { force: true }));
  }

  /** A picture of a place, of which nobody was told. */
  async remove(id: string, place: string): Promise<void> {
    await this.#try((folder) => rm(join(folder, pictureName(id, place)), { force: true }));
  }

  /** A picture of a place. */
  async read(id: string, place: string): Promise<Uint8Array | undefined> {
    const bytes = await this.#try((folder) => readFile(join(folder, pictureName(id, place))));
    return bytes && new Uint8Array(bytes);
  }

  /** Forgets what is too old, and of the rest the oldest, where there are too many or they are too large together. */
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
      // Not there, or a disk that is full: what is in memory goes on.
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
