import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { liveBytes } from '../../../../../test/kit/memory.mjs';
import { connect } from '../../../src/open.js';
import { closeLater, failure, openListener, openPair, recvAll, until } from '../../pair.js';

/** More than the system buffers for a connection whose peer does not read. */
const BIG = 64 << 20;

/** Waits until a number stays the same over many turns of the event loop. */
async function settled(read: () => number): Promise<number> {
  let last = -1;
  for (let same = 0; same < 50; ) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    const now = read();
    same = now === last ? same + 1 : 0;
    last = now;
  }
  return last;
}

describe('send', () => {
  it('takes text, buffers and views, in the order of the calls', async () => {
    const { client, server } = await openPair();
    const view = new Uint16Array([0x4242, 0x4343, 0x4444]).subarray(1, 2);
    await Promise.all([
      client.send('나루'),
      client.send(new Uint8Array([65])),
      client.send(view),
      client.send(''),
      client.send(new Uint8Array([68]).buffer),
    ]);
    await client.shutdown();
    expect(String(await recvAll(server))).toBe('나루ACCD');
  });

  it('waits for a slow reader, and holds only the data of the current send', async () => {
    const { client, server } = await openPair();
    const chunk = randomBytes(65_536);
    const rounds = 1024;
    let sent = 0;
    const sending = (async () => {
      for (let round = 0; round < rounds; round += 1) {
        await client.send(chunk);
        sent += chunk.byteLength;
      }
      await client.shutdown();
    })();
    // The reader reads a single byte, so the buffers at both ends must stay bounded.
    expect(await server.recv({ bytesMax: 1 })).toEqual(chunk.subarray(0, 1));
    const before = liveBytes();
    const stalledAt = await settled(() => sent);
    expect(stalledAt).toBeLessThan(rounds * chunk.byteLength);
    expect(client.sendBytesWaiting).toBe(0);
    expect(server.recvBytesWaiting).toBeLessThan(65_536 * 2);
    await expect.poll(() => liveBytes() - before).toBeLessThan(1 << 20);
    const rest = await recvAll(server);
    await sending;
    expect(rest.byteLength).toBe(rounds * chunk.byteLength - 1);
    const hash = createHash('sha1').update(chunk.subarray(0, 1)).update(rest).digest('hex');
    const expected = createHash('sha1');
    for (let round = 0; round < rounds; round += 1) expected.update(chunk);
    expect(hash).toBe(expected.digest('hex'));
  });

  it('without await is kept up to a limit, and then rejected', async () => {
    const { client, server } = await openPair('tcp://127.0.0.1:0', { sendBytesMax: 1000 });
    const whole = Buffer.alloc(BIG);
    const first = client.send(whole);
    const second = client.send(Buffer.alloc(900));
    expect(client.sendBytesWaiting).toBe(900);
    expect(await failure(client.send(Buffer.alloc(101)))).toMatchObject({
      code: 'BUFFER_FULL',
      message: expect.stringContaining('900 bytes already wait, and sendBytesMax is 1000; await each send'),
    });
    const third = client.send(Buffer.alloc(100));
    void client.shutdown();
    expect((await recvAll(server)).byteLength).toBe(BIG + 1000);
    await Promise.all([first, second, third]);
    expect(client.sendBytesWaiting).toBe(0);
  });

  it('that is aborted before its turn sends nothing, and affects no other', async () => {
    const { client, server } = await openPair();
    const controller = new AbortController();
    const first = client.send(Buffer.alloc(BIG, 'a'));
    const second = failure(client.send('never', controller));
    const third = client.send('z');
    controller.abort();
    expect(await second).toMatchObject({ code: 'ABORTED' });
    expect((await failure(client.send('never', controller))).code).toBe('ABORTED');
    void client.shutdown();
    const all = await recvAll(server);
    await Promise.all([first, third]);
    expect([all.byteLength, all.at(-1)]).toEqual([BIG + 1, 'z'.charCodeAt(0)]);
  });

  it('that is aborted in the middle resets the connection', async () => {
    const { client, server } = await openPair();
    const first = failure(client.send(Buffer.alloc(BIG), { signal: AbortSignal.timeout(20) }));
    const second = failure(client.send('x'));
    expect(await first).toMatchObject({ code: 'TIMEOUT' });
    const text = 'was reset, because a send was aborted halfway';
    for (const error of [await second, await failure(client.send('x')), await failure(client.recv())]) {
      expect(error).toMatchObject({ code: 'DISCONNECTED', message: expect.stringContaining(text) });
    }
    expect((await failure(recvAll(server))).code).toBe('DISCONNECTED');
  });

  it('that the system has taken cannot be aborted any more', async () => {
    const { client, server } = await openPair();
    const controller = new AbortController();
    const sent = client.send('gone', controller);
    controller.abort();
    await sent;
    expect(String(await server.recv())).toBe('gone');
  });

  it('to a closed peer is rejected', async () => {
    const { client, server } = await openPair();
    await client.send('unread');
    await until(() => server.stream?.readableLength === 6);
    // A close with unread data makes the peer's system reset the connection.
    await server.close();
    const error = await failure(
      (async () => {
        for (;;) await client.send(Buffer.alloc(1000));
      })(),
    );
    expect(error).toMatchObject({ name: 'UnavailableError', code: 'DISCONNECTED' });
    expect(error.message).toMatch(
      /^the connection with tcp:\/\/127\.0\.0\.1:\d+ was cut by the peer or the network \(E/,
    );
    expect((await failure(client.send('x'))).code).toBe('DISCONNECTED');
    expect((await failure(client.shutdown())).code).toBe('DISCONNECTED');
  });
});

describe('recv', () => {
  it('waits without blocking anybody', async () => {
    const { client, server } = await openPair();
    let turns = 0;
    const receiving = server.recv();
    for (; turns < 5; turns += 1) await new Promise((resolve) => setImmediate(resolve));
    await client.send('at last');
    expect(String(await receiving)).toBe('at last');
    expect(turns).toBe(5);
  });

  it('takes the requested amount, and keeps the rest', async () => {
    const { client, server } = await openPair();
    await client.send('abcdefgh');
    expect(String(await server.recv({ bytesMax: 3 }))).toBe('abc');
    expect(server.recvBytesWaiting).toBe(5);
    expect(String(await server.recv({ bytesMax: 1 }))).toBe('d');
    expect(String(await server.recv({ bytesMax: 100 }))).toBe('efgh');
    expect(server.recvBytesWaiting).toBe(0);
  });

  it('serves several callers in their order', async () => {
    const { client, server } = await openPair();
    const asked = [2, 3, 1, undefined].map((bytesMax) => server.recv({ bytesMax }));
    await client.send('aabbbcd');
    expect((await Promise.all(asked)).map(String)).toEqual(['aa', 'bbb', 'c', 'd']);
    const more = [server.recv(), server.recv(), server.recv()];
    await client.send('e');
    expect(String(await more[0])).toBe('e');
    await client.shutdown();
    expect(await Promise.all(more.slice(1))).toEqual([null, null]);
  });

  it('loses no byte on abort', async () => {
    const { client, server } = await openPair();
    for (let round = 0; round < 20; round += 1) {
      const controller = new AbortController();
      const given = server.recv(controller).catch(() => undefined);
      const kept = server.recv();
      const sent = client.send(`${round},`);
      if (round % 2 === 0) controller.abort();
      await sent;
      const first = await given;
      if (first === undefined) expect(String(await kept)).toBe(`${round},`);
      else {
        expect(String(first)).toBe(`${round},`);
        await client.send('-');
        expect(String(await kept)).toBe('-');
      }
    }
    expect(await failure(server.recv({ signal: AbortSignal.timeout(1) }))).toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringMatching(/^recv from tcp:\/\/127\.0\.0\.1:\d+: the time limit has passed$/),
    });
    expect((await failure(server.recv({ signal: AbortSignal.abort() }))).code).toBe('ABORTED');
  });

  it('returns null at the end, as often as it is called', async () => {
    const { client, server } = await openPair();
    await client.send('last');
    await client.close();
    expect([String(await server.recv()), await server.recv(), await server.recv()]).toEqual(['last', null, null]);
    expect((await failure(server.shutdown().then(() => server.send('x')))).code).toBe('WRONG_STATE');
  });

  it('reads nothing before the first call, and then ahead only up to its limit', async () => {
    const { client, server } = await openPair('tcp://127.0.0.1:0', { recvBytesMax: 1000 });
    const sending = client.send(Buffer.alloc(BIG, 'x'));
    await until(() => (server.stream?.readableLength ?? 0) > 0);
    expect(server.recvBytesWaiting).toBe(0);
    await server.recv({ bytesMax: 1 });
    await settled(() => server.recvBytesWaiting);
    expect(server.recvBytesWaiting).toBeGreaterThanOrEqual(1000);
    expect(server.recvBytesWaiting).toBeLessThan(1000 + 65_536);
    expect(server.stream?.readableLength).toBeLessThanOrEqual(131_072);
    void sending.then(() => client.shutdown());
    expect((await recvAll(server)).byteLength).toBe(BIG - 1);
  });

  it('reports a cut connection after all earlier data', async () => {
    const { client, server } = await openPair();
    await client.send('before');
    expect(String(await server.recv({ bytesMax: 1 }))).toBe('b');
    client.stream?.resetAndDestroy();
    await until(() => server.stream?.destroyed === true);
    expect(String(await server.recv())).toBe('efore');
    for (let again = 0; again < 2; again += 1) {
      expect(await failure(server.recv())).toMatchObject({
        name: 'UnavailableError',
        code: 'DISCONNECTED',
        cause: { code: 'ECONNRESET' },
      });
    }
  });

  it('fails when this side closes, and drops the remaining data', async () => {
    const { client, server } = await openPair();
    const waiting = failure(server.recv());
    await server.close();
    expect(await waiting).toMatchObject({ code: 'CLOSED' });
    await client.send('unheard').catch(() => undefined);
    expect((await failure(server.recv())).code).toBe('CLOSED');
  });
});

describe('for await', () => {
  it('delivers data until the peer ends, and can be left and entered again', async () => {
    const { client, server } = await openPair();
    await client.send('one');
    for await (const chunk of server) {
      expect(String(chunk)).toBe('one');
      break;
    }
    await client.send('two');
    void client.shutdown();
    expect(String(await recvAll(server))).toBe('two');
  });

  it('ends when this side closes, and throws when the connection is cut', async () => {
    const one = await openPair();
    const loop = recvAll(one.server);
    await one.server.close();
    expect((await loop).byteLength).toBe(0);
    const two = await openPair();
    const cut = failure(recvAll(two.server));
    two.client.stream?.resetAndDestroy();
    expect((await cut).code).toBe('DISCONNECTED');
  });
});

describe('the end', () => {
  it('can be partial: shutdown ends one direction and keeps the other', async () => {
    const { client, server } = await openPair();
    const all = Buffer.alloc(BIG, 'q');
    void client.send(all);
    const down = client.shutdown();
    expect((await failure(client.send('x'))).message).toContain('shutdown has ended this direction');
    expect((await recvAll(server)).byteLength).toBe(BIG);
    await down;
    await client.shutdown();
    void server.send(all);
    void server.shutdown();
    expect((await recvAll(client)).byteLength).toBe(BIG);
  });

  it('by close follows all sent data', async () => {
    const { client, server } = await openPair();
    void client.send(Buffer.alloc(BIG));
    void client.send('end');
    const closed = client.close();
    expect((await failure(client.send('x'))).code).toBe('CLOSED');
    expect((await failure(client.shutdown())).code).toBe('CLOSED');
    const all = await recvAll(server);
    await closed;
    expect([all.byteLength, String(all.subarray(-3))]).toEqual([BIG + 3, 'end']);
    expect(client.stream?.closed).toBe(true);
  });

  it('by close has a time limit as well, and then drops the rest', async () => {
    const { client, server } = await openPair();
    const sending = failure(client.send(Buffer.alloc(BIG)));
    await client.close({ signal: AbortSignal.timeout(20) });
    expect((await sending).code).toBe('CLOSED');
    expect((await failure(recvAll(server))).code).toBe('DISCONNECTED');
  });

  it('of waiting for a shutdown does not undo it', async () => {
    const { client, server } = await openPair();
    void client.send(Buffer.alloc(BIG));
    expect((await failure(client.shutdown({ signal: AbortSignal.timeout(20) }))).code).toBe('TIMEOUT');
    expect((await recvAll(server)).byteLength).toBe(BIG);
  });

  it('happens by itself at the end of a block', async () => {
    const listener = await openListener();
    const socket = await connect(listener.localEndpoint);
    const accepted = closeLater(await listener.accept());
    await socket[Symbol.asyncDispose]();
    expect(await accepted.recv()).toBeNull();
    await listener[Symbol.asyncDispose]();
    expect((await failure(connect(listener.localEndpoint))).code).toBe('CONNECT_FAILED');
  });
});
