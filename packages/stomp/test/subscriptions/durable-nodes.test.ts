import { describe, expect, it } from 'vitest';
import type { Got, StompTester } from '../../../../test/kit/clients/stomp-tester.js';
import { Stage } from '../../../../test/kit/clients/stomp-tester.js';
import { NodeClock } from '../../../../test/scenario/soak/node-clock.js';
import { SharedHome } from '../../../../test/scenario/soak/shared-home.js';
import { isTold } from '../../../naru/src/backplane/own-records.js';
import { FakeClock, SeededRandom } from '../../../testing/src/index.js';

const TOPIC = { id: 's', destination: '/topic/lobby' };
const DURABLE = { ...TOPIC, durable: 'a name that nobody guesses', ack: 'client-individual' };
/** Longer than every way of the home. */
const LONG_MS = 2_000;

/** Servers on one home, whose log notes the offsets of told records. */
class World {
  readonly clock = new FakeClock();
  readonly told: string[] = [];
  readonly errors: unknown[] = [];
  readonly #home: SharedHome;
  #nodes = 0;

  constructor(callMs: readonly [number, number] | undefined) {
    const settings = { seed: 1, retention: { ageMs: 1e9, bytes: 1e9 }, isDurable: true, callMs };
    this.#home = new SharedHome(
      this.clock,
      { ...settings, followMs: [10, 50] },
      {
        onAppended: (_namespace, records, offsets) => {
          for (const [at, record] of records.entries()) if (isTold(record)) this.told.push(offsets[at] ?? '');
        },
        onSet: () => undefined,
      },
    );
  }

  stage(): Stage {
    this.#nodes += 1;
    const { backplane } = this.#home.open(this.#nodes, new NodeClock(this.clock), new SeededRandom(this.#nodes));
    const stage = new Stage({}, { backplane, random: new SeededRandom(this.#nodes) }, this.clock);
    stage.io.allow({ subscribe: true, publish: true });
    stage.io.engine.on('log_error', (error: unknown) => this.errors.push(error));
    return stage;
  }

  /** Connects a client, and subscribes. */
  async subscribe(stage: Stage, headers: Record<string, string> = DURABLE): Promise<StompTester> {
    const client = stage.open();
    await client.connect();
    await this.clock.advance(LONG_MS);
    client.got();
    await client.send('SUBSCRIBE', headers);
    await this.clock.advance(LONG_MS);
    return client;
  }
}

const numbersOf = (got: readonly Got[]): number[] =>
  got.filter(({ command }) => command === 'MESSAGE').map(({ body }) => JSON.parse(body)[0]);
/** All frames that a client got. */
const allOf = (client: StompTester | undefined): readonly Got[] => {
  client?.got();
  return client?.all ?? [];
};
const offsetOf = ({ headers }: Got): string => (headers.offset ?? '').slice(0, 11);

describe.each([
  ['at once', undefined],
  ['later', [1, 40] as const],
])('a durable subscription of two nodes whose home answers %s', (_when, callMs) => {
  it('moves with its acknowledgements, and its former node stops at the told record', async () => {
    const world = new World(callMs);
    const [a, b, c] = [world.stage(), world.stage(), world.stage()];
    const one = await world.subscribe(a);
    const bystander = await world.subscribe(c, TOPIC);
    for (let n = 0; n < 6; n += 1) a.io.to('lobby').emit('n', n);
    await world.clock.advance(LONG_MS);
    const first = one.got();
    expect(numbersOf(first)).toEqual([0, 1, 2, 3, 4, 5]);
    for (const message of first.slice(0, 3)) await one.send('ACK', { id: message.headers.ack ?? '' });
    await world.clock.advance(LONG_MS);
    const two = b.open();
    await two.connect();
    await world.clock.advance(LONG_MS);
    await two.send('SUBSCRIBE', DURABLE);
    for (let n = 6; n < 40; n += 1) {
      (n % 2 ? a : b).io.to('lobby').emit('n', n);
      await world.clock.advance(7);
    }
    await world.clock.advance(LONG_MS);
    const rest = one.got();
    expect(rest.at(-1)).toMatchObject({ command: 'ERROR', headers: { code: 'STOMP_REFUSED' } });
    expect(one.isClosed).toBe(true);
    const [told = ''] = world.told;
    expect(rest.slice(0, -1).every((message) => offsetOf(message) < told)).toBe(true);
    const moved = allOf(two).slice(1);
    expect(numbersOf(moved).sort((m, n) => m - n)).toEqual(Array.from({ length: 37 }, (_, n) => n + 3));
    expect(moved.map(offsetOf)).toEqual(moved.map(offsetOf).sort());
    expect(two.isClosed).toBe(false);
    expect([world.errors, numbersOf(allOf(bystander)).length]).toEqual([[], 40]);
  });

  it('confirms an ACK once it is stored, and never after another node has taken the subscription', async () => {
    const world = new World(callMs);
    const [a, b] = [world.stage(), world.stage()];
    const one = await world.subscribe(a);
    for (let n = 0; n < 2; n += 1) a.io.to('lobby').emit('n', n);
    await world.clock.advance(LONG_MS);
    const [first, second] = one.got();
    await one.send('ACK', { id: first?.headers.ack ?? '', receipt: 'r1' });
    await world.clock.advance(LONG_MS);
    expect(one.got().map(({ command }) => command)).toEqual(callMs ? ['RECEIPT'] : []);
    const two = await world.subscribe(b);
    // The node of the first client has not heard of it yet if the home answers at once.
    const answers = await one.send('ACK', { id: second?.headers.ack ?? '', receipt: 'r2' });
    await world.clock.advance(LONG_MS);
    const all = [...answers, ...one.got()];
    expect(all.map(({ command }) => command)).not.toContain('RECEIPT');
    expect(numbersOf(allOf(two))).toEqual([1]);
  });

  it('goes to one of two clients that subscribe at the same moment', async () => {
    const world = new World(callMs);
    const [a, b, c] = [world.stage(), world.stage(), world.stage()];
    const clients = [a.open(), b.open()];
    for (const client of clients) await client.connect();
    await world.clock.advance(LONG_MS);
    for (const client of clients) client.got();
    await Promise.all(clients.map((client) => client.send('SUBSCRIBE', DURABLE)));
    await world.clock.advance(LONG_MS);
    c.io.to('lobby').emit('n', 1);
    await world.clock.advance(LONG_MS);
    const closed = clients.filter(({ isClosed }) => isClosed);
    const [winner] = clients.filter(({ isClosed }) => !isClosed);
    expect(closed.map((client) => allOf(client).at(-1)?.headers.code)).toEqual(['STOMP_REFUSED']);
    expect(numbersOf(allOf(winner))).toEqual([1]);
  });

  it('is deleted at one node while another holds it', async () => {
    const world = new World(callMs);
    const [a, b] = [world.stage(), world.stage()];
    const one = await world.subscribe(a);
    const other = await world.subscribe(b, TOPIC);
    await other.send('UNSUBSCRIBE', { id: 's', durable: DURABLE.durable });
    await world.clock.advance(LONG_MS);
    a.io.to('lobby').emit('n', 1);
    await world.clock.advance(LONG_MS);
    const [message] = one.got();
    await one.send('ACK', { id: message?.headers.ack ?? '' });
    await world.clock.advance(LONG_MS);
    const again = await world.subscribe(b);
    expect([numbersOf(allOf(again)), one.isClosed]).toEqual([[], false]);
  });
});
