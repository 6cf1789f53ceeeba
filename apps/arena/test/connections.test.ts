import { FakeClock, LateHome, TestServer } from '@naru/testing';
import { io, type Socket } from 'naru/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acceptConnections } from '../server/connections.js';
import type { GameSocket } from '../server/game-server.js';
import { options } from '../server/main.js';
import { Ticker } from '../server/rooms/ticker.js';
import { rulesFrom } from '../server/rules.js';
import { World } from '../server/world.js';
import { LIMITS, TICK_HZ } from '../shared/limits.js';
import type { Answer, FromPage, FromServer, Place, Welcome } from '../shared/protocol.js';
import { encodeInputs } from '../shared/wire/input.js';
import { decodeSnapshot, type Snapshot } from '../shared/wire/snapshot.js';
import { secret } from './arena-node.js';

let server: TestServer<FromPage, FromServer>;
let world: World;
let ticker: Ticker;
let clients: Client[];

beforeEach(() => {
  const clock = new FakeClock();
  const backplane = new LateHome({ clock, callMs: [0, 1], pushMs: [0, 1] }).open();
  server = new TestServer<FromPage, FromServer>({ clock, server: { ...options, backplane, httpCompression: false } });
  const now = () => clock.now();
  world = new World(server.io, { ...rulesFrom({}), filledTo: 0, opensNamed: true }, now);
  acceptConnections(world);
  const after = (ms: number, then: () => void) => {
    const timer = clock.setTimeout(then, ms, undefined);
    return () => clock.clearTimeout(timer);
  };
  ticker = new Ticker({ now, steady: () => clock.elapsed, after }, () => world.advance());
  clients = [];
});

afterEach(async () => {
  ticker.stop();
  for (const { socket } of clients) socket.close();
  await server.close();
});

/** One client on the simulated network. */
class Client {
  readonly socket: Socket<FromServer, FromPage>;
  readonly snapshots: Snapshot[] = [];
  readonly overs: string[] = [];
  welcome: Welcome | undefined;
  place: Place | undefined;
  seq = 0;

  constructor(number: number, auth: object = {}) {
    const whole = { ticket: secret(number), ...auth };
    this.socket = io(server.url, {
      ...server.clientOptions,
      transports: ['websocket'],
      reconnection: false,
      auth: whole,
    });
    clients.push(this);
    this.socket.on('welcome', (welcome) => {
      this.welcome = welcome;
    });
    this.socket.on('over', (_room, why) => this.overs.push(why));
    this.socket.on('s', (bytes) => {
      const read = decodeSnapshot(new Uint8Array(bytes), (at) => this.snapshots.findLast(({ tick }) => tick === at));
      if (read) this.snapshots.push(read);
    });
  }

  /** Emits anything, and returns what it is answered after a moment. */
  async ask(event: string, ...args: unknown[]): Promise<Answer<{ place?: Place }> | undefined> {
    let given: Answer<{ place?: Place }> | undefined;
    const untyped = this.socket as unknown as { emit(event: string, ...args: unknown[]): void };
    untyped.emit(event, ...args, (answer: Answer) => {
      given = answer;
    });
    await server.clock.advance(50);
    return given;
  }

  async play(ask: object = {}): Promise<this> {
    await server.clock.advance(50);
    const answer = await this.ask('play', ask);
    if (answer?.ok) this.place = answer.place;
    return this;
  }

  send(bytes: unknown): void {
    const untyped = this.socket as unknown as { emit(event: string, ...args: unknown[]): void };
    untyped.emit('in', bytes);
  }

  act(magnitude = 15): void {
    const ack = this.snapshots.at(-1)?.tick ?? 0;
    const input = { seq: ++this.seq, direction: 0, magnitude, isFiring: false, aim: 0, view: 0 };
    this.send(encodeInputs({ ack, inputs: [input] }));
  }
}

/** Lets time pass in which nobody plays. */
async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 500) {
    void world.tick();
    await server.clock.advance(500);
  }
}

/** Lets an honest player play for some seconds beside an attack, which is called 30 times in a second. */
async function playBeside(seconds: number, attack: (tick: number) => void): Promise<Client> {
  const ann = await new Client(1).play({ room: 'depot' });
  for (let tick = 0; tick < seconds * TICK_HZ; tick++) {
    ann.act(tick % 2 === 0 ? 15 : 0);
    attack(tick);
    if (tick % 15 === 0) void world.tick();
    await server.clock.advance(1_000 / TICK_HZ);
  }
  return ann;
}

/** The player had the game for the whole time. */
function expectUnharmed(ann: Client, seconds: number): void {
  expect(ann.overs).toEqual([]);
  expect(ann.socket.connected).toBe(true);
  // Two ticks that are due at once have one snapshot.
  expect(ann.snapshots.length).toBeGreaterThan(seconds * TICK_HZ * 0.9);
  expect(ann.snapshots.at(-1)?.seq).toBeGreaterThan(seconds * TICK_HZ - 4);
}

describe('a page', () => {
  it('plays: it is welcomed, gets a place, and sees itself move', async () => {
    const ann = await playBeside(2, () => undefined);
    expect(ann.welcome).toMatchObject({ turn: 0, map: 2, hasLane: false });
    expect(ann.place).toMatchObject({ room: 'depot', slot: 0, isBack: false });
    expectUnharmed(ann, 2);
  });

  it('gets the place back after a lost connection', async () => {
    const ann = await playBeside(1, () => undefined);
    const { slots } = world.host.rooms.get('depot') ?? {};
    const points = slots?.get(0);
    if (points) points.points = 5;
    ann.socket.close();
    await pass(LIMITS.graceMs - 2_000);
    const back = await new Client(1).play();
    expect(back.place).toMatchObject({ room: 'depot', slot: 0, isBack: true });
    expect(back.place?.points[0]).toBe(5);
  });

  it('gives its place up when the same person plays in another room', async () => {
    const first = await new Client(1).play({ room: 'room1' });
    const second = await new Client(1).play({ room: 'room2' });
    await server.clock.advance(50);
    expect([first.overs, second.overs]).toEqual([['moved'], []]);
    const rooms = [...world.host.rooms.values()];
    expect(rooms.map(({ code, slots }) => [code, slots.humans])).toEqual([
      ['room1', 0],
      ['room2', 1],
    ]);
  });

  it('can take other made-up names, and no others', async () => {
    const ann = await new Client(1, { turn: 3 }).play();
    expect(ann.welcome?.turn).toBe(3);
    expect(await ann.ask('name', { turn: 4 })).toMatchObject({ ok: true, turn: 4 });
    for (const turn of [-1, 1_000, 1.5, '1', Number.NaN, null, undefined]) {
      const answer = await ann.ask('name', { turn });
      expect(answer).toMatchObject({ ok: false });
    }
    expect(ann.welcome?.you.name.every((part) => Number.isInteger(part))).toBe(true);
  });

  it.each([
    [{ room: '' }],
    [{ room: 'A room' }],
    [{ room: 'x'.repeat(13) }],
    [{ room: 7 }],
    [{ room: '__proto__' }],
    [{ room: ['depot'] }],
  ])('does not get a room by %j', async (ask) => {
    const ann = await new Client(1).play();
    expect(await ann.ask('play', ask)).toEqual({ ok: false, why: 'bad' });
  });
});

describe('an attack', () => {
  it('with far too many messages ends the connection, and others do not notice', async () => {
    const eve = await new Client(2).play({ room: 'depot' });
    const ann = await playBeside(5, () => {
      for (let each = 0; each < 40; each++) eve.act();
    });
    expect(eve.socket.connected).toBe(false);
    expectUnharmed(ann, 5);
  });

  it('with twice as many messages as allowed goes nowhere faster', async () => {
    const eve = await new Client(2).play({ room: 'depot' });
    const ann = await playBeside(5, () => {
      for (let each = 0; each < 2; each++) eve.act();
    });
    const room = world.host.rooms.get('depot');
    const [first, last] = [eve.snapshots[0]?.own, room?.slots.get(0)?.body];
    expect(Math.abs((last?.x ?? 0) - (first?.x ?? 0))).toBeLessThanOrEqual(5 * TICK_HZ * LIMITS.stepLength + 50);
    expect(eve.socket.connected).toBe(true);
    expectUnharmed(ann, 5);
  });

  it('with malformed bytes ends the connection, and others do not notice', async () => {
    const eve = await new Client(2).play({ room: 'depot' });
    const garbage: unknown[] = [
      new Uint8Array(0),
      new Uint8Array(9),
      new Uint8Array(2_000).fill(255),
      'text',
      { bytes: 1 },
      null,
      [new Uint8Array(17)],
    ];
    const ann = await playBeside(2, (tick) => eve.send(garbage[tick % garbage.length]));
    expect(eve.overs).toEqual(['misuse']);
    expect(eve.socket.connected).toBe(false);
    expectUnharmed(ann, 2);
  });

  it('with messages that are too large ends the connection', async () => {
    const eve = await new Client(2).play({ room: 'depot' });
    const ann = await playBeside(2, (tick) => tick === 3 && eve.send(new Uint8Array(100_000)));
    expect(eve.socket.connected).toBe(false);
    expectUnharmed(ann, 2);
  });

  it('on places, by asking over and over, is told to slow down', async () => {
    const eve = await new Client(2).play();
    const answers = [];
    for (let each = 0; each < 30; each++) answers.push(await eve.ask('play', { room: `room${each}` }));
    expect(answers.filter((answer) => answer?.ok).length).toBeLessThan(12);
    expect(answers.at(-1)).toMatchObject({ error: { code: 'LIMITED' } });
  });

  it('cannot enter the journal of the rooms, or read it', async () => {
    const eve = await new Client(2).play({ room: 'depot' });
    const journal = io(`${server.url}/rooms`, {
      ...server.clientOptions,
      transports: ['websocket'],
      reconnection: false,
    });
    let refusal = '';
    journal.on('connect_error', (error) => {
      refusal = error.message;
    });
    await server.clock.advance(100);
    expect(refusal).toContain('is for the servers');
    journal.close();
    const answer: unknown = await eve.ask('naru:history', 'rooms', { limit: 10 });
    expect(answer).toMatchObject({ error: { code: expect.any(String) } });
  });

  it('cannot play without a place, or end the place of somebody else', async () => {
    const ann = await playBeside(1, () => undefined);
    const eve = new Client(2);
    await server.clock.advance(50);
    for (let tick = 0; tick < 10; tick++) eve.act();
    expect(await eve.ask('leave', {})).toEqual({ ok: false, why: 'gone' });
    expect(eve.snapshots).toEqual([]);
    expect(world.host.rooms.get('depot')?.slots.humans).toBe(1);
    expect(ann.socket.connected).toBe(true);
  });

  it('has one place, although it asks for several at once', async () => {
    const eve = new Client(1);
    await server.clock.advance(50);
    for (const room of ['room1', 'room2']) eve.socket.emit('play', { room }, () => undefined);
    await server.clock.advance(50);
    const rooms = [...world.host.rooms.values()];
    expect(rooms.map(({ code, slots }) => [code, slots.humans])).toEqual([
      ['room1', 0],
      ['room2', 1],
    ]);
  });

  it('leaves no seat behind when it goes while it asks for a place', async () => {
    new Client(1);
    await server.clock.advance(50);
    const [socket] = [...server.io.sockets.sockets.values()] as GameSocket[];
    const person = socket && world.persons.get(socket);
    if (!person) throw new RangeError('nobody came');
    const asking = world.play(person, socket);
    socket.disconnect(true);
    await server.clock.advance(50);
    await asking;
    expect(world.leave(socket)).toBe(false);
  });
});

describe('many people', () => {
  it('get places in rooms that are full before another one is opened', {
    timeout: 60_000,
  }, async () => {
    const many = Array.from({ length: 200 }, (_, index) => new Client(index + 1));
    await server.clock.advance(100);
    for (const each of many) each.socket.emit('play', {}, (answer) => answer.ok && Object.assign(each, answer));
    await server.clock.advance(200);
    expect(many.filter(({ place }) => place).length).toBe(200);
    const sizes = [...world.host.rooms.values()].map(({ slots }) => slots.humans);
    expect(sizes).toEqual([50, 50, 50, 50]);
    // Nobody shares a slot.
    expect(new Set(many.map(({ place }) => `${place?.room} ${place?.slot}`)).size).toBe(200);
  });

  it('hear that the server is full when it has as many people as it can take', async () => {
    Object.assign(world.rules, { players: 3 });
    const all = [];
    for (let number = 1; number <= 4; number++) all.push(await new Client(number).play());
    expect(all.map(({ place }) => place?.slot)).toEqual([0, 1, 2, undefined]);
    expect(await all[3]?.ask('play', { room: 'other' })).toEqual({ ok: false, why: 'full' });
    // Those who are in have their places for themselves.
    all[0]?.socket.close();
    expect((await new Client(1).play()).place).toMatchObject({ slot: 0, isBack: true });
  });

  it('hear that a room is full, and that the game is', async () => {
    for (let number = 0; number < LIMITS.rooms; number++) {
      void world.keeper.open(`room${number}`);
      await server.clock.advance(10);
    }
    const ann = await new Client(1).play({ room: 'another' });
    expect(await ann.ask('play', { room: 'another' })).toEqual({ ok: false, why: 'full' });
    expect(await ann.ask('play', {})).toMatchObject({ ok: true });
  });
});
