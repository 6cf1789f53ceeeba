/** The script of a page with players. `globalThis.group` has the functions that the page's owner calls. */

import { io } from '../../packages/naru/dist/esm/entry/client.browser.js';
import { openLane } from '../../packages/udp/dist/page/lane.js';
import { Player } from './player.mjs';

/** @type {Player[]} */
let players = [];

Object.assign(globalThis, {
  group: {
    async connect(/** @type {number} */ count, /** @type {boolean} */ hasLane) {
      const sockets = Array.from({ length: count }, () => io({ transports: ['websocket'], forceNew: true }));
      players = sockets.map((socket, index) => new Player(socket, index));
      await Promise.all(
        sockets.map(
          (socket) => socket.connected || new Promise((resolve) => socket.on('connect', () => resolve(undefined))),
        ),
      );
      if (hasLane) for (const socket of sockets) openLane(socket);
    },
    start(/** @type {import('./player.mjs').Pace} */ pace) {
      for (const player of players) player.start(pace);
    },
    stop: () => players.map((player) => player.stop()),
  },
});
