/** A player: moves, and notes when it learns where the others are. Runs in Node and in pages. */
import { now, repeat } from './schedule.mjs';

/** @typedef {{ movesPerSecond: number, players: number, otherBytes: number }} Pace */
/** The newer positions of another player, each with the times at which it came and was made. @typedef {[arrivedAt: number, movedAt: number][]} Sightings */

export class Player {
  sent = 0;
  received = 0;
  #socket;
  #index;
  /** @type {Map<number, Sightings>} */
  #seen = new Map();
  #stop = () => {};

  /** @param {any} socket @param {number} index */
  constructor(socket, index) {
    this.#socket = socket;
    this.#index = index;
    socket.on('positions', (/** @type {[number, number, number, number][]} */ positions) => this.#see(positions));
  }

  /** Begins to move. The players' moves are spread evenly over the time between two moves. @param {Pace} pace */
  start({ movesPerSecond, players, otherBytes }) {
    this.sent = 0;
    this.received = 0;
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
    return { sent: this.sent, received: this.received, sightings: [...this.#seen.values()] };
  }

  /** @param {[number, number, number, number][]} positions */
  #see(positions) {
    const arrivedAt = now();
    this.received += 1;
    for (const [index, , , movedAt] of positions) {
      if (index === this.#index) continue;
      const seen = this.#seen.get(index) ?? [];
      this.#seen.set(index, seen);
      if (movedAt > (seen.at(-1)?.[1] ?? 0)) seen.push([arrivedAt, movedAt]);
    }
  }
}
