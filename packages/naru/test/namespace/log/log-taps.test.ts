import { expect, it } from 'vitest';
import { FakeClock } from '../../../../testing/src/fake-clock.js';
import type { LogRecord } from '../../../src/backplane/backplane.js';
import { UnavailableError } from '../../../src/base/errors.js';
import {
  tellAppended,
  tellDelivered,
  tellGapTold,
  tellReadLate,
  tellRefused,
} from '../../../src/namespace/log/log-taps.js';
import { PacketType } from '../../../src/protocol/socket-io/packet.js';
import { logAnswered, logAppended, logDelivered, logGap, logReadLate, logRefused } from '../../../src/taps/taps.js';
import { hear } from '../../taps/hear.js';

const factsIn = (heard: readonly [string, object][]): object[] => heard.map(([, facts]) => facts);

const record = (given: Partial<LogRecord> = {}): LogRecord => ({
  rooms: [],
  except: [],
  event: '["far",1]',
  attachments: [],
  at: 0,
  ...given,
});

const member = { id: 'socket', namespace: { name: '/chat' }, client: { conn: { number: 7 } } };
const facts = { connection: 7, socket: 'socket', namespace: '/chat' };

it('tells of records on their way, and of the answer with its time', async () => {
  const clock = new FakeClock();
  const appended = hear(logAppended);
  const answered = hear(logAnswered);
  tellAppended('/', [record({ trace: 'one' })], clock, { previous: '4', offsets: ['5'] });
  expect(factsIn(answered)).toEqual([{ namespace: '/', records: 1, last: '5', ms: 0, traces: ['one'] }]);
  let answer = (_: { previous: string; offsets: string[] }): void => undefined;
  tellAppended('/', [record(), record()], clock, new Promise((resolve) => (answer = resolve)));
  await clock.advance(30);
  answer({ previous: '5', offsets: ['6', '7'] });
  await Promise.resolve();
  expect(factsIn(answered)[1]).toEqual({ namespace: '/', records: 2, last: '7', ms: 30, traces: [] });
  expect(factsIn(appended)).toEqual([
    { namespace: '/', records: 1 },
    { namespace: '/', records: 2 },
  ]);
});

it('leaves an answer that never comes, or an error, to those who wait for it', async () => {
  const answered = hear(logAnswered);
  tellAppended('/', [record()], new FakeClock(), Promise.reject(new UnavailableError('TIMEOUT', 'no answer')));
  await new Promise((resolve) => setImmediate(resolve));
  expect(factsIn(answered)).toEqual([]);
});

it('tells of events that the log did not take', () => {
  const heard = hear(logRefused);
  tellRefused('/', 3, new UnavailableError('NOT_KEPT', 'the disk is full'));
  tellRefused('/', 1, undefined);
  expect(factsIn(heard)).toEqual([
    { namespace: '/', records: 3, detail: 'the disk is full' },
    { namespace: '/', records: 1, detail: 'undefined' },
  ]);
});

it('tells of what is delivered, read late and missing', () => {
  const delivered = hear(logDelivered);
  const late = hear(logReadLate);
  const gaps = hear(logGap);
  const [rooms, except] = [new Set<string>(), new Set<string>()];
  const packet = { type: PacketType.EVENT, nsp: '/chat', data: ['own'] };
  tellDelivered('/chat', '5', { packet, packets: [], target: { rooms, except, flags: { trace: 'one' } } });
  tellDelivered('/chat', '6', { ...record({ trace: 'two' }), offset: '6' });
  tellDelivered('/chat', '7', { ...record(), offset: '7' });
  tellReadLate(member, 3, '5', '9');
  tellGapTold(member, '5', '8');
  tellGapTold(member, '5', undefined);
  expect(factsIn(delivered)).toEqual([
    { namespace: '/chat', offset: '5', trace: 'one', event: 'own' },
    { namespace: '/chat', offset: '6', trace: 'two', event: 'far' },
    { namespace: '/chat', offset: '7' },
  ]);
  expect(factsIn(late)).toEqual([{ ...facts, records: 3, offset: '9' }]);
  expect(factsIn(gaps)).toEqual([
    { ...facts, after: '5', before: '8' },
    { ...facts, after: '5', before: undefined },
  ]);
});
