import { expect, it, onTestFinished } from 'vitest';
import { RawClient } from '../../../../../test/kit/clients/raw-client.js';
import { catchUncaught } from '../../../../../test/kit/uncaught.js';
import { FakeClock, TestServer } from '../../../../testing/src/entry/index.js';
import { ZERO_OFFSET } from '../../../src/backplane/backplane.js';
import { memoryBackplane } from '../../../src/backplane/memory.js';
import { ConfigError } from '../../../src/base/errors.js';
import { authorOf } from '../../../src/namespace/event/author.js';
import type { PermissionRules } from '../../../src/namespace/permissions/permissions.js';

async function open(rules: PermissionRules<never> = {}) {
  const clock = new FakeClock();
  const backplane = memoryBackplane(clock, { ageMs: 600_000, bytes: 1_000_000 });
  const server = new TestServer({ clock, server: { backplane } });
  onTestFinished(() => server.close());
  server.io.allow({ publish: true, ...rules } as object);
  server.io.on('connection', (socket) => {
    socket.data = { userId: 'ann' };
    void socket.join('r');
  });
  const client = await RawClient.open(server);
  client.send('40');
  await clock.settle();
  const [socket] = [...server.io.sockets.sockets.values()];
  if (!socket) throw new Error('no socket');
  const authors = async (): Promise<unknown[]> => {
    await clock.settle();
    const { records } = await backplane.log.read('/', ZERO_OFFSET, 100);
    return records.map(({ event, by }) => [(JSON.parse(event) as unknown[])[0], by]);
  };
  return { clock, server, client, socket, authors };
}

it('has 1 to 256 characters', () => {
  for (const name of ['a', 'x'.repeat(256)]) expect(authorOf(name)).toBe(name);
  for (const name of ['', 'x'.repeat(257), 7, null, undefined, {}]) expect(() => authorOf(name)).toThrow(ConfigError);
  expect(() => authorOf(7)).toThrow('"by" must be a string of 1 to 256 characters, got number');
  expect(() => authorOf('x'.repeat(300))).toThrow('got one of 300');
});

it('is kept with every event that names one, and no client gets it', async () => {
  const { server, client, socket, authors } = await open();
  const { io } = server;
  io.by('one').emit('server');
  io.of('/').by('two').to('r').emit('namespace');
  io.to('r').by('three').emit('operator');
  socket.by('four').emit('own');
  socket.emit('nobody');
  socket.broadcast.by('five').emit('broadcast');
  socket.by('six').to('r').emit('to');
  socket.to('r').emit('nobody again');
  io.by('seven').local.emit('local');
  expect(await authors()).toEqual([
    ['server', 'one'],
    ['namespace', 'two'],
    ['operator', 'three'],
    ['own', 'four'],
    ['nobody', undefined],
    ['broadcast', 'five'],
    ['to', 'six'],
    ['nobody again', undefined],
  ]);
  const texts = client.texts.join();
  expect(texts).toContain('operator');
  for (const name of ['one', 'two', 'three', 'four', 'seven']) expect(texts).not.toContain(`"${name}"`);
  expect(() => io.by('')).toThrow(ConfigError);
  expect(() => socket.by(undefined as never)).toThrow(ConfigError);
});

it('is named by the application for events that clients send themselves', async () => {
  const asked: unknown[] = [];
  const author = (socket: { data: { userId: string } }, ...rest: unknown[]): string => {
    asked.push(rest);
    return socket.data.userId;
  };
  const { client, authors } = await open({ author } as object);
  client.send('421["naru:publish","r","say",1]');
  expect(await authors()).toEqual([['say', 'ann']]);
  expect(asked).toEqual([['r', 'say', [1]]]);
  expect(client.texts.at(-1)).not.toContain('ann');
});

it('may be nobody, and is not asked for when the application sends the event itself', async () => {
  const instead = await open({
    publish: () => () => void instead.server.io.to('r').by('bob').emit('mine'),
    author: () => 'ann',
  });
  instead.client.send('421["naru:publish","r","say",1]');
  expect(await instead.authors()).toEqual([['mine', 'bob']]);
  const nobody = await open({ author: () => undefined });
  nobody.client.send('421["naru:publish","r","say",1]');
  expect(await nobody.authors()).toEqual([['say', undefined]]);
});

it.each([
  ['is invalid', () => ''],
  [
    'cannot be found',
    () => {
      throw new Error('no user');
    },
  ],
])('keeps an event of a client from being sent if it %s', async (_title, author) => {
  const errors = catchUncaught();
  const { client, authors } = await open({ author });
  client.send('421["naru:publish","r","say",1]');
  expect(await authors()).toEqual([]);
  expect(client.texts.at(-1)).toBe('431[{"error":{"code":"FAILED","message":"the request could not be decided"}}]');
  expect(errors).toHaveLength(1);
});

it('must be a function among the rules', async () => {
  const { server } = await open();
  for (const author of ['ann', true]) expect(() => server.io.allow({ author } as object)).toThrow(ConfigError);
});
