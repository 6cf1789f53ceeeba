/** Real processes that are killed in the middle of a game: the players keep their places. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { io, type Socket } from 'naru/client';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { fixedPort } from '../../../test/kit/ports.mjs';
import { LIMITS, TICK_MS } from '../shared/limits.js';
import type { Answer, FromPage, FromServer, Place } from '../shared/protocol.js';
import { encodeInputs } from '../shared/wire/input.js';
import { decodeSnapshot, type Snapshot } from '../shared/wire/snapshot.js';
import { Data, secret } from './arena-node.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const root = fileURLToPath(new URL('../../..', import.meta.url));
const [program, app] = [`${root}packages/cli/dist/esm/main.js`, `${root}apps/arena`];

let data: Data;
let servers: ChildProcess[];
let players: Player[];

beforeEach(() => {
  data = new Data();
  servers = [];
  players = [];
});

afterEach(async () => {
  for (const player of players) player.stop();
  await Promise.all(servers.map((server) => kill(server)));
  data.remove();
});

/** Serves the game from its built files. */
async function serve(port: number): Promise<ChildProcess> {
  const built = `${app}/dist/server.js`;
  if (!existsSync(built)) throw new RangeError(`${built} is not built; run: npm run build`);
  const args = [program, 'serve', app, '--port', String(port), '--host', '127.0.0.1', '--data', data.folder];
  const env = { ...process.env, ARENA_LANE_PORT: 'off', ARENA_BOTS: '4' };
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  servers.push(child);
  await new Promise<void>((done, reject) => {
    child.stdout.on('data', (chunk: Buffer) => chunk.includes('Press Ctrl-C') && done());
    child.once('exit', (code) => reject(new RangeError(`naru serve ended with ${code}`)));
  });
  return child;
}

/** Kills a server without a goodbye. */
async function kill(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = new Promise((done) => server.once('exit', done));
  server.kill('SIGKILL');
  await ended;
}

/** A player who walks, and comes back by itself, as a page does. */
class Player {
  readonly socket: Socket<FromServer, FromPage>;
  readonly places: Place[] = [];
  readonly snapshots: Snapshot[] = [];
  #seq = 0;
  readonly #walking: NodeJS.Timeout;

  constructor(port: number, number: number) {
    const options = { transports: ['websocket'], forceNew: true, reconnectionDelay: 100, reconnectionDelayMax: 300 };
    this.socket = io(`http://127.0.0.1:${port}`, { ...options, auth: { ticket: secret(number) } });
    players.push(this);
    this.socket.on('welcome', () => void this.#play());
    this.socket.on('s', (bytes) => {
      const find = (at: number) => this.snapshots.findLast(({ tick }) => tick === at);
      const read = decodeSnapshot(new Uint8Array(bytes), find);
      if (read) this.snapshots.push(read);
    });
    this.#walking = setInterval(() => this.#walk(), TICK_MS);
  }

  get newest(): Snapshot | undefined {
    return this.snapshots.at(-1);
  }

  stop(): void {
    clearInterval(this.#walking);
    this.socket.disconnect();
  }

  async #play(): Promise<void> {
    const { connected } = this.socket;
    const room = this.places.at(-1)?.room;
    const answer: Answer<{ place: Place }> = await this.socket
      .timeout(10_000)
      .emitWithAck('play', room === undefined ? {} : { room })
      .catch(() => ({ ok: false, why: 'busy' }) as const);
    if (answer.ok) this.places.push(answer.place);
    else if (connected && this.socket.connected) setTimeout(() => void this.#play(), 500);
  }

  #walk(): void {
    const tick = this.newest?.tick ?? 0;
    const input = { direction: tick & 255, magnitude: 15, isFiring: true, aim: (tick * 700) & 0xffff, view: tick * 16 };
    const bytes = encodeInputs({ ack: tick, inputs: [{ ...input, seq: ++this.#seq }] });
    if (this.socket.connected) this.socket.volatile.emit('in', bytes);
  }
}

it('a room goes on in another server when its own is killed', async () => {
  const [first, second] = [await fixedPort(), await fixedPort()];
  const owner = await serve(first);
  await serve(second);
  const ann = new Player(first, 1);
  await expect.poll(() => ann.places.length).toBe(1);
  const room = ann.places[0]?.room;
  const bo = new Player(second, 2);
  await expect.poll(() => bo.places[0]?.room, { timeout: 30_000 }).toBe(room);
  await expect.poll(() => bo.newest?.seq ?? 0, { timeout: 30_000 }).toBeGreaterThan(60);
  // By now, the journal has the place.
  const before = bo.newest;
  await kill(owner);
  await expect
    .poll(() => (bo.newest?.tick ?? 0) - (before?.tick ?? 0), { timeout: 60_000 })
    .toBeGreaterThan(LIMITS.leaseMs / TICK_MS);
  const taken = bo.newest?.seq ?? 0;
  await expect.poll(() => (bo.newest?.seq ?? 0) - taken, { timeout: 30_000 }).toBeGreaterThan(30);
  // The connection of this player stood all the time.
  expect(bo.places).toHaveLength(1);
});

it('the places are kept when the only server is killed and started again', async () => {
  const port = await fixedPort();
  const server = await serve(port);
  const ann = new Player(port, 1);
  const bo = new Player(port, 2);
  await expect.poll(() => Math.min(ann.newest?.seq ?? 0, bo.newest?.seq ?? 0), { timeout: 30_000 }).toBeGreaterThan(60);
  await kill(server);
  await serve(port);
  for (const player of [ann, bo]) {
    await expect.poll(() => player.places.length, { timeout: 60_000 }).toBe(2);
    const [was, is] = player.places;
    expect(is).toMatchObject({ room: was?.room, slot: was?.slot, isBack: true });
    expect(is?.round.number).toBe(was?.round.number);
  }
  const taken = ann.newest?.seq ?? 0;
  await expect.poll(() => ann.newest?.seq ?? 0, { timeout: 30_000 }).toBeGreaterThan(taken + 30);
});
