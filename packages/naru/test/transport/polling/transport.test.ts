import { Buffer } from 'node:buffer';
import { EventEmitter, once } from 'node:events';
import { gunzipSync, inflateSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { EncodedPacket } from '../../../src/transport/encoded-packet.js';
import { PacketList } from '../../../src/transport/packet-list.js';
import { PollingTransport } from '../../../src/transport/polling/transport.js';
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

describe('a poll', () => {
  it('waits, and receives sent data as one payload', async () => {
    await open();
    expect(bench.transport.writable).toBe(false);
    const [answer] = await bench.poll();
    expect(bench.transport.writable).toBe(true);
    bench.send('4a', Uint8Array.of(1, 2, 3), '4é€');
    expect(bench.transport.writable).toBe(false);
    expect(await answer).toMatchObject({
      status: 200,
      text: '4a\x1ebAQID\x1e4é€',
      headers: { 'content-type': 'text/plain; charset=UTF-8', 'content-length': '15', 'cache-control': 'no-store' },
    });
    expect(bench.events).toEqual(['writable']);
  });

  it('can follow on the same connection, again and again', async () => {
    await open();
    for (const unit of ['4a', '4b', '4c']) {
      const [answer] = await bench.poll();
      bench.send(unit);
      expect((await answer)?.text).toBe(unit);
    }
    expect(bench.events).toEqual(['writable', 'writable', 'writable']);
  });

  it('lets others add headers, and names the new session to them once', async () => {
    const seen: unknown[] = [];
    await open({
      addHeaders: (headers, request, newId) => {
        seen.push([request.method, newId]);
        headers['set-cookie'] = 'io=1';
      },
    });
    const [first] = await bench.poll();
    bench.send('4a');
    expect((await first)?.headers['set-cookie']).toEqual(['io=1']);
    const [second] = await bench.poll();
    bench.send('4b');
    await second;
    await bench.post('4x');
    expect(seen).toEqual([
      ['GET', 'SID'],
      ['GET', undefined],
      ['POST', undefined],
    ]);
  });

  it('reports its end also if a header of its last answer is invalid', async () => {
    await open({
      addHeaders: (headers) => {
        headers['x-bad'] = 'two\nlines';
      },
    });
    const [answer] = await bench.poll();
    answer?.catch(() => undefined);
    expect(() => bench.transport.close()).toThrow('Invalid character');
    expect(bench.events).toEqual(['writable', 'close: a header that a listener added cannot be sent']);
  });

  it('ends the session when another arrives before the answer: the first is told to close, the second is refused', async () => {
    await open();
    const [first] = await bench.poll();
    const second = await bench.request('GET').answer;
    expect(second.status).toBe(400);
    expect(await first).toMatchObject({ status: 200, text: '1' });
    expect(bench.events).toEqual(['writable', 'close: overlap from client']);
    expect(bench.closeError).toMatchObject({ name: 'ProtocolError', code: 'EIO_BAD_REQUEST' });
  });

  it('ends the session when its connection closes', async () => {
    await open();
    const { request, answer } = bench.request('GET');
    await bench.until(() => bench.events.length === 1);
    request.destroy();
    await expect(answer).rejects.toThrow();
    await bench.until(() => bench.events.length === 2);
    expect(bench.events[1]).toBe('close: poll connection closed prematurely');
    expect(bench.transport.writable).toBe(false);
  });

  it('shares work: one body serves all sessions with the same list', async () => {
    await open();
    const list = PacketList.of(new EncodedPacket('4a'));
    list.isShared = true;
    const made = () => expect.fail('the body was not kept');
    const [first] = await bench.poll();
    bench.transport.send(list);
    const kept = list.formFor<unknown>(PollingTransport, made);
    expect(kept).toBeDefined();
    await first;
    const [second] = await bench.poll();
    bench.transport.send(list);
    expect((await second)?.text).toBe('4a');
    expect(list.formFor<unknown>(PollingTransport, made)).toBe(kept);
  });

  it('is refused for other methods', async () => {
    await open();
    expect((await bench.request('PUT', 'x').answer).status).toBe(405);
    expect((await bench.request('DELETE').answer).status).toBe(405);
    expect(bench.events).toEqual([]);
  });
});

describe('compression of a response', () => {
  const long = `4${'naru '.repeat(400)}`;

  it.each([
    ['gzip, deflate, br', 'gzip', gunzipSync],
    ['deflate', 'deflate', inflateSync],
    ['gzip;q=0.5, deflate;q=0.8', 'deflate', inflateSync],
  ])('follows Accept-Encoding: %s', async (accepted, encoding, decompress) => {
    await open();
    const [answer] = await bench.poll({ 'Accept-Encoding': accepted });
    bench.send(long);
    expect(bench.transport.bufferedBytes).toBe(long.length);
    const { headers, body } = (await answer) ?? { headers: {}, body: Buffer.alloc(0) };
    expect(headers['content-encoding']).toBe(encoding);
    expect(Number(headers['content-length'])).toBe(body.length);
    expect(body.length).toBeLessThan(200);
    expect(decompress(body).toString()).toBe(long);
    expect(bench.transport.bufferedBytes).toBe(0);
  });

  it.each<[string, OpenOptions, string, string | undefined, boolean]>([
    ['is left out below the threshold', { compressionThreshold: 3_000 }, long, 'gzip', true],
    ['is left out when it is switched off', { compressionThreshold: Number.POSITIVE_INFINITY }, long, 'gzip', true],
    ['is left out for who does not take it', {}, long, 'br', true],
    ['is left out for who does not ask', {}, long, undefined, true],
    ['is left out for packets that say so', {}, long, 'gzip', false],
  ])('%s', async (_what, options, unit, accepted, compress) => {
    await open(options);
    const [answer] = await bench.poll(accepted ? { 'Accept-Encoding': accepted } : {});
    bench.transport.send(PacketList.of(new EncodedPacket(unit, compress)));
    const { headers, text } = (await answer) ?? { headers: {}, text: '' };
    expect(headers['content-encoding']).toBeUndefined();
    expect(text).toBe(unit);
  });

  it('counts as a waiting poll while it runs', async () => {
    await open();
    const [first] = await bench.poll({ 'Accept-Encoding': 'gzip' });
    bench.send(long);
    bench.transport.onRequest(
      { method: 'GET' } as never,
      { writeHead: (status: number) => expect(status).toBe(400), end: () => undefined } as never,
    );
    expect(bench.events.at(-1)).toBe('close: overlap from client');
    expect(gunzipSync((await first)?.body ?? '').toString()).toBe(long);
  });
});

describe('a data request', () => {
  it('delivers packets in order and is confirmed', async () => {
    await open();
    const answer = await bench.post('4a\x1ebAQID\x1e3\x1e4é€😀');
    expect(answer).toMatchObject({
      status: 200,
      text: 'ok',
      headers: { 'content-type': 'text/html', 'content-length': '2', 'cache-control': 'no-store' },
    });
    expect(bench.units).toEqual(['4a', [1, 2, 3], '3', '4é€😀']);
    expect(bench.events).toEqual([]);
  });

  it('is read the same however it is cut', async () => {
    await open();
    const socket = await bench.connect();
    const bytes = Buffer.from('4é€😀\x1ebAQID');
    socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${bytes.length}\r\n\r\n`);
    for (const byte of bytes) {
      socket.write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await bench.until(() => bench.units.length === 2);
    expect(bench.units).toEqual(['4é€😀', [1, 2, 3]]);
    socket.write(
      'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\n4ab\r\n2\r\ncd\r\n0\r\n\r\n',
    );
    const text = await readAll(socket);
    expect(text.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
    expect(bench.units.at(-1)).toBe('4abcd');
  });

  it('needs no content type, and accepts any but bytes', async () => {
    await open();
    for (const type of ['text/plain', 'text/plain; charset=utf-8', 'application/x-www-form-urlencoded']) {
      expect((await bench.post('4a', { 'Content-Type': type })).status).toBe(200);
    }
    const answer = await bench.post('4a', { 'Content-Type': 'application/octet-stream' });
    expect(answer.status).toBe(400);
    expect(bench.units).toHaveLength(3);
    expect(bench.events).toEqual(['close: invalid content']);
  });

  it.each(['', '\x1e4a', 'bA', '4a\x1e'])(
    'is refused with the invalid payload %j, and the session ends',
    async (body) => {
      await open();
      const [poll] = await bench.poll();
      expect((await bench.post(body)).status).toBe(400);
      expect((await poll)?.text).toBe('1');
      expect(bench.units).toEqual([]);
      expect(bench.closeError).toMatchObject({ name: 'ProtocolError', code: 'EIO_BAD_PAYLOAD' });
    },
  );

  it('is refused when the session breaks off over a packet', async () => {
    await open({ onData: (unit, transport) => unit === 'abc' && transport.close(1002) });
    expect((await bench.post('4a\x1eabc\x1e4b')).status).toBe(400);
    expect(bench.units).toEqual(['4a', 'abc']);
    expect(bench.events).toEqual(['close']);
  });

  it('is refused with more packets than allowed', async () => {
    await open({ packetsMax: 2 });
    expect((await bench.post('4a\x1e4b')).status).toBe(200);
    expect((await bench.post('4a\x1e4b\x1e4c')).status).toBe(400);
    expect(bench.units).toHaveLength(2);
    expect(bench.closeError).toMatchObject({ code: 'EIO_TOO_MANY_PACKETS' });
  });

  it('is confirmed even when a listener throws', async () => {
    await open({
      onData: () => {
        throw new RangeError('of the application');
      },
    });
    const request = Object.assign(new EventEmitter(), { method: 'POST', headers: {}, httpVersionMajor: 1 });
    const answered: unknown[] = [];
    const response = Object.assign(new EventEmitter(), {
      writeHead: (status: number) => answered.push(status),
      end: (text: string) => answered.push(text),
    });
    bench.transport.onRequest(request as never, response as never);
    request.emit('data', Buffer.from('4a'));
    expect(() => request.emit('end')).toThrow(RangeError);
    expect(answered).toEqual([200, 'ok']);
  });

  it('ends the session when another arrives before it was read: both are refused', async () => {
    await open();
    const first = await bench.connect();
    const isRead = once(bench.server, 'request');
    first.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n4a');
    await isRead;
    const second = await bench.post('4b');
    expect(second.status).toBe(400);
    expect(bench.events).toEqual(['close: data request overlap from client']);
    first.end('bcdefgh');
    expect(await readAll(first)).toMatch(/^HTTP\/1\.1 400/);
    expect(bench.units).toEqual([]);
  });

  it('ends the session when its connection closes before its end', async () => {
    await open();
    const socket = await bench.connect();
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n4a');
    setImmediate(() => socket.destroy());
    await bench.until(() => bench.events.length === 1);
    expect(bench.events).toEqual(['close: data request connection closed prematurely']);
    expect(bench.units).toEqual([]);
  });
});

describe('a close', () => {
  it('by the client ends the session in order, and its waiting poll', async () => {
    await open();
    const [poll] = await bench.poll();
    expect((await bench.post('4a\x1e1\x1e4b')).text).toBe('ok');
    expect((await poll)?.text).toBe('6');
    expect(bench.units).toEqual(['4a']);
    expect(bench.events).toEqual(['writable', 'close']);
  });

  it('is sent in the waiting poll', async () => {
    await open();
    const [poll] = await bench.poll();
    bench.transport.close();
    expect((await poll)?.text).toBe('1');
    expect(bench.events).toEqual(['writable', 'close']);
  });

  it('is sent in the next poll if none waits', async () => {
    await open();
    bench.transport.close();
    bench.transport.close();
    expect(bench.events).toEqual([]);
    const answer = await bench.request('GET').answer;
    expect(answer.text).toBe(`6${String.fromCharCode(30)}1`);
    expect(bench.events).toEqual(['close']);
    expect((await bench.request('GET').answer).status).toBe(400);
    expect((await bench.post('4a')).status).toBe(400);
    expect(bench.events).toEqual(['close']);
  });

  it('waits for that poll no longer than allowed', async () => {
    await open();
    bench.transport.close();
    await bench.clock.advance(29_999);
    expect(bench.events).toEqual([]);
    await bench.clock.advance(1);
    expect(bench.events).toEqual(['close']);
  });

  it('does not wait when the session is already over', async () => {
    await open();
    bench.transport.close(1000);
    expect(bench.events).toEqual(['close']);
  });

  it('still accepts data while it waits', async () => {
    await open();
    bench.transport.close();
    expect((await bench.post('4late')).status).toBe(200);
    expect((await bench.request('GET').answer).text).toBe(`6${String.fromCharCode(30)}1`);
    expect(bench.events).toEqual(['close']);
  });

  it('refuses a body on its way', async () => {
    await open();
    const [poll] = await bench.poll();
    const socket = await bench.connect();
    const isRead = once(bench.server, 'request');
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n4a');
    await isRead;
    bench.transport.close();
    socket.write('bc');
    socket.end();
    expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 400/);
    expect((await poll)?.text).toBe('1');
    expect(bench.units).toEqual([]);
  });

  it('by abort cuts the connections', async () => {
    await open();
    const { answer } = bench.request('GET');
    await bench.until(() => bench.events.length === 1);
    bench.transport.abort();
    await expect(answer).rejects.toThrow();
    expect(bench.events).toEqual(['writable', 'close']);
    bench.transport.abort();
    bench.transport.close();
    bench.transport.retire();
    expect(bench.events).toEqual(['writable', 'close']);
  });

  it('by abort ends the wait for a poll', async () => {
    await open();
    bench.transport.close();
    expect(bench.clock.timerCount).toBe(1);
    bench.transport.abort();
    expect(bench.clock.timerCount).toBe(0);
    expect(bench.events).toEqual(['close']);
  });

  it('for an upgrade ends the waiting poll without a close packet', async () => {
    await open();
    const [poll] = await bench.poll();
    bench.transport.retire();
    expect((await poll)?.text).toBe('6');
  });
});
