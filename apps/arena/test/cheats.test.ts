import { describe, expect, it } from 'vitest';
import { Chance } from '../server/rooms/chance.js';
import { LIMITS, TICK_HZ } from '../shared/limits.js';
import { AIM_TURN, isInView, isSeen } from '../shared/world/ray.js';
import { Game, type Page } from './game.js';

const A = { x: 700, y: 100 };
const B = { x: 900, y: 100 };
const C = { x: 700, y: 1_500 };

/** Plays with an honest player and a cheat side by side, and returns how far each got. */
function race(ticks: number, cheat: (page: Page, tick: number) => void): [honest: number, cheating: number] {
  const game = new Game();
  const [ann, eve] = [game.enter(1, A), game.enter(2, C)];
  game.run(ticks, (tick) => {
    ann.act({ magnitude: 15 });
    cheat(eve, tick);
  });
  return [ann.player.body.x - A.x, eve.player.body.x - C.x];
}

const walk = { magnitude: 15 };

describe('speed', () => {
  it('is the same with ten times as many inputs', () => {
    const [honest, cheating] = race(60, (eve) => {
      for (let each = 0; each < 10; each++) eve.act(walk);
    });
    expect(cheating).toBe(honest);
  });

  it('is the same with inputs that were saved up', () => {
    const [honest, cheating] = race(60, (eve, tick) => {
      if (tick % 8 === 7) eve.send(Array.from({ length: 8 }, () => eve.input(walk)).reverse());
    });
    expect(cheating).toBeLessThanOrEqual(honest);
  });

  it('cannot be saved up by standing still for long', () => {
    const [honest, cheating] = race(120, (eve, tick) => {
      if (tick >= 60) for (let each = 0; each < 8; each++) eve.act(walk);
    });
    expect(cheating).toBeLessThanOrEqual(honest / 2 + LIMITS.creditsMax * LIMITS.stepLength);
  });

  it('is the same with replayed inputs', () => {
    const [honest, cheating] = race(60, (eve) => {
      const input = eve.input(walk);
      for (let each = 0; each < 20; each++) eve.send([input]);
    });
    expect(cheating).toBe(honest);
  });

  it('is not gained by inputs of the future', () => {
    const [honest, cheating] = race(60, (eve, tick) => {
      eve.act(walk);
      eve.send([eve.input({ ...walk, seq: eve.seq + 10_000 + tick })]);
      eve.send([eve.input({ ...walk, seq: 4_294_967_295 })]);
      eve.seq -= 2;
    });
    expect(cheating).toBe(honest);
  });
});

describe('a teleport', () => {
  it('cannot be asked for: an input has a direction, and no place', () => {
    const game = new Game();
    const eve = game.enter(1, A);
    const chance = new Chance(9);
    let before = eve.player.body;
    game.run(600, () => {
      eve.send([eve.input({ direction: chance.below(256), magnitude: chance.below(16), view: chance.below(2 ** 31) })]);
      const { body } = eve.player;
      expect(Math.hypot(body.x - before.x, body.y - before.y)).toBeLessThanOrEqual(2 * LIMITS.stepLength + 0.2);
      before = body;
    });
  });
});

describe('fire', () => {
  it('is not faster with more inputs', () => {
    const counts = [1, 8].map((times) => {
      const game = new Game();
      const eve = game.enter(1, A);
      game.run(10 * TICK_HZ, () => {
        for (let each = 0; each < times; each++) eve.act({ isFiring: true });
      });
      return new Set(eve.snapshots.flatMap(({ beams }) => beams.map(({ id }) => id))).size;
    });
    expect(counts[0]).toBe((10 * TICK_HZ) / LIMITS.cooldownTicks);
    expect(counts[1]).toBeLessThanOrEqual(counts[0] ?? 0);
  });

  it('is not faster with inputs that were saved up', () => {
    const game = new Game();
    const eve = game.enter(1, A);
    game.run(20 * TICK_HZ, (tick) => {
      if (tick % (2 * LIMITS.creditsMax) < LIMITS.creditsMax) return;
      for (let each = 0; each < 2; each++) eve.act({ isFiring: true });
    });
    const shots = new Set(eve.snapshots.flatMap(({ beams }) => beams.map(({ id }) => id))).size;
    expect(shots).toBeLessThanOrEqual((20 * TICK_HZ) / LIMITS.cooldownTicks);
  });
});

describe('a hit', () => {
  /** Lets a target walk, and shoots at the place where it was some ticks ago, with that time as the view. */
  function shootBack(ticksAgo: number, view?: (now: number) => number): boolean {
    const game = new Game();
    const [ann, bo] = [game.enter(1, { x: 700, y: 130 }), game.enter(2, { x: 900, y: 20 })];
    const places: number[] = [];
    // It walks down, through the line of fire at 130, and on.
    game.run(17 + ticksAgo, () => {
      bo.act({ magnitude: 15, direction: 64 });
      ann.act();
      places.push(bo.player.body.y);
    });
    const now = game.room.tick;
    ann.act({ isFiring: true, view: view ? view(now) : (now - ticksAgo) * 16 });
    bo.act({ magnitude: 15, direction: 64 });
    game.run(1);
    return bo.player.lights < LIMITS.lights;
  }

  it('is judged by what the shooter saw', () => {
    expect(shootBack(0)).toBe(true);
    expect(shootBack(5)).toBe(true);
    // The target is far beyond the line by now, so the present view misses.
    expect(shootBack(5, (now) => now * 16)).toBe(false);
  });

  it('is not judged by a time that is longer ago than the bound', () => {
    expect(shootBack(12)).toBe(false);
    expect(shootBack(12, () => 0)).toBe(false);
  });

  it('is not judged by the future', () => {
    expect(shootBack(5, () => 4_294_967_295)).toBe(false);
  });

  it('does not count on somebody who came back meanwhile', () => {
    const game = new Game();
    const [ann, bo] = [game.enter(1, A), game.enter(2, B)];
    game.run(6, () => ann.act());
    bo.player.enter({ x: 60, y: 800 });
    game.run(1, () => ann.act({ isFiring: true, view: (game.room.tick - 4) * 16 }));
    expect(bo.player.lights).toBe(LIMITS.lights);
  });

  it('does not count on somebody who has the slot of a player who left', () => {
    const game = new Game();
    const [ann, bo] = [game.enter(1, A), game.enter(2, B)];
    for (let number = 3; number <= LIMITS.players; number++) game.enter(number);
    game.run(6, () => ann.act());
    game.room.leave(bo.player, 'left');
    const cy = game.enter(99, C);
    expect(cy.place.slot).toBe(bo.place.slot);
    game.run(1, () => {
      cy.act({ isFiring: true, aim: AIM_TURN / 2 });
      ann.act({ isFiring: true, view: (game.room.tick - 4) * 16 });
    });
    expect(cy.player).toMatchObject({ state: 'in', lights: LIMITS.lights });
    expect(ann.undecoded).toBe(0);
  });
});

describe('leaving', () => {
  it('and coming back at once gives nobody new lights', () => {
    const game = new Game();
    const eve = game.enter(1, A);
    game.enter(2, B);
    eve.player.lights = 1;
    game.room.leave(eve.player, 'left');
    const back = game.enter(1);
    game.run(LIMITS.outTicks - 1, () => back.act({ magnitude: 15, isFiring: true }));
    expect(back.newest?.own).toMatchObject({ state: 'out', lights: 0, points: 0 });
    game.run(2, () => back.act());
    expect(back.newest?.own).toMatchObject({ state: 'fresh', lights: LIMITS.lights });
    game.room.leave(back.player, 'left');
    expect(game.enter(1).player.state).toBe('fresh');
  });
});

describe('sight', () => {
  it('ends at walls and at the view: nobody is sent whom the player could not see or hear', () => {
    const game = new Game({ filledTo: 30 }, { seed: 4 });
    const pages = [1, 2, 3].map((number) => game.enter(number));
    let seen = 0;
    game.run(20 * TICK_HZ, (tick) => {
      for (const page of pages) {
        page.act({ direction: (tick >> 4) * 37, magnitude: 15, aim: tick * 500, isFiring: true });
        const { newest } = page;
        if (!newest) continue;
        const { own, others } = newest;
        for (const other of others.values()) {
          seen++;
          const distance = Math.hypot(other.x - own.x, other.y - own.y);
          // Places of others are rounded to quarters, so the exact ones decide.
          const player = game.room.slots.get(other.slot);
          // The lamp of somebody who goes out in this tick was seen until then.
          const isHeard = player && (player.state === 'out' || distance <= player.glow + 1);
          const isAllowed = isHeard || (player && isSeen(game.room.field, page.player.body, player.body));
          if (newest.tick === game.room.tick) expect([other.slot, isAllowed]).toEqual([other.slot, true]);
          expect(isInView(own, { x: other.x - 0, y: other.y })).toBe(true);
        }
      }
    });
    expect(seen).toBeGreaterThan(1_000);
  });

  it('is not gained by an acknowledgement that was never sent', () => {
    const game = new Game();
    const [eve, bo] = [game.enter(1, { x: 400, y: 180 }), game.enter(2, { x: 400, y: 380 })];
    game.run(60, (tick) => {
      eve.send([eve.input()], tick % 2 === 0 ? 4_294_967_295 : tick);
      bo.act({ magnitude: 15, direction: (tick >> 2) * 40 });
    });
    expect(eve.snapshots.every(({ others }) => others.size === 0)).toBe(true);
  });

  it('does not show whom a player hits beyond the view, although the player who fires is seen', () => {
    const game = new Game();
    const [ann, bo, cy] = [game.enter(1, { x: 300, y: 100 }), game.enter(2, A), game.enter(3, { x: 1_300, y: 100 })];
    game.run(2, (tick) => {
      ann.act();
      bo.act({ isFiring: tick === 1 });
    });
    expect(cy.player.lights).toBe(LIMITS.lights - 1);
    const [beam] = ann.newest?.beams ?? [];
    expect(beam).toMatchObject({ by: bo.place.slot, x: A.x, hit: undefined });
    expect(A.x + (beam?.length ?? 0)).toBeLessThanOrEqual(300 + LIMITS.viewWidth / 2);
  });

  it('does not show who fires behind a corner, but where the light comes into sight', () => {
    const game = new Game();
    // Ann is above a carriage. Bo fires along the aisle below it, and the beam leaves the aisle to the left.
    const [ann, bo] = [game.enter(1, { x: 100, y: 180 }), game.enter(2, { x: 700, y: 330 })];
    game.run(2, () => {
      ann.act();
      bo.act({ isFiring: true, aim: AIM_TURN / 2 });
    });
    const beam = ann.snapshots.flatMap(({ beams }) => beams)[0];
    expect(ann.newest?.others.size).toBe(0);
    expect(beam?.by).toBeUndefined();
    expect(beam?.x).toBeLessThan(bo.player.body.x - 300);
    expect(beam && beam.x - beam.length).toBeCloseTo(Math.max(0, bo.player.body.x - LIMITS.beamLength), -1);
  });
});

describe('others', () => {
  it('do not notice a cheat: they get the same snapshots as beside an honest player who stands', () => {
    const runs = [false, true].map((isCheating) => {
      const game = new Game();
      const [ann, bo, eve] = [game.enter(1, A), game.enter(2, B), game.enter(3, C)];
      const chance = new Chance(3);
      game.run(90, (tick) => {
        ann.act({ magnitude: 15, direction: tick });
        bo.act({ magnitude: 9, aim: tick * 100, isFiring: true });
        eve.act();
        if (!isCheating) return;
        for (let each = 0; each < 50; each++) {
          const seq = chance.below(eve.seq + 1);
          eve.send(
            [eve.input({ seq, magnitude: 15, isFiring: true, view: chance.below(2 ** 31) })],
            chance.below(2 ** 31),
          );
          eve.seq--;
        }
      });
      return [ann.snapshots, bo.snapshots, eve.player.body];
    });
    expect(runs[1]).toEqual(runs[0]);
  });
});
