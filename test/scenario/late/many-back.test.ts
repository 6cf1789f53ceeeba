/** Many clients that come back to a server at once, on a simulated home whose answers take 20 ms. */
import { expect, it } from 'vitest';
import { RawClient } from '../../kit/clients/raw-client.js';
import { LateClient, type LateNode, LateStage, TRAVEL_MS } from './late-nodes.js';

const FAR = 24;
const NEAR = 4;
const COUNT = FAR + NEAR;
/** Clients that are far back, too, in rooms with few events. */
const QUIET = 4;
/** Events in each room. All of them together are far more than the end of the log that is kept at hand. */
const EVENTS = 800;
const TURN = 8;
/** Events of the others between two of a quiet room. */
const QUIET_EVERY = 100;

/** A client on its way back. */
interface Returning {
  readonly client: LateClient;
  /** Milliseconds until it had everything. */
  tookMs: number;
  /** Readings of the home until then. */
  readings: number;
}

/** Lets clients into rooms of their own, and takes most of them away before the events, and the others near the end. */
async function build() {
  let readings = 0;
  const stage = new LateStage({ bytes: 2 ** 30 }, ({ method }) => {
    if (method.startsWith('read')) readings += 1;
  });
  const { clock } = stage;
  const options = { connectionStateRecovery: { skipMiddlewares: true, bytesMax: 2 ** 30 }, pingInterval: 600_000 };
  const node = await stage.node(options);
  const other = await stage.node(options);
  let count = 0;
  node.io.on('connection', (socket) => {
    socket.join(`room-${count}`);
    count += 1;
  });
  const clients: LateClient[] = [];
  while (clients.length < COUNT + QUIET) clients.push(await node.enter(undefined, 50));
  const say = (n: number): void => {
    const until = (n + 1) % QUIET_EVERY === 0 ? COUNT + QUIET : COUNT;
    for (let room = 0; room < until; room += 1) node.io.to(`room-${room}`).emit(`${n}`);
  };
  say(-1);
  await clock.advance(500);
  const auths = clients.map(({ auth }) => auth);
  for (let n = 0; n < EVENTS; n += TURN) {
    if (n === 0) for (const client of [...clients.slice(0, FAR), ...clients.slice(COUNT)]) client.cut();
    if (n + TURN === EVENTS) {
      await clock.advance(500);
      for (const [at, client] of clients.entries())
        if (at >= FAR && at < COUNT) Object.assign(auths, { [at]: client.auth });
      for (const client of clients.slice(FAR, COUNT)) client.cut();
    }
    for (let turn = 0; turn < TURN; turn += 1) say(n + turn);
    await clock.advance(5);
  }
  await clock.advance(1_000);
  return { node, other, auths, readingsOf: () => readings };
}

/** Brings the clients back, and returns when each had everything. */
async function comeBack(
  node: LateNode,
  auths: readonly { pid: string; offset?: string }[],
  readingsOf: () => number,
): Promise<Returning[]> {
  const { clock } = node;
  const from = clock.now();
  const before = readingsOf();
  const returning: Returning[] = [];
  for (const auth of auths) {
    const raw = await RawClient.open(node, { answersPings: true });
    raw.send(`40${JSON.stringify(auth)}`);
    returning.push({ client: new LateClient(raw), tookMs: 0, readings: 0 });
  }
  const isWaiting = ({ tookMs, client }: Returning): boolean =>
    tookMs === 0 && !client.raw.texts.at(-1)?.startsWith(`42["${EVENTS - 1}"`);
  while (returning.some(isWaiting) && clock.now() < from + 60_000) {
    await clock.advance(5);
    for (const each of returning)
      if (each.tookMs === 0 && !isWaiting(each))
        Object.assign(each, { tookMs: clock.now() - from, readings: readingsOf() - before });
  }
  return returning;
}

it('many clients that come back do not wait for the answers to all others if they are far back, and not at all if they are near', {
  timeout: 60_000,
}, async () => {
  const { other, auths, readingsOf } = await build();
  const back = await comeBack(other, auths.slice(0, COUNT), readingsOf);
  const missed = Array.from({ length: EVENTS }, (_, n) => `${n}`);
  for (const { client } of back.slice(0, FAR)) expect(client.events).toEqual(missed);
  for (const { client } of back.slice(FAR)) expect(client.events).toEqual(missed.slice(-TURN));
  const slowest = (some: readonly Returning[]): number => Math.max(...some.map(({ tookMs }) => tookMs));
  // Each of the others needs some ten answers of its own. One after the other, they took 6,820 ms.
  expect(slowest(back.slice(FAR))).toBeLessThan(10 * 2 * TRAVEL_MS);
  expect(slowest(back.slice(0, FAR))).toBeLessThan(50 * 2 * TRAVEL_MS);
});

it('a log on another machine is read for several clients at once if each needs records of its own', {
  timeout: 60_000,
}, async () => {
  const { node, auths, readingsOf } = await build();
  // This server has noted where the records of each room are.
  const back = await comeBack(node, auths.slice(0, FAR), readingsOf);
  for (const { client } of back) expect(client.events.length).toBe(EVENTS);
  const readings = Math.max(...back.map(({ readings }) => readings));
  expect(readings).toBeGreaterThan(3 * FAR);
  // Four at once take a little more than a quarter of the time of one after the other.
  expect(Math.max(...back.map(({ tookMs }) => tookMs))).toBeLessThan((readings * 2 * TRAVEL_MS) / 3);
});

it('clients that come back to quiet rooms do not wait for those that need much', { timeout: 60_000 }, async () => {
  const { node, auths, readingsOf } = await build();
  const back = await comeBack(node, [...auths.slice(0, FAR), ...auths.slice(COUNT)], readingsOf);
  const [far, quiet] = [back.slice(0, FAR), back.slice(FAR)];
  for (const { client } of far) expect(client.events.length).toBe(EVENTS);
  for (const { client } of quiet) expect(client.events.length).toBe(EVENTS / QUIET_EVERY);
  // The four readings that were under way, two for each quiet room, and those in between. In the order of the log they
  // waited for 148 readings.
  expect(Math.max(...quiet.map(({ readings }) => readings))).toBeLessThan(4 + 3 * QUIET);
  expect(Math.max(...far.map(({ readings }) => readings))).toBeLessThan(FAR * 5);
});
