/**
 * Finds the link of a connection id without a map: the id contains the link's slot, in a form that only this server can
 * read.
 */
import type { Random } from '../../base/id.js';
import { readUint32 } from '../../protocol/bytes.js';
import type { DatagramLink } from './link.js';

/** The most links of one table. */
export const LINKS_MAX = 2 ** 20;

const SALTS = 2 ** 10;

/**
 * The links by the slots of their keys. An id has 30 bits, so that V8 stores it without a heap object: 10 random bits,
 * and a slot of 20 bits under the mask that the random bits select.
 */
export class LinkTable {
  readonly #random: Random;
  readonly #masks: Int32Array;
  readonly #links: (DatagramLink | undefined)[] = [];
  #count = 0;

  constructor(random: Random) {
    this.#random = random;
    const bytes = random.bytes(4 * SALTS);
    this.#masks = Int32Array.from({ length: SALTS }, (_, salt) => readUint32(bytes, 4 * salt) % LINKS_MAX);
  }

  /** The number of links. */
  get count(): number {
    return this.#count;
  }

  /** Creates an id for a link whose keys are in `slot`. */
  createId(slot: number): number {
    const salt = readUint32(this.#random.bytes(4), 0) % SALTS;
    return salt * LINKS_MAX + (slot ^ (this.#masks[salt] as number));
  }

  /** Adds a link whose id `createId` returned. */
  add(link: DatagramLink): void {
    this.#links[this.#slotOf(link.id)] = link;
    this.#count += 1;
  }

  /** Returns the link of an id, or `undefined` for any other number. */
  find(id: number): DatagramLink | undefined {
    if (id >= SALTS * LINKS_MAX) return undefined;
    const link = this.#links[this.#slotOf(id)];
    return link?.id === id ? link : undefined;
  }

  /** Removes a link. */
  remove({ id }: DatagramLink): void {
    if (!this.find(id)) return;
    this.#links[this.#slotOf(id)] = undefined;
    this.#count -= 1;
  }

  /** Returns all links. */
  list(): DatagramLink[] {
    return this.#links.filter((link) => link !== undefined);
  }

  #slotOf(id: number): number {
    return (id % LINKS_MAX) ^ (this.#masks[Math.trunc(id / LINKS_MAX)] as number);
  }
}
