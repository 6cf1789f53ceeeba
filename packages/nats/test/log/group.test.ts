import { expect, it } from 'vitest';
import { describeNats } from '../../../../test/kit/brokers/nats-server.js';
import { encodeUtf8 } from '../../../naru/src/base/bytes.js';
import { Group } from '../../src/log/group.js';

const NOW = 1_800_000_000_000;

describeNats('the stream of a group', ({ parts }) => {
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
    expect(group.isBased).toBe(false);
    await group.begin(connection, NOW + 1);
    const next = await connection.store(group.namespace('/').subject, encodeUtf8('y'));
    expect(group.offset(next.seq) > lost).toBe(true);
  });

  it('removes old messages, and tells every node which', async () => {
    const { connection, names, settings } = await parts();
    const [one, two] = [new Group(0, names), new Group(0, names)];
    for (const group of [one, two]) await group.open(connection, settings);
    const state = one.namespace('/a');
    const sent: number[] = [];
    for (let n = 0; n < 4; n += 1) sent.push((await connection.store(state.subject, encodeUtf8('x'))).seq);
    const other = await connection.store(one.namespace('/b').subject, encodeUtf8('x'));
    await one.trim(connection, state, sent[0] ?? 0);
    await one.trim(connection, state, sent[1] ?? 0);
    await two.sync(connection);
    expect([two.namespace('/a').trimmed, two.namespace('/b').trimmed]).toEqual([sent[1], 0]);
    expect(await connection.get(one.stream, { seq: sent[1] ?? 0 })).toBeUndefined();
    for (const seq of [sent[2] ?? 0, other.seq]) expect(await connection.get(one.stream, { seq })).toBeDefined();
    // Three messages, and the newest of the two notes.
    expect(await connection.api(`STREAM.INFO.${one.stream}`)).toMatchObject({ state: { messages: 4 } });
  });

  it('forgets the rewritten batches of messages that another node has removed, and removes what that node has left', async () => {
    const { connection, names, settings } = await parts();
    const [one, two] = [new Group(0, names), new Group(0, names)];
    for (const group of [one, two]) await group.open(connection, settings);
    const state = one.namespace('/a');
    for (const original of [1, 2, 3]) {
      const { seq } = await connection.store(`${state.sideSubject}.${original}`, encodeUtf8('x'));
      one.addSide(state, original, seq);
    }
    await two.sync(connection);
    const { api } = connection;
    // The first node ends before it has removed a batch.
    connection.api = (name, ...rest) =>
      name.startsWith('STREAM.MSG.DELETE') ? new Promise(() => undefined) : api.call(connection, name, ...rest);
    void one.trim(connection, state, 2);
    const sidesOf = (group: Group): number[] => [...group.namespace('/a').sides.keys()];
    await expect.poll(() => two.sync(connection).then(() => sidesOf(two))).toEqual([3]);
    expect(sidesOf(one)).toEqual([3]);
    connection.api = api;
    await two.trim(connection, two.namespace('/a'), 2);
    // The batch of the third message, and the newest of the two notes.
    expect(await connection.api(`STREAM.INFO.${one.stream}`)).toMatchObject({ state: { messages: 2 } });
  });

  it('forgets namespaces that nobody follows when there are many, except what nobody could tell it again', async () => {
    const { connection, names, settings } = await parts();
    const group = new Group(0, names);
    await group.open(connection, settings);
    const state = (name: string) => group.namespace(name);
    const [idle, followed, erased, trimmed] = [state('/idle'), state('/followed'), state('/erased'), state('/trimmed')];
    followed.isFollowed = true;
    group.addSide(erased, 1, 2);
    await group.trim(connection, trimmed, 5);
    for (let n = 0; n < 3_000; n += 1) state(`/${n}`);
    expect([state('/idle') === idle, state('/trimmed') === trimmed]).toEqual([false, false]);
    expect([state('/followed') === followed, state('/erased') === erased]).toEqual([true, true]);
    expect(state('/trimmed').trimmed).toBe(5);
    // The next uplink says anew what it follows.
    await group.open(connection, settings);
    for (let n = 0; n < 6_000; n += 1) state(`/${n}`);
    expect(state('/followed') === followed).toBe(false);
  });
});
