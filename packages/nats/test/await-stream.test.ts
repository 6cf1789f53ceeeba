import { expect, it } from 'vitest';
import { FakeClock } from '../../testing/src/fake-clock.js';
import { awaitStream, openStream } from '../src/await-stream.js';
import type { NatsConnection } from '../src/connection.js';

/** A connection on which requests have the given answers, `undefined` for none. */
function connectionWith(...statuses: readonly (number | undefined)[]): {
  connection: NatsConnection;
  readonly asked: () => number;
} {
  let asked = 0;
  const request = () => {
    const status = statuses[asked];
    asked += 1;
    return status === undefined ? new Promise(() => undefined) : Promise.resolve({ status, body: new Uint8Array(0) });
  };
  return { connection: { request } as unknown as NatsConnection, asked: () => asked };
}

it('asks until the stream answers', async () => {
  const clock = new FakeClock();
  const { connection, asked } = connectionWith(503, undefined, 404);
  let isOver = false;
  const waiting = awaitStream(connection, clock, 'S').then(() => {
    isOver = true;
  });
  await clock.advance(49);
  expect([asked(), isOver]).toEqual([2, false]);
  await clock.advance(1);
  await waiting;
  expect(asked()).toBe(3);
});

it('gives up after five seconds', async () => {
  const clock = new FakeClock();
  const waiting = awaitStream(connectionWith().connection, clock, 'S');
  await clock.advance(5_000);
  await waiting;
});

/** A connection that answers questions about streams in this order. */
function connectionThatAnswers(...answers: readonly object[]): {
  connection: NatsConnection;
  readonly asked: string[];
} {
  const asked: string[] = [];
  const api = (name: string) => {
    asked.push(name);
    return Promise.resolve(answers[Math.min(asked.length, answers.length) - 1]);
  };
  const request = () => Promise.resolve({ status: 404, body: new Uint8Array(0) });
  return { connection: { api, request } as unknown as NatsConnection, asked };
}

const MISSING = { error: { code: 404, err_code: 10059, description: 'stream not found' } };
const OVERLAP = { error: { code: 500, err_code: 10065, description: 'subjects overlap with an existing stream' } };

it('opens a stream that another node creates at the same time', async () => {
  const clock = new FakeClock();
  const there = { config: { subjects: ['s.>'] }, state: { last_seq: 7 } };
  const { connection, asked } = connectionThatAnswers(MISSING, OVERLAP, there);
  const opening = openStream(connection, clock, 'S', { subjects: ['s.>'] });
  await clock.advance(25);
  expect(await opening).toEqual(there);
  expect(asked).toEqual(['STREAM.INFO.S', 'STREAM.CREATE.S', 'STREAM.INFO.S']);
});

it('refuses a stream whose subjects another program has', async () => {
  const clock = new FakeClock();
  const answers = Array.from({ length: 40 }, (_, at) => (at % 2 === 0 ? MISSING : OVERLAP));
  const opening = openStream(connectionThatAnswers(...answers).connection, clock, 'S', { subjects: ['s.>'] });
  const refused = expect(opening).rejects.toThrow(
    'NATS cannot make the stream "S": subjects overlap with an existing stream. Another program uses these subjects. Set the option "app" to another text.',
  );
  await clock.advance(500);
  await refused;
});

it('tells a cluster that lacks servers from one that refuses a stream', async () => {
  const clock = new FakeClock();
  const open = (description: string) => {
    const answers = [MISSING, { error: { code: 400, err_code: 10005, description } }];
    return openStream(connectionThatAnswers(...answers).connection, clock, 'S', { subjects: ['s.>'] });
  };
  await expect(open('no suitable peers for placement, peer offline')).rejects.toMatchObject({
    code: 'CONNECT_FAILED',
    message: expect.stringContaining('peer offline. Start as many servers as there are "replicas".'),
  });
  await expect(open('no suitable peers for placement, insufficient storage')).rejects.toMatchObject({
    code: 'REFUSED',
  });
});
