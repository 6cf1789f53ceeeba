/** The promises of talk, between several processes. */
import { deepStrictEqual, match, strictEqual } from 'node:assert/strict';
import type { Backplane, Replies, Talk, TalkMember } from 'naru/backplane';
import type { Answer } from 'naru/base';
import { decodeUtf8, encodeUtf8 } from 'naru/base';
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
    // A busy machine may take its time.
    const replies = await one.ask('/', encodeUtf8('who?'), 5_000);
    deepStrictEqual(answersOf(replies), { [two.node]: `${two.node} who?`, [three.node]: `${three.node} who?` });
    deepStrictEqual(replies.missing, []);
    deepStrictEqual(answersOf(await three.ask('/', encodeUtf8('you?'), 5_000, [two.node])), {
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
