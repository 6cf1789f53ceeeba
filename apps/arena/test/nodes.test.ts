import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Journal, OwnRecord, RoomEvent } from '../server/nodes/journal.js';
import { Keeper } from '../server/nodes/keeper.js';
import { Host } from '../server/rooms/host.js';
import type { Outbox } from '../server/rooms/outbox.js';
import type { PlayerState } from '../server/rooms/state.js';
import { rulesFrom } from '../server/rules.js';
import { LIMITS, TICK_HZ } from '../shared/limits.js';
import type { Place } from '../shared/protocol.js';
import { Data, type Guest, Node } from './arena-node.js';

let data: Data;
let nodes: Node[];

beforeEach(() => {
  data = new Data();
  nodes = [];
});

afterEach(async () => {
  for (const node of nodes) await node.crash();
  data.remove();
});

async function start(): Promise<Node> {
  const node = await Node.start(data);
  nodes.push(node);
  return node;
}

async function crash(node: Node): Promise<void> {
  nodes = nodes.filter((each) => each !== node);
  await node.crash();
}

/** Lets the time pass, in which one server does what is due, until something is true. */
async function wait(node: Node, isTrue: () => boolean): Promise<void> {
  await expect
    .poll(async () => {
      data.nowMs += 500;
      await node.world.tick();
      return isTrue();
    })
    .toBe(true);
}

/** Advances all servers and lets a guest act until something is true. */
async function playUntil(guest: Guest, isTrue: () => boolean): Promise<void> {
  await expect
    .poll(async () => {
      guest.act({ magnitude: 15 });
      data.nowMs += 1_000 / TICK_HZ;
      for (const node of nodes) {
        node.advance();
        await node.world.tick();
      }
      return isTrue();
    })
    .toBe(true);
}

describe('two servers', () => {
  it('share a room: a player comes in through the one that does not own it', async () => {
    const [one, two] = [await start(), await start()];
    const [ann, bo] = [await one.guest(1), await two.guest(2)];
    const place = await ann.play();
    await two.world.keeper.readOn();
    const other = await bo.play();
    expect(other).toMatchObject({ room: place.room, slot: 1, isBack: false });
    expect(two.world.host.rooms.size).toBe(0);
    await playUntil(bo, () => (bo.newest?.seq ?? 0) > 3);
    await playUntil(bo, () => (bo.newest?.own.x ?? 0) > (bo.snapshots[0]?.own.x ?? 0) + 30);
    await expect.poll(() => ann.events.filter(([name]) => name === 'roster').length).toBeGreaterThan(0);
    expect(bo.undecoded).toBe(0);
  });

  it('tell the owner of leaving, of names and of a lost connection', async () => {
    const [one, two] = [await start(), await start()];
    const [ann, bo, cy] = [await one.guest(1), await two.guest(2), await two.guest(3)];
    const { room: code } = await ann.play();
    await two.world.keeper.readOn();
    await bo.play();
    await cy.play();
    const room = one.world.host.rooms.get(code);
    expect(await bo.ask('name', { turn: 5 })).toMatchObject({ ok: true, turn: 5 });
    const names = () => room?.slots.all.map(({ card }) => card.name.join());
    const before = names();
    await expect.poll(() => names()?.[1] === before?.[1] && room?.slots.humans).toBe(3);
    await bo.ask('leave', {});
    await expect.poll(() => room?.slots.humans).toBe(2);
    cy.page.disconnect();
    await expect.poll(() => room?.slots.get(2)?.lostAt !== undefined).toBe(true);
  });

  it('give a person one place, although two windows ask for different rooms', async () => {
    const [one, two] = [await start(), await start()];
    const [ann, bo] = [await one.guest(1), await one.guest(2)];
    await bo.play('room1');
    await ann.play('room1');
    await one.world.tick();
    await two.world.keeper.readOn();
    await (await two.guest(1)).play('room2');
    await expect.poll(() => ann.last('over')).toBe('moved');
    expect(one.world.host.rooms.get('room1')?.slots.humans).toBe(1);
    expect(two.world.host.rooms.get('room2')?.slots.humans).toBe(1);
  });

  it('agree on one owner when both open the same room at once', async () => {
    const [one, two] = [await start(), await start()];
    const [ann, bo] = [await one.guest(1), await two.guest(2)];
    const places = await Promise.all([ann.play('same1'), bo.play('same1')]);
    expect(places.map(({ room }) => room)).toEqual(['same1', 'same1']);
    expect(places.map(({ slot }) => slot).sort()).toEqual([0, 1]);
    expect(one.world.host.rooms.size + two.world.host.rooms.size).toBe(1);
  });
});

describe('a crash', () => {
  it('moves a room to another server, with points, lights, places and the time left', async () => {
    const [one, two] = [await start(), await start()];
    const [ann, bo] = [await one.guest(1), await two.guest(2)];
    const { room: code } = await ann.play();
    await two.world.keeper.readOn();
    await bo.play();
    one.advance(30);
    const player = one.world.host.rooms.get(code)?.slots.get(1);
    Object.assign(player ?? {}, { points: 7, lights: 2 });
    data.nowMs += LIMITS.leaseRenewMs;
    await one.world.tick();
    const saved = one.world.host.rooms.get(code)?.save();
    const crashedAt = data.nowMs;
    await crash(one);
    await wait(two, () => two.world.host.rooms.has(code));
    expect(data.nowMs - crashedAt).toBeLessThanOrEqual(4_000);
    const moved = two.world.host.rooms.get(code);
    const state = moved?.save();
    // People are out of play until the new server hears them, and cannot be hit for two seconds then.
    expect(state?.players.map(({ state: life, ticksLeft }) => [life, ticksLeft])).toEqual([
      ['away', 0],
      ['fresh', LIMITS.freshTicks],
    ]);
    const kept = (players: readonly PlayerState[] = []) =>
      players.map(({ state: _, ticksLeft: __, ...rest }): object => rest);
    expect(kept(state?.players)).toEqual(kept(saved?.players));
    expect(state && state.round.endsAt - state.tick).toBe(saved && saved.round.endsAt - saved.tick);
    expect(state?.tick).toBeGreaterThan(saved?.tick ?? 0);
    await playUntil(bo, () => (bo.newest?.tick ?? 0) > (saved?.tick ?? 0));
    expect(bo.newest?.own).toMatchObject({ points: 7, lights: 2 });
    // The one whose server died comes back to the same place, through the other server.
    const again: Place = await (await two.guest(1)).play(code);
    expect(again).toMatchObject({ slot: 0, isBack: true });
  });

  it('and a restart of the only server keep the place', async () => {
    const one = await start();
    const ann = await one.guest(1);
    const { room: code, slot } = await ann.play();
    data.nowMs += LIMITS.leaseRenewMs;
    await one.world.tick();
    await crash(one);
    // The lease of the former process has not ended yet. It does not answer, so nobody waits for that.
    const two = await start();
    expect(two.world.host.rooms.has(code)).toBe(true);
    expect(await (await two.guest(1)).play()).toMatchObject({ room: code, slot, isBack: true });
  });

  it('lets a newcomer wait until another server has the room', async () => {
    const [one, two] = [await start(), await start()];
    const { room: code } = await (await one.guest(1)).play();
    data.nowMs += LIMITS.leaseRenewMs;
    await one.world.tick();
    await expect
      .poll(async () => {
        await two.world.keeper.readOn();
        return two.world.keeper.directory.entries.get(code)?.beat;
      })
      .toBe(2);
    await crash(one);
    data.nowMs += LIMITS.leaseMs + 1;
    const bo = await two.guest(2);
    expect(await bo.ask('play', { room: code })).toEqual({ ok: false, why: 'busy', waitMs: 500 });
    // The claim may be read late, but nobody waits for the end of another lease.
    await expect
      .poll(async () => {
        await two.world.tick();
        return two.world.host.rooms.has(code);
      })
      .toBe(true);
    expect(await bo.play(code)).toMatchObject({ room: code, slot: 1 });
  });

  it('of another server does not end the leases of those that answer', async () => {
    const [one, two] = [await start(), await start()];
    const { room: code } = await (await two.guest(1)).play();
    await two.world.tick();
    const newestOf = async ({ world }: Node): Promise<number | undefined> => {
      await world.keeper.readOn();
      return world.keeper.directory.entries.get(code)?.beat;
    };
    // The record that has the player: nobody claims an empty room.
    await expect.poll(() => newestOf(one)).toBe(2);
    await crash(one);
    const three = await start();
    // The next record of the owner is in the log after everything that the new server wrote at its start.
    data.nowMs += LIMITS.leaseRenewMs;
    await two.world.tick();
    await expect.poll(() => newestOf(three)).toBe(3);
    await three.world.tick();
    expect(three.world.keeper.ownerOf(code)).toBe(two.server.node);
    expect(three.world.host.rooms.size).toBe(0);
  });

  it('leaves the room to one of several servers', async () => {
    const [one, two, three] = [await start(), await start(), await start()];
    const ann = await one.guest(1);
    const { room: code } = await ann.play();
    await one.world.tick();
    for (const node of [two, three]) await node.world.keeper.readOn();
    await crash(one);
    const owners = () => [two, three].filter(({ world }) => world.host.rooms.has(code)).length;
    await expect
      .poll(async () => {
        data.nowMs += 500;
        await Promise.all([two.world.tick(), three.world.tick()]);
        return owners();
      })
      .toBe(1);
    await Promise.all([two.world.tick(), three.world.tick()]);
    expect(owners()).toBe(1);
    expect(two.world.keeper.ownerOf(code)).toBe(three.world.keeper.ownerOf(code));
  });
});

describe('a room that is not known', () => {
  it('is not opened by a link to it, but one that another server has just opened is found', async () => {
    const one = await start();
    const two = await Node.start(data, { opensNamed: false });
    nodes.push(two);
    const bo = await two.guest(2);
    expect(await bo.ask('play', { room: 'closed' })).toEqual({ ok: false, why: 'gone' });
    const { room: code } = await (await one.guest(1)).play();
    expect(await bo.play(code)).toMatchObject({ room: code, slot: 1 });
  });
});

describe('an owner', () => {
  it('that slept for too long finds that another server has the room', async () => {
    const [one, two] = [await start(), await start()];
    const ann = await one.guest(1);
    const { room: code } = await ann.play();
    await one.world.tick();
    await wait(two, () => two.world.host.rooms.has(code));
    await one.world.tick();
    expect(one.world.host.rooms.has(code)).toBe(false);
    // Its player goes on in the other server.
    await playUntil(ann, () => (ann.newest?.seq ?? 0) > 3);
  });

  it('that ends gives the room away at once', async () => {
    const [one, two] = [await start(), await start()];
    const { room: code } = await (await one.guest(1)).play();
    one.world.close();
    await expect
      .poll(async () => {
        await two.world.tick();
        return two.world.host.rooms.has(code);
      })
      .toBe(true);
  });

  it('closes a room that everybody has left, and all servers forget it', async () => {
    const [one, two] = [await start(), await start()];
    const ann = await one.guest(1);
    const { room: code } = await ann.play();
    await ann.ask('leave', {});
    one.advance((LIMITS.emptyMs / 1_000) * 30 + 2);
    await expect
      .poll(async () => {
        for (const { world } of [one, two]) await world.tick();
        return [one, two].filter(({ world }) => world.keeper.has(code)).length;
      })
      .toBe(0);
  });
});

/** A journal in which only the second reading after a record finds it. */
class LateJournal {
  #due: RoomEvent[] = [];
  #later: RoomEvent[] = [];

  own(own: OwnRecord): void {
    this.#later.push({ type: 'own', own });
  }

  readOn(): Promise<RoomEvent[]> {
    const due = this.#due;
    this.#due = this.#later;
    this.#later = [];
    return Promise.resolve(due);
  }
}

const ignore = () => undefined;
const outbox: Outbox = {
  snapshot: ignore,
  roster: ignore,
  round: ignore,
  outs: ignore,
  points: ignore,
  over: ignore,
};

it('a server that reads its own claim late runs the room from then on, and waits for no other lease', async () => {
  const journal = new LateJournal();
  const host = new Host(rulesFrom({}), () => outbox);
  let now = 0;
  const keeper = new Keeper('here', journal as unknown as Journal, host, () => now);
  const room = host.make({ code: 'depot', seed: 1 });
  room.enter({ key: 'ann', card: { id: 'ann', name: [0, 0, 10], hue: 0 } });
  journal.own({ code: 'depot', node: 'gone', term: 1, beat: 1, at: 0, state: room.save() });
  for (let reading = 0; reading < 2; reading++) await keeper.readOn();
  now = LIMITS.leaseMs + 1;
  await keeper.tick();
  expect(host.rooms.size).toBe(0);
  await keeper.tick();
  expect([...host.rooms.keys()]).toEqual(['depot']);
  expect(keeper.ownerOf('depot')).toBe('here');
});
