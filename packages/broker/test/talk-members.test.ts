import { expect, it } from 'vitest';
import type { TableList } from '../../naru/src/backplane/backplane.js';
import { UnavailableError } from '../../naru/src/base/errors.js';
import { FakeClock } from '../../testing/src/fake-clock.js';
import { TALK_LEASE_MS, TALK_RENEWAL_MS, TalkMembers } from '../src/talk-members.js';

const OWN = 'own-node';
const [ONE, TWO] = ['one-node', 'two-node'];

/** The members of a process whose home a test plays. */
function build(hasTable = true) {
  const clock = new FakeClock();
  const requests: string[] = [];
  const changes: string[] = [];
  const errors: unknown[] = [];
  const home = { nodes: [] as string[], version: 1, isSilent: false, isFull: false, own: [OWN] };
  const answer = async (method: string, args: readonly unknown[]): Promise<unknown> => {
    requests.push(method);
    if (home.isSilent) return new Promise(() => undefined);
    if (home.isFull) throw new UnavailableError('NOT_KEPT', 'full');
    if (method !== 'tableList') return undefined;
    const list: TableList = { version: `${home.version}`, entries: home.nodes.map((node) => [node, '{"v":1}']) };
    return args[3] === list.version ? 'same' : list;
  };
  const calls = { call: answer as never, uplink: {} as never };
  const members = new TalkMembers({
    clock,
    calls,
    hasTable,
    own: () => home.own,
    reachable: () => home.own,
    say: (kind, nodes) => void requests.push(`${kind} ${nodes}`),
    onHere: (node) => void changes.push(`+${node}`),
    onGone: (node, isLost) => void changes.push(`${isLost ? 'lost ' : '-'}${node}`),
    onError: (error) => void errors.push(error),
  });
  const list = (...nodes: string[]): void => {
    home.nodes = nodes;
    home.version += 1;
  };
  const taken = (): string[] => changes.splice(0);
  return { clock, home, members, requests, errors, list, taken };
}

it('enters, says so and reads the others, and then renews its entry', async () => {
  const { clock, members, requests, list, taken } = build();
  list(ONE, OWN, 'no code');
  members.enter();
  await clock.settle();
  expect(requests.splice(0)).toEqual(['tablePut', `here ${OWN}`, 'tableList']);
  expect(taken()).toEqual([`+${ONE}`]);
  await clock.advance(TALK_RENEWAL_MS);
  expect(requests.splice(0)).toEqual(['tablePut', 'tableList']);
  members.leave(OWN);
  expect(requests.splice(0)).toEqual([`gone ${OWN}`, 'tableRemove']);
  members.close();
  await clock.advance(10_000);
  expect([requests, clock.timerCount]).toEqual([[], 0]);
});

it('says again that it is there when it enters anew during a renewal', async () => {
  const { clock, members, requests } = build();
  members.enter();
  members.enter();
  await clock.settle();
  expect(requests).toEqual(['tablePut', `here ${OWN}`, 'tableList', 'tablePut', `here ${OWN}`, 'tableList']);
  members.close();
});

it('goes on after requests that are not answered for a while, or that fail, and tells of failures', async () => {
  const { clock, home, members, requests, errors, list, taken } = build();
  home.isFull = true;
  members.enter();
  await clock.settle();
  expect(errors.splice(0)).toEqual([new UnavailableError('NOT_KEPT', 'full')]);
  await clock.advance(10 * TALK_RENEWAL_MS);
  expect(errors).toHaveLength(10);
  home.isFull = false;
  list(ONE);
  await clock.advance(TALK_RENEWAL_MS);
  expect(taken()).toEqual([`+${ONE}`]);
  requests.length = 0;
  home.isSilent = true;
  await clock.advance(10 * TALK_RENEWAL_MS);
  expect(requests).toHaveLength(1);
  members.close();
});

it('takes a node without an entry for gone, once nothing has come from it for a lease', async () => {
  const { clock, members, list, taken } = build();
  list(ONE, TWO);
  members.enter();
  await clock.advance(10_000);
  expect(taken()).toEqual([`+${ONE}`, `+${TWO}`]);
  members.hear(ONE);
  list();
  await clock.advance(TALK_RENEWAL_MS);
  expect(taken()).toEqual([`lost ${TWO}`]);
  await clock.advance(TALK_LEASE_MS);
  expect(taken()).toEqual([`lost ${ONE}`]);
  members.hear(ONE);
  list(TWO);
  await clock.advance(TALK_RENEWAL_MS);
  expect(taken()).toEqual([`+${ONE}`, `+${TWO}`]);
  members.close();
});

it('takes nobody for gone when all leases may have ended, until the others have had time to renew theirs', async () => {
  for (const fail of ['uplink', 'silence'] as const) {
    const { clock, home, members, list, taken } = build();
    list(ONE);
    members.enter();
    await clock.advance(10_000);
    taken();
    if (fail === 'silence') {
      home.isFull = true;
      await clock.advance(TALK_LEASE_MS);
      home.isFull = false;
    }
    list();
    if (fail === 'uplink') {
      members.onUplink();
      members.enter();
    }
    await clock.advance(2 * TALK_RENEWAL_MS - 100);
    expect(taken()).toEqual([]);
    await clock.advance(2 * TALK_RENEWAL_MS);
    expect(taken()).toEqual([`lost ${ONE}`]);
    members.close();
  }
});

it('does not find a node again that has left, and is not told of its own', async () => {
  const { clock, home, members, list, taken } = build();
  list(ONE);
  members.enter();
  await clock.settle();
  members.onGone(ONE);
  members.onGone(OWN);
  expect([members.hear(ONE), members.hear(OWN)]).toEqual([false, false]);
  list(ONE, OWN);
  await clock.advance(10_000);
  home.own = [];
  members.leave(OWN);
  list(ONE, OWN, TWO);
  home.own = ['new-node'];
  members.enter();
  await clock.advance(10_000);
  expect(taken()).toEqual([`+${ONE}`, `-${ONE}`, `+${TWO}`]);
  members.close();
});

it('remembers a thousand nodes that have left', () => {
  const { members } = build();
  const code = (n: number): string => `${10_000_000 + n}`;
  for (let n = 0; n <= 1_000; n += 1) members.onGone(code(n));
  expect([members.hear(code(0)), members.hear(code(1))]).toEqual([true, false]);
});

it('notices the end of a killed node a second before the eight that the documents promise', () => {
  expect(TALK_LEASE_MS + TALK_RENEWAL_MS).toBeLessThanOrEqual(7_000);
});

it('says again and again that it is there where no table says so, and knows the others by what they say', async () => {
  const { clock, members, requests, taken } = build(false);
  let silent: readonly string[] | undefined;
  members.onUplink();
  members.enter();
  void members.whenKnown(1_000)?.then((names) => {
    silent = names;
  });
  await clock.settle();
  expect([requests, silent]).toEqual([[`here ${OWN}`], undefined]);
  members.onHere([ONE], false);
  await clock.advance(300);
  expect([silent, taken()]).toEqual([[], [`+${ONE}`]]);
  // The other one has learnt of this one by an answer.
  expect(requests).toEqual([`here ${OWN}`, `here ${OWN}`]);
  await clock.advance(TALK_RENEWAL_MS);
  expect(requests).toHaveLength(3);
  await clock.advance(TALK_LEASE_MS + 2 * TALK_RENEWAL_MS);
  expect(taken()).toEqual([`lost ${ONE}`]);
  members.leave(OWN);
  expect(requests.filter((request) => request.startsWith('table'))).toEqual([]);
});

it('answers a process that finds it in no table, as long as there is one', async () => {
  const { clock, members, requests } = build();
  members.onUplink();
  members.enter();
  await clock.settle();
  // Until they had the time to answer, there may be some.
  expect(members.hasCarriers).toBe(true);
  await clock.advance(300 + TALK_RENEWAL_MS);
  expect(members.hasCarriers).toBe(false);
  requests.length = 0;
  // The process has said something before, so its node is known.
  members.hear(ONE);
  members.onHere([ONE], true);
  await clock.settle();
  expect([members.hasCarriers, requests.filter((request) => request === `here ${OWN}`).length]).toEqual([true, 1]);
  await clock.advance(2 * TALK_RENEWAL_MS);
  expect(requests.filter((request) => request === `here ${OWN}`).length).toBe(3);
  await clock.advance(TALK_LEASE_MS + TALK_RENEWAL_MS);
  expect(members.hasCarriers).toBe(false);
  requests.length = 0;
  await clock.advance(2 * TALK_RENEWAL_MS);
  expect(requests).not.toContain(`here ${OWN}`);
});

it('answers many processes that come together a few times', async () => {
  const { clock, members, requests } = build(false);
  members.onUplink();
  members.enter();
  await clock.advance(400);
  requests.length = 0;
  for (let n = 0; n < 200; n += 1) {
    members.onHere([`node-${String(n).padStart(3, '0')}`], true);
    await clock.advance(1);
  }
  await clock.advance(200);
  expect(requests.filter((request) => request === `here ${OWN}`).length).toBeLessThanOrEqual(5);
  members.close();
});
