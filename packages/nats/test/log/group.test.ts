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
});
