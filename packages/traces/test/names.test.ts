import { createRequire } from 'node:module';
import { SpanKind } from '@opentelemetry/api';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { SocketIoInstrumentation } from '@opentelemetry/instrumentation-socket.io';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { Server } from 'naru';
import { expect, it, onTestFinished } from 'vitest';
import { describe } from '../src/names.js';
import { collect, startClient, startTraces, until } from './collected-spans.js';

const require = createRequire(import.meta.url);

/** The part of both servers that the program of this test uses. */
interface AnyServer {
  listen(port: number): unknown;
  on(name: 'connection', listener: (socket: AnySocket) => void): unknown;
  emit(name: string, ...args: unknown[]): unknown;
  to(room: string): { emit(name: string, ...args: unknown[]): unknown };
  of(name: string): { emit(name: string): unknown };
  close(): unknown;
  readonly httpServer: { address(): unknown };
}

interface AnySocket {
  join(room: string): unknown;
  on(name: string, listener: (...args: unknown[]) => void): unknown;
  emit(name: string, ...args: unknown[]): unknown;
}

/** Sends the same events on any server, and returns the names of the spans with their kinds and attributes. */
async function namesOn(io: AnyServer, spans: () => readonly ReadableSpan[]): Promise<string[]> {
  onTestFinished(async () => void (await io.close()));
  io.on('connection', (socket) => {
    socket.join('a room');
    socket.on('say', () => socket.emit('said', 'a secret'));
  });
  io.listen(0);
  const { port } = io.httpServer.address() as { port: number };
  const client = await startClient(`http://127.0.0.1:${port}`);
  const said = new Promise((resolve) => client.on('said', resolve));
  client.emit('say', 'a secret');
  await said;
  io.emit('to all', 'a secret');
  io.to('a room').emit('to room', 'a secret');
  io.of('/other').emit('to others');
  await until(() => spans().length === 6);
  expect(JSON.stringify(spans().map(({ attributes }) => attributes))).not.toContain('secret');
  const parts = spans().map(({ name, kind, attributes }) => {
    // The instrumentation names all rooms of a socket that gets an event, and Naru its own room.
    const { 'messaging.socket.io.rooms': rooms, ...values } = attributes;
    return JSON.stringify([name, kind, rooms && 'rooms', Object.entries(values).sort()]);
  });
  return parts.sort();
}

it('has the names, kinds and attributes of the instrumentation for Socket.IO', async () => {
  const theirs = collect();
  const instrumentation = new SocketIoInstrumentation();
  onTestFinished(registerInstrumentations({ instrumentations: [instrumentation], tracerProvider: theirs.provider }));
  const stock = require('socket.io') as { Server: new () => AnyServer };
  const expected = await namesOn(new stock.Server(), () => theirs.exporter.getFinishedSpans());
  expect(expected).toHaveLength(6);
  const own = collect();
  const io = new Server();
  startTraces(io, own, { attributes: 'socket.io' });
  expect(await namesOn(io as object as AnyServer, () => own.exporter.getFinishedSpans())).toEqual(expected);
});

it('has names by the conventions for messaging, and the number of rooms instead of their names', () => {
  const facts = { operation: 'send', namespace: '/', event: 'say', rooms: ['ann', 'bob'] } as const;
  expect(describe('messaging', facts)).toEqual([
    'send say',
    {
      kind: SpanKind.PRODUCER,
      attributes: {
        'messaging.system': 'naru',
        'messaging.operation.name': 'send',
        'messaging.operation.type': 'send',
        'messaging.destination.name': '/',
        'naru.event': 'say',
        'naru.rooms': 2,
      },
    },
  ]);
  const [name, { attributes }] = describe('messaging', { operation: 'append', namespace: '/chat', records: 3 });
  expect([name, attributes?.['messaging.batch.message_count']]).toEqual(['append /chat', 3]);
});

it('cuts names that clients may choose, and leaves out the rooms of persons', () => {
  const long = 'x'.repeat(1_000);
  const rooms = ['naru:user:ann', '\0naru', ...Array.from({ length: 50 }, (_, at) => `room ${at}`)];
  const facts = { operation: 'process', namespace: long, event: long, rooms } as const;
  expect(describe('messaging', facts)[0].length).toBeLessThan(120);
  const [, { attributes }] = describe('socket.io', { ...facts, operation: 'send', records: 1 });
  expect(attributes?.['messaging.socket.io.rooms']).toHaveLength(32);
  expect(JSON.stringify(attributes)).not.toContain('ann');
  expect(attributes?.['messaging.socket.io.event_name']).toHaveLength(100);
});
