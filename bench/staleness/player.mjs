/** A player: moves, and notes when it learns where the others are. Runs in Node and in pages. */
import { now, repeat } from './schedule.mjs';

/** @typedef {{ movesPerSecond: number, players: number, otherBytes: number, measuredFrom: number }} Pace */
/**
 * The newer positions of another player, each with the times at which it came and was made. @typedef {[arrivedAt:
 * number, movedAt: number][]} Sightings
 */

export class Player {
  sent = 0;
  /** Milliseconds that each message of the server was on its way. @type {number[]} */
  delays = [];
  #socket;
  #index;
  /** @type {Map<number, Sightings>} */
  #seen = new Map();
  #measuredFrom = 0;
  #stop = () => {};

  /** @param {any} socket @param {number} index */
  constructor(socket, index) {
    this.#socket = socket;
    this.#index = index;
    socket.on(
      'positions',
      (/** @type {[number, number, number, number][]} */ positions, /** @type {number} */ sentAt) =>
        this.#see(positions, sentAt),
    );
  }

  /** Begins to move. The players' moves are spread evenly over the time between two moves. @param {Pace} pace */
  start({ movesPerSecond, players, otherBytes, measuredFrom }) {
    this.sent = 0;
    this.delays = [];
    this.#measuredFrom = measuredFrom;
    this.#seen.clear();
    const everyMs = 1000 / movesPerSecond;
    const other = 'x'.repeat(otherBytes);
    let angle = this.#index;
    this.#stop = repeat(everyMs, (this.#index / players) * everyMs, () => {
      angle += 0.01;
      this.sent += 1;
      this.#socket.volatile.emit('move', this.#index, Math.cos(angle), Math.sin(angle), now(), other);
    });
  }

  stop() {
    this.#stop();
    return { sent: this.sent, delays: [...this.delays], sightings: [...this.#seen.values()] };
  }

  /** @param {[number, number, number, number][]} positions @param {number} sentAt */
  #see(positions, sentAt) {
    const arrivedAt = now();
    if (sentAt >= this.#measuredFrom) this.delays.push(arrivedAt - sentAt);
    for (const [index, , , movedAt] of positions) {
      if (index === this.#index) continue;
      const seen = this.#seen.get(index) ?? [];
      this.#seen.set(index, seen);
      if (movedAt > (seen.at(-1)?.[1] ?? 0)) seen.push([arrivedAt, movedAt]);
    }
  }
}
