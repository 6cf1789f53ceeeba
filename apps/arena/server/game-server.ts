/** The server and the sockets of the game, with their typed events. */
import type { Server, Socket } from 'naru';
import type { FromPage, FromServer } from '../shared/protocol.js';

/** The Naru server of the game. */
export type GameServer = Server<FromPage, FromServer>;

/** One connection of a page. */
export type GameSocket = Socket<FromPage, FromServer>;

/** The clock of the game. `main.ts` hands over that of Node, and tests one that they move. */
export interface GameClock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds of a clock that nobody sets. */
  steady(): number;
  /** Calls back once, after some milliseconds. Returns the function that prevents it. */
  after(ms: number, then: () => void): () => void;
}
