import { expect, it } from 'vitest';
import type { HomeRequest } from '../../../broker/src/home.js';
import { FakeClock } from '../../src/fake-clock.js';
import { LateLine } from '../../src/late-home/late-line.js';
import { SeededRandom } from '../../src/seeded-random.js';

const get = (key: string): HomeRequest => ({ method: 'get', args: [undefined, key], write: undefined });

/** A line with an uplink to a home that notes the requests that arrive. */
async function build(seed: number, faults: { breakChance?: number; dropChance?: number; splitChance?: number } = {}) {
  const clock = new FakeClock();
  const arrived: unknown[] = [];
  const heard: string[] = [];
  const said: string[] = [];
  const home = {
    clock,
    settings: { callMs: [1, 20], pushMs: [1, 20], breakChance: 0, splitChance: 0, dropChance: 0, ...faults } as const,
    isThere: true,
    stillMs: 0,
    takeovers: 0,
    carryOut: ({ args }: HomeRequest) => {
      arrived.push(args[1]);
      return args[1];
    },
    passOn: (channel: string, bytes: Uint8Array) => {
      said.push(`${channel} ${bytes[0]}`);
      if (line.hears(channel)) line.tellSaid(channel, bytes);
      return line.hears(channel);
    },
  };
  const line: LateLine = new LateLine(home, clock, new SeededRandom(seed));
  const connect = () =>
    line.connect({
      writer: 'me',
      onBatch: (_namespace, { records }) => void heard.push(`batch ${records.length}`),
      onMore: () => void heard.push('more'),
      onSaid: (channel, bytes) => void heard.push(`${channel} ${bytes[0]}`),
      onClose: () => void heard.push('close'),
    });
  const connecting = connect();
  await clock.advance(100);
  return { clock, home, line, uplink: await connecting, connect, arrived, heard, said };
}

it('carries out requests in their order, and answers in their order', async () => {
  const { clock, uplink, arrived } = await build(1);
  const answers: unknown[] = [];
  for (let n = 0; n < 30; n += 1) void uplink.call(get(`${n}`)).then((answer) => answers.push(answer));
  await clock.advance(100);
  const expected = Array.from({ length: 30 }, (_, n) => `${n}`);
  expect([arrived, answers]).toEqual([expected, expected]);
});

it('carries out what arrives while the home stands still before what arrives when that ends', async () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const { clock, home, uplink, arrived } = await build(seed);
    const until = clock.now() + 20;
    Object.defineProperty(home, 'stillMs', { get: () => Math.max(0, until - clock.now()) });
    for (let n = 0; n < 20; n += 1) {
      void uplink.call(get(`${n}`));
      await clock.advance(1);
    }
    await clock.advance(100);
    expect([seed, arrived]).toEqual([seed, Array.from({ length: 20 }, (_, n) => `${n}`)]);
  }
});

it('has no request arrive that was sent before another home took over, over whichever uplink', async () => {
  const { clock, home, line, uplink, connect, arrived } = await build(1);
  for (let n = 0; n < 10; n += 1) void uplink.call(get(`${n}`));
  line.cut();
  home.takeovers += 1;
  const connecting = connect();
  await clock.advance(100);
  void (await connecting).call(get('next'));
  await clock.advance(100);
  expect(arrived).toEqual(['next']);
});

it('has requests arrive up to some point when the uplink breaks, and answers none of them', async () => {
  const counts = new Set<number>();
  for (let seed = 1; seed <= 30; seed += 1) {
    const { clock, line, uplink, arrived, heard } = await build(seed);
    let answers = 0;
    for (let n = 0; n < 10; n += 1)
      void uplink.call(get(`${n}`)).then(() => {
        answers += 1;
      });
    line.cut();
    await clock.advance(100);
    expect(arrived).toEqual(Array.from({ length: arrived.length }, (_, n) => `${n}`));
    expect([answers, heard]).toEqual([0, ['close']]);
    counts.add(arrived.length);
  }
  expect(counts.size).toBeGreaterThan(3);
});

it('has all requests arrive that it is told to keep', async () => {
  const { clock, line, uplink, arrived } = await build(1);
  for (let n = 0; n < 10; n += 1) void uplink.call(get(`${n}`));
  line.keepAll();
  line.cut();
  await clock.advance(100);
  expect(arrived).toHaveLength(10);
});

it('does not connect during a cut, and waits for a home that stands still', async () => {
  const { clock, home, line, connect } = await build(1);
  line.cut(1_000);
  const refused = expect(connect()).rejects.toMatchObject({ code: 'CONNECT_FAILED' });
  await clock.advance(100);
  await refused;
  line.mend();
  home.stillMs = 5_000;
  let hasUplink = false;
  void connect().then(() => {
    hasUplink = true;
  });
  await clock.advance(1_000);
  expect(hasUplink).toBe(false);
  home.stillMs = 0;
  await clock.advance(6_000);
  expect(hasUplink).toBe(true);
});

it('tells batches whole, in pieces, or that some are missing', async () => {
  const records = [1, 2, 3].map((n) => ({
    rooms: [],
    except: [],
    event: '[]',
    attachments: [],
    at: 0,
    offset: `0000000000${n}`,
  }));
  const told = { namespace: '/', batch: { previous: '00000000000', records }, writer: 'other' };
  for (const [faults, expected] of [
    [{}, /^batch 3$/],
    [{ splitChance: 1 }, /^batch [12],batch [12]$/],
    [{ dropChance: 1 }, /^more$/],
  ] as const) {
    const { clock, line, heard } = await build(1, faults);
    line.tell(told);
    await clock.advance(4_000);
    expect(heard.join()).toMatch(expected);
  }
});

it('gives what is said to the lines that hear the channel, in order, and says whether there are any', async () => {
  const { clock, uplink, heard } = await build(1);
  const answers: unknown[] = [];
  const say = (channel: string, n: number): void =>
    void uplink.say(channel, Uint8Array.of(n)).then((isHeard) => answers.push(isHeard));
  say('a', 1);
  void uplink.hear('a');
  for (let n = 2; n < 30; n += 1) say('a', n);
  await clock.advance(100);
  uplink.unhear('a');
  say('a', 30);
  await clock.advance(100);
  expect(heard).toEqual(Array.from({ length: 28 }, (_, n) => `a ${n + 2}`));
  expect(answers).toEqual(Array.from({ length: 30 }, (_, n) => n > 0 && n < 29));
});

it('leaves the bytes of what is said to the sender', async () => {
  const { clock, uplink, said } = await build(1);
  void uplink.hear('a');
  await clock.advance(100);
  const bytes = Buffer.of(1);
  void uplink.say('a', bytes);
  bytes.fill(2);
  await clock.advance(100);
  expect(said).toEqual(['a 1']);
});

it('loses what was said last when the uplink breaks, and hears nothing afterwards', async () => {
  const counts = new Set<number>();
  for (let seed = 1; seed <= 30; seed += 1) {
    const { clock, line, uplink, heard, said } = await build(seed);
    void uplink.hear('a');
    await clock.advance(100);
    for (let n = 0; n < 10; n += 1) void uplink.say('a', Uint8Array.of(n));
    line.cut();
    await clock.advance(100);
    expect(said).toEqual(Array.from({ length: said.length }, (_, n) => `a ${n}`));
    expect(heard).toEqual(['close']);
    counts.add(said.length);
  }
  expect(counts.size).toBeGreaterThan(3);
});
