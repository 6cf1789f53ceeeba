/** One player of a room: the body, the lights and points, the inputs, and what the player has seen. */
import type { Card } from 'naru-apps-kit/shared/protocol.js';
import { LIMITS } from '../../shared/limits.js';
import type { Member } from '../../shared/protocol.js';
import type { Own, State } from '../../shared/wire/snapshot.js';
import { statusOf } from '../../shared/wire/snapshot.js';
import type { Seen } from '../../shared/wire/snapshot-writer.js';
import type { Point } from '../../shared/world/field.js';
import { InputQueue } from './input-queue.js';

/** The connection of a player: a socket on one of the servers. */
export interface Outlet {
  readonly node: string;
  readonly socket: string;
}

/** Someone who wants a place. */
export interface Guest {
  /** A digest of the ticket. It is the same on all servers, and does not reveal the ticket. */
  readonly key: string;
  readonly card: Card;
  /** Missing for a bot. */
  readonly outlet?: Outlet | undefined;
}

/** One player. Room is the only one that changes it. */
export class Player {
  readonly slot: number;
  readonly key: string;
  readonly mark: number;
  readonly isBot: boolean;
  card: Card;
  outlet: Outlet | undefined;
  inputs = new InputQueue();
  body: Point;
  aim = 0;
  lights: number = LIMITS.lights;
  state: State = 'fresh';
  cooldown = 0;
  ticksLeft = 0;
  points = 0;
  /** The number of players put out since the last time that this one was out. */
  streak = 0;
  /** The number of the round up to which the player is new, so that bots are softer. */
  newUntil = 0;
  /** The tick of the newest snapshot that the page has. */
  ack = 0;
  /** The tick of the last message, of the last input that was accepted, and of the last one that did something. */
  heardAt: number;
  takenAt: number;
  activeAt: number;
  /** The tick at which the connection was lost, if it was. */
  lostAt: number | undefined;
  readonly #seen: readonly Seen[] = Array.from({ length: LIMITS.snapshotsKept }, () => new Uint8Array(LIMITS.players));
  readonly #seenAt = new Float64Array(LIMITS.snapshotsKept);

  constructor(guest: Guest, slot: number, mark: number, body: Point, tick: number) {
    this.key = guest.key;
    this.card = guest.card;
    this.outlet = guest.outlet;
    this.isBot = guest.outlet === undefined && guest.key === '';
    this.slot = slot;
    this.mark = mark;
    this.body = body;
    this.ticksLeft = LIMITS.freshTicks;
    this.heardAt = tick;
    this.takenAt = tick;
    this.activeAt = tick;
  }

  /** The player as the roster has it. */
  get member(): Member {
    return { slot: this.slot, card: this.card, mark: this.mark, isBot: this.isBot };
  }

  /** The player as the own snapshot has it. */
  get own(): Own {
    const { lights, state, cooldown, ticksLeft, points, streak } = this;
    return { x: this.body.x, y: this.body.y, lights, state, cooldown, ticksLeft, points, streak };
  }

  /** The status as others see it. */
  get status(): number {
    return statusOf(this.lights, this.state, this.streak);
  }

  /** Whether beams can hit the player. */
  get isTarget(): boolean {
    return this.state === 'in';
  }

  /** The distance within which others notice the player through walls. It grows with the streak. */
  get glow(): number {
    return LIMITS.hearRadius + Math.min(this.streak, LIMITS.streakMax) * LIMITS.streakGlow;
  }

  /** Whether others can see the body. */
  get isShown(): boolean {
    return this.state !== 'out';
  }

  /** The slots that the player sees at a tick, to be filled. It replaces those of the tick that is longest ago. */
  seenFor(tick: number): Seen {
    const index = tick % LIMITS.snapshotsKept;
    this.#seenAt[index] = tick;
    const seen = this.#seen[index] ?? new Uint8Array(LIMITS.players);
    seen.fill(0);
    return seen;
  }

  /** The slots that the player saw at a tick, if they are still known. */
  seenAt(tick: number): Seen | undefined {
    const index = tick % LIMITS.snapshotsKept;
    return tick > 0 && this.#seenAt[index] === tick ? this.#seen[index] : undefined;
  }

  /** Forgets the snapshots, so that the next one is whole: another page has none of them. */
  forgetSeen(): void {
    this.ack = 0;
    this.#seenAt.fill(0);
  }

  /** Puts the player on a place with all lights. */
  enter(body: Point): void {
    this.body = body;
    this.lights = LIMITS.lights;
    this.streak = 0;
    this.state = 'fresh';
    this.ticksLeft = LIMITS.freshTicks;
    this.cooldown = 0;
  }
}
