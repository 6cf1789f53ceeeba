/**
 * Nodes of Naru that bring numbered messages into one log, on a fake clock. They come, end, are killed, stand still and
 * lose their connections. All hear the messages in one order, each after a delay of its own.
 */
import { describe, expect, it } from 'vitest';
import { type Listener, Stage } from './ledger-nodes.js';

/** Something happens to a node of Naru, perhaps. */
async function happen(stage: Stage, listener: Listener, what: number): Promise<void> {
  const { clock, random } = stage;
  await new Promise<void>((resolve) => clock.setTimeout(resolve, random.integer(0, 1_000), undefined));
  if (what === 0 || what === 1) {
    stage.listeners.delete(listener);
    if (what === 0) await listener.end();
    else listener.kill();
    await new Promise<void>((resolve) => clock.setTimeout(resolve, random.integer(0, 3_000), undefined));
    stage.start();
  } else if (what === 2) listener.stall(random.integer(500, 1_500));
  else if (what === 3) listener.lose(random.integer(0, 200));
  else if (what === 4) listener.loseHome(random.integer(0, 1_500));
}

/** Runs a minute with three nodes of Naru, of which at least one always knows what the others have appended. */
async function run(seed: number): Promise<Stage> {
  const stage = new Stage(seed);
  const { clock, random } = stage;
  for (let n = 0; n < 3; n += 1) stage.start();
  await clock.advance(6_000);
  for (let step = 0; step < 12; step += 1) {
    const [first] = stage.listeners;
    const listener = (random.chance(0.6) ? first : random.pick([...stage.listeners])) as Listener;
    let isOver = false;
    void happen(stage, listener, random.integer(0, 5)).then(() => {
      isOver = true;
    });
    for (let n = 0; n < 60; n += 1) {
      stage.say();
      await clock.advance(random.integer(0, 60));
    }
    while (!isOver) await clock.advance(50);
    // A newcomer has been told of the counts by then, and a lease has been taken.
    await clock.advance(6_500);
  }
  await clock.advance(10_000);
  return stage;
}

it.each(Array.from({ length: 60 }, (_, n) => n + 1))(
  'appends each message once and in order, with seed %i',
  async (seed) => {
    const stage = await run(seed);
    expect(stage.errors).toEqual([]);
    expect([...stage.said.values()].flat().length).toBe(12 * 60);
    expect(Object.fromEntries(stage.kept())).toEqual(Object.fromEntries(stage.said));
  },
);

it('appends nothing twice when the node that takes over cannot read the log at first', async () => {
  const stage = new Stage(1);
  const { clock, home } = stage;
  const nodes = [stage.start(), stage.start()];
  await clock.advance(6_000);
  const talk = async (): Promise<void> => {
    for (let n = 0; n < 20; n += 1) {
      stage.say();
      await clock.advance(20);
    }
  };
  await talk();
  home.refusals = 2;
  nodes[home.holder === 'n1' ? 0 : 1]?.kill();
  await talk();
  await clock.advance(30_000);
  expect([home.refusals, stage.errors]).toEqual([0, []]);
  expect(Object.fromEntries(stage.kept())).toEqual(Object.fromEntries(stage.said));
});

/** Begins with some nodes of Naru, of which one appends. */
async function begin(nodes: number, seed = 1): Promise<Stage> {
  const stage = new Stage(seed);
  for (let n = 0; n < nodes; n += 1) stage.start();
  await stage.clock.advance(6_000);
  return stage;
}

/** The node that appends loses the home of the log for a moment, and hears three messages meanwhile. */
async function breakOff(stage: Stage): Promise<Listener> {
  const { holder, clock } = stage;
  holder.state = 'slow';
  for (let n = 0; n < 3; n += 1) stage.say('old', '/');
  await clock.advance(31);
  holder.state = 'up';
  return holder;
}

describe('events that waited while the home was away for a moment', () => {
  it.each([1, 2, 3, 4, 5])(
    'come before those that follow, also if their node is killed then, with seed %i',
    async (seed) => {
      const stage = await begin(2, seed);
      const holder = await breakOff(stage);
      stage.say('old', '/');
      await stage.clock.advance(31);
      holder.kill();
      stage.listeners.delete(holder);
      await stage.clock.advance(10_000);
      expect(Object.fromEntries(stage.kept())).toEqual(Object.fromEntries(stage.said));
    },
  );

  it.each([1, 2, 3, 4, 5])('are appended once when their node ends, with seed %i', async (seed) => {
    for (const nodes of [1, 2]) {
      const stage = await begin(nodes, seed);
      const holder = await breakOff(stage);
      void holder.end();
      stage.listeners.delete(holder);
      await stage.clock.advance(10_000);
      expect([nodes, Object.fromEntries(stage.kept())]).toEqual([nodes, Object.fromEntries(stage.said)]);
    }
  });
});

it('appends the events of any number of servers and namespaces', async () => {
  const stage = await begin(1);
  for (let n = 0; n < 10_100; n += 1) {
    stage.say(`old${n % 10}`, `/game-${n}`);
    if (n % 100 === 0) await stage.clock.advance(10);
  }
  stage.say('old', '/');
  await stage.clock.advance(1_000);
  expect(stage.kept().size).toBe(10_101);
});

it('understands the numbers of a node that has a log of other namespaces', async () => {
  const stage = await begin(2);
  const { holder, clock } = stage;
  for (const listener of stage.listeners) if (listener !== holder) listener.withoutLog = '/side';
  for (let n = 0; n < 20; n += 1) stage.say('old', n % 4 === 0 ? '/' : '/side');
  await clock.advance(1_000);
  holder.kill();
  for (let n = 0; n < 3; n += 1) stage.say('old', '/');
  await clock.advance(10_000);
  expect(stage.kept().get('old /')).toEqual(stage.said.get('old /'));
});

describe('a node that takes over appends only what was not appended', () => {
  it.each([
    ['the log has more records than it reads', 101_000, undefined],
    ['retention has removed the newest event', 100, 50],
    ['nothing was removed', 100, undefined],
  ] as const)('when %s', async (_name, records, left) => {
    const stage = await begin(2);
    const { clock, holder, home } = stage;
    const fill = (): void => {
      const record = { rooms: [], except: [], event: '["naru"]', attachments: [], at: clock.now() };
      home.append(
        '/',
        Array.from({ length: records }, () => record),
      );
      if (left !== undefined) home.trim('/', left);
    };
    stage.say('quiet', '/');
    await clock.advance(10_000);
    const early = stage.kept().get('quiet /');
    holder.kill();
    await clock.advance(31);
    stage.say('late', '/');
    await clock.advance(31);
    fill();
    await clock.advance(20_000);
    const { quiet, late } = Object.fromEntries(['quiet', 'late'].map((uid) => [uid, stage.kept().get(`${uid} /`)]));
    expect([early?.length, quiet, late]).toEqual([1, left === undefined ? early : undefined, stage.said.get('late /')]);
  });
});
