import { expect, it } from 'vitest';
import { fuzzSeed } from '../../../../test/kit/fuzz-seed.js';
import { encodeBatch } from '../../../broker/src/log/batch.js';
import { type Batch, encodeOffset, type Offset } from '../../../naru/src/backplane/backplane.js';
import { SeededRandom } from '../../../testing/src/seeded-random.js';
import type { Chosen, KeptMessage } from '../../src/connection.js';
import { EVERY_NODE, Group, TAGS_HEADER } from '../../src/log/group.js';
import { messageId } from '../../src/log/pages.js';
import { ToldOrder } from '../../src/log/told-order.js';
import { NatsNames, tokenOf } from '../../src/names.js';
import type { UplinkParts } from '../../src/uplink.js';
import { recordOf } from './log-kit.js';

const OWN = 'writer-1';
const OTHER = 'writer-2';
const STEPS = 600;

/** A stream that tells of its messages late and in any order, and answers late. It may tell of some of them never. */
class Stream {
  readonly group = new Group(0, new NatsNames('app'));
  readonly messages: KeptMessage[] = [];
  /** The steps that others may take before the next ones. */
  readonly open: (() => void)[] = [];
  readonly batches: Batch[] = [];
  readonly order: ToldOrder;
  more = 0;
  asked = 0;
  readonly #random: SeededRandom;
  readonly #lossChance: number;

  constructor(random: SeededRandom, lossChance: number) {
    this.#random = random;
    this.#lossChance = lossChance;
    this.group.addBase(0, 1_800_000_000_000);
    const connection = { get: (_: string, chosen: Chosen) => this.#get(chosen) };
    const handler = {
      writer: OWN,
      onBatch: (_: string, batch: Batch) => void this.batches.push(batch),
      onMore: () => {
        this.more += 1;
      },
    };
    this.order = new ToldOrder({ connection, handler } as unknown as UplinkParts, this.group, '/');
  }

  get newest(): number {
    return this.messages.at(-1)?.seq ?? 0;
  }

  /** Stores a message, and tells of it if it is for the tags of the follower, or for everybody. */
  store(part: string, writer: string, tags: readonly string[], isMarker = false): KeptMessage {
    const seq = this.newest + this.#random.integer(1, 3);
    const subject = `${this.group.namespace('/').prefix}${part}`;
    const records = isMarker ? [] : [recordOf(`${seq}`)];
    const id = messageId(writer, `${seq}.0`, records.length, 0);
    const headers: Readonly<Record<string, string>> = {
      'Nats-Msg-Id': id,
      'Naru-Base': '0',
      ...(isMarker && { [TAGS_HEADER]: '1' }),
    };
    const message: KeptMessage = {
      ...{ seq, subject, at: 0, header: (name) => headers[name] },
      body: encodeBatch({ writer, number: seq }, records),
    };
    const previous = this.messages.findLast((each) => each.subject === subject)?.seq ?? 0;
    this.messages.push(message);
    const isTold = [EVERY_NODE, ...tags].includes(part) && !this.#random.chance(this.#lossChance);
    if (isTold) this.open.push(() => void this.order.take(part, message, previous));
    return message;
  }

  #get(chosen: Chosen): Promise<KeptMessage | undefined> {
    this.asked += 1;
    if (!('next_by_subj' in chosen)) throw new Error('A follower asks for the next message only.');
    const find = (): KeptMessage | undefined =>
      this.messages.find(({ subject, seq }) => {
        const isChosen = chosen.next_by_subj.endsWith('.own.>')
          ? subject.includes('.own.')
          : subject === chosen.next_by_subj;
        const isAny = chosen.next_by_subj.endsWith('.*') && subject.startsWith(chosen.next_by_subj.slice(0, -1));
        return (isChosen || isAny) && seq >= chosen.seq;
      });
    return new Promise((resolve) => {
      this.open.push(() => {
        const found = find();
        this.open.push(() => resolve(found));
      });
    });
  }
}

const numberOf = (group: Group, seq: number): Offset => encodeOffset(group.numbers.last(seq));

it.each(Array.from({ length: 40 }, (_, n) => fuzzSeed + n))(
  'passes on what a stream tells on several subjects in the order of the log, with seed %i',
  async (seed) => {
    const random = new SeededRandom(seed);
    const lossChance = random.pick([0, 0, 0.1]);
    const stream = new Stream(random, lossChance);
    const { order, group } = stream;
    const tags = ['AA', 'BB'];
    // A node that listens to many tags.
    const others = random.chance(0.3) ? ['D0', 'D1', 'D2', 'D3'] : [];
    const storeChance = others.length > 0 ? 0.15 : 0.4;
    for (let n = 0; n < 5; n += 1) stream.store(EVERY_NODE, OTHER, []);
    stream.open.length = 0;
    const isApart = random.chance(0.3);
    if (isApart) {
      stream.store(EVERY_NODE, OTHER, [], true);
      stream.open.length = 0;
      group.addTags('/');
    }
    const begin = stream.newest;
    let hasTags = isApart;
    order.begin(begin, ['AA', ...others]);
    let addedAt = Number.POSITIVE_INFINITY;
    const answers: Promise<void>[] = [];
    const faults: string[] = [];
    for (let step = 0; step <= STEPS || stream.open.length > 0; step += 1) {
      const isEnd = step >= STEPS;
      if (step === STEPS) order.look(stream.newest);
      if (!isEnd && random.chance(storeChance)) {
        if (!hasTags && random.chance(0.05)) {
          hasTags = true;
          stream.store(EVERY_NODE, random.pick([OWN, OTHER]), tags, true);
        }
        const writer = random.pick([OWN, OTHER, OTHER]);
        const part = hasTags ? random.pick([EVERY_NODE, 'AA', 'BB', 'CC']) : EVERY_NODE;
        const told = addedAt < Number.POSITIVE_INFINITY ? tags : ['AA'];
        const { seq } = stream.store(part, writer, told);
        if (writer === OWN)
          stream.open.push(() => {
            answers.push(
              order.before(seq).then((before = -1) => {
                const newest = (isFor: RegExp): number =>
                  stream.messages.findLast((each) => each.seq < seq && each.seq > begin && isFor.test(each.subject))
                    ?.seq ?? begin;
                // Until the other tag is added, and for what stands before that, both are right.
                const atMost = others.length > 0 ? /./ : /\.(all|AA|BB)$/;
                const isLeftToRead = before === -1 && stream.more > 0;
                if (!isLeftToRead && (before < newest(/\.(all|AA)$/) || before > newest(atMost)))
                  faults.push(`before ${seq}: ${before}`);
              }),
            );
          });
      } else if (!isEnd && addedAt === Number.POSITIVE_INFINITY && random.chance(0.02)) {
        addedAt = stream.newest;
        const at = addedAt;
        stream.open.push(() => {
          addedAt = order.begin(at, ['BB']);
        });
      } else if (stream.open.length > 0) {
        stream.open.splice(random.integer(0, Math.min(7, stream.open.length - 1)), 1)[0]?.();
      }
      await Promise.resolve();
      await Promise.resolve();
      await Promise.resolve();
    }
    await Promise.all(answers);
    const isHeard = ({ seq, subject }: KeptMessage): boolean =>
      seq > begin && (/\.(all|AA)$/.test(subject) || (subject.endsWith('.BB') && seq > addedAt));
    const expected = stream.messages
      .filter((message) => isHeard(message) && message.header('Nats-Msg-Id')?.startsWith(OTHER))
      .filter(({ header }) => header(TAGS_HEADER) === undefined)
      .map(({ seq }) => numberOf(group, seq));
    const told = stream.batches.flatMap(({ records }) => records.map(({ offset }) => offset));
    const isNew = (offset: Offset): boolean => expected.includes(offset);
    // A node that reads because too much has come is told of the rest.
    if (stream.more === 0) expect(told.filter(isNew)).toEqual(expected);
    expect(stream.more).toBeLessThanOrEqual(others.length);
    expect(told).toEqual([...told].sort());
    for (const batch of stream.batches) {
      const [first] = batch.records;
      if (first) expect(batch.previous < first.offset).toBe(true);
      expect((batch.told ?? '') <= batch.previous).toBe(true);
    }
    expect(faults).toEqual([]);
    expect(order.passed).toBeGreaterThanOrEqual(stream.newest);
    if (lossChance === 0 && !hasTags) expect(stream.asked).toBeLessThan(stream.messages.length);
  },
);

/** Runs what is open, until nothing is. */
async function settle({ open }: Stream): Promise<void> {
  for (let turn = 0; turn < 200; turn += 1) {
    open.shift()?.();
    await Promise.resolve();
  }
  expect(open).toEqual([]);
}

function streamOf(lossChance = 0): Stream {
  return new Stream(new SeededRandom(1), lossChance);
}

it('asks nothing while all messages have one subject and come in order', async () => {
  const stream = streamOf();
  stream.order.begin(0, ['AA']);
  for (let n = 0; n < 20; n += 1) stream.store(EVERY_NODE, OTHER, []);
  await settle(stream);
  expect([stream.batches.length, stream.asked, stream.more]).toEqual([20, 0, 0]);
});

it.each(['is gone', 'came before the order began'])('has a node read when a message %s', async (what) => {
  const stream = streamOf();
  if (what === 'is gone') stream.order.begin(0, []);
  const first = stream.store(EVERY_NODE, OTHER, []);
  if (what === 'is gone') {
    // Nobody has told of it, and it was removed.
    stream.open.length = 0;
    stream.messages.length = 0;
    stream.messages.push({ ...first, subject: 'removed' });
    const second = stream.store(EVERY_NODE, OTHER, []);
    stream.open.length = 0;
    void stream.order.take(EVERY_NODE, second, first.seq);
  }
  await settle(stream);
  if (what !== 'is gone') stream.order.begin(first.seq, []);
  await settle(stream);
  expect([stream.more, stream.batches]).toEqual([1, []]);
  const { seq } = stream.store(EVERY_NODE, OTHER, []);
  await settle(stream);
  const offsets = stream.batches.flatMap(({ records }) => records.map(({ offset }) => offset));
  expect(offsets).toEqual([numberOf(stream.group, seq)]);
});

it('tells a node that hears nothing how far the log has come', async () => {
  const stream = streamOf();
  stream.group.addTags('/');
  stream.order.begin(0, ['AA']);
  const { seq } = stream.store(EVERY_NODE, OTHER, []);
  await settle(stream);
  for (let n = 0; n < 5; n += 1) stream.store('CC', OTHER, ['AA']);
  const { newest, group } = stream;
  const reached = stream.order.reach(newest);
  await settle(stream);
  await reached;
  expect(stream.batches.at(-1)).toEqual({ previous: group.offset(newest), told: group.offset(seq), records: [] });
  expect([stream.batches.length, stream.more]).toEqual([2, 0]);
});

it('knows of a mark that did not come, because the node was left to read', async () => {
  const stream = streamOf();
  const { order, group } = stream;
  order.begin(0, ['AA']);
  // The record of the stream about itself.
  const noted = stream.store(EVERY_NODE, OTHER, []);
  stream.messages[0] = { ...noted, subject: new NatsNames('app').logSubject(0, 'own', 'tags', tokenOf('/')) };
  stream.store(EVERY_NODE, OTHER, [], true);
  stream.open.length = 0;
  order.restart(stream.newest);
  await settle(stream);
  expect(group.hasTags('/')).toBe(true);
  const [own, all] = [stream.store('AA', OTHER, ['AA']), stream.store(EVERY_NODE, OTHER, [])];
  // The stream tells of the later one first.
  stream.open.reverse();
  await settle(stream);
  const offsets = stream.batches.flatMap(({ records }) => records.map(({ offset }) => offset));
  expect(offsets).toEqual([own, all].map(({ seq }) => numberOf(group, seq)));
});

it('has a node read when its messages were doubtful before the order began', async () => {
  const stream = streamOf();
  stream.order.restart(7);
  expect(stream.more).toBe(0);
  expect(stream.order.begin(0, [])).toBe(0);
  expect(stream.more).toBe(1);
  stream.store(EVERY_NODE, OTHER, []);
  await settle(stream);
  expect([stream.batches.length, stream.more]).toEqual([1, 1]);
});

it('asks a node with the sockets of many others for one message after the other', async () => {
  const stream = streamOf();
  const { order, group } = stream;
  const tags = Array.from({ length: 9 }, (_, n) => `A${n}`);
  order.begin(0, tags);
  for (let n = 0; n < 3; n += 1) stream.store(EVERY_NODE, OTHER, tags);
  await settle(stream);
  expect([stream.batches.length, stream.asked]).toEqual([3, 0]);
  stream.store(EVERY_NODE, OTHER, tags, true);
  const told = ['A7', EVERY_NODE, 'A2'].map((part) => stream.store(part, OTHER, tags));
  // The stream tells of the later ones first.
  stream.open.reverse();
  await settle(stream);
  // It hears nothing of the next one.
  const other = stream.store('CC', OTHER, tags);
  const reached = order.reach(other.seq);
  await settle(stream);
  await reached;
  const offsets = stream.batches.flatMap(({ records }) => records.map(({ offset }) => offset));
  expect(offsets.slice(3)).toEqual([...told, other].map(({ seq }) => numberOf(group, seq)));
  expect([stream.more, order.passed >= other.seq]).toEqual([0, true]);
  expect(stream.asked).toBeLessThanOrEqual(stream.messages.length + 3);
});

it('waits for the messages of its tags once one of them came, although the mark did not', async () => {
  const stream = streamOf();
  stream.order.begin(0, ['AA']);
  stream.store(EVERY_NODE, OTHER, ['AA'], true);
  stream.open.length = 0;
  const [own, all] = [stream.store('AA', OTHER, ['AA']), stream.store(EVERY_NODE, OTHER, ['AA'])];
  stream.open.reverse();
  await settle(stream);
  const offsets = stream.batches.flatMap(({ records }) => records.map(({ offset }) => offset));
  expect(offsets).toEqual([own, all].map(({ seq }) => numberOf(stream.group, seq)));
});

it('has a node with the sockets of many others read when too much has come', async () => {
  const stream = streamOf();
  stream.group.addTags('/');
  const tags = Array.from({ length: 9 }, (_, n) => `A${n}`);
  stream.order.begin(0, tags);
  for (let n = 0; n < 100; n += 1) stream.store('CC', OTHER, tags);
  stream.order.look(stream.newest);
  await settle(stream);
  expect([stream.more, stream.order.passed]).toEqual([1, stream.newest]);
});

it('has a node read once after a restart, although it hears nothing then', async () => {
  const stream = streamOf();
  const { order, group } = stream;
  group.addTags('/');
  order.begin(0, ['AA']);
  stream.store('CC', OTHER, []);
  order.restart(stream.newest);
  const from = stream.newest;
  for (let n = 0; n < 3; n += 1) {
    const { seq } = stream.store('CC', OWN, []);
    const before = order.before(seq);
    await settle(stream);
    // A node that has read up to there lacks nothing.
    expect(await before).toBe(from);
  }
  order.look(stream.newest);
  await settle(stream);
  const newest = group.offset(stream.newest);
  expect([stream.more, stream.batches]).toEqual([1, [{ previous: newest, told: group.offset(from), records: [] }]]);
});

it.each([
  ['of which it was told', 9, true],
  ['of which it was told too late', 2, false],
])('has a node read when a message is rewritten %s', async (_, count, isTold) => {
  const stream = streamOf();
  const { order } = stream;
  stream.group.addTags('/');
  order.begin(
    0,
    Array.from({ length: count }, (_tag, n) => `A${n}`),
  );
  const gone = stream.store('A1', OTHER, []);
  const tell = (): void => void order.take('A1', gone, 0);
  if (isTold) tell();
  stream.messages[0] = { ...gone, subject: 'rewritten' };
  const all = stream.store(EVERY_NODE, OTHER, []);
  await settle(stream);
  if (!isTold) tell();
  await settle(stream);
  expect([stream.more, order.passed]).toEqual([1, all.seq]);
});
