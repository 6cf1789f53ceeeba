/** Finds the link that a connection id names without a map: the id says where it stands, in a way that only this server can read. */
import type { Random } from '../../base/id.js';
import { readUint32 } from '../../protocol/bytes.js';
import type { DatagramLink } from './link.js';

/** The most links of one table. */
export const LINKS_MAX = 2 ** 20;

const SALTS = 2 ** 10;

/**
 * Links by the places of their keys. An id has 30 bits, which V8 keeps without a number on the heap: ten drawn ones, and twenty that
 * are the place under a mask that the ten choose.
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

  /** How many there are. */
  get count(): number {
    return this.#count;
  }

  /** An id for a link at a place. */
  createId(slot: number): number {
    const salt = readUint32(this.#random.bytes(4), 0) % SALTS;
    return salt * LINKS_MAX + (slot ^ (this.#masks[salt] as number));
  }

  /** Adds a link whose id was made here. */
  add(link: DatagramLink): void {
    this.#links[this.#slotOf(link.id)] = link;
    this.#count += 1;
  }

  /** The link of an id; `undefined` for any other number. */
  find(id: number): DatagramLink | undefined {
    if (id >= SALTS * LINKS_MAX) return undefined;
    const link = this.#links[this.#slotOf(id)];
    return link?.id === id ? link : undefined;
  }

  /** Takes a link out. */
  remove({ id }: DatagramLink): void {
    if (!this.find(id)) return;
    this.#links[this.#slotOf(id)] = undefined;
    this.#count -= 1;
  }

  /** All links. */
  list(): DatagramLink[] {
    return this.#links.filter((link) => link !== undefined);
  }

  #slotOf(id: number): number {
    return (id % LINKS_MAX) ^ (this.#masks[Math.trunc(id / LINKS_MAX)] as number);
  }
}
