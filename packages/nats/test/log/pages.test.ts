import { expect, it } from 'vitest';
import { describeNats } from '../../../../test/kit/brokers/nats-server.js';
import { ZERO_OFFSET } from '../../../naru/src/backplane/backplane.js';
import { isGapRecord } from '../../../naru/src/backplane/own-records.js';
import { encodeUtf8 } from '../../../naru/src/base/bytes.js';
import { Group } from '../../src/log/group.js';
import { headOf, messageId, readBefore, readPieces, recordsOf } from '../../src/log/pages.js';
import { LogTester, recordOf } from './log-kit.js';

it('reads the id of a message', () => {
  expect(headOf(messageId('abcdefgh', '7.0', 3, 12.5))).toEqual({ writer: 'abcdefgh', write: '7.0', count: 3, at: 12 });
  expect(headOf(undefined)).toEqual({ writer: '', write: '', count: 0, at: 0 });
  expect(headOf('foreign id')).toMatchObject({ count: 0, at: 0 });
});

describeNats('pages of a log', ({ parts }) => {
  it('have a gap record in the place of a damaged batch', async () => {
    const { connection, names, settings } = await parts();
    const group = new Group(0, names);
    await group.open(connection, settings);
    const { seq } = await connection.store(group.namespace('/').subject, encodeUtf8('damaged'));
    const { pieces, isEnd } = await readPieces(connection, group, '/', 1, Number.POSITIVE_INFINITY, 10);
    expect(isEnd).toBe(true);
    const records = pieces.flatMap((piece) => recordsOf(group, piece));
    expect(records.map((record) => [record.offset, isGapRecord(record)])).toEqual([[group.offset(seq), true]]);
  });

  it('find the message before another one, however many of others lie in between', async () => {
    const { connection, names, settings } = await parts();
    const group = new Group(0, names);
    await group.open(connection, settings);
    const state = group.namespace('/a');
    const first = await connection.store(state.subject, encodeUtf8('x'), { 'Nats-Msg-Id': messageId('w', '1', 5, 0) });
    for (let n = 0; n < 100; n += 1) await connection.store(group.namespace('/b').subject, encodeUtf8('x'));
    const last = await connection.store(state.subject, encodeUtf8('x'));
    expect(await readBefore(connection, group, state, last.seq)).toEqual({ seq: first.seq, count: 5 });
    expect(await readBefore(connection, group, state, first.seq)).toEqual({ seq: 0, count: 0 });
    group.note(state, first.seq, 5);
    let questions = 0;
    const { get } = connection;
    connection.get = (...args) => {
      questions += 1;
      return get.apply(connection, args);
    };
    expect(await readBefore(connection, group, state, last.seq)).toEqual({ seq: first.seq, count: 5 });
    expect(questions).toBe(1);
  });

  it('are read in few round trips, without a consumer', async () => {
    const given = await parts();
    const { connection } = given;
    const tester = new LogTester(given);
    for (let n = 0; n < 120; n += 1) await tester.append([recordOf(`${n}`), recordOf('x'), recordOf('y')]);
    let [rounds, open] = [0, 0];
    const { request } = connection;
    const asked: string[] = [];
    connection.request = async (subject, ...rest) => {
      // A request that is made while none is open begins a round trip.
      if (open === 0) rounds += 1;
      open += 1;
      asked.push(subject);
      const answer = await request.call(connection, subject, ...rest);
      open -= 1;
      return answer;
    };
    const { records } = await tester.read(ZERO_OFFSET, 256);
    expect([records.length, records.at(-1)?.event]).toEqual([256, '["85"]']);
    expect(rounds).toBeLessThan(7);
    expect(asked.filter((subject) => !subject.includes('DIRECT.GET'))).toEqual([]);
    // Far fewer than all messages.
    expect(asked.length).toBeLessThan(110);
  });
});
