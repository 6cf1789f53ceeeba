/** The players of a room by slot, key and connection. */
import { LIMITS, TICK_HZ } from '../../shared/limits.js';
import { MARKS } from '../../shared/protocol.js';
import type { Outlet, Player } from './player.js';

/** The players of one room. Invariant: a slot and a key belong to one player at most. */
export class Slots {
  readonly #bySlot: (Player | undefined)[] = new Array<Player | undefined>(LIMITS.players).fill(undefined);
  readonly #byKey = new Map<string, Player>();
  readonly #bySocket = new Map<string, Player>();
  /** The tick until which a slot rests, so that a page does not take the next player for the former one. */
  readonly #restsUntil = new Float64Array(LIMITS.players);
  #all: readonly Player[] = [];
  #humans = 0;

  /** Everybody, by rising slot. */
  get all(): readonly Player[] {
    return this.#all;
  }

  /** The count of players, without bots. */
  get humans(): number {
    return this.#humans;
  }

  get(slot: number): Player | undefined {
    return this.#bySlot[slot];
  }

  ofKey(key: string): Player | undefined {
    return this.#byKey.get(key);
  }

  ofSocket(socket: string): Player | undefined {
    return this.#bySocket.get(socket);
  }

  /** A slot for a newcomer: one that does not rest, if possible. Returns undefined if the room is full. */
  free(tick: number): number | undefined {
    let resting: number | undefined;
    for (let slot = 0; slot < LIMITS.players; slot++) {
      if (this.#bySlot[slot]) continue;
      if ((this.#restsUntil[slot] ?? 0) <= tick) return slot;
      resting ??= slot;
    }
    return resting;
  }

  /** The shape for a newcomer: the one that the fewest have. */
  mark(): number {
    const counts = new Array<number>(MARKS).fill(0);
    for (const { mark } of this.#all) counts[mark] = (counts[mark] ?? 0) + 1;
    return counts.indexOf(Math.min(...counts));
  }

  add(player: Player): void {
    this.#bySlot[player.slot] = player;
    if (!player.isBot) this.#byKey.set(player.key, player);
    this.#changed();
    this.connect(player, player.outlet);
  }

  remove(player: Player, tick: number): void {
    this.connect(player, undefined);
    this.#bySlot[player.slot] = undefined;
    this.#restsUntil[player.slot] = tick + (LIMITS.slotRestMs / 1_000) * TICK_HZ;
    if (!player.isBot) this.#byKey.delete(player.key);
    this.#changed();
  }

  /** Gives a player another connection, or none. */
  connect(player: Player, outlet: Outlet | undefined): void {
    if (player.outlet) this.#bySocket.delete(player.outlet.socket);
    player.outlet = outlet;
    if (outlet) this.#bySocket.set(outlet.socket, player);
  }

  #changed(): void {
    this.#all = this.#bySlot.filter((player) => player !== undefined);
    this.#humans = this.#all.filter(({ isBot }) => !isBot).length;
  }
}
