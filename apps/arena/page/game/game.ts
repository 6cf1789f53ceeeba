/**
 * The game in the page: it takes snapshots, predicts the own body, sends inputs, and says what a frame shows. It draws
 * nothing, and takes time as an argument.
 */
import { LIMITS, TICK_MS } from '../../shared/limits.js';
import type { Member } from '../../shared/protocol.js';
import { encodeInputs, type Input, VIEW_PARTS } from '../../shared/wire/input.js';
import type { Other, Own, Snapshot } from '../../shared/wire/snapshot.js';
import type { Field } from '../../shared/world/field.js';
import { FIELDS } from '../../shared/world/map.js';
import { aimOf, angleOf } from '../../shared/world/ray.js';
import { MAGNITUDE_MAX } from '../../shared/world/step.js';
import type { Traffic } from '../connection/traffic.js';
import { LASTS } from '../drawing/effects.js';
import type { Controls, Wish } from '../input/controls.js';
import type { Place } from '../motion/geometry.js';
import { Predictor } from '../motion/predictor.js';
import { Ticker } from '../motion/ticker.js';
import { Timeline } from '../motion/timeline.js';
import { Track } from '../motion/track.js';
import { History } from './history.js';
import { Lights, type Sound } from './lights.js';
import { bodyOf, fires, type OwnBody, stepOwn } from './own.js';
import { Replay, type Shown } from './replay.js';
import type { Actor, OwnActor, Scene } from './scene.js';

/** A way of a body in one tick that only a new entrance explains. */
const JUMP = LIMITS.stepLength * 3;
/** How long the screen shows that a light was lost, in milliseconds. */
const PAIN_MS = 450;
/** Without a snapshot for this long, the own body stands still: the server does not move it either. */
const SILENT_MS = 1_000;
/** A mean number of waiting inputs above which the page runs slower. */
const WAITING_MAX = 2;

/** The parts of the page that the game needs. */
export interface Ports {
  readonly controls: Controls;
  readonly traffic: Traffic;
  /** The player of a slot. */
  memberAt(slot: number): Member | undefined;
  nameOf(member: Member): string;
  /** Whether shots count at the moment. */
  isOpen(): boolean;
  /** Whether the player cannot play, because a dialog is open. */
  isPaused(): boolean;
  /** Whether the player wants little movement, and so no replay. */
  isCalm(): boolean;
  send(bytes: Uint8Array): void;
  sound(sound: Sound): void;
  /** Hears the own player after each snapshot. */
  own(own: Own, tick: number): void;
}

/** Somebody on the field, with the aim in radians. */
interface Seen extends Other {
  readonly slot: number;
}

/** The game of one place in a room. */
export class Game {
  readonly #ports: Ports;
  readonly #slot: number;
  readonly #history = new History();
  readonly #timeline = new Timeline(TICK_MS);
  readonly #track = new Track<Seen>(JUMP);
  readonly #ticker = new Ticker(TICK_MS);
  readonly #lights: Lights;
  readonly #replay = new Replay();
  #predictor: Predictor<OwnBody, Input> | undefined;
  #sequence: number;
  #aim = 0;
  #shown = 0;
  #others: readonly Actor[] = [];
  #waiting = 0;
  #heardAt = 0;
  #painAt = Number.NEGATIVE_INFINITY;
  /** The actions of the player so far, for the hint. */
  readonly done = { hasMoved: false, hasFired: false };

  /** `slot` is the own player, and `sequence` the last number that its inputs had. */
  constructor(slot: number, sequence: number, ports: Ports) {
    this.#slot = slot;
    this.#sequence = sequence;
    this.#ports = ports;
    this.#lights = new Lights((of) => (of === undefined ? 0 : (ports.memberAt(of)?.card.hue ?? 0)), ports.sound);
  }

  /** The delay of the others, in ticks. */
  get delayTicks(): number {
    return this.#timeline.delayTicks;
  }

  /** The last number that an input had. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Whether snapshots have been missing for a while. */
  isSilent(at: number): boolean {
    return this.#predictor !== undefined && at - this.#heardAt > SILENT_MS;
  }

  /** Takes a snapshot. */
  receive(bytes: Uint8Array, at: number): void {
    const before = this.#history.newest;
    const snapshot = this.#history.read(bytes);
    if (!snapshot) return;
    // On another field, nobody is where they were.
    if (snapshot.field !== before?.field && snapshot === this.#history.newest) this.#track.reset();
    this.#heardAt = at;
    this.#ports.traffic.received(at, snapshot.tick, bytes.length);
    this.#timeline.receive(snapshot.tick, at);
    this.#track.add(
      snapshot.tick,
      [...snapshot.others.values()].map((other) => ({ ...other, aim: angleOf(other.aim) })),
    );
    this.#lights.take(this.#history.freshBeams(snapshot), this.#slot, at);
    if (snapshot === this.#history.newest) this.#follow(snapshot, before?.own, at);
  }

  /**
   * Plays the ticks that are due, and returns what the frame shows. `screen` says where a place of the field is on the
   * screen.
   */
  advance(at: number, screen: (place: Place) => Place): Scene | undefined {
    if (!this.#predictor) return undefined;
    this.#shown = this.#timeline.advance(at);
    this.#others = this.#track.at(this.#shown).map((other) => this.#actor(other));
    this.#lights.advance(this.#shown, this.#slot, at);
    this.#ticker.slowness = this.#waiting > WAITING_MAX ? 1.04 : 1;
    for (let due = this.#ticker.advance(at); due > 0; due--) this.#tick(at, screen);
    const own = this.#own();
    if (!own) return undefined;
    const again = own.state === 'out' ? this.#replay.at(at) : undefined;
    if (again) return this.#sceneOf(again, at);
    const pain = (at - this.#painAt) / PAIN_MS;
    return {
      at,
      field: this.#field,
      own,
      others: this.#others,
      effects: this.#lights.effects.at(at),
      pain: pain < 1 ? pain : undefined,
      pointer: this.#ports.controls.pointer,
      sticks: undefined,
    };
  }

  /** Goes by the server where it differs from the prediction. */
  #follow(snapshot: Snapshot, before: Own | undefined, at: number): void {
    const { own, seq, waiting, tick } = snapshot;
    this.#waiting += (waiting - this.#waiting) * 0.05;
    this.#sequence = Math.max(this.#sequence, seq);
    const isOpen = this.#ports.isOpen();
    if (!this.#predictor) {
      this.#predictor = new Predictor<OwnBody, Input>(
        (body, input) => stepOwn(this.#field, body, input, this.#ports.isOpen()),
        bodyOf(own),
        JUMP * 4,
      );
    }
    // A player who holds fire is never fresh in a snapshot, because a shot ends that.
    const isBack = own.state !== 'out' && (before === undefined || before.state === 'out');
    if (isBack) this.#predictor.reset(bodyOf(own));
    else this.#predictor.reconcile(bodyOf(own), seq);
    if (isBack) this.#lights.enter(own, this.#hue, true, at);
    if (before && isOpen && own.lights < before.lights) this.#painAt = at;
    if (own.state !== 'out') this.#replay.stop();
    this.#replay.record(snapshot, this.#aim);
    const isHit = own.state === 'out' && before !== undefined && before.state !== 'out';
    if (isHit && !this.#ports.isCalm()) this.#replay.start(at);
    this.#ports.own(own, tick);
  }

  /** A frame of the replay as a scene. */
  #sceneOf({ tick, field, own, others, beams }: Shown, at: number): Scene {
    const effects = beams.flatMap((beam) =>
      this.#lights.effectsOf(beam, this.#slot).map((effect) => {
        return { effect, part: ((tick - beam.tick) * TICK_MS) / LASTS[effect.type] };
      }),
    );
    return {
      at,
      field,
      own: { ...this.#actor({ ...own, slot: this.#slot }), cooldown: 0 },
      others: others.map((other) => this.#actor(other)),
      effects: effects.filter(({ part }) => part < 1),
      pain: undefined,
      pointer: undefined,
      sticks: undefined,
    };
  }

  #tick(at: number, screen: (place: Place) => Place): void {
    const { controls, traffic } = this.#ports;
    const predictor = this.#predictor;
    if (!predictor) return;
    const own = predictor.at(1);
    const wish = controls.read({ own, ownOnScreen: screen(own), targets: this.#others });
    const isStill = this.#ports.isPaused() || this.isSilent(at);
    const input = this.#input(isStill ? { move: undefined, aim: wish.aim, isFiring: false } : wish);
    this.#aim = wish.aim;
    if (fires(predictor.body, input, this.#ports.isOpen())) {
      this.done.hasFired = true;
      const shooter = this.#own();
      if (shooter) this.#lights.fire(this.#field, predictor.at(1), input.aim, shooter, this.#others, at);
    }
    if (input.magnitude > 0) this.done.hasMoved = true;
    predictor.take(input.seq, input);
    const inputs = predictor.waiting
      .slice(-LIMITS.inputsPerMessage)
      .reverse()
      .map((each) => each.input);
    const bytes = encodeInputs({ ack: this.#history.newest?.tick ?? 0, inputs });
    traffic.sent(at, bytes.length);
    this.#ports.send(bytes);
  }

  #input({ move, aim, isFiring }: Wish): Input {
    return {
      seq: ++this.#sequence,
      direction: Math.round(((move?.angle ?? 0) * 128) / Math.PI) & 255,
      magnitude: Math.round((move?.strength ?? 0) * MAGNITUDE_MAX),
      aim: aimOf(aim),
      isFiring,
      view: Math.max(0, Math.round(this.#shown * VIEW_PARTS)),
    };
  }

  get #field(): Field {
    return this.#history.newest?.field ?? FIELDS[0];
  }

  get #hue(): number {
    return this.#ports.memberAt(this.#slot)?.card.hue ?? 0;
  }

  #own(): OwnActor | undefined {
    const snapshot = this.#history.newest;
    const predictor = this.#predictor;
    if (!snapshot || !predictor) return undefined;
    const { lights, state, streak } = snapshot.own;
    const { x, y } = predictor.at(this.#ticker.part);
    const cooldown = predictor.body.cooldown / LIMITS.cooldownTicks;
    return { ...this.#actor({ slot: this.#slot, x, y, aim: this.#aim, lights, state, streak }), cooldown };
  }

  #actor(seen: Seen): Actor {
    const { slot } = seen;
    const member = this.#ports.memberAt(slot);
    const name = member ? this.#ports.nameOf(member) : '';
    return { ...seen, name, hue: member?.card.hue ?? 0, mark: member?.mark ?? 0 };
  }
}
