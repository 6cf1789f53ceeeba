import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { type OpenOptions, PollingBench, readAll } from './open-polling.js';

let bench: PollingBench;
const open = async (options: OpenOptions = {}) => {
  bench = await new PollingBench(options).listen();
  return bench;
};

afterEach(async () => {
  await bench.stop();
  expect(bench.clock.timerCount).toBe(0);
});

const HEAD = 'POST / HTTP/1.1\r\nHost: x\r\n';

describe('a body', () => {
  it('may be as large as the limit', async () => {
    await open({ bodyBytesMax: 100 });
    expect((await bench.post(`4${'é'.repeat(49)}a`)).text).toBe('ok');
    expect(bench.units).toHaveLength(1);
  });

  it('above the limit is refused by its announced length, before any of it arrives', async () => {
    await open({ bodyBytesMax: 100 });
    const socket = await bench.connect();
    socket.write(`${HEAD}Content-Length: 101\r\n\r\n`);
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1\.1 413 /);
    expect(String(answer).toLowerCase()).toContain('connection: close');
    expect(String(answer)).toContain('\r\n\r\npayload of more than 100 bytes (maxHttpBufferSize)');
    expect(bench.events).toEqual(['close: payload of more than 100 bytes (maxHttpBufferSize)']);
    expect(bench.closeError).toMatchObject({ name: 'ProtocolError', code: 'EIO_PAYLOAD_TOO_BIG' });
    socket.destroy();
  });

  it('above the limit is refused as soon as too much has arrived, in bytes rather than characters', async () => {
    await open({ bodyBytesMax: 100 });
    const socket = await bench.connect();
    socket.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`);
    const chunk = Buffer.from('é'.repeat(20));
    const answer = once(socket, 'data');
    for (let count = 0; count < 3; count += 1) {
      socket.write(`${chunk.length.toString(16)}\r\n`);
      socket.write(chunk);
      socket.write('\r\n');
    }
    expect(String((await answer)[0])).toMatch(/^HTTP\/1\.1 413 /);
    expect(bench.units).toEqual([]);
    socket.destroy();
  });

  it('above the limit is read on, so that the answer is not lost, and then the connection ends', async () => {
    await open({ bodyBytesMax: 100_000 });
    const answer = await bench.post(Buffer.alloc(150_000, '4'));
    expect(answer.status).toBe(413);
    const socket = await bench.connect();
    socket.write(`${HEAD}Content-Length: 150000\r\n\r\n`);
    socket.write(Buffer.alloc(150_000, '4'));
    // The session is over by now, so this is refused for another reason.
    socket.end();
    expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('is not read for ever: at many times the limit the connection is cut', async () => {
    await open({ bodyBytesMax: 1_000 });
    const socket = await bench.connect();
    const all = readAll(socket);
    socket.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`);
    const chunk = `1f4\r\n${'4'.repeat(500)}\r\n`;
    const write = (): void => {
      if (!socket.destroyed) socket.write(chunk, () => setImmediate(write));
    };
    write();
    expect(await all).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('that arrives too slowly is refused, and its connection ends', async () => {
    await open();
    const socket = await bench.connect();
    const isRead = once(bench.server, 'request');
    const all = readAll(socket);
    socket.write(`${HEAD}Content-Length: 10\r\n\r\n4`);
    await isRead;
    await bench.clock.advance(4_999);
    expect(bench.events).toEqual([]);
    await bench.clock.advance(1);
    expect(bench.events).toEqual(['close: data request took more than 5000 ms']);
    expect(bench.closeError).toMatchObject({ name: 'UnavailableError', code: 'TIMEOUT' });
    expect(await all).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('that is refused and does not end is cut off in time', async () => {
    await open({ bodyBytesMax: 100 });
    const socket = await bench.connect();
    const all = readAll(socket);
    const answered = once(socket, 'data');
    socket.write(`${HEAD}Content-Length: 1000\r\n\r\n4`);
    await answered;
    await bench.clock.advance(5_000);
    expect(await all).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('in many chunks is the same as in one', async () => {
    await open({ bodyBytesMax: 100_000 });
    const text = `4${'naru 나루 '.repeat(900)}`;
    const socket = await bench.connect();
    socket.write(`${HEAD}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n`);
    const bytes = Buffer.from(text);
    const sizes = [1, 1, 5_000, 7, 1];
    for (let at = 0, index = 0; at < bytes.byteLength; index += 1) {
      const chunk = bytes.subarray(at, at + (sizes[index] ?? 3));
      at += chunk.byteLength;
      socket.write(Buffer.concat([Buffer.from(`${chunk.byteLength.toString(16)}\r\n`), chunk, Buffer.from('\r\n')]));
    }
    socket.write('0\r\n\r\n');
    expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 200 /);
    expect(bench.units).toEqual([text]);
  });

  it('keeps no timer once it was read', async () => {
    await open();
    const timers: number[] = [];
    await bench.post('4a');
    timers.push(bench.clock.timerCount);
    expect(timers).toEqual([0]);
  });
});
