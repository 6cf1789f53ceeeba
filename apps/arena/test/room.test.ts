import { describe, expect, it } from 'vitest';
import type { PlayerState } from '../server/rooms/state.js';
import { LIMITS, TICK_HZ, TICK_MS } from '../shared/limits.js';
import { AIM_TURN } from '../shared/world/ray.js';
import { isFree } from '../shared/world/step.js';
import { Game } from './game.js';

const A = { x: 700, y: 100 };
const B = { x: 900, y: 100 };
const ticksOf = (ms: number) => Math.round(ms / TICK_MS);

describe('a room', () => {
  it('moves a player by the inputs, and says which it has taken', () => {
    const game = new Game();
    const ann = game.enter(1, A);
    game.run(10, () => ann.act({ magnitude: 15 }));
    expect(ann.newest).toMatchObject({ seq: 10, own: { x: A.x + 10 * LIMITS.stepLength, y: A.y, state: 'in' } });
    expect(ann.undecoded).toBe(0);
  });

  it('sends differences that add up to what is there', () => {
    const game = new Game();
    const pages = [1, 2, 3, 4].map((number) => game.enter(number, { x: A.x + 40 * number, y: 100 }));
    game.run(90, (tick) => {
      for (const [index, page] of pages.entries()) {
        // One page acknowledges nothing for a while, and gets whole snapshots.
        const ack = index === 0 && tick < 40 ? 0 : (page.newest?.tick ?? 0);
        page.send([page.input({ direction: (tick * 3 + index * 64) & 255, magnitude: 15, aim: tick * 900 })], ack);
      }
    });
    for (const page of pages) {
      expect(page.undecoded).toBe(0);
      expect(page.newest?.others.size).toBe(3);
      for (const other of page.newest?.others.values() ?? []) {
        const { body } = game.room.slots.get(other.slot) ?? { body: A };
        expect(Math.hypot(other.x - body.x, other.y - body.y)).toBeLessThan(0.25);
      }
    }
    expect(pages[1]?.bytes).toBeLessThan((pages[0]?.bytes ?? 0) * 0.9);
  });

  it('takes a light with each hit, and puts out whoever has none', () => {
    const game = new Game();
    const [ann, bo] = [game.enter(1, A), game.enter(2, B)];
    let shots = 0;
    game.run(1);
    game.run(3 * LIMITS.cooldownTicks, () => {
      ann.act({ isFiring: true });
      bo.act();
      if (ann.newest?.beams.some(({ hit }) => hit === bo.place.slot)) shots++;
    });
    expect(shots).toBeGreaterThan(0);
    expect(bo.newest?.own).toMatchObject({ lights: 0, state: 'out' });
    expect(ann.newest?.own.points).toBe(3 * LIMITS.hitPoints + LIMITS.outPoints);
    expect(ann.newest?.others.size).toBe(0);
    game.run(ticksOf(LIMITS.newsMs));
    expect(game.outs).toMatchObject([[expect.any(Number), ann.place.slot, bo.place.slot]]);
    game.run(LIMITS.outTicks, () => bo.act());
    expect(bo.newest?.own).toMatchObject({ lights: LIMITS.lights, state: 'fresh' });
    game.run(LIMITS.freshTicks, () => bo.act());
    expect(bo.newest?.own.state).toBe('in');
  });

  it('protects players who have just entered, until they fire', () => {
    const game = new Game();
    const [ann, bo] = [game.enter(1, A), game.enter(2, B)];
    Object.assign(bo.player, { state: 'fresh', ticksLeft: LIMITS.freshTicks });
    game.run(15, () => ann.act({ isFiring: true }));
    expect(bo.player.lights).toBe(LIMITS.lights);
    bo.act({ isFiring: true });
    game.run(15, () => ann.act({ isFiring: true }));
    expect(bo.player.lights).toBeLessThan(LIMITS.lights);
  });

  it('ends beams at walls', () => {
    const game = new Game();
    // The carriage between them is at 210 to 300.
    const [ann, bo] = [game.enter(1, { x: 400, y: 180 }), game.enter(2, { x: 400, y: 330 })];
    game.run(15, () => ann.act({ isFiring: true, aim: AIM_TURN / 4 }));
    expect(bo.player.lights).toBe(LIMITS.lights);
    expect(ann.snapshots.flatMap(({ beams }) => beams)[0]).toMatchObject({ by: ann.place.slot, length: 30 });
  });

  it('repeats each beam in three snapshots, under one id', () => {
    const game = new Game();
    const [ann, bo] = [game.enter(1, A), game.enter(2, B)];
    game.run(9, () => ann.act({ isFiring: true, aim: AIM_TURN / 2 }));
    const ids = bo.snapshots.flatMap(({ beams }) => beams.map(({ id }) => id));
    expect(ids).toEqual([0, 0, 0]);
  });
});

describe('rounds', () => {
  it('end with the scores, and begin again without points', () => {
    const game = new Game({ roundMs: 2_000, pauseMs: 1_000 });
    const [ann, bo] = [game.enter(1, A), game.enter(2, B)];
    game.run(60, () => ann.act({ isFiring: true }));
    expect(game.rounds.at(-1)).toMatchObject({ number: 1, phase: 'scores' });
    expect(game.rounds.at(-1)?.scores.map(({ slot }) => slot)).toEqual([ann.place.slot, bo.place.slot]);
    const points = ann.player.points;
    expect(points).toBeGreaterThan(0);
    game.put(bo, B);
    game.put(ann, A);
    game.run(29, () => ann.act({ isFiring: true }));
    expect(ann.player.points).toBe(points);
    expect(game.room.round.phase).toBe('scores');
    game.run(1);
    expect(game.rounds.at(-1)).toMatchObject({ number: 2, phase: 'play', scores: [] });
    expect([ann.player.points, bo.player.lights]).toEqual([0, LIMITS.lights]);
  });

  it('are told after the snapshots of their tick, as changes of the players are', () => {
    const game = new Game({ roundMs: 2_000, pauseMs: 1_000, filledTo: 3 });
    const ann = game.enter(1, A);
    const lags: number[] = [];
    const note = (): number => lags.push(game.room.tick - (ann.newest?.tick ?? 0));
    Object.assign(game.rounds, { push: note });
    Object.assign(game.rosters, { push: note });
    game.run(120, () => ann.act());
    expect(lags).toEqual([0, 0, 0, 0]);
  });
});

describe('the field of a room', () => {
  const whereabouts = (game: Game) => {
    const { field, slots } = game.room;
    return { name: field.name, isFree: slots.all.every(({ body }) => isFree(field, body)) };
  };

  it('is another one in each round, for walls, entrances, bots and snapshots', () => {
    const game = new Game({ roundMs: 10_000, pauseMs: 1_000, filledTo: 12 });
    const ann = game.enter(1);
    for (const name of ['depot', 'hall', 'tunnel', 'depot']) {
      game.run(10, () => ann.act());
      const before = game.room.slots.all.map(({ body }) => body);
      for (const { body } of game.room.slots.all) {
        const places = game.room.field.entrances.map(({ x, y }) => Math.hypot(body.x - x, body.y - y));
        expect(Math.min(...places)).toBeLessThan(12 * LIMITS.stepLength);
      }
      game.run(ticksOf(11_000) - 20, () => {
        ann.act({ magnitude: 15, direction: 40 });
        expect(whereabouts(game)).toEqual({ name, isFree: true });
      });
      expect(ann.newest?.field.name).toBe(name);
      const ways = game.room.slots.all.map(({ body }, index) =>
        Math.hypot(body.x - (before[index]?.x ?? 0), body.y - (before[index]?.y ?? 0)),
      );
      expect(Math.max(...ways)).toBeGreaterThan(300);
      game.run(10, () => ann.act());
    }
  });

  it('is the same in the server that goes on with the room', () => {
    const game = new Game({ roundMs: 1_000, pauseMs: 1_000 });
    game.enter(1);
    game.run(ticksOf(5_000));
    expect(game.room.field.name).toBe('tunnel');
    const next = new Game({}, { state: JSON.parse(JSON.stringify(game.room.save())), ahead: 120 });
    expect(whereabouts(next)).toEqual({ name: 'tunnel', isFree: true });
  });
});

describe('a streak', () => {
  it('grows with each player who is put out, and ends when the player goes out', () => {
    const game = new Game();
    const [ann, bo] = [game.enter(1, A), game.enter(2, B)];
    bo.player.streak = 4;
    game.run(LIMITS.cooldownTicks * LIMITS.lights + 15, () => {
      ann.act({ isFiring: true });
      bo.act();
    });
    expect([ann.player.streak, bo.player.streak]).toEqual([1, 0]);
    expect([ann.newest?.own.streak, bo.newest?.others.get(ann.place.slot)?.streak]).toEqual([1, 1]);
  });

  it('makes its owner easier to see: the lamp shines through walls, one way', () => {
    const game = new Game();
    // A carriage is between them.
    const [ann, bo] = [game.enter(1, { x: 300, y: 190 }), game.enter(2, { x: 300, y: 320 })];
    const noticed = () => [ann, bo].map(({ newest }) => newest?.others.size);
    game.run(1);
    expect(noticed()).toEqual([0, 0]);
    bo.player.streak = 1;
    game.run(1);
    expect(noticed()).toEqual([0, 0]);
    bo.player.streak = 2;
    game.run(1);
    expect(noticed()).toEqual([1, 0]);
  });
});

describe('bots', () => {
  it('fill the room while a person is there, and leave as people come', () => {
    const game = new Game({ filledTo: 6 });
    game.enter(1);
    game.run(10);
    expect(game.room.slots.all.length).toBe(6);
    for (let number = 2; number <= 8; number++) game.enter(number);
    game.run(20);
    expect(game.room.slots.all.every(({ isBot }) => !isBot)).toBe(true);
    expect(game.room.slots.all.length).toBe(8);
  });

  it('walk, find each other and fire, the same way for the same seed', () => {
    const runs = [5, 5, 6].map((seed) => {
      const game = new Game({ filledTo: 8 }, { seed });
      const ann = game.enter(1, A);
      game.run(40 * TICK_HZ, () => ann.act());
      return game.room.slots.all.filter(({ isBot }) => isBot).map(({ body, points }) => ({ ...body, points }));
    });
    expect(runs[0]).toEqual(runs[1]);
    expect(runs[0]).not.toEqual(runs[2]);
    expect(runs[0]?.some(({ points }) => points > 0)).toBe(true);
  });

  it('are softer until the first whole round of a player is over', () => {
    const best: number[] = [];
    for (const seed of [1, 2, 3]) {
      const game = new Game({ filledTo: 6, roundMs: 60_000, pauseMs: 1_000 }, { seed });
      const ann = game.enter(1);
      const roundTicks = ticksOf(61_000);
      for (let number = 0; number < 5; number++) {
        game.run(roundTicks, (tick) => ann.act({ magnitude: 15, direction: tick >> 3 }));
        const scores = game.rounds.findLast(({ phase }) => phase === 'scores')?.scores ?? [];
        best[number] = (best[number] ?? 0) + Math.max(...scores.map(({ points }) => points));
      }
    }
    // The fourth round is on the field of the first, and the fifth on that of the second.
    const [first = 0, second = 0, , fourth = 0, fifth = 0] = best;
    expect([first * 2 < fourth, second * 2 < fifth]).toEqual([true, true]);
  });

  it('make place in a full room', () => {
    const game = new Game({ filledTo: LIMITS.players });
    for (let number = 1; number <= 10; number++) game.enter(number);
    game.run(LIMITS.players);
    expect(game.room.slots.all.length).toBe(LIMITS.players);
    expect(typeof game.tryEnter(11)).not.toBe('string');
  });
});

describe('places', () => {
  it('are refused when the room is full of people', () => {
    const game = new Game();
    for (let number = 1; number <= LIMITS.players; number++) game.enter(number);
    expect(game.tryEnter(51)).toBe('full');
  });

  it('wait for a lost connection, with the body out of play', () => {
    const game = new Game();
    const [ann, bo] = [game.enter(1, A), game.enter(2, B)];
    bo.player.points = 9;
    game.cut(bo);
    game.run(ticksOf(LIMITS.awayMs) + 2, () => ann.act());
    expect(ann.newest?.others.get(bo.place.slot)?.state).toBe('away');
    game.run(30, () => ann.act({ isFiring: true }));
    expect(bo.player.lights).toBe(LIMITS.lights);
    const back = game.enter(2);
    expect(back.place).toMatchObject({ slot: bo.place.slot, isBack: true });
    game.run(2, () => back.act());
    expect(back.newest?.own).toMatchObject({ points: 9, state: 'fresh', x: B.x });
    expect(back.undecoded).toBe(0);
    // Nobody hits them for two seconds, in which they find out where they are.
    const fight = (): void => {
      ann.act({ isFiring: true });
      back.act();
    };
    game.run(LIMITS.freshTicks - 4, fight);
    expect(back.player.lights).toBe(LIMITS.lights);
    game.run(LIMITS.cooldownTicks + 4, fight);
    expect(back.player.lights).toBeLessThan(LIMITS.lights);
  });

  it.each([5, 6])('are played from again after a line stood still for %i s', (seconds) => {
    const game = new Game();
    const ann = game.enter(1, A);
    game.run(TICK_HZ, () => ann.act());
    const [waiting] = Array.from({ length: seconds * TICK_HZ }, () => ann.input());
    game.run(seconds * TICK_HZ);
    // Most of what waited comes too fast and is refused, so only the oldest input gets here.
    ann.send(waiting ? [waiting] : []);
    game.run(3 * TICK_HZ, () => ann.act({ magnitude: 15 }));
    expect(ann.newest?.seq).toBe(ann.seq);
    expect(ann.newest?.own.x).toBeGreaterThan(A.x);
  });

  it('end when nobody comes back', () => {
    const game = new Game();
    const [ann, bo] = [game.enter(1, A), game.enter(2, B)];
    game.cut(bo);
    game.run(ticksOf(LIMITS.graceMs) - 1, () => ann.act({ magnitude: 1 }));
    expect(game.room.slots.humans).toBe(2);
    game.run(3, () => ann.act({ magnitude: 1 }));
    expect(game.room.slots.humans).toBe(1);
    expect(game.rosters.at(-1)).toEqual({ joined: [], left: [bo.place.slot] });
  });

  it('end when a page is silent, or a player does nothing', () => {
    const game = new Game();
    const [ann, bo, cy] = [game.enter(1, A), game.enter(2, B), game.enter(3, { x: 60, y: 800 })];
    game.run(ticksOf(LIMITS.silentMs) + 2, (tick) => {
      ann.act({ aim: tick & 255 });
      cy.act();
    });
    expect([ann.endings, bo.endings, cy.endings]).toEqual([[], ['idle'], []]);
    game.run(ticksOf(LIMITS.idleMs - LIMITS.silentMs), (tick) => {
      ann.act({ aim: tick & 255 });
      cy.act();
    });
    expect([ann.endings, cy.endings]).toEqual([[], ['idle']]);
  });

  it('move to a newer connection of the same person, and the older one is told', () => {
    const game = new Game();
    const first = game.enter(1, A);
    const second = game.enter(1);
    expect(first.endings).toEqual(['moved']);
    expect(second.place.slot).toBe(first.place.slot);
    first.act({ magnitude: 15 });
    game.run(2);
    expect(second.newest?.own.x).toBe(A.x);
  });

  it('of those who left are not given away at once', () => {
    const game = new Game();
    const [ann] = [game.enter(1), game.enter(2)];
    game.room.leave(ann.player, 'left');
    expect(game.enter(3).place.slot).toBe(2);
    game.run(ticksOf(LIMITS.slotRestMs));
    expect(game.enter(4).place.slot).toBe(0);
  });

  it('have marks that are spread evenly', () => {
    const game = new Game();
    for (let number = 1; number <= 12; number++) game.enter(number);
    const marks = game.room.slots.all.map(({ mark }) => mark).sort((a, b) => a - b);
    expect(marks).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
  });
});

describe('the state of a room', () => {
  it('goes on elsewhere, with later ticks and the same time left', () => {
    const game = new Game({ filledTo: 4 });
    const ann = game.enter(1, A);
    game.run(100, () => ann.act({ magnitude: 15, direction: 64 }));
    const state = JSON.parse(JSON.stringify(game.room.save()));
    const next = new Game({ filledTo: 4 }, { state, ahead: 120 });
    expect(JSON.parse(JSON.stringify(next.room.save()))).toEqual({
      ...state,
      // Nobody can be hit before the page is heard again.
      players: state.players.map((player: PlayerState) => (player.key ? { ...player, state: 'away' } : player)),
      tick: state.tick + 120,
      round: { ...state.round, endsAt: state.round.endsAt + 120 },
    });
    next.run(5);
    expect(next.room.slots.get(ann.place.slot)?.isTarget).toBe(false);
    const again = next.enter(1);
    expect(again.place).toMatchObject({ slot: ann.place.slot, isBack: true, seq: ann.newest?.seq });
    expect(next.room.slots.all.length).toBe(4);
    expect(next.room.slots.get(ann.place.slot)).toMatchObject({ state: 'fresh', ticksLeft: LIMITS.freshTicks });
  });

  it('holds no ticket', () => {
    const game = new Game();
    game.enter(1);
    expect(JSON.stringify(game.room.save())).not.toContain('0000000001');
  });
});
