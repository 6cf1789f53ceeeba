/**
 * The way out of a room: its snapshots and its news. A room does not know whether a player is connected to this server
 * or to another one.
 */
import type { Ending, Out, RosterChange, Round } from '../../shared/protocol.js';
import type { Outlet } from './player.js';

/** The way out of one room. */
export interface Outbox {
  /** The snapshot of one player. */
  snapshot(to: Outlet, bytes: Uint8Array): void;
  roster(change: RosterChange): void;
  round(round: Round): void;
  outs(outs: readonly Out[]): void;
  points(points: readonly number[]): void;
  /** The place of a connection has ended. */
  over(to: Outlet, why: Ending): void;
}
