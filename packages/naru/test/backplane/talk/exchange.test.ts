import { expect, it } from 'vitest';
import { FakeClock } from '../../../../testing/src/fake-clock.js';
import { SeededRandom } from '../../../../testing/src/seeded-random.js';
import { type Envelope, TALK_BYTES_MAX, TalkExchange } from '../../../src/backplane/talk/exchange.js';
import type { TalkHandler } from '../../../src/backplane/talk/talk.js';
import { ConfigError } from '../../../src/base/errors.js';

const QUIET: TalkHandler = { onMessage: () => undefined, onQuestion: () => new Uint8Array(1) };

function build() {
  const clock = new FakeClock();
  const changes: string[] = [];
  const exchange = new TalkExchange(clock, new SeededRandom(1), {
    onJoin: (node) => changes.push(`+${node}`),
    onLeave: (node) => changes.push(`-${node}`),
  });
  const sent: (readonly [string, Envelope])[] = [];
  const add = (node: string, isOpen = true): void =>
    exchange.addNode(node, (to, envelope) => {
      sent.push([to, envelope]);
      return isOpen;
    });
  return { clock, changes, exchange, sent, add };
}

it('reports the nodes of its process', () => {
  const { changes, exchange } = build();
  const member = exchange.join(QUIET);
  expect([changes, exchange.members]).toEqual([[`+${member.node}`], [member.node]]);
  member.leave();
  member.leave();
  expect([changes.length, exchange.members]).toEqual([2, []]);
});

it('counts a node without a route as missing, and waits for no other', async () => {
  const { exchange, add } = build();
  add('broken', false);
  const member = exchange.join(QUIET);
  expect(await member.ask('/', new Uint8Array(), 1_000)).toEqual({ answers: new Map(), missing: ['broken'] });
});

it('takes answers only for the node that asked, from the nodes that were asked, and once', async () => {
  const { clock, exchange, sent, add } = build();
  add('far');
  const member = exchange.join(QUIET);
  const other = exchange.join(QUIET);
  const asking = member.ask('/', new Uint8Array(), 1_000, ['far']);
  const [, { id }] = sent[0] as unknown as readonly [string, { id: number }];
  exchange.receive(other.node, { kind: 'answer', from: 'far', id }, Uint8Array.of(1));
  exchange.receive(member.node, { kind: 'answer', from: 'forger', id }, Uint8Array.of(2));
  exchange.receive(member.node, { kind: 'answer', from: 'far', id: id + 1 }, Uint8Array.of(3));
  exchange.receive(member.node, { kind: 'answer', from: 'far', id }, Uint8Array.of(4));
  exchange.receive(member.node, { kind: 'fail', from: 'far', id }, Uint8Array.of(5));
  expect(await asking).toEqual({ answers: new Map([['far', Uint8Array.of(4)]]), missing: [] });
  expect(clock.timerCount).toBe(0);
});

it('answers a question for a node that has left', () => {
  const { exchange, sent, add } = build();
  add('far');
  exchange.receive('gone', { kind: 'ask', from: 'far', namespace: '/', id: 3 }, new Uint8Array());
  expect(sent).toEqual([['far', { kind: 'fail', from: 'gone', id: 3 }]]);
});

it('ends the questions of a node that leaves', async () => {
  const { clock, exchange, add } = build();
  add('far');
  const member = exchange.join(QUIET);
  const asking = member.ask('/', new Uint8Array(), 1_000);
  member.leave();
  expect((await asking).missing).toEqual(['far']);
  expect(clock.timerCount).toBe(0);
});

it('ends a question of a node that has left at once', async () => {
  const { clock, exchange, sent, add } = build();
  add('far');
  const member = exchange.join(QUIET);
  member.leave();
  const asking = member.ask('/', new Uint8Array(), 1_000);
  expect([clock.timerCount, sent]).toEqual([0, []]);
  expect((await asking).missing).toEqual(['far']);
});

it('refuses a message that is too large before anything is sent', () => {
  const { exchange, sent, add } = build();
  add('far');
  const member = exchange.join(QUIET);
  const large = new Uint8Array(TALK_BYTES_MAX + 1);
  expect(() => member.publish('/', large)).toThrow(ConfigError);
  expect(() => member.ask('/', large, 1)).toThrow(ConfigError);
  expect(sent).toEqual([]);
});

it('answers at most ten thousand questions of a node at once, and forgets those that nobody answers', async () => {
  const { clock, exchange, sent, add } = build();
  add('far');
  add('other');
  let count = 0;
  const member = exchange.join({
    onMessage: () => undefined,
    onQuestion: () => {
      count += 1;
      return new Promise(() => undefined);
    },
  });
  const ask = (from: string, id: number): void =>
    exchange.receive(member.node, { kind: 'ask', from, namespace: '/', id }, new Uint8Array(0));
  for (let id = 1; id <= 10_500; id += 1) ask('far', id);
  await clock.settle();
  expect([count, sent.length, sent[0]?.[1]]).toEqual([10_000, 500, { kind: 'fail', from: member.node, id: 10_001 }]);
  ask('other', 1);
  expect(count).toBe(10_001);
  await clock.advance(60_000);
  ask('far', 20_000);
  expect([count, clock.timerCount]).toEqual([10_002, 0]);
});

it('gives broadcasts to the nodes that hear the namespace, while they do', async () => {
  const clock = new FakeClock();
  const heard: string[] = [];
  const exchange = new TalkExchange(clock, new SeededRandom(1), {
    onJoin: () => undefined,
    onLeave: () => undefined,
    onHeard: (namespace, isHeard) => void heard.push(`${isHeard ? 'hears' : 'ends'} ${namespace}`),
  });
  const told: string[] = [];
  const join = (name: string) =>
    exchange.join({ ...QUIET, onMessage: (_from, namespace, [n]) => void told.push(`${name} ${namespace} ${n}`) });
  const [one, two, three] = [join('one'), join('two'), join('three')];
  const ends = [two.hear('/a'), two.hear('/a'), three.hear('/a'), one.hear('/b')];
  one.broadcast('/a', Uint8Array.of(1));
  await clock.settle();
  expect(told.splice(0)).toEqual(['two /a 1', 'three /a 1']);
  three.leave();
  ends[0]?.();
  ends[0]?.();
  one.broadcast('/a', Uint8Array.of(2));
  exchange.receive(undefined, { kind: 'say', from: 'far', namespace: '/a', isBroadcast: true }, Uint8Array.of(3));
  exchange.receive(undefined, { kind: 'say', from: 'far', namespace: '/a' }, Uint8Array.of(4));
  await clock.settle();
  expect(told.splice(0)).toEqual(['two /a 3', 'one /a 4', 'two /a 4', 'two /a 2']);
  expect(heard).toEqual(['hears /a', 'hears /b']);
  ends[1]?.();
  one.broadcast('/a', Uint8Array.of(5));
  await clock.settle();
  expect([told, heard.at(-1), exchange.heard]).toEqual([[], 'ends /a', ['/b']]);
});

it('carries a message for all nodes once, if it can', async () => {
  const carried: unknown[] = [];
  const routed: Envelope[] = [];
  const clock = new FakeClock();
  const exchange = new TalkExchange(clock, new SeededRandom(1), {
    onJoin: () => undefined,
    onLeave: () => undefined,
    carryToAll: (said, [n]) => void carried.push([said.isBroadcast ?? false, n]),
  });
  for (const node of ['far', 'away'])
    exchange.addNode(node, (_to, envelope) => {
      routed.push(envelope);
      return true;
    });
  const member = exchange.join(QUIET);
  member.publish('/', Uint8Array.of(1));
  member.broadcast('/', Uint8Array.of(2));
  expect([carried, routed]).toEqual([
    [
      [false, 1],
      [true, 2],
    ],
    [],
  ]);
  member.publish('/', Uint8Array.of(3), ['far']);
  expect([carried.length, routed]).toEqual([2, [{ kind: 'say', from: member.node, namespace: '/' }]]);
});
