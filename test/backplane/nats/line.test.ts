import { expect, it } from 'vitest';
import type { NatsMessage, NatsSocket } from '../../../src/backplane/nats/driver.js';
import { NatsLine } from '../../../src/backplane/nats/line.js';
import { encodeUtf8 } from '../../../src/base/bytes.js';
import { FakeClock } from '../../../src/testing/fake-clock.js';
import { describeNats } from '../../kit/brokers/nats-server.js';

const one = encodeUtf8('1');

describeNats('a line to NATS', ({ parts }) => {
  it('keeps messages once, and gets them by number and by subject', async () => {
    const { line } = await parts();
    await line.api('STREAM.CREATE.LINE', { name: 'LINE', subjects: ['line.*'], allow_direct: true });
    expect(await line.store('line.a', one, { 'Nats-Msg-Id': 'x' })).toEqual({ seq: 1, isDuplicate: false });
    expect(await line.store('line.a', one, { 'Nats-Msg-Id': 'x' })).toEqual({ seq: 1, isDuplicate: true });
    await line.store('line.b', one);
    const message = await line.get('LINE', { last_by_subj: 'line.a' });
    expect([message?.seq, message?.subject, message?.header('Nats-Msg-Id')]).toEqual([1, 'line.a', 'x']);
    expect(await line.get('LINE', { next_by_subj: 'line.*', seq: 2 })).toMatchObject({ seq: 2, body: one });
    expect(await line.get('LINE', { seq: 3 })).toBeUndefined();
  });

  it('says why a stream refuses a message', async () => {
    const { line } = await parts();
    await line.api('STREAM.CREATE.SMALL', { name: 'SMALL', subjects: ['small'], max_msgs: 1, discard: 'new' });
    await line.store('small', one);
    await expect(line.store('small', one)).rejects.toThrow(
      'NATS refused to keep a message: maximum messages exceeded.',
    );
  });

  it('tells whether anybody hears a message', async () => {
    const { line } = await parts();
    expect(await line.tell('nobody', one)).toBe(false);
    const heard: number[] = [];
    const end = line.subscribe('somebody', ({ body }) => void heard.push(body.length));
    expect(await line.tell('somebody', one)).toBe(true);
    expect(heard).toEqual([1]);
    end();
    expect(await line.tell('somebody', one)).toBe(false);
  });

  it('asks a cluster again until its stream has a leader', async () => {
    const { line, clock } = await parts();
    const asked: string[] = [];
    const lazy: NatsSocket = {
      maxPayload: 1,
      isClustered: true,
      publish(subject, _body, _headers, reply) {
        asked.push(subject);
        if (asked.length === 3) line.publish(reply ?? '', encodeUtf8('{}'));
      },
      subscribe: (subject, onMessage) => line.subscribe(subject, onMessage),
      flush: () => line.flush(),
      createInbox: () => 'lazy',
      closed: new Promise(() => undefined),
      close: () => undefined,
    };
    const clustered = new NatsLine(lazy, () => undefined, clock);
    expect(await clustered.api('STREAM.INFO.X')).toEqual({});
    clustered.close();
    expect(asked).toEqual(['$JS.API.STREAM.INFO.X', '$JS.API.STREAM.INFO.X', '$JS.API.STREAM.INFO.X']);
  });

  it('breaks when a stream is gone, and when its connection ends, once', async () => {
    for (const how of ['stream', 'connection']) {
      let closed = 0;
      let settled = 0;
      const { line } = await parts({
        onClose: () => {
          closed += 1;
        },
      });
      if (how === 'connection') void line.break();
      void line.store('no.stream', one).finally(() => {
        settled += 1;
      });
      await expect.poll(() => closed).toBe(1);
      void line.break();
      expect([closed, settled]).toEqual([1, 0]);
    }
  });
});

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
  const line = new NatsLine(socket, onClose, clock);
  // The line does not break for a question that may be lost.
  void line.request('lost', one, undefined, Number.POSITIVE_INFINITY);
  await clock.advance(20_000);
  void line.request('lost', one);
  for (let seconds = 0; seconds < 9; seconds += 1) {
    await line.request('answered', one);
    await clock.advance(1_000);
  }
  expect(closed).toBe(0);
  await clock.advance(3_000);
  expect([closed, line.isOver]).toEqual([1, true]);
});
