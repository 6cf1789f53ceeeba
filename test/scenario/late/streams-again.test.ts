/** Event streams break, and come back while servers emit. */
import { expect, it } from 'vitest';
import { coreOf, type Namespace } from '../../../packages/naru/src/namespace/namespace.js';
import { type LateNode, LateStage } from './late-nodes.js';

const SEEDS = Array.from({ length: 20 }, (_, at) => at + 1);
const RETURNS = 6;

/**
 * Lets a stream come back several times while two servers emit, and returns what the servers have emitted and what the
 * stream got.
 */
async function comeBack(seed: number) {
  const stage = new LateStage({ seed, callMs: [1, 30], pushMs: [1, 30], breakChance: 0.1 });
  const nodes = [await stage.node(), await stage.node()] as const;
  const said: string[] = [];
  const emit = async (times: number): Promise<void> => {
    for (let count = 0; count < times; count += 1) {
      const name = `${seed % 2 === 0 || count % 4 === 0 ? 'one' : 'other'}-${said.length}`;
      const node = nodes[name.startsWith('one') ? 0 : 1];
      node.io.to('r').emit(name);
      said.push(name);
      await stage.clock.advance(4);
    }
  };
  const streams = [await nodes[0].listen('r'), await nodes[0].listen('r'), await nodes[0].listen('r')];
  await stage.clock.advance(500);
  // A stream has a place to come back to once it has an event.
  await emit(1);
  await stage.clock.advance(3_000);
  const got = streams.map((): string[] => []);
  const note = (): void => {
    for (const [at, { events }] of streams.entries()) got[at]?.push(...events);
  };
  for (let times = 0; times < RETURNS; times += 1) {
    await emit(20 + ((seed + times) % 7));
    note();
    for (const stream of streams) stream.cut();
    await emit(times);
    for (const [at, { lastEventId }] of streams.entries()) {
      streams[at] = await (nodes[(seed + times) % 2] as LateNode).listen('r', lastEventId);
      await emit(at);
    }
  }
  await emit(10);
  await stage.clock.advance(2_000);
  note();
  return { said, got };
}

it('an event stream that comes back gets each event once, while others are on their way into the log', async () => {
  const wrong: string[] = [];
  for (const seed of SEEDS) {
    const { said, got } = await comeBack(seed);
    for (const own of got) {
      const missing = said.filter((name) => !own.includes(name));
      const double = own.filter((name, at) => own.indexOf(name) < at);
      if (missing.length + double.length > 0)
        wrong.push(`seed ${seed} lacks ${missing.join()} and doubles ${double.join()}`);
    }
  }
  expect(wrong).toEqual([]);
});

it('an event stream that comes back while an event of its server is on its way gets those of others', async () => {
  const stage = new LateStage();
  const [node, other] = [await stage.node(), await stage.node()] as const;
  const stream = await node.listen('r');
  await stage.clock.advance(500);
  node.io.to('r').emit('seen');
  await stage.clock.advance(500);
  stream.cut();
  const fences = coreOf(node.io.of('/') as object as Namespace).log?.fences;
  fences?.begin();
  const again = await node.listen('r', stream.lastEventId);
  await stage.clock.advance(2_000);
  other.io.to('r').emit('told');
  await stage.clock.advance(500);
  fences?.end();
  expect([stream.events, again.events]).toEqual([['seen'], ['told']]);
});
