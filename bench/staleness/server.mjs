/** The game servers, one for each way, in one process. At each tick they send the newest positions to all players. */

import { udp, webrtc } from '@naru/udp';
import { Server } from 'naru';
import { serveParent } from './child.mjs';
import { now, repeat } from './schedule.mjs';
import { WAYS } from './ways.mjs';

class Game {
  io;
  ticks = 0;
  /** Milliseconds that each move was on its way. @type {number[]} */
  delays = [];
  #measuredFrom = 0;
  /** The newest position of each player. @type {Map<number, [index: number, x: number, y: number, movedAt: number]>} */
  #positions = new Map();

  /** @param {import('./ways.mjs').Way} way @param {string} host */
  constructor({ port, lane, lanePort }, host) {
    this.io = new Server(port, { serveClient: false, wires: [udp(), webrtc()] });
    if (lane) this.io.listen(`${lane}://${host}:${lanePort}`);
    this.io.on('connection', (/** @type {any} */ socket) => {
      socket.on(
        'move',
        (
          /** @type {number} */ index,
          /** @type {number} */ x,
          /** @type {number} */ y,
          /** @type {number} */ movedAt,
        ) => {
          if (movedAt >= this.#measuredFrom) this.delays.push(now() - movedAt);
          if (movedAt > (this.#positions.get(index)?.[3] ?? 0)) this.#positions.set(index, [index, x, y, movedAt]);
        },
      );
    });
  }

  /** Players whose lane is fresh. */
  get laneCount() {
    return [...this.io.sockets.sockets.values()].filter((/** @type {any} */ { conn }) => conn.lane?.isFresh).length;
  }

  /** @param {number} measuredFrom the time of the first message whose delay counts */
  begin(measuredFrom) {
    this.#measuredFrom = measuredFrom;
    this.#positions.clear();
    this.ticks = 0;
    this.delays = [];
  }

  /** @param {string} other */
  tick(other) {
    this.ticks += 1;
    this.io.volatile.emit('positions', [...this.#positions.values()], now(), other);
  }
}

/** @type {Map<string, Game>} */
const games = new Map();
let stop = () => {};

serveParent({
  async listen(/** @type {string} */ host) {
    for (const way of WAYS) games.set(way.id, new Game(way, host));
    for (const { io } of games.values()) await io.ready();
  },
  start(
    /** @type {{ ticksPerSecond: number, otherBytes: number, measuredFrom: number }} */ {
      ticksPerSecond,
      otherBytes,
      measuredFrom,
    },
  ) {
    const other = 'x'.repeat(otherBytes);
    for (const game of games.values()) game.begin(measuredFrom);
    stop = repeat(1000 / ticksPerSecond, 0, () => {
      for (const game of games.values()) game.tick(other);
    });
  },
  stop: () => stop(),
  state: () =>
    Object.fromEntries(
      [...games].map(([id, { ticks, delays, laneCount, io }]) => [
        id,
        { ticks, delays, laneCount, counts: io.endpoints[0]?.counts },
      ]),
    ),
});
