import { expect, it } from 'vitest';
import { catchUncaught } from '../../../../test/kit/uncaught.js';
import { HELLO } from '../../src/carried.js';
import { collect, startClient, startServer, startTraces, treeOf, until } from '../collected-spans.js';

it('runs the listeners of an event inside a span that ends with the acknowledgement', async () => {
  const collected = collect();
  const { io, url } = await startServer();
  startTraces(io, collected);
  io.on('connection', (socket) => {
    socket.on('order', (_what: string, answer: (text: string) => void) => {
      io.emit('ordered');
      setTimeout(() => answer('done'), 20);
    });
  });
  const client = await startClient(url);
  expect(await client.emitWithAck('order', 'tea')).toBe('done');
  await until(() => collected.spans().length === 3);
  expect(treeOf(collected.spans())).toEqual(['process order', ' acknowledge order', ' send ordered']);
  const { startTime, endTime } =
    collected.exporter.getFinishedSpans().find(({ name }) => name === 'process order') ?? {};
  const ms = (time: [number, number] = [0, 0]): number => time[0] * 1e3 + time[1] / 1e6;
  expect(ms(endTime) - ms(startTime)).toBeGreaterThan(15);
});

it('notes the type of an error that a listener throws, and not its text', async () => {
  const collected = collect();
  const { io, url } = await startServer();
  startTraces(io, collected);
  io.onListenerError(() => undefined);
  io.on('connection', (socket) => {
    socket.on('bad', async () => {
      throw new TypeError('a secret');
    });
  });
  const client = await startClient(url);
  expect(await client.emitWithAck('bad')).toMatchObject({ error: { code: 'LISTENER_FAILED' } });
  const [span] = collected.exporter.getFinishedSpans().filter(({ name }) => name === 'process bad');
  expect(span).toMatchObject({ status: { code: 2 }, attributes: { 'error.type': 'LISTENER_FAILED' } });
});

it('makes no span for events that have no listener', async () => {
  const collected = collect();
  const { io, url } = await startServer();
  startTraces(io, collected);
  const client = await startClient(url);
  const seen = new Promise((resolve) => [...io.sockets.sockets.values()][0]?.onAny(resolve));
  client.emit('made up');
  await seen;
  expect(collected.spans()).toEqual([]);
});

it('takes a number as the name of an event', async () => {
  const collected = collect();
  const { io, url } = await startServer();
  startTraces(io, collected);
  io.on('connection', (socket) => void socket.on(7 as never, (answer: (text: string) => void) => answer('done')));
  const client = await startClient(url);
  expect(await client.emitWithAck(7 as never)).toBe('done');
  expect(collected.spans().map(({ name }) => name)).toEqual(['acknowledge 7', 'process 7']);
});

it('notes an error that no hook takes, and lets it pass', async () => {
  const uncaught = catchUncaught();
  const collected = collect();
  const { io, url } = await startServer();
  startTraces(io, collected);
  io.on('connection', (socket) => {
    socket.on('bad', () => {
      throw new TypeError('a secret');
    });
  });
  const client = await startClient(url);
  client.emit('bad');
  await until(() => uncaught.length === 1);
  const [span] = collected.exporter.getFinishedSpans();
  expect(span).toMatchObject({ name: 'process bad', status: { code: 2 }, attributes: { 'error.type': 'TypeError' } });
});

it('ends the spans of listeners that have not acknowledged when the tracing ends', async () => {
  const collected = collect();
  const { io, url } = await startServer();
  const traces = startTraces(io, collected);
  const asked = new Promise<() => void>((resolve) => {
    io.on('connection', (socket) => void socket.on('ask', resolve));
  });
  const client = await startClient(url);
  const answered = client.emitWithAck('ask');
  const answer = await asked;
  expect(collected.spans()).toEqual([]);
  traces.close();
  expect(collected.spans()).toMatchObject([{ name: 'process ask', attributes: { 'naru.unanswered': true } }]);
  answer();
  await answered;
  expect(collected.spans()).toHaveLength(1);
});

it('acknowledges that it takes the traces of a client that asks for that', async () => {
  const collected = collect();
  const { io, url } = await startServer();
  startTraces(io, collected, { clients: true });
  const client = await startClient(url);
  const said = new Promise((resolve) => client.on(HELLO as never, resolve as never));
  expect(await client.timeout(2_000).emitWithAck(HELLO as never)).toBeUndefined();
  await said;
});
