import { expect, it } from 'vitest';
import { describeNats } from '../../../../test/kit/brokers/nats-server.js';
import { SwiftClock } from '../../../../test/kit/brokers/swift-clock.js';
import { ZERO_OFFSET } from '../../../naru/src/backplane/backplane.js';
import { encodeUtf8 } from '../../../naru/src/base/bytes.js';
import { Group } from '../../src/log/group.js';
import { groupOf, NatsNames } from '../../src/names.js';
import { LogTester, loseTail, recordOf } from './log-kit.js';

const NOW = 1_800_000_000_000;

/** A namespace in the same stream as "/". */
const IDLE = Array.from({ length: 200 }, (_, n) => `/idle-${n}`).find((name) => groupOf(name) === groupOf('/')) ?? '';

it('forgets namespaces that were not used lately, but not what the stream has told of them', () => {
  const group = new Group(0, new NatsNames('app'));
  group.note(group.namespace('/a'), 5, 1);
  group.addSide('/b', 3, 7);
  for (let n = 0; n < 10_000; n += 1) group.namespace(`/${n}`);
  expect(group.namespace('/a').newest.seq).toBe(0);
  expect([...group.namespace('/b').sides]).toEqual([[3, 7]]);
});

describeNats('the stream of a group', ({ parts, newApp }) => {
  it('gives messages the same numbers in every node', async () => {
    const { connection, names, settings } = await parts();
    const [one, two] = [new Group(3, names), new Group(3, names)];
    for (const group of [one, two]) await group.open(connection, settings);
    await one.begin(connection, NOW);
    const { seq } = await connection.store(one.namespace('/').subject, encodeUtf8('x'));
    await two.begin(connection, NOW + 1_000);
    const later = await connection.store(one.namespace('/').subject, encodeUtf8('y'));
    for (const group of [one, two]) await group.sync(connection);
    expect(one.offset(seq)).toBe(two.offset(seq));
    expect(one.offset(later.seq)).toBe(two.offset(later.seq));
    expect(one.offset(later.seq) > one.offset(seq)).toBe(true);
  });

  it('gives out no number twice when its stream has lost messages', async () => {
    const { connection, names, settings } = await parts();
    const group = new Group(0, names);
    await group.open(connection, settings);
    await group.begin(connection, NOW);
    const state = group.namespace('/');
    const { seq } = await connection.store(state.subject, encodeUtf8('x'));
    group.note(state, seq, 1);
    const lost = group.offset(seq);
    await connection.api(`STREAM.DELETE.${group.stream}`);
    await group.open(connection, settings);
    await group.begin(connection, NOW + 1);
    const next = await connection.store(group.namespace('/').subject, encodeUtf8('y'));
    expect(group.offset(next.seq) > lost).toBe(true);
  });

  it('gives out no number twice, although the node that comes back first has not heard of what was lost', async () => {
    const app = newApp();
    const [mine, theirs] = [await parts({}, { app }), await parts({}, { app })];
    const [one, two] = [new LogTester(mine), new LogTester(theirs)];
    two.write = () => ({ writer: 'writer-2', number: lost.length, settled: 0 });
    const lost: string[] = [];
    await one.append([recordOf('a')]);
    for (const text of ['b', 'c']) lost.push(...(await two.append([recordOf(text)])).offsets);
    const { stream } = one.memory.group('/');
    for (const { connection } of [mine, theirs]) connection.close();
    // The base record of the second node is still there.
    await loseTail(await parts({}, { app }), stream, 3);
    const first = new LogTester(await parts({}, { app }), one.memory);
    first.write = () => ({ writer: 'writer-3', number: 1, settled: 0 });
    const { offsets } = await first.append([recordOf('d')]);
    expect(lost).not.toContain(offsets[0]);
    const second = new LogTester(await parts({}, { app }), two.memory);
    const { records, hasGap } = await second.read(lost[1] ?? '');
    expect([records.map(({ offset }) => offset), hasGap]).toEqual([offsets, true]);
  });

  it('notices a loss although a connection broke while it looked, and was told of the next base record', async () => {
    const app = newApp();
    const { connection, names, settings } = await parts({}, { app });
    const group = new Group(0, names);
    await group.open(connection, settings);
    await group.begin(connection, NOW);
    const { seq } = await connection.store(group.namespace('/').subject, encodeUtf8('lost'));
    group.note(group.namespace('/'), seq, 1);
    const { numbers } = group;
    connection.close();
    const third = await parts({}, { app });
    await loseTail(third, group.stream, 1);
    const broken = (await parts({}, { app })).connection;
    const other = new Group(0, names);
    await other.open(third.connection, settings);
    const { api } = broken;
    // Another node writes its base record at the moment, and the answers to questions after it come too late.
    broken.api = async (name, ...rest) => {
      await other.begin(third.connection, NOW + 1_000);
      return api.call(broken, name, ...rest);
    };
    let isLooking = false;
    broken.get = () => {
      isLooking = true;
      return new Promise(() => undefined);
    };
    void group.open(broken, settings);
    await expect.poll(() => isLooking).toBe(true);
    broken.close();
    await group.open(third.connection, settings);
    expect(group.numbers).not.toBe(numbers);
  });

  it.each([
    [99, ['base', 'trim', 2, 3, 4, 5]],
    [5, [2, 3, 4, 'base', 'trim', 5]],
  ])('writes its base record before the note of what it removes, in a stream for %i messages', async (room, order) => {
    const app = newApp();
    const { connection, names, settings } = await parts({}, { app });
    const group = new Group(0, names);
    await group.open(connection, settings);
    await group.begin(connection, NOW);
    const { subject } = group.namespace('/');
    for (let n = 0; n < 4; n += 1) await connection.store(subject, encodeUtf8('old'));
    const { config } = await connection.api<{ config: object }>(`STREAM.INFO.${group.stream}`);
    await connection.api(`STREAM.UPDATE.${group.stream}`, { ...config, max_msgs: room });
    const next = await parts({}, { app });
    const seen: unknown[] = [];
    next.connection.subscribe(names.pushSubject(0, 'own', '>'), (message) => {
      seen.push(message.subject.split('.')[5]);
    });
    const { api } = next.connection;
    next.connection.api = (name, body) => {
      if (name.startsWith('STREAM.MSG.DELETE')) seen.push((body as { seq: number }).seq);
      return api.call(next.connection, name, body);
    };
    await group.trim(next, group.namespace('/'), 5);
    // While the last message stands, no node removes its base record.
    expect(seen).toEqual(order);
  });

  it('removes base records that no offset needs, and tells a client with an old offset of its gap', async () => {
    const clock = new SwiftClock();
    const given = await parts({}, { clock });
    const { connection, names } = given;
    const offsets: string[] = [];
    let idle = '';
    // Each of the nodes has a base record.
    for (let n = 0; n < 80; n += 1) {
      await clock.skip(10);
      const node = new LogTester(given);
      const { memory } = node;
      let number = 0;
      node.write = () => {
        number += 1;
        return { writer: `writer${10 + n}`, number, settled: 0 };
      };
      offsets.push(...(await node.append([recordOf(`${n}`)])).offsets);
      if (n !== 3) continue;
      idle = (await node.append([recordOf('idle')], IDLE)).offsets[0] ?? '';
      const group = memory.group(IDLE);
      await group.trim(given, group.namespace(IDLE), group.numbers.place(idle)?.seq ?? 0);
    }
    const group = await new LogTester(given).log.open('/');
    const subject = names.logSubject(group.number, 'own', 'base');
    const bases = async (): Promise<unknown> => {
      type Info = { state: { subjects: Record<string, number> } };
      const { state } = await connection.api<Info>(`STREAM.INFO.${group.stream}`, { subjects_filter: subject });
      return state?.subjects[subject];
    };
    expect(await bases()).toBe(80);
    await group.trim(given, group.namespace('/'), group.numbers.place(offsets[20] ?? '')?.seq ?? 0);
    // Those of the removed messages to which offsets still refer, of the 59 messages, and of the note.
    expect([await bases(), group.numbers.size]).toEqual([62, 62]);
    const reader = new LogTester(given);
    for (const [after, isGap] of [
      [ZERO_OFFSET, true],
      [offsets[5] ?? '', true],
      [offsets[20] ?? '', false],
    ] as const) {
      const { records, hasGap } = await reader.read(after);
      expect([records.map(({ offset }) => offset), hasGap]).toEqual([offsets.slice(21), isGap]);
      // Nothing is lost, although the base record of the message is gone, too.
      expect(await reader.log.methods.knows(undefined, '/', after)).toBe(true);
    }
    expect(await reader.log.methods.newest(undefined, IDLE)).toBe(idle);
    expect(await reader.log.methods.knows(undefined, IDLE, idle)).toBe(true);
  });

  it('removes old messages, and tells every node which', async () => {
    const given = await parts();
    const { connection, names, settings } = given;
    const [one, two] = [new Group(0, names), new Group(0, names)];
    for (const group of [one, two]) await group.open(connection, settings);
    const state = one.namespace('/a');
    const sent: number[] = [];
    for (let n = 0; n < 4; n += 1) sent.push((await connection.store(state.subject, encodeUtf8('x'))).seq);
    const other = await connection.store(one.namespace('/b').subject, encodeUtf8('x'));
    await one.trim(given, state, sent[0] ?? 0);
    await one.trim(given, state, sent[1] ?? 0);
    await two.sync(connection);
    expect([two.namespace('/a').trimmed, two.namespace('/b').trimmed]).toEqual([sent[1], 0]);
    expect(await connection.get(one.stream, { seq: sent[1] ?? 0 })).toBeUndefined();
    for (const seq of [sent[2] ?? 0, other.seq]) expect(await connection.get(one.stream, { seq })).toBeDefined();
    // Three messages, the base record of the uplink, and the newest of the two notes.
    expect(await connection.api(`STREAM.INFO.${one.stream}`)).toMatchObject({ state: { messages: 5 } });
  });
});
