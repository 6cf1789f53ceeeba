import { expect, test } from 'vitest';
import { createClient } from '../../../src/client/create-client.js';
import type { ClientOptions } from '../../../src/client/socket/options.js';
import { bundle } from '../bundle.js';
import { createFakeClock } from '../fake-clock.js';
import { createFakeLink } from '../fake-link.js';

function start(options: ClientOptions = {}) {
  const clock = createFakeClock();
  const link = createFakeLink(clock);
  const all = { transports: ['websocket'], timeout: false as const, ...link.options, ...options };
  const manager = new (createClient(link.platform).Manager)('http://host', all);
  const socket = manager.socket('/', all);
  const drops: unknown[] = [];
  manager.on('drop', ({ data }) => drops.push(data));
  const connect = (): void => {
    link.last.accept();
    link.last.receive('40{"sid":"x"}');
  };
  return { clock, link, socket, drops, connect };
}

const text = 'x'.repeat(400);

test('throws above bufferBytesMax, and accepts more when there is room again', async () => {
  const { socket, link, connect } = start({ bufferBytesMax: 1_000 });
  socket.emit('a', text).emit('b', new Uint8Array(400));
  expect(() => socket.emit('c', text)).toThrow(
    expect.objectContaining({ code: 'DISCONNECTED', message: expect.stringContaining('bufferBytesMax') }),
  );
  await expect(socket.emitWithAck('c', text)).rejects.toMatchObject({ code: 'DISCONNECTED' });
  expect([socket.sendBuffer.length, Object.keys(socket.acks).length]).toEqual([2, 0]);
  socket.emit('d');
  connect();
  link.last.onClose();
  socket.emit('e', text).emit('f', text);
  expect(() => socket.emit('g', text)).toThrow(/bufferBytesMax/);
});

test('no longer counts events that timed out while they waited', async () => {
  const { socket, clock } = start({ bufferBytesMax: 1_000 });
  for (let round = 0; round < 5; round += 1) {
    const asked = socket.timeout(10).emitWithAck('a', text);
    await clock.advance(10);
    await expect(asked).rejects.toMatchObject({ code: 'TIMEOUT' });
  }
  socket.emit('b', text).emit('c', text);
  expect(socket.sendBuffer.length).toBe(2);
});

test('holds sixteen mebibytes by default', () => {
  const { socket } = start();
  const mebibyte = new Uint8Array(1024 * 1024);
  for (let n = 0; n < 15; n += 1) socket.emit('a', mebibyte);
  expect(() => socket.emit('a', new Uint8Array(2 * 1024 * 1024))).toThrow(/bufferBytesMax/);
});

test('drops events older than bufferAgeMax when the connection is back, and reports it', async () => {
  const { socket, clock, link, drops, connect } = start({ bufferAgeMax: 1_000 });
  const asked = socket.emitWithAck('a', 1);
  let isCalled = false;
  socket.emit('b', () => {
    isCalled = true;
  });
  await clock.advance(1);
  socket.emit('c');
  await clock.advance(1_000);
  connect();
  await expect(asked).rejects.toMatchObject({ code: 'TIMEOUT', message: 'the event was dropped (bufferAgeMax)' });
  expect(drops).toEqual([['a', 1], ['b']]);
  expect([isCalled, Object.keys(socket.acks), socket.sendBuffer]).toEqual([false, [], []]);
  await Promise.resolve();
  expect(link.last.sent).toEqual(['40', '42["c"]']);
});

test('drops nothing for its age without a limit', async () => {
  const { socket, clock, drops, link, connect } = start();
  socket.emit('a');
  await clock.advance(1_000_000_000);
  connect();
  await Promise.resolve();
  expect([drops, link.last.sent]).toEqual([[], ['40', '42["a"]']]);
});

test('counts the bytes of a custom encoding', () => {
  const parser = {
    Encoder: class {
      encode(): unknown[] {
        return ['x'.repeat(600)];
      }
    },
    Decoder: class {
      add(): void {}
      destroy(): void {}
      on(): void {}
    },
  };
  const { socket } = start({ parser, bufferBytesMax: 1_000 });
  socket.emit('a', 1n);
  expect(() => socket.emit('b')).toThrow(/bufferBytesMax/);
});

test.each(['browser.ts', 'browser-websocket.ts'])('adds nothing to the bundle of %s', async (entry) => {
  expect(await bundle(entry, 'es')).not.toMatch(/bufferBytesMax|bufferAgeMax/);
});
