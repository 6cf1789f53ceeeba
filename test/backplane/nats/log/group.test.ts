import { expect, it } from 'vitest';
import { Group } from '../../../../src/backplane/nats/log/group.js';
import { encodeUtf8 } from '../../../../src/base/bytes.js';
import { describeNats } from '../../../kit/brokers/nats-server.js';

const NOW = 1_800_000_000_000;

describeNats('the stream of a group', ({ parts }) => {
  it('gives messages the same numbers in every node', async () => {
    const { line, names, settings } = await parts();
    const [one, two] = [new Group(3, names), new Group(3, names)];
    for (const group of [one, two]) await group.open(line, settings);
    await one.begin(line, NOW);
    const { seq } = await line.store(one.namespace('/').subject, encodeUtf8('x'));
    await two.begin(line, NOW + 1_000);
    const later = await line.store(one.namespace('/').subject, encodeUtf8('y'));
    for (const group of [one, two]) await group.sync(line);
    expect(one.offset(seq)).toBe(two.offset(seq));
    expect(one.offset(later.seq)).toBe(two.offset(later.seq));
    expect(one.offset(later.seq) > one.offset(seq)).toBe(true);
  });

  it('gives out no number twice when its stream has lost messages', async () => {
    const { line, names, settings } = await parts();
    const group = new Group(0, names);
    await group.open(line, settings);
    await group.begin(line, NOW);
    const state = group.namespace('/');
    const { seq } = await line.store(state.subject, encodeUtf8('x'));
    group.note(state, seq, 1);
    const lost = group.offset(seq);
    await line.api(`STREAM.DELETE.${group.stream}`);
    await group.open(line, settings);
    expect(group.isBased).toBe(false);
    await group.begin(line, NOW + 1);
    const next = await line.store(group.namespace('/').subject, encodeUtf8('y'));
    expect(group.offset(next.seq) > lost).toBe(true);
  });

  it('removes old messages, and tells every node which', async () => {
    const { line, names, settings } = await parts();
    const [one, two] = [new Group(0, names), new Group(0, names)];
    for (const group of [one, two]) await group.open(line, settings);
    const state = one.namespace('/a');
    const sent: number[] = [];
    for (let n = 0; n < 4; n += 1) sent.push((await line.store(state.subject, encodeUtf8('x'))).seq);
    const other = await line.store(one.namespace('/b').subject, encodeUtf8('x'));
    await one.trim(line, state, sent[0] ?? 0);
    await one.trim(line, state, sent[1] ?? 0);
    await two.sync(line);
    expect([two.namespace('/a').trimmed, two.namespace('/b').trimmed]).toEqual([sent[1], 0]);
    expect(await line.get(one.stream, { seq: sent[1] ?? 0 })).toBeUndefined();
    for (const seq of [sent[2] ?? 0, other.seq]) expect(await line.get(one.stream, { seq })).toBeDefined();
    // Three messages, and the newest of the two notes.
    expect(await line.api(`STREAM.INFO.${one.stream}`)).toMatchObject({ state: { messages: 4 } });
  });
});
