/**
 * Servers with a slow log crash, sleep and come again, while players come in through any of them. In the end, each
 * player has one place in one room, and each room has one owner. A failure prints its seed.
 */

import { FakeClock, LateHome, TestServer } from '@naru/testing';
import { io, type Socket } from 'naru/client';
import { expect, it } from 'vitest';
import { type Dice, fuzz } from '../../../test/fuzz/websocket-random.js';
import { fuzzTimeoutMs } from '../../../test/kit/fuzz-time.js';
import { acceptConnections } from '../server/connections.js';
import { options } from '../server/main.js';
import { rulesFrom } from '../server/rules.js';
import { World } from '../server/world.js';
import { LIMITS } from '../shared/limits.js';
import type { Answer, FromPage, FromServer, Place } from '../shared/protocol.js';
import { encodeInputs } from '../shared/wire/input.js';
import { secret } from './arena-node.js';

/** One machine on the simulated network. */
class Machine {
  readonly server: TestServer<FromPage, FromServer>;
  readonly world: World;
  /** The steps until it wakes up. */
  asleep = 0;

  constructor(clock: FakeClock, home: LateHome, seed: number) {
    const server = { ...options, backplane: home.open(), httpCompression: false };
    this.server = new TestServer<FromPage, FromServer>({ clock, seed, server });
    // Every server has a clock of its own, which may be wrong by an hour.
    const wrongMs = (seed % 7_200_000) - 3_600_000;
    this.world = new World(this.server.io, { ...rulesFrom({}), filledTo: 2 }, () => clock.now() + wrongMs);
    acceptConnections(this.world);
    void this.world.keeper.readOn();
  }
}

/** A player who comes back through any server. */
class Player {
  readonly number: number;
  readonly places: Place[] = [];
  at: Machine | undefined;
  received = 0;
  #socket: Socket<FromServer, FromPage> | undefined;
  #seq = 0;
  #isAsking = false;

  constructor(number: number) {
    this.number = number;
  }

  get place(): Place | undefined {
    return this.places.at(-1);
  }

  connect(at: Machine): void {
    this.close();
    this.at = at;
    this.#isAsking = false;
    const auth = { ticket: secret(this.number) };
    const { server } = at;
    const socket: Socket<FromServer, FromPage> = io(server.url, {
      ...server.clientOptions,
      transports: ['websocket'],
      reconnection: false,
      auth,
    });
    this.#socket = socket;
    socket.on('welcome', () => this.#play(socket));
    socket.on('s', () => this.received++);
    // Somebody who is refused tries again.
    socket.on('connect_error', () => {
      if (this.#socket === socket) this.at = undefined;
    });
    socket.on('disconnect', () => {
      if (this.#socket === socket) this.at = undefined;
    });
  }

  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
    this.at = undefined;
  }

  /** Acts, and asks again for a place that was refused. */
  step(): void {
    const socket = this.#socket;
    if (!socket?.connected) return;
    const input = { seq: ++this.#seq, direction: 0, magnitude: 15, isFiring: false, aim: this.#seq & 255, view: 0 };
    socket.volatile.emit('in', encodeInputs({ ack: 0, inputs: [input] }));
  }

  #play(socket: Socket<FromServer, FromPage>): void {
    if (this.#isAsking || this.#socket !== socket) return;
    this.#isAsking = true;
    const room = this.place?.room;
    socket.emit('play', room === undefined ? {} : { room }, (answer: Answer<{ place: Place }>) => {
      this.#isAsking = false;
      if (this.#socket !== socket) return;
      if (answer.ok) this.places.push(answer.place);
      else if (socket.connected) this.#retry(socket, answer.waitMs ?? 500);
    });
  }

  #retry(socket: Socket<FromServer, FromPage>, waitMs: number): void {
    const { clock } = this.at?.server ?? {};
    clock?.setTimeout(() => this.#play(socket), waitMs, undefined);
  }
}

/** Everything of one run. */
class Scene {
  readonly clock = new FakeClock();
  readonly home: LateHome;
  readonly dice: Dice;
  readonly players = Array.from({ length: 5 }, (_, index) => new Player(index + 1));
  machines: Machine[] = [];

  constructor(dice: Dice) {
    this.dice = dice;
    this.home = new LateHome({
      clock: this.clock,
      seed: dice.below(1e9),
      callMs: [0, 20],
      pushMs: [0, 30],
      breakChance: 0.005,
    });
    for (let count = 0; count < 3; count++) this.start();
  }

  start(): void {
    this.machines.push(new Machine(this.clock, this.home, this.dice.below(1e9)));
  }

  /** Kills a machine: nobody hears anything from it again. */
  async crash(machine: Machine): Promise<void> {
    this.machines = this.machines.filter((each) => each !== machine);
    machine.server.network.cutAll();
    await this.end([machine]);
  }

  /** Ends machines. Their last requests to the log take time, too. */
  async end(machines: readonly Machine[]): Promise<void> {
    let open = machines.length;
    for (const { server } of machines) void server.io.close().then(() => open--);
    for (let steps = 0; steps < 1_000 && open > 0; steps++) await this.clock.advance(10);
    for (const { server } of machines) server.network.close();
  }

  /** Lets a tenth of a second pass, as three ticks. */
  async step(index: number): Promise<void> {
    for (const player of this.players) {
      if (!player.at) player.connect(this.dice.pick(this.machines));
      player.step();
    }
    for (const machine of this.machines) {
      if (machine.asleep-- > 0) continue;
      for (let tick = 0; tick < 3; tick++) machine.world.advance();
      if (index % 5 === 0) void machine.world.tick();
    }
    await this.clock.advance(100);
  }

  async close(): Promise<void> {
    for (const player of this.players) player.close();
    await this.end(this.machines);
  }
}

it('players keep their places while servers crash, sleep and lose the log', { timeout: fuzzTimeoutMs() }, async () => {
  const runs = await fuzz(async (dice) => {
    const scene = new Scene(dice);
    let index = 0;
    for (let trouble = 0; trouble < 4; trouble++) {
      for (let steps = 10 + dice.below(30); steps > 0; steps--) await scene.step(index++);
      const victim = dice.pick(scene.machines);
      const what = dice.below(6);
      if (what === 0 && scene.machines.length > 1) await scene.crash(victim);
      else if (what === 1) scene.start();
      else if (what === 2) victim.asleep = 20 + dice.below(40);
      else if (what === 3) scene.home.cut();
      else if (what === 4) scene.home.pause(1_000 * (1 + dice.below(6)));
      else dice.pick(scene.players).close();
    }
    // Until everybody has learned of everything.
    for (let steps = 0; steps < 120; steps++) await scene.step(index++);
    const received = scene.players.map((player) => player.received);
    for (let steps = 0; steps < 10; steps++) await scene.step(index++);
    expectSettled(scene, received);
    await scene.close();
  });
  expect(runs).toBeGreaterThan(0);
});

function expectSettled({ players, machines }: Scene, received: readonly number[]): void {
  const codes = machines.flatMap(({ world }) => [...world.host.rooms.keys()]);
  expect(new Set(codes).size).toBe(codes.length);
  expect(codes.length).toBeLessThanOrEqual(LIMITS.rooms);
  for (const [index, player] of players.entries()) {
    const { place } = player;
    expect([index, player.received > (received[index] ?? 0)]).toEqual([index, true]);
    const owner = machines.find(({ world }) => world.host.rooms.has(place?.room ?? ''));
    const slots = owner?.world.host.rooms.get(place?.room ?? '')?.slots;
    expect([index, slots?.get(place?.slot ?? -1)?.outlet?.node]).toEqual([index, player.at?.server.io.node]);
    // A place was never lost, because nobody was away for as long as places are kept.
    expect(new Set(player.places.map(({ room, slot }) => `${room} ${slot}`)).size).toBe(1);
  }
}
