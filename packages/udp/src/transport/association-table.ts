/**
 * Finds the association of a connection id without a map: the id contains the association's slot, in a form that only
 * this server can read.
 */
import type { Random } from 'naru/base';
import { readUint32 } from 'naru/protocol';
import type { Association } from './association.js';

/** The most associations of one table. */
export const ASSOCIATIONS_MAX = 2 ** 20;

const SALTS = 2 ** 10;

/**
 * The associations by the slots of their keys. An id has 30 bits, so that V8 stores it without a heap object: 10 random
 * bits, and a slot of 20 bits under the mask that the random bits select.
 */
export class AssociationTable {
  readonly #random: Random;
  readonly #masks: Int32Array;
  readonly #associations: (Association | undefined)[] = [];
  #count = 0;

  constructor(random: Random) {
    this.#random = random;
    const bytes = random.bytes(4 * SALTS);
    this.#masks = Int32Array.from({ length: SALTS }, (_, salt) => readUint32(bytes, 4 * salt) % ASSOCIATIONS_MAX);
  }

  /** The number of associations. */
  get count(): number {
    return this.#count;
  }

  /** Creates an id for an association whose keys are in `slot`. */
  createId(slot: number): number {
    const salt = readUint32(this.#random.bytes(4), 0) % SALTS;
    return salt * ASSOCIATIONS_MAX + (slot ^ (this.#masks[salt] as number));
  }

  /** Adds an association whose id `createId` returned. */
  add(association: Association): void {
    this.#associations[this.#slotOf(association.id)] = association;
    this.#count += 1;
  }

  /** Returns the association of an id, or `undefined` for any other number. */
  find(id: number): Association | undefined {
    if (id >= SALTS * ASSOCIATIONS_MAX) return undefined;
    const association = this.#associations[this.#slotOf(id)];
    return association?.id === id ? association : undefined;
  }

  /** Removes an association. */
  remove({ id }: Association): void {
    if (!this.find(id)) return;
    this.#associations[this.#slotOf(id)] = undefined;
    this.#count -= 1;
  }

  /** Returns all associations. */
  list(): Association[] {
    return this.#associations.filter((association) => association !== undefined);
  }

  #slotOf(id: number): number {
    return (id % ASSOCIATIONS_MAX) ^ (this.#masks[Math.trunc(id / ASSOCIATIONS_MAX)] as number);
  }
}
