/** One room: its simulation, tick by tick. It knows no clock and no sockets; `advance` is called for each tick. */
import { LIMITS, TICK_HZ, TICK_MS } from '../../shared/limits.js';
import type { Ending, Place, Refusal, Round, Score } from '../../shared/protocol.js';
import type { Input, InputMessage } from '../../shared/wire/input.js';
import { SnapshotWriter, type View } from '../../shared/wire/snapshot-writer.js';
import type { Field, Point } from '../../shared/world/field.js';
import { fieldOf, MAP_VERSION } from '../../shared/world/map.js';
import { step } from '../../shared/world/step.js';
import { Crew } from '../bots/crew.js';
import { Chance } from './chance.js';
import { Fight } from './fight.js';
import type { Outbox } from './outbox.js';
import { boundedView, Past } from './past.js';
import { type Guest, Player } from './player.js';
import { type RoundRules, Rounds } from './round.js';
import type { Shot } from './shots.js';
import { look, showAll } from './sight.js';
import { Slots } from './slots.js';
import { type RoomState, restorePlayer, savePlayer } from './state.js';

/** The settings of a room. */
export interface RoomRules extends RoundRules {
  readonly graceMs: number;
  /** Bots fill a room to this number of players. */
  readonly filledTo: number;
  /** Whether snapshots are whole, or even have everybody in the room. Only measurements do that, to compare. */
  readonly whole: 'no' | 'seen' | 'everybody';
}

/** The beginning of a room. */
export interface Beginning {
  readonly code: string;
  readonly seed: number;
  /** The state of a room that goes on. */
  readonly state?: RoomState;
  /** The ticks by which it goes on later than its state. */
  readonly ahead?: number;
}

/** One room. */
export class Room {
  readonly code: string;
  readonly slots = new Slots();
  readonly #rules: RoomRules;
  readonly #outbox: Outbox;
  readonly #chance: Chance;
  readonly #rounds: Rounds;
  readonly #past = new Past();
  readonly #fight = new Fight();
  readonly #writer: SnapshotWriter;
  readonly #crew: Crew;
  /** The tick at which somebody left with a light missing, by key. */
  readonly #fled = new Map<string, number>();
  #tick: number;
  #emptySince: number;
  #newsAt = 0;
  #pointsAt = 0;

  constructor({ code, seed, state, ahead = 0 }: Beginning, rules: RoomRules, outbox: Outbox) {
    const tick = (state?.tick ?? 1) + ahead;
    // The round has as much time left as it had.
    const round = state && { ...state.round, endsAt: state.round.endsAt + ahead };
    this.code = code;
    this.#rules = rules;
    this.#outbox = outbox;
    this.#chance = new Chance(seed);
    this.#crew = new Crew(seed);
    this.#rounds = new Rounds(rules, tick, round);
    this.#writer = new SnapshotWriter();
    this.#tick = tick;
    this.#emptySince = tick;
    for (const each of state?.players ?? []) this.slots.add(restorePlayer(each, tick));
  }

  get tick(): number {
    return this.#tick;
  }

  get round(): Round {
    return this.#rounds.now;
  }

  /** The field of this round. Each round is on another one. */
  get field(): Field {
    return fieldOf(this.round.number);
  }

  /** Whether nobody but bots has been here for a while. */
  get isDone(): boolean {
    return this.slots.humans === 0 && this.#tick - this.#emptySince > ticksOf(LIMITS.emptyMs);
  }

  /** The state of the room, to go on from it elsewhere. */
  save(): RoomState {
    return { tick: this.#tick, round: this.round, players: this.slots.all.map(savePlayer) };
  }

  /** Tells everybody the round, as ticks have moved on after a break. */
  announce(): void {
    this.#outbox.round(this.round);
  }

  /** Gives someone a place, or back the one that they have. */
  enter(guest: Guest): Place | Refusal {
    const known = this.slots.ofKey(guest.key);
    if (known) return this.#return(known, guest);
    if (this.slots.free(this.#tick) === undefined) this.#dismissBot();
    const slot = this.slots.free(this.#tick);
    if (slot === undefined) return 'full';
    const player = new Player(guest, slot, this.slots.mark(), this.entrance(), this.#tick);
    // The round that runs is not a whole one.
    player.newUntil = this.round.number + 1;
    // Leaving and coming back at once gives nobody new lights.
    if (this.#fled.has(guest.key)) Object.assign(player, { state: 'out', lights: 0, ticksLeft: LIMITS.outTicks });
    this.add(player);
    return this.placeOf(player, false);
  }

  /** Adds a player who is new or was restored, and tells the others. */
  add(player: Player): void {
    this.slots.add(player);
    this.#outbox.roster({ joined: [player.member], left: [] });
  }

  /** Takes the inputs of a connection. */
  take(socket: string, { ack, inputs }: InputMessage): void {
    const player = this.slots.ofSocket(socket);
    if (!player) return;
    player.heardAt = this.#tick;
    // A part of what waited in a stall may be refused. Then the page goes on far ahead of the last input.
    if (this.#tick - player.takenAt > TICK_HZ) player.inputs.open();
    if (player.state === 'away') this.#wake(player);
    // An old acknowledgement is of a message that was overtaken. One of the future is a lie, and names no snapshot.
    if (ack > player.ack && ack <= this.#tick) player.ack = ack;
    if (player.inputs.put(inputs)) player.takenAt = this.#tick;
  }

  /** Notes that a connection is lost. The place is kept for a while. */
  lose(socket: string): void {
    const player = this.slots.ofSocket(socket);
    if (!player) return;
    this.slots.connect(player, undefined);
    player.lostAt = this.#tick;
  }

  /** Ends a place. */
  leave(player: Player, why: Ending): void {
    const { outlet } = player;
    if (!player.isBot && player.lights < LIMITS.lights) this.#fled.set(player.key, this.#tick);
    this.slots.remove(player, this.#tick);
    this.#fight.forget(player.slot);
    this.#past.forget(player.slot);
    this.#outbox.roster({ joined: [], left: [player.slot] });
    if (outlet) this.#outbox.over(outlet, why);
    if (this.slots.humans === 0) this.#emptySince = this.#tick;
  }

  /** Gives a player another name. */
  rename(player: Player, card: Player['card']): void {
    player.card = card;
    this.#outbox.roster({ joined: [player.member], left: [] });
  }

  /** A free entrance, far from everybody in play. */
  entrance(): Point {
    const { entrances } = this.field;
    let [best, most] = [entrances[0] ?? { x: LIMITS.bodyRadius, y: LIMITS.bodyRadius }, -1];
    for (let tries = 0; tries < ENTRANCE_TRIES; tries++) {
      const at = entrances[this.#chance.below(entrances.length)] ?? best;
      let nearest = Number.POSITIVE_INFINITY;
      for (const { body, isShown } of this.slots.all) {
        if (isShown) nearest = Math.min(nearest, Math.hypot(body.x - at.x, body.y - at.y));
      }
      if (nearest > most) [best, most] = [at, nearest];
    }
    return best;
  }

  /**
   * Simulates one tick, and sends what each player may know of it. Of several ticks at once, only the last is shown,
   * because a connection takes one volatile event at a time.
   */
  advance(isShown = true): void {
    const tick = ++this.#tick;
    const turned = this.#turnRound();
    const { all } = this.slots;
    const shots: Shot[] = [];
    this.#crew.isSoft = all.some(({ isBot, newUntil }) => !isBot && newUntil >= this.round.number);
    for (const player of all) this.#move(player, shots);
    const frame = this.#past.begin(tick);
    // Shots are judged by the places of this tick, too.
    for (const { slot, body, aim, status } of all) frame.set(slot, body.x, body.y, aim, status);
    if (this.#rules.whole === 'everybody') showAll(all, tick);
    else look(this.field, all, tick);
    this.#fight.judge(this.field, shots, all, this.#past, tick);
    for (const { slot, status } of all) frame.status[slot] = status;
    // The snapshots go first: a volatile event that follows any other in the same turn may be dropped.
    if (isShown) for (const player of all) this.#show(player);
    if (turned) this.#outbox.round(turned);
    this.#fill();
    this.#sweep();
    this.#tell();
  }

  /** The place of a player, with everything that the page needs to begin. */
  placeOf(player: Player, isBack: boolean): Place {
    return {
      room: this.code,
      slot: player.slot,
      tick: this.#tick,
      map: MAP_VERSION,
      seq: player.inputs.seq,
      round: this.round,
      roster: this.slots.all.map(({ member }) => member),
      points: this.#points(),
      isBack,
    };
  }

  #return(player: Player, { outlet, card }: Guest): Place {
    if (player.outlet && outlet?.socket !== player.outlet.socket) this.#outbox.over(player.outlet, 'moved');
    this.slots.connect(player, outlet);
    player.lostAt = undefined;
    player.heardAt = this.#tick;
    player.inputs.open();
    player.forgetSeen();
    if (player.state === 'away') this.#wake(player);
    if (player.card.name.join() !== card.name.join()) this.rename(player, card);
    return this.placeOf(player, true);
  }

  /** Somebody who was away plays on where the body stood, and cannot be hit for a moment. */
  #wake(player: Player): void {
    player.state = player.lights > 0 ? 'fresh' : 'out';
    // Nobody can hit a player who is away, so nobody may come back and fire at once.
    player.cooldown = LIMITS.cooldownTicks;
    player.ticksLeft = player.state === 'out' ? LIMITS.outTicks : LIMITS.freshTicks;
  }

  /** Bots come and go, so that a person always has company. */
  #fill(): void {
    const { humans, all } = this.slots;
    const wanted = humans === 0 ? 0 : Math.max(0, this.#rules.filledTo - humans);
    const bots = all.length - humans;
    if (bots > wanted) this.#dismissBot();
    else if (bots < wanted) this.#addBot();
  }

  #addBot(): void {
    const slot = this.slots.free(this.#tick);
    if (slot === undefined) return;
    const card = this.#crew.hire(slot);
    this.add(new Player({ key: '', card }, slot, this.slots.mark(), this.entrance(), this.#tick));
  }

  #dismissBot(): boolean {
    const bot = this.slots.all.findLast(({ isBot }) => isBot);
    if (bot) this.leave(bot, 'left');
    return bot !== undefined;
  }

  /** Ends the places of those who stay away or do nothing. */
  #sweep(): void {
    for (const [key, at] of this.#fled) if (this.#tick - at > LIMITS.outTicks) this.#fled.delete(key);
    for (const player of this.slots.all) {
      if (player.isBot) continue;
      const silent = this.#tick - player.heardAt;
      if (silent > ticksOf(LIMITS.awayMs) && player.state !== 'away') player.state = 'away';
      if (player.lostAt !== undefined && this.#tick - player.lostAt > ticksOf(this.#rules.graceMs)) {
        this.leave(player, 'left');
      } else if (silent > ticksOf(LIMITS.silentMs) || this.#tick - player.activeAt > ticksOf(LIMITS.idleMs)) {
        this.leave(player, 'idle');
      }
    }
  }

  #turnRound(): Round | undefined {
    const round = this.#rounds.advance(this.#tick, () => this.#scores());
    if (round?.phase === 'play') {
      for (const player of this.slots.all) {
        const isAway = player.state === 'away';
        player.points = 0;
        player.enter(this.entrance());
        if (isAway) Object.assign(player, { state: 'away', ticksLeft: 0 });
      }
    }
    return round;
  }

  #scores(): readonly Score[] {
    const scores = this.slots.all.map(({ slot, card, points }) => ({ slot, card, points }));
    return scores.sort((a, b) => b.points - a.points);
  }

  /** Moves one player by the inputs of this tick. */
  #move(player: Player, shots: Shot[]): void {
    if (player.isBot) player.inputs.put([this.#crew.decide(this.field, player, this.#tick - 1, this.#past)]);
    if (player.ticksLeft > 0 && --player.ticksLeft === 0) this.#recover(player);
    const { isSpent } = player.inputs;
    const inputs = player.inputs.take();
    // A break beyond the credits is not made up for, so the lamp cools down in it.
    if (inputs.length === 0 && isSpent && player.cooldown > 0) player.cooldown--;
    for (const input of inputs) this.#apply(player, input, shots);
  }

  #recover(player: Player): void {
    if (player.state === 'out') player.enter(this.entrance());
    else if (player.state === 'fresh') player.state = 'in';
  }

  #apply(player: Player, input: Input, shots: Shot[]): void {
    if (player.cooldown > 0) player.cooldown--;
    if (input.magnitude > 0 || input.isFiring || input.aim !== player.aim) player.activeAt = this.#tick;
    player.aim = input.aim;
    if (player.state === 'out' || player.state === 'away') return;
    if (input.magnitude > 0) player.body = step(this.field, player.body, input);
    if (!input.isFiring || player.cooldown > 0 || this.round.phase !== 'play') return;
    player.cooldown = LIMITS.cooldownTicks;
    if (player.state === 'fresh') {
      player.state = 'in';
      player.ticksLeft = 0;
    }
    const view = boundedView(input.view, this.#tick);
    shots.push({ by: player, from: player.body, aim: input.aim, view });
  }

  /** Sends a player the snapshot of this tick. */
  #show(player: Player): void {
    const { outlet } = player;
    if (!outlet) return;
    // A page that says nothing may be in the background. It gets a few, and more when it speaks again.
    if (player.state === 'away' && this.#tick % SILENT_EVERY !== 0) return;
    const frame = this.#past.at(this.#tick);
    const seen = player.seenAt(this.#tick);
    if (!frame || !seen) return;
    const base = this.#rules.whole === 'no' ? this.#baseOf(player) : undefined;
    const head = { field: this.field, seq: player.inputs.seq, waiting: player.inputs.length, own: player.own };
    const bytes = this.#writer.write(head, { frame, seen }, base, this.#fight.beamsOf(player));
    this.#outbox.snapshot(outlet, bytes);
  }

  /** The newest snapshot that the page of a player has, to write differences from it. */
  #baseOf(player: Player): View | undefined {
    // The ring of this tick is in use, so its oldest frame is one tick younger than the ring is long.
    if (this.#tick - player.ack >= LIMITS.snapshotsKept) return undefined;
    const frame = this.#past.at(player.ack);
    const seen = player.seenAt(player.ack);
    return frame && seen && { frame, seen };
  }

  /** Sends what does not go with the snapshots. */
  #tell(): void {
    if (this.#tick >= this.#newsAt) {
      this.#newsAt = this.#tick + ticksOf(LIMITS.newsMs);
      const outs = this.#fight.takeOuts();
      if (outs.length > 0) this.#outbox.outs(outs);
    }
    if (this.#tick < this.#pointsAt || this.slots.humans === 0) return;
    this.#pointsAt = this.#tick + ticksOf(LIMITS.pointsMs);
    this.#outbox.points(this.#points());
  }

  #points(): readonly number[] {
    const points: number[] = [];
    const last = this.slots.all.at(-1)?.slot ?? -1;
    for (let slot = 0; slot <= last; slot++) points.push(this.slots.get(slot)?.points ?? -1);
    return points;
  }
}

function ticksOf(ms: number): number {
  return Math.round(ms / TICK_MS);
}

/** Entrances among which the one farthest from everybody is taken. */
const ENTRANCE_TRIES = 4;
/** Ticks between two snapshots for a page that says nothing. */
const SILENT_EVERY = 10;
