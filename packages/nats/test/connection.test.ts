import { expect, it } from 'vitest';
import { describeNats } from '../../../test/kit/brokers/nats-server.js';
import { encodeUtf8 } from '../../naru/src/base/bytes.js';
import { FakeClock } from '../../testing/src/fake-clock.js';
import { NatsConnection } from '../src/connection.js';
import type { NatsMessage, NatsSocket } from '../src/driver.js';

const one = encodeUtf8('1');

describeNats('a connection to NATS', ({ parts }) => {
  it('keeps messages once, and gets them by number and by subject', async () => {
    const { connection } = await parts();
    await connection.api('STREAM.CREATE.KEPT', { name: 'KEPT', subjects: ['kept.*'], allow_direct: true });
    expect(await connection.store('kept.a', one, { 'Nats-Msg-Id': 'x' })).toEqual({ seq: 1, isDuplicate: false });
    expect(await connection.store('kept.a', one, { 'Nats-Msg-Id': 'x' })).toEqual({ seq: 1, isDuplicate: true });
    await connection.store('kept.b', one);
    const message = await connection.get('KEPT', { last_by_subj: 'kept.a' });
    expect([message?.seq, message?.subject, message?.header('Nats-Msg-Id')]).toEqual([1, 'kept.a', 'x']);
    expect(await connection.get('KEPT', { next_by_subj: 'kept.*', seq: 2 })).toMatchObject({ seq: 2, body: one });
    expect(await connection.get('KEPT', { seq: 3 })).toBeUndefined();
  });

  it('says why a stream refuses a message', async () => {
    const { connection } = await parts();
    await connection.api('STREAM.CREATE.SMALL', { name: 'SMALL', subjects: ['small'], max_msgs: 1, discard: 'new' });
    await connection.store('small', one);
    await expect(connection.store('small', one)).rejects.toThrow(
      'NATS refused to keep a message: maximum messages exceeded.',
    );
  });

  it('tells whether anybody hears a message', async () => {
    const { connection } = await parts();
    expect(await connection.tell('nobody', one)).toBe(false);
    const heard: number[] = [];
    const end = connection.subscribe('somebody', ({ body }) => void heard.push(body.length));
    expect(await connection.tell('somebody', one)).toBe(true);
    expect(heard).toEqual([1]);
    end();
    expect(await connection.tell('somebody', one)).toBe(false);
  });

  it('asks a cluster again until its stream has a leader', async () => {
    const { connection, clock } = await parts();
    const asked: string[] = [];
    const lazy: NatsSocket = {
      maxPayload: 1,
      isClustered: true,
      publish(subject, _body, _headers, reply) {
        asked.push(subject);
        if (asked.length === 3) connection.publish(reply ?? '', encodeUtf8('{}'));
      },
      subscribe: (subject, onMessage) => connection.subscribe(subject, onMessage),
      flush: () => connection.flush(),
      createInbox: () => 'lazy',
      closed: new Promise(() => undefined),
      close: () => undefined,
    };
    const clustered = new NatsConnection(lazy, () => undefined, clock);
    expect(await clustered.api('STREAM.INFO.X')).toEqual({});
    clustered.close();
    expect(asked).toEqual(['$JS.API.STREAM.INFO.X', '$JS.API.STREAM.INFO.X', '$JS.API.STREAM.INFO.X']);
  });

  it('breaks when a stream is gone, and when its connection ends, once', async () => {
    for (const how of ['stream', 'connection']) {
      let closed = 0;
      let settled = 0;
      const { connection } = await parts({
        onClose: () => {
          closed += 1;
        },
      });
      if (how === 'connection') void connection.break();
      void connection.store('no.stream', one).finally(() => {
        settled += 1;
      });
      await expect.poll(() => closed).toBe(1);
      void connection.break();
      expect([closed, settled]).toEqual([1, 0]);
    }
  });
});

it.each([10_008, 10_009, 10_158, 10_163, 10_167])(
  'breaks at the answer %i to an append, which the next connection sends again',
  async (code) => {
    const body = encodeUtf8(JSON.stringify({ error: { code: 409, err_code: code, description: 'later' } }));
    let answer: (message: NatsMessage) => void = () => undefined;
    const socket: NatsSocket = {
      maxPayload: 1,
      isClustered: true,
      publish: (_subject, _body, _headers, reply = '') =>
        answer({ subject: reply, reply: '', body, status: undefined, header: () => undefined }),
      subscribe(_subject, onMessage) {
        answer = onMessage;
        return () => undefined;
      },
      flush: async () => undefined,
      createInbox: () => 'inbox',
      closed: new Promise(() => undefined),
      close: () => undefined,
    };
    let closed = 0;
    const onClose = (): void => {
      closed += 1;
    };
    const clock = new FakeClock();
    const connection = new NatsConnection(socket, onClose, clock);
    let settled = 0;
    const settle = (): void => {
      settled += 1;
    };
    connection.store('log', one, { 'Nats-Msg-Id': 'x' }).then(settle, settle);
    await clock.advance(0);
    expect([closed, settled]).toEqual([1, 0]);
  },
);

it('breaks when one answer is lost, although others come', async () => {
  const clock = new FakeClock();
  let answer: (message: NatsMessage) => void = () => undefined;
  const socket: NatsSocket = {
    maxPayload: 1,
    isClustered: false,
    publish(subject, _body, _headers, reply = '') {
      if (subject === 'lost') return;
      answer({ subject: reply, reply: '', body: one, status: undefined, header: () => undefined });
    },
    subscribe(_subject, onMessage) {
      answer = onMessage;
      return () => undefined;
    },
    flush: async () => undefined,
    createInbox: () => 'inbox',
    closed: new Promise(() => undefined),
    close: () => undefined,
  };
  let closed = 0;
  const onClose = (): void => {
    closed += 1;
  };
  const connection = new NatsConnection(socket, onClose, clock);
  // The connection does not break for a question that may be lost.
  void connection.request('lost', one, undefined, Number.POSITIVE_INFINITY);
  await clock.advance(20_000);
  void connection.request('lost', one);
  for (let seconds = 0; seconds < 9; seconds += 1) {
    await connection.request('answered', one);
    await clock.advance(1_000);
  }
  expect(closed).toBe(0);
  await clock.advance(3_000);
  expect([closed, connection.isOver]).toEqual([1, true]);
});
