import type { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { UnavailableError } from '../../../naru/src/base/errors.js';
import { StreamWriter } from '../../src/stream/stream-writer.js';
import { failure } from '../pair.js';

/** Makes a stream that takes each write on demand. */
function makeSink() {
  const writes: string[] = [];
  let take = (): void => {};
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      writes.push(String(chunk));
      take = done;
    },
    writev: (chunks, done) => {
      writes.push(chunks.map(({ chunk }) => String(chunk)).join('+'));
      take = done;
    },
    final: (done) => {
      writes.push('end');
      done();
    },
  });
  const broken: Error[] = [];
  const writer = new StreamWriter(stream as unknown as Socket, 10, (error) => broken.push(error));
  return {
    stream,
    writer,
    writes,
    broken,
    async take() {
      take();
      await new Promise((resolve) => setImmediate(resolve));
    },
    send: (text: string, signal?: AbortSignal) => writer.send('send', Buffer.from(text), signal),
  };
}

it('joins data that arrives during a send, in order, and settles each call when its data is sent', async () => {
  const { send, writes, take, writer } = makeSink();
  const settled: string[] = [];
  for (const text of 'abc') void send(text).then(() => settled.push(text));
  expect([writes, writer.bytesWaiting]).toEqual([['a'], 2]);
  const finished = writer.finish();
  expect(writer.isFinishing).toBe(true);
  await take();
  expect([writes, settled, writer.bytesWaiting]).toEqual([['a', 'b+c'], ['a'], 0]);
  await take();
  await finished;
  expect([writes, settled]).toEqual([
    ['a', 'b+c', 'end'],
    ['a', 'b', 'c'],
  ]);
});

it('joins only as much as an abort may cost', async () => {
  const { stream, writes, take } = makeSink();
  const roomy = new StreamWriter(stream as unknown as Socket, 10_000_000, () => {});
  for (const letter of 'abcd') void roomy.send('send', Buffer.alloc(100_000, letter), undefined);
  await take();
  expect(writes.map((each) => each.length)).toEqual([100_000, 200_001]);
});

it('limits the waiting data, and lets a call that has not begun be aborted', async () => {
  const { send, writes, take, broken, writer } = makeSink();
  const controller = new AbortController();
  const first = send('first');
  const given = failure(send('12345', controller.signal));
  expect((await failure(send('123456'))).code).toBe('BUFFER_FULL');
  const last = send('67890');
  controller.abort();
  expect([(await given).code, writer.bytesWaiting]).toEqual(['ABORTED', 5]);
  await take();
  await take();
  await Promise.all([first, last]);
  expect([writes, broken]).toEqual([['first', '67890'], []]);
});

it('breaks when a call that has begun is aborted', async () => {
  const { send, broken } = makeSink();
  const controller = new AbortController();
  const given = failure(send('begun', controller.signal));
  controller.abort();
  const error = await given;
  expect([error.code, broken]).toEqual(['ABORTED', [error]]);
});

it('rejects all calls, and all later ones, when it fails', async () => {
  const { send, writer } = makeSink();
  const lost = new UnavailableError('DISCONNECTED', 'lost');
  const sends = [failure(send('a')), failure(send('b'))];
  const finished = writer.finish();
  writer.fail(lost);
  await finished;
  expect([...(await Promise.all(sends)), await failure(send('c')), writer.bytesWaiting]).toEqual([lost, lost, lost, 0]);
  await writer.finish();
});

it('does not count data that a destroyed stream reports as taken', async () => {
  const { send, stream, take, writer } = makeSink();
  const sent = failure(send('a'));
  stream.destroy();
  await take();
  writer.fail(new UnavailableError('CLOSED', 'closed'));
  expect((await sent).code).toBe('CLOSED');
});
