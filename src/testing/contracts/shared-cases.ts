/** The promises of a backplane to several processes: talk, and work queues. */
import { deepStrictEqual, match, strictEqual } from 'node:assert/strict';
import type { Backplane } from '../../backplane/backplane.js';
import type { Replies, Talk, TalkMember } from '../../backplane/talk/talk.js';
import type { HeldMessage, QueueBounds, WorkQueueStore } from '../../backplane/work-queues.js';
import { type Bytes, decodeUtf8, encodeUtf8 } from '../../base/bytes.js';
import type { Answer } from '../../base/steps/answer.js';
import { type BackplaneSubject, type Case, until } from './backplane-subject.js';

/** A node that takes part in talk, and what it was told. */
interface Talker extends TalkMember {
  readonly told: string[];
  /** Answers questions. @default with the text of the question, after the code of the node */
  answer: (question: string) => Answer<string>;
}

function talker({ talk }: Backplane): Talker {
  const told: string[] = [];
  const member = (talk as Talk).join({
    onMessage: (from, namespace, message) => void told.push(`${from} ${namespace} ${decodeUtf8(message)}`),
    onQuestion: async (_from, _namespace, question) => encodeUtf8(await itself.answer(decodeUtf8(question))),
  });
  const itself: Talker = Object.assign(Object.create(member) as TalkMember, {
    told,
    answer: (question: string) => `${member.node} ${question}`,
  });
  return itself;
}

/** Returns three nodes that know each other, in as many processes as the subject allows. */
async function talkers(subject: BackplaneSubject, backplane: Backplane): Promise<[Talker, Talker, Talker, Backplane]> {
  const other = (await subject.reopen?.()) ?? backplane;
  const all = [talker(backplane), talker(backplane), talker(other)] as const;
  await until(subject, () => all.every(({ others }) => others.length === 2));
  return [...all, other];
}

const answersOf = ({ answers }: Replies): unknown =>
  Object.fromEntries([...answers].map(([node, text]) => [node, decodeUtf8(text)]));

/** Cases of talk. A backplane without talk passes them. */
export const TALK: Record<string, Case> = {
  'tells every other node each message once, in order': async (subject, backplane) => {
    if (!backplane.talk || subject.breaksLinks) return;
    const [one, two, three, other] = await talkers(subject, backplane);
    for (let n = 0; n < 100; n += 1) one.publish('/a', encodeUtf8(`${n}`));
    three.publish('/', encodeUtf8('é'.repeat(500_000)));
    await until(subject, () => two.told.length === 101 && three.told.length === 100 && one.told.length === 1);
    deepStrictEqual(
      three.told,
      Array.from({ length: 100 }, (_, n) => `${one.node} /a ${n}`),
    );
    deepStrictEqual(
      two.told.filter((text) => text.startsWith(one.node)),
      three.told,
    );
    deepStrictEqual(one.told, [`${three.node} / ${'é'.repeat(500_000)}`]);
    if (other !== backplane) await other.close();
  },
  'gives broadcasts to the nodes that hear the namespace, in order': async (subject, backplane) => {
    if (!backplane.talk || subject.breaksLinks) return;
    const [one, two, three, other] = await talkers(subject, backplane);
    const ends = [one.hear('/a'), two.hear('/a'), three.hear('/a'), three.hear('/b')];
    // A node that begins to hear gets what is broadcast a little later.
    for (let n = 0; two.told.length === 0 || three.told.length === 0; n += 1) {
      one.broadcast('/a', encodeUtf8(`${n}`));
      await subject.pass(1);
    }
    const from = [two, three].map(({ told }) => told.length);
    for (let n = 0; n < 50; n += 1) one.broadcast('/a', encodeUtf8(`last ${n}`));
    one.broadcast('/c', encodeUtf8('nobody'));
    await until(subject, () => [two, three].every(({ told }) => told.at(-1)?.endsWith('last 49')));
    const expected = Array.from({ length: 50 }, (_, n) => `${one.node} /a last ${n}`);
    for (const [at, { told }] of [two, three].entries())
      deepStrictEqual(
        told.slice(from[at]).filter((text) => text.includes('last')),
        expected,
      );
    for (const end of ends.slice(0, 3)) end();
    one.broadcast('/a', encodeUtf8('too late'));
    one.broadcast('/b', encodeUtf8('end'));
    await until(subject, () => three.told.at(-1) === `${one.node} /b end`);
    strictEqual([...one.told, ...two.told, ...three.told].filter((text) => /too late|nobody/.test(text)).length, 0);
    if (other !== backplane) await other.close();
  },
  'gives each node a code of its own that fits a URL': async (subject, backplane) => {
    if (!backplane.talk || subject.breaksLinks) return;
    const [one, two, three, other] = await talkers(subject, backplane);
    const codes = [one, two, three].map(({ node }) => node);
    strictEqual(new Set(codes).size, 3);
    for (const code of codes) match(code, /^[A-Za-z0-9_-]{8}$/);
    if (other !== backplane) await other.close();
  },
  'asks every other node, or chosen ones': async (subject, backplane) => {
    if (!backplane.talk || subject.breaksLinks) return;
    const [one, two, three, other] = await talkers(subject, backplane);
    const replies = await one.ask('/', encodeUtf8('who?'), 1_000);
    deepStrictEqual(answersOf(replies), { [two.node]: `${two.node} who?`, [three.node]: `${three.node} who?` });
    deepStrictEqual(replies.missing, []);
    deepStrictEqual(answersOf(await three.ask('/', encodeUtf8('you?'), 1_000, [two.node])), {
      [two.node]: `${two.node} you?`,
    });
    deepStrictEqual(await two.ask('/', encodeUtf8(''), 1_000, []), { answers: new Map(), missing: [] });
    if (other !== backplane) await other.close();
  },
  'names the nodes that do not answer in time, that fail, and that nobody knows': async (subject, backplane) => {
    if (!backplane.talk || subject.breaksLinks) return;
    const [one, two, three, other] = await talkers(subject, backplane);
    three.answer = () => new Promise(() => undefined);
    const asking = one.ask('/', encodeUtf8('slow?'), 1_000, [two.node, three.node, 'nobody']);
    for (let turn = 0; turn < 50; turn += 1) await subject.pass(1);
    await subject.pass(1_000);
    const replies = await asking;
    deepStrictEqual(answersOf(replies), { [two.node]: `${two.node} slow?` });
    deepStrictEqual([...replies.missing].sort(), ['nobody', three.node].sort());
    if (other !== backplane) await other.close();
  },
  'names a node that leaves while it is asked, at once': async (subject, backplane) => {
    if (!backplane.talk || subject.breaksLinks) return;
    const [one, two, three, other] = await talkers(subject, backplane);
    let asked = 0;
    for (const each of [two, three]) {
      each.answer = () => {
        asked += 1;
        return new Promise(() => undefined);
      };
    }
    const asking = one.ask('/', encodeUtf8('?'), 1_000_000);
    await until(subject, () => asked === 2);
    two.leave();
    if (other === backplane) three.leave();
    else await other.close();
    const { answers, missing } = await asking;
    deepStrictEqual([answers.size, [...missing].sort()], [0, [two.node, three.node].sort()]);
    await until(subject, () => one.others.length === 0);
  },
};

/** Long enough for the calls of a case to a home that is far away. */
const LEASE_MS = 5_000;

const ROOM: QueueBounds = { countMax: 100, bytesMax: 10_000, queuesMax: 100, totalBytesMax: 10_000 };

const bodies = (...texts: readonly string[]): Uint8Array[] => texts.map(encodeUtf8);

/** Puts messages into one queue. */
const put = (queues: WorkQueueStore, queue: string, messages: readonly Bytes[], bounds: QueueBounds = ROOM) =>
  queues.put([{ queue, messages }], bounds);

/** Takes messages and returns their texts, with the number of the delivery if it is not the first. */
async function taken(queues: WorkQueueStore, queue: string, count: number, leaseMs = LEASE_MS): Promise<string[]> {
  return textsOf(await queues.take(queue, count, leaseMs));
}

function textsOf(held: readonly HeldMessage[]): string[] {
  return held.map(({ body, deliveries }) => `${decodeUtf8(body)}${deliveries > 1 ? ` ${deliveries}` : ''}`);
}

const idsOf = (held: readonly HeldMessage[]): string[] => held.map(({ id }) => id);

/** Cases of work queues. A backplane without queues passes them. */
export const QUEUES: Record<string, Case> = {
  'gives each message of a queue to one taker, in order': async (subject, { queues }) => {
    if (!queues) return;
    const other = await subject.reopen?.();
    const theirs = other?.queues ?? queues;
    strictEqual(await put(queues, 'a', bodies('1', '2', '', 'é')), 'kept');
    strictEqual(await put(theirs, 'a', bodies('5')), 'kept');
    strictEqual(await put(queues, 'b', bodies('other')), 'kept');
    deepStrictEqual(await taken(queues, 'a', 2), ['1', '2']);
    deepStrictEqual(await taken(theirs, 'a', 2), ['', 'é']);
    deepStrictEqual(await taken(queues, 'a', 9), ['5']);
    deepStrictEqual(await taken(theirs, 'a', 9), []);
    deepStrictEqual(await taken(theirs, 'b', 9), ['other']);
    await other?.close();
  },
  'removes finished messages, and gives returned ones again before all that waits': async (_subject, { queues }) => {
    if (!queues) return;
    await put(queues, 'a', bodies('1', '2', '3', '4'));
    const [one, two, three] = await queues.take('a', 3, LEASE_MS);
    await queues.giveBack('a', [three?.id ?? '', one?.id ?? '', 'x', '99']);
    await queues.finish('a', [two?.id ?? '', 'x', '99', '-1']);
    deepStrictEqual(await taken(queues, 'a', 9), ['1 2', '3 2', '4']);
  },
  'ends holds that are not renewed': async ({ pass }, { queues }) => {
    if (!queues) return;
    await put(queues, 'a', bodies('1', '2', '3'));
    const ids = idsOf(await queues.take('a', 3, LEASE_MS));
    await pass(0.6 * LEASE_MS);
    deepStrictEqual(await queues.renew('a', [...ids.slice(0, 1), '99'], LEASE_MS), ids.slice(0, 1));
    await pass(0.6 * LEASE_MS);
    const again = await queues.take('a', 9, LEASE_MS);
    deepStrictEqual(textsOf(again), ['2 2', '3 2']);
    await queues.finish('a', idsOf(again));
    await pass(2 * LEASE_MS);
    deepStrictEqual(await taken(queues, 'a', 9), ['1 2']);
  },
  'keeps all messages of a put or none, within the bounds': async (_subject, { queues }) => {
    if (!queues) return;
    strictEqual(await put(queues, 'a', bodies('1', '2'), { ...ROOM, countMax: 3 }), 'kept');
    deepStrictEqual(await put(queues, 'a', bodies('3', '4'), { ...ROOM, countMax: 3 }), {
      queue: 'a',
      bound: 'countMax',
    });
    deepStrictEqual(await put(queues, 'a', bodies('xxxx'), { ...ROOM, bytesMax: 5 }), {
      queue: 'a',
      bound: 'bytesMax',
    });
    strictEqual(await put(queues, 'a', bodies('xxx'), { ...ROOM, bytesMax: 5 }), 'kept');
    const held = await queues.take('a', 3, LEASE_MS);
    deepStrictEqual(await queues.extent('a'), { count: 3, bytes: 5 });
    deepStrictEqual(await queues.extent('b'), { count: 0, bytes: 0 });
    // Messages that somebody holds count.
    deepStrictEqual(await put(queues, 'a', bodies('4'), { ...ROOM, countMax: 3 }), { queue: 'a', bound: 'countMax' });
    await queues.finish('a', idsOf(held));
    strictEqual(await put(queues, 'a', bodies('5', '6', '7'), { ...ROOM, countMax: 3 }), 'kept');
    deepStrictEqual(await taken(queues, 'a', 9), ['5', '6', '7']);
  },
  'keeps the messages for several queues, or none': async (_subject, { queues }) => {
    if (!queues) return;
    const [one, other] = [
      { queue: 'a', messages: bodies('1') },
      { queue: 'b', messages: bodies('2', '3') },
    ];
    deepStrictEqual(await queues.put([one, other], { ...ROOM, countMax: 1 }), { queue: 'b', bound: 'countMax' });
    deepStrictEqual([await taken(queues, 'a', 9), await taken(queues, 'b', 9)], [[], []]);
    deepStrictEqual(await queues.put([one, other, one], { ...ROOM, countMax: 2 }), 'kept');
    deepStrictEqual(
      [await taken(queues, 'a', 9), await taken(queues, 'b', 9)],
      [
        ['1', '1'],
        ['2', '3'],
      ],
    );
    deepStrictEqual(await queues.put([one], { ...ROOM, countMax: 2 }), { queue: 'a', bound: 'countMax' });
  },
  'bounds all queues together': async (subject, { queues }) => {
    if (!queues) return;
    const other = await subject.reopen?.();
    const theirs = other?.queues ?? queues;
    const bounds = { ...ROOM, queuesMax: 2, totalBytesMax: 6 };
    strictEqual(await put(queues, 'a', bodies('xxx'), bounds), 'kept');
    strictEqual(await put(theirs, 'b', bodies('xx'), bounds), 'kept');
    deepStrictEqual(await put(queues, 'c', bodies('x'), bounds), { queue: 'c', bound: 'queuesMax' });
    deepStrictEqual(await put(theirs, 'a', bodies('xx'), bounds), { queue: 'a', bound: 'totalBytesMax' });
    const [held] = await queues.take('a', 1, LEASE_MS);
    await queues.finish('a', [held?.id ?? '']);
    strictEqual(await put(theirs, 'c', bodies('x', 'xx', 'x'), bounds), 'kept');
    deepStrictEqual(await put(queues, 'b', bodies('x'), bounds), { queue: 'b', bound: 'totalBytesMax' });
    await other?.close();
  },
  'keeps a message from a taker that has lost an earlier one': async ({ pass }, { queues }) => {
    if (!queues) return;
    await put(queues, 'a', bodies('1'));
    const [late] = await queues.take('a', 1, LEASE_MS);
    await pass(LEASE_MS);
    const [again] = await queues.take('a', 1, LEASE_MS);
    strictEqual(again?.deliveries, 2);
    await queues.finish('a', [again?.id ?? '']);
    await put(queues, 'a', bodies('2'));
    deepStrictEqual(await taken(queues, 'a', 1), ['2']);
    await queues.finish('a', [late?.id ?? '']);
    deepStrictEqual(await queues.extent('a'), { count: 1, bytes: 1 });
  },
  'renews a hold that has ended if nobody has taken the message since': async (subject, { queues }) => {
    if (!queues) return;
    await put(queues, 'a', bodies('1', '2'));
    const [one, two] = idsOf(await queues.take('a', 2, LEASE_MS));
    await subject.pass(LEASE_MS);
    deepStrictEqual(await taken(queues, 'a', 1), ['1 2']);
    deepStrictEqual(await queues.renew('a', [one ?? '', two ?? ''], LEASE_MS), [two]);
    deepStrictEqual(await taken(queues, 'a', 1), []);
    await queues.finish('a', [one ?? '', two ?? '']);
    deepStrictEqual(await queues.extent('a'), { count: 1, bytes: 1 });
  },
  'heeds the taker that holds a message, and no earlier one': async (subject, { queues }) => {
    if (!queues) return;
    const other = await subject.reopen?.();
    const theirs = other?.queues ?? queues;
    await put(queues, 'a', bodies('1'));
    const [late] = await queues.take('a', 1, LEASE_MS);
    await subject.pass(LEASE_MS);
    const [held] = await theirs.take('a', 1, LEASE_MS);
    const [former, present] = [late?.id ?? '', held?.id ?? ''];
    deepStrictEqual(await queues.renew('a', [former], 9 * LEASE_MS), []);
    await queues.giveBack('a', [former]);
    deepStrictEqual(await taken(queues, 'a', 1), []);
    await queues.finish('a', [former]);
    deepStrictEqual(await theirs.renew('a', [former, present], LEASE_MS), [present]);
    await subject.pass(LEASE_MS);
    // Nobody has taken the message since its last hold ended, so that holder may still finish it.
    await theirs.finish('a', [present]);
    deepStrictEqual(await queues.extent('a'), { count: 0, bytes: 0 });
    await other?.close();
  },
  'tells watchers of messages that they may take': async (subject, { queues }) => {
    if (!queues) return;
    const other = await subject.reopen?.();
    let told = 0;
    const end = queues.watch('a', () => {
      told += 1;
    });
    await queues.extent('a');
    await put(other?.queues ?? queues, 'a', bodies('1'));
    await until(subject, () => told > 0);
    end();
    const [held] = await queues.take('a', 1, LEASE_MS);
    let again = 0;
    const endAgain = queues.watch('a', () => {
      again += 1;
    });
    await queues.extent('a');
    await (other?.queues ?? queues).giveBack('a', [held?.id ?? '']);
    await until(subject, () => again > 0);
    endAgain();
    await other?.close();
  },
  'keeps queues beyond the process if they are durable': async (subject, { queues }) => {
    if (!queues?.isDurable || !subject.reopen) return;
    await put(queues, 'a', bodies('1', '2'));
    await queues.take('a', 1, LEASE_MS);
    const other = await subject.reopen();
    deepStrictEqual(await taken(other.queues as WorkQueueStore, 'a', 9), ['2']);
    // The home counts in whole milliseconds of its own clock.
    await subject.pass(LEASE_MS + 10);
    deepStrictEqual(await taken(other.queues as WorkQueueStore, 'a', 9), ['1 2', '2 2']);
    await other.close();
  },
};
