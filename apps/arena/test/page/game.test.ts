import { describe, expect, it } from 'vitest';
import { Traffic } from '../../page/connection/traffic.js';
import { Game, type Ports } from '../../page/game/game.js';
import { History } from '../../page/game/history.js';
import { Lights } from '../../page/game/lights.js';
import { stepOwn } from '../../page/game/own.js';
import type { Scene } from '../../page/game/scene.js';
import { Controls } from '../../page/input/controls.js';
import { LIMITS, TICK_MS } from '../../shared/limits.js';
import { decodeInputs, type Input } from '../../shared/wire/input.js';
import { type Beam, type Own, type Snapshot, STATES, statusOf } from '../../shared/wire/snapshot.js';
import { Frame, SnapshotWriter } from '../../shared/wire/snapshot-writer.js';
import type { Field } from '../../shared/world/field.js';
import { TUNNEL } from '../../shared/world/fields/tunnel.js';
import { FIELDS } from '../../shared/world/map.js';

const AT_START: Own = { x: 1_200, y: 800, lights: 3, state: 'in', cooldown: 0, ticksLeft: 0, points: 0, streak: 0 };
const OTHER_SLOT = 7;

/** A server with one player and one bot that walks to the right. Messages take `wayMs` each way, and some are lost. */
class Line {
  readonly controls = new Controls();
  readonly sounds: string[] = [];
  readonly sent: Input[][] = [];
  readonly game: Game;
  own: Own = AT_START;
  field: Field = FIELDS[0];
  isCalm = false;
  tick = 100;
  beams: Beam[] = [];
  /** Whether the message with this number is lost. */
  isLost: (message: number) => boolean = () => false;
  readonly #wayMs: number;
  readonly #writer = new SnapshotWriter();
  #waiting: Input[] = [];
  #seq = 0;
  #messages = 0;
  #now = 5_000;
  #underWay: { at: number; take: () => void }[] = [];

  constructor(wayMs: number, sequence = 0) {
    this.#wayMs = wayMs;
    this.#seq = sequence;
    const ports: Ports = {
      controls: this.controls,
      traffic: new Traffic(),
      memberAt: () => undefined,
      nameOf: () => '',
      isOpen: () => true,
      isPaused: () => false,
      isCalm: () => this.isCalm,
      send: (bytes) => this.#post(() => this.#take(bytes)),
      sound: (sound) => this.sounds.push(sound),
      own: () => undefined,
    };
    this.game = new Game(0, sequence, ports);
  }

  /** Plays a number of ticks. Returns the last scene. */
  play(ticks: number): Scene | undefined {
    let scene: Scene | undefined;
    for (let tick = 0; tick < ticks; tick++) {
      this.#serve();
      for (let part = 0; part < 2; part++) {
        this.#now += TICK_MS / 2;
        const due = this.#underWay.filter(({ at }) => at <= this.#now);
        this.#underWay = this.#underWay.filter(({ at }) => at > this.#now);
        for (const { take } of due) take();
        scene = this.game.advance(this.#now, (place) => place) ?? scene;
      }
    }
    return scene;
  }

  /** The place of the bot at a tick. */
  otherAt(tick: number): number {
    return 400 + tick;
  }

  #serve(): void {
    this.tick++;
    const input = this.#waiting.shift();
    if (input) {
      this.own = { ...this.own, ...stepOwn(this.field, this.own, input, true) };
      this.#seq = input.seq;
    }
    const frame = new Frame();
    frame.tick = this.tick;
    frame.set(OTHER_SLOT, this.otherAt(this.tick), 700, 0, statusOf(3, STATES[0]));
    const seen = new Uint8Array(LIMITS.players);
    seen[OTHER_SLOT] = 1;
    const head = { field: this.field, seq: this.#seq, waiting: this.#waiting.length, own: this.own };
    const bytes = this.#writer.write(head, { frame, seen }, undefined, this.beams);
    this.#post(() => this.game.receive(bytes, this.#now));
  }

  #take(bytes: Uint8Array): void {
    const message = decodeInputs(bytes);
    if (!message) throw new TypeError('the page sent bytes that are no inputs');
    this.sent.push([...message.inputs]);
    for (const input of [...message.inputs].reverse()) {
      const last = this.#waiting.at(-1)?.seq ?? this.#seq;
      if (input.seq > last) this.#waiting.push(input);
    }
  }

  #post(take: () => void): void {
    this.#messages++;
    if (!this.isLost(this.#messages)) this.#underWay.push({ at: this.#now + this.#wayMs, take });
  }
}

describe('the beams in the page', () => {
  const beam = (id: number, tick: number): Beam => ({ id, tick, x: 0, y: 0, aim: 0, length: 9, isOut: false });

  it('are new again under the numbers of a server that took over', () => {
    const history = new History();
    const take = (...beams: Beam[]): number => history.freshBeams({ beams } as unknown as Snapshot).length;
    expect([take(beam(0, 5), beam(1, 5)), take(beam(1, 5)), take(beam(0, 200))]).toEqual([2, 0, 1]);
  });

  it('of minutes in the background are left out', () => {
    const sounds: string[] = [];
    const lights = new Lights(
      () => 0,
      (sound) => sounds.push(sound),
    );
    for (let tick = 1; tick <= 1_000; tick++) lights.take([beam(tick, tick)], 0, 0);
    lights.advance(1_000, 0, 0);
    expect(sounds.length).toBe(15);
  });
});

describe('the game in the page', () => {
  it('moves before the server has answered', () => {
    const line = new Line(100);
    line.play(10);
    line.controls.keys.down('KeyD');
    const scene = line.play(3);
    expect(line.own.x).toBe(AT_START.x);
    expect(scene?.own.x).toBeGreaterThan(AT_START.x);
  });

  it('is where the server has it after every walk, although every seventh message is lost', () => {
    const line = new Line(80);
    line.isLost = (message) => message % 7 === 0;
    line.play(20);
    for (const key of ['KeyD', 'KeyS', 'KeyA', 'KeyW', 'KeyD']) {
      line.controls.keys.down(key);
      line.play(17);
      line.controls.keys.up(key);
    }
    const scene = line.play(60);
    expect(scene?.own.x).toBeCloseTo(line.own.x, 1);
    expect(scene?.own.y).toBeCloseTo(line.own.y, 1);
    expect(line.own.x).toBeGreaterThan(AT_START.x);
  });

  it('sends each input in eight messages, newest first, and counts on from its place', () => {
    const line = new Line(200, 41);
    line.play(40);
    const inputs = line.sent.at(-1) ?? [];
    expect(inputs.length).toBe(LIMITS.inputsPerMessage);
    expect(inputs.map(({ seq }) => (inputs[0]?.seq ?? 0) - seq)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(line.sent[0]?.[0]?.seq).toBe(42);
  });

  it('says which moment of the others it shows, and shows them there', () => {
    const line = new Line(60);
    const scene = line.play(90);
    const view = (line.sent.at(-1)?.[0]?.view ?? 0) / 16;
    expect(line.tick - view).toBeGreaterThan(2);
    expect(line.tick - view).toBeLessThan(11);
    const [other] = scene?.others ?? [];
    expect(Math.abs((other?.x ?? 0) - line.otherAt(view))).toBeLessThan(6);
  });

  it('shows the own beam at once, and no more of them than the server allows', () => {
    const line = new Line(100);
    line.play(10);
    line.controls.keys.down('KeyD');
    line.controls.keys.down('Space');
    const scene = line.play(2);
    expect(scene?.effects.some(({ effect }) => effect.type === 'beam' && effect.isOwn)).toBe(true);
    line.play(48);
    expect(line.sounds.filter((sound) => sound === 'shot').length).toBe(50 / LIMITS.cooldownTicks);
  });

  it('shows a beam once, although it comes in several snapshots, when its moment is shown', () => {
    const line = new Line(60);
    line.play(30);
    const tick = line.tick + 1;
    line.beams = [{ id: 9, tick, by: OTHER_SLOT, x: 600, y: 700, aim: 0, length: 80, isOut: false }];
    line.play(3);
    line.beams = [];
    const shots = (): number => line.sounds.filter((sound) => sound === 'far-shot').length;
    expect(shots()).toBe(0);
    line.play(20);
    expect(shots()).toBe(1);
  });

  it('shows a hit on the own player as soon as it knows of it', () => {
    const line = new Line(60);
    line.play(30);
    const { x, y } = line.own;
    line.own = { ...line.own, lights: 2 };
    line.beams = [
      { id: 9, tick: line.tick + 1, by: OTHER_SLOT, x: x - 80, y, aim: 0, length: 80, hit: 0, isOut: false },
    ];
    const scene = line.play(3);
    expect(line.sounds).toContain('hurt');
    expect(scene?.pain).toBeDefined();
    expect(y).toBe(AT_START.y);
  });

  it('stands still while nothing comes from the server', () => {
    const line = new Line(60);
    line.play(30);
    line.isLost = () => true;
    line.controls.keys.down('KeyD');
    line.play(35);
    const before = line.play(1)?.own.x ?? 0;
    expect(before).toBeGreaterThan(AT_START.x);
    expect(line.play(60)?.own.x).toBeCloseTo(before, 5);
  });

  it.each([false, true])(
    'shows the last second again to a player who went out, but for little movement (%s)',
    (isCalm) => {
      const line = new Line(60);
      line.isCalm = isCalm;
      line.controls.keys.down('KeyW');
      line.play(28);
      line.controls.clear();
      const { x, y } = line.own;
      line.own = { ...line.own, state: 'out', lights: 0, ticksLeft: 90 };
      line.beams = [
        { id: 9, tick: line.tick + 1, by: OTHER_SLOT, x: x - 80, y, aim: 0, length: 80, hit: 0, isOut: true },
      ];
      const early = line.play(9);
      const [own = y, other = 0] = [early?.own.y, early?.others[0]?.x];
      expect([own > y + 10 * LIMITS.stepLength, early?.own.state]).toEqual(isCalm ? [false, 'out'] : [true, 'in']);
      expect(other < line.otherAt(line.tick - 20)).toBe(!isCalm);
      // Three ticks show one, up to the beam that put the player out.
      line.beams = [];
      const late = line.play(60);
      expect((late?.effects ?? []).map(({ effect }) => effect.type)).toEqual(isCalm ? [] : ['beam', 'out']);
      expect(line.play(20)?.own.state).toBe('out');
    },
  );

  it('goes on to the next field with the first snapshot of it: its walls count, and nobody is where they were', () => {
    const line = new Line(60);
    line.play(30);
    line.controls.keys.down('KeyD');
    // A wall of the tunnel is to the right of the player, where the depot has none.
    line.field = TUNNEL;
    line.own = { ...AT_START, x: 1_000, y: 100, state: 'fresh' };
    const scenes = Array.from({ length: 12 }, () => line.play(1));
    const first = scenes.findIndex((scene) => scene?.field === TUNNEL);
    expect(first).toBeGreaterThan(0);
    expect([first - 1, first, 11].map((index) => scenes[index]?.others.length)).toEqual([1, 0, 1]);
    line.own = { ...line.own, x: 940, y: 200 };
    const scene = line.play(40);
    expect([scene?.own.x, scene?.own.y]).toEqual([1_020 - LIMITS.bodyRadius, 200]);
  });

  it('comes in at an entrance without a way there', () => {
    const line = new Line(60);
    line.play(30);
    line.own = { ...line.own, state: 'out', lights: 0, ticksLeft: 90 };
    line.play(10);
    line.own = { ...AT_START, x: 60, y: 100, state: 'fresh' };
    const scene = line.play(4);
    expect([scene?.own.x, scene?.own.y]).toEqual([60, 100]);
    expect(line.sounds).toContain('enter');
  });
});
