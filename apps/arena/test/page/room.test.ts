import { describe, expect, it } from 'vitest';
import { Traffic } from '../../page/connection/traffic.js';
import { Game } from '../../page/game/game.js';
import type { Scene } from '../../page/game/scene.js';
import { Controls } from '../../page/input/controls.js';
import { distance, type Place } from '../../page/motion/geometry.js';
import { Chance } from '../../server/rooms/chance.js';
import { LIMITS, TICK_MS } from '../../shared/limits.js';
import { decodeInputs } from '../../shared/wire/input.js';
import { Game as Room } from '../game.js';

const KEYS = ['KeyD', 'KeyS', 'KeyA', 'KeyW'] as const;
/** Ticks for which a key is held, so that the player goes around and meets walls. */
const HELD = 21;

/** Plays the game of the page in a room of the server with bots. Messages take `wayMs`, and a part of them is lost. */
function playInRoom(ticks: number, wayMs: number, loss: number) {
  const room = new Room({ filledTo: 40 });
  const page = room.enter(1);
  // Bots are softer for somebody new.
  page.player.newUntil = 0;
  const chance = new Chance(7);
  const controls = new Controls();
  const traffic = new Traffic();
  const sounds: string[] = [];
  const scenes: Scene[] = [];
  let underWay: { readonly at: number; take(): void }[] = [];
  let now = 10_000;
  const post = (take: () => void): void => {
    if (chance.below(1_000) >= loss * 1_000) underWay.push({ at: now + wayMs, take });
  };
  const game = new Game(page.place.slot, page.place.seq, {
    controls,
    traffic,
    memberAt: () => undefined,
    nameOf: () => '',
    isOpen: () => true,
    isPaused: () => false,
    isCalm: () => true,
    send: (bytes) =>
      post(() => {
        const message = decodeInputs(bytes);
        if (message) page.send(message.inputs, message.ack);
      }),
    sound: (sound) => sounds.push(sound),
    own: () => undefined,
  });
  page.take = (bytes) => post(() => game.receive(bytes, now));
  const press = (tick: number): void => {
    controls.clear();
    // The player rests at the end.
    if (tick > ticks - 60) return;
    controls.keys.down(KEYS[Math.floor(tick / HELD) % KEYS.length] ?? 'KeyD');
    controls.keys.down('Space');
  };
  room.run(ticks, (tick) => {
    press(tick);
    for (let part = 0; part < 2; part++) {
      now += TICK_MS / 2;
      const due = underWay.filter(({ at }) => at <= now);
      underWay = underWay.filter(({ at }) => at > now);
      for (const { take } of due) take();
      const scene = game.advance(now, (place) => place);
      if (scene) scenes.push(scene);
    }
  });
  return { scenes, sounds, traffic: traffic.at(now), body: page.player.body };
}

/** The longest way between two frames, without the ways to an entrance. */
function longestWay(places: readonly Place[]): number {
  const ways = places.slice(1).map((place, index) => distance(place, places[index] ?? place));
  return Math.max(...ways.filter((way) => way < LIMITS.stepLength * 12));
}

describe('the game of the page in a room of the server', () => {
  it('predicts every step: the body never moves further in a frame than a player can walk', () => {
    const { scenes, body } = playInRoom(1_200, 70, 0);
    const own = scenes.map((scene) => scene.own);
    expect(longestWay(own)).toBeLessThan(LIMITS.stepLength * Math.SQRT2);
    expect(own.at(-1)?.x).toBeCloseTo(body.x, 2);
    expect(own.at(-1)?.y).toBeCloseTo(body.y, 2);
  });

  it('reads every snapshot that arrives, although a tenth is lost both ways', () => {
    const { scenes, traffic, body } = playInRoom(1_200, 70, 0.1);
    expect(traffic.lossPercent).toBeGreaterThan(3);
    expect(traffic.lossPercent).toBeLessThan(20);
    const last = scenes.at(-1)?.own;
    expect(last && distance(last, body)).toBeLessThan(1);
  });

  it('shows others without jumps on a line that loses a tenth', () => {
    const { scenes } = playInRoom(1_200, 70, 0.1);
    let [seen, jumps] = [0, 0];
    for (const [index, { others }] of scenes.entries()) {
      for (const other of others) {
        const before = scenes[index - 1]?.others.find(({ slot }) => slot === other.slot);
        if (!before || distance(before, other) > LIMITS.stepLength * 12) continue;
        seen++;
        if (distance(before, other) > LIMITS.stepLength * 2) jumps++;
      }
    }
    expect(seen).toBeGreaterThan(100);
    expect(jumps / seen).toBeLessThan(0.02);
  });

  it('hears hits of bots and meets them with its own beams', () => {
    const { sounds } = playInRoom(1_200, 70, 0);
    expect(sounds).toContain('shot');
    expect(sounds).toContain('far-shot');
    expect(sounds).toContain('hurt');
    // Each time that the player went out, the player came in again, but for the last time.
    const [ins, outs] = ['enter', 'out'].map((kind) => sounds.filter((sound) => sound === kind).length);
    expect(outs).toBeGreaterThan(0);
    expect([outs, (outs ?? 0) + 1]).toContain(ins);
  });
});
