import { describe, expect, it } from 'vitest';
import { describeNats } from '../../../../test/kit/brokers/nats-server.js';
import { encodeUtf8 } from '../../../naru/src/base/bytes.js';
import { FakeClock } from '../../../testing/src/index.js';
import { SeededRandom } from '../../../testing/src/seeded-random.js';
import { NatsConnection } from '../../src/connection.js';
import type { NatsMessage, NatsSocket } from '../../src/driver.js';
import { readMessages, removeMessages } from '../../src/log/messages.js';

describeNats('messages of a stream', ({ parts }) => {
  it.each([5, 600])('are read in order, from one sequence to another, out of %i', async (count) => {
    const { connection } = await parts();
    const stream = `M${count}`;
    await connection.api(`STREAM.CREATE.${stream}`, { name: stream, subjects: [`${stream}.*`], allow_direct: true });
    for (let n = 1; n <= count; n += 1)
      await connection.store(`${stream}.${n % 2}`, encodeUtf8(`${n}`), { 'X-N': `${n}` });
    const read = async (more: object, most = Number.POSITIVE_INFINITY): Promise<[boolean, number[]]> => {
      const seen: number[] = [];
      const isEnd = await readMessages(connection, { stream, subject: `${stream}.1`, from: 1, ...more }, (message) => {
        expect(message.header('X-N')).toBe(`${message.seq}`);
        return seen.push(message.seq) < most;
      });
      return [isEnd, seen];
    };
    const odd = Array.from({ length: (count + 1) >> 1 }, (_, n) => 2 * n + 1);
    for (const isBrief of [false, true]) {
      expect(await read({ isBrief })).toEqual([true, odd]);
      expect(await read({ isBrief, from: 2, before: count })).toEqual([true, odd.filter((n) => n > 2 && n < count)]);
      expect(await read({ isBrief }, 2)).toEqual([false, [1, 3]]);
      expect(await read({ isBrief, from: count + 1 })).toEqual([true, []]);
      expect(await read({ isBrief, subject: `${stream}.none` })).toEqual([true, []]);
    }
    expect(await connection.api(`CONSUMER.NAMES.${stream}`)).toMatchObject({ total: 0 });
  });

  it('are found together, wherever messages are missing', async () => {
    const { connection } = await parts();
    await connection.api('STREAM.CREATE.HOLES', { name: 'HOLES', subjects: ['holes.*'], allow_direct: true });
    const random = new SeededRandom(7);
    const kept: number[] = [];
    for (let n = 1; n <= 300; n += 1) {
      const isOwn = n % 100 < 60 || random.chance(0.1);
      await connection.store(isOwn ? 'holes.own' : 'holes.other', encodeUtf8('x'.repeat(random.integer(0, 40))));
      if (isOwn) kept.push(n);
    }
    for (const seq of kept.splice(random.integer(0, 60), 40)) await connection.api('STREAM.MSG.DELETE.HOLES', { seq });
    for (const from of [1, 30, 61, 99, 250, 301])
      for (const before of [undefined, 60, 260]) {
        const seen: number[] = [];
        const wanted = { stream: 'HOLES', subject: 'holes.own', from, ...(before !== undefined && { before }) };
        const isEnd = await readMessages(
          connection,
          { ...wanted, expected: () => 1_000 },
          ({ seq }) => seen.push(seq) > 0,
        );
        expect([isEnd, seen]).toEqual([true, kept.filter((seq) => seq >= from && seq < (before ?? 301))]);
      }
  });

  it('are found if they are stored between the questions for them', async () => {
    const { connection } = await parts();
    await connection.api('STREAM.CREATE.GROWS', { name: 'GROWS', subjects: ['grows'], allow_direct: true });
    const grow = async (count: number): Promise<void> => {
      for (let n = 0; n < count; n += 1) await connection.store('grows', encodeUtf8('x'));
    };
    await grow(2);
    const { get } = connection;
    // The server answers the third question when there were two messages, and the ones after it later.
    let asked = 0;
    let growing: Promise<void> | undefined;
    connection.get = async (...args) => {
      asked += 1;
      const at = asked;
      if (at <= 4) return get.apply(connection, args);
      growing ??= get.call(connection, 'GROWS', { seq: 1 }).then(() => grow(4));
      await growing;
      return get.apply(connection, args);
    };
    const seen: number[] = [];
    const note = ({ seq }: { readonly seq: number }): boolean => seen.push(seq) > 0;
    expect(
      await readMessages(connection, { stream: 'GROWS', subject: 'grows', from: 1, expected: () => 9 }, note),
    ).toBe(true);
    expect(seen).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('are removed up to a sequence, and give their room back', async () => {
    const { connection } = await parts();
    await connection.api('STREAM.CREATE.GONE', { name: 'GONE', subjects: ['gone.*'], allow_direct: true });
    const used = async (): Promise<number | undefined> => (await connection.api<{ storage: number }>('INFO')).storage;
    const before = await used();
    for (let n = 1; n <= 200; n += 1) await connection.store(`gone.${n % 2}`, new Uint8Array(1_000));
    const kept = ((await used()) ?? 0) - (before ?? 0);
    await removeMessages(connection, { stream: 'GONE', subject: 'gone.1', before: 151 });
    const { state } = await connection.api<{ state: object }>('STREAM.INFO.GONE', { subjects_filter: '>' });
    expect(state).toMatchObject({ messages: 125, subjects: { 'gone.0': 100, 'gone.1': 25 } });
    expect((await used()) ?? 0).toBeLessThan((before ?? 0) + 0.7 * kept);
  });
});

/** A connection to a server with five messages. It gives two for each request, and then says what `answer` returns. */
function lazyConnection(answer: (requests: number) => Partial<NatsMessage> | undefined) {
  const heard = new Map<string, (message: NatsMessage) => void>();
  const state = { requests: 0, given: 0, isBroken: false };
  const clock = new FakeClock();
  const messageOf = (more: Partial<NatsMessage>): NatsMessage => ({
    subject: 's',
    reply: '',
    body: new Uint8Array(0),
    status: undefined,
    header: () => undefined,
    ...more,
  });
  const say = (inbox: string, more: Partial<NatsMessage>): void => heard.get(inbox)?.(messageOf(more));
  const socket: NatsSocket = {
    maxPayload: 1_000_000,
    isClustered: false,
    publish(subject, _body, _headers, reply = '') {
      const inbox = `${reply.split('.')[0]}.*`;
      if (subject.includes('DIRECT.GET')) {
        const header = (name: string): string => (name === 'Nats-Sequence' ? '5' : 's');
        heard.get(inbox)?.({ ...messageOf({ subject: reply }), header });
      } else if (subject.includes('CONSUMER.CREATE')) {
        heard.get(inbox)?.(messageOf({ subject: reply, body: encodeUtf8('{"name":"c"}') }));
      } else if (subject.includes('MSG.NEXT')) {
        state.requests += 1;
        const requests = state.requests;
        queueMicrotask(() => {
          for (let n = 0; n < 2 && state.given < 5; n += 1) {
            state.given += 1;
            say(reply, { reply: `$JS.ACK.S.c.1.${state.given}.${state.given}.1000000.0` });
          }
          const last = answer(requests);
          if (last) say(reply, last);
        });
      }
    },
    subscribe(subject, onMessage) {
      heard.set(subject, onMessage);
      return () => heard.delete(subject);
    },
    flush: async () => undefined,
    createInbox: () => `inbox${heard.size}-${state.requests}`,
    closed: new Promise(() => undefined),
    close: () => undefined,
  };
  const onClose = (): void => {
    state.isBroken = true;
  };
  const connection = new NatsConnection(socket, onClose, clock);
  const seen: number[] = [];
  const reading = readMessages(connection, { stream: 'S', subject: 's', from: 1, isBrief: true }, ({ seq }) => {
    seen.push(seq);
    return true;
  });
  return { clock, connection, state, seen, reading, heard };
}

describe('messages of a consumer', () => {
  it('are requested again when the server has forgotten the request', async () => {
    const { clock, seen, reading, heard } = lazyConnection(() => undefined);
    await clock.advance(900);
    expect(seen).toEqual([1, 2]);
    await clock.advance(10_000);
    expect([await reading, seen, heard.size]).toEqual([true, [1, 2, 3, 4, 5], 1]);
  });

  it('are requested again when the server has ended the request', async () => {
    const { clock, seen, reading, state } = lazyConnection(() => ({ status: 408 }));
    await clock.settle();
    expect([await reading, seen, state.requests]).toEqual([true, [1, 2, 3, 4, 5], 3]);
  });

  it('break the connection when the consumer is gone', async () => {
    const { clock, state } = lazyConnection((requests) => (requests === 2 ? { status: 503 } : { status: 408 }));
    await clock.advance(10_000);
    expect([state.isBroken, state.requests]).toEqual([true, 2]);
  });
});
