/**
 * The state of a room as the journal keeps it: enough for another server to go on. It holds digests of tickets, and no
 * ticket.
 */
import type { Card } from 'naru-apps-kit/shared/protocol.js';
import type { Round } from '../../shared/protocol.js';
import type { State } from '../../shared/wire/snapshot.js';
import { InputQueue } from './input-queue.js';
import { type Outlet, Player } from './player.js';

/** A player in the state of a room. */
export interface PlayerState {
  /** Empty for a bot. */
  readonly key: string;
  readonly card: Card;
  readonly slot: number;
  readonly mark: number;
  readonly x: number;
  readonly y: number;
  readonly aim: number;
  readonly lights: number;
  readonly state: State;
  readonly ticksLeft: number;
  readonly points: number;
  readonly seq: number;
  readonly newUntil?: number;
  readonly streak?: number;
  readonly outlet?: Outlet | undefined;
}

/** The state of a room at a tick. */
export interface RoomState {
  readonly tick: number;
  readonly round: Round;
  readonly players: readonly PlayerState[];
}

/** The state of a player. */
export function savePlayer(player: Player): PlayerState {
  const { key, card, slot, mark, aim, lights, state, ticksLeft, points, newUntil, streak, outlet } = player;
  const { x, y } = player.body;
  const { seq } = player.inputs;
  return { key, card, slot, mark, x, y, aim, lights, state, ticksLeft, points, newUntil, streak, seq, outlet };
}

/** A player who goes on from a state at a tick. People are away until their pages are heard again. */
export function restorePlayer(state: PlayerState, tick: number): Player {
  const { key, card, slot, mark, x, y, aim, lights, ticksLeft, points, seq, newUntil = 0, streak = 0, outlet } = state;
  const player = new Player({ key, card, outlet }, slot, mark, { x, y }, tick);
  player.inputs = new InputQueue(seq);
  Object.assign(player, { aim, lights, state: state.state, ticksLeft, points, newUntil, streak });
  if (!player.isBot && lights > 0) Object.assign(player, { state: 'away', ticksLeft: 0 });
  if (!outlet && !player.isBot) player.lostAt = tick;
  return player;
}
