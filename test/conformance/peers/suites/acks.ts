/** Acknowledgements: both ways, once, with timeouts, as promises, and of broadcasts. */
import { describe, expect, it } from 'vitest';
import { answerRoundTrips, MODE_NAMES, MODES, type Pair, roundTrip, stage } from '../harness.js';

type Ack = (...args: unknown[]) => void;

/** Claims about acknowledgements. */
export function acks(pair: Pair): void {
  describe('acks', () => {
    bothWays(pair);
    once(pair);
    serverTimeouts(pair);
    clientTimeouts(pair);
    broadcasts(pair);
  });
}

function bothWays(pair: Pair): void {
  it.each(MODE_NAMES)('answers the client and the server, by %s', async (mode) => {
    const server = await stage(pair);
    const { client, socket } = await server.join('', { transports: [...MODES[mode]] });
    socket.on('add', (a: number, b: number, ack: Ack) => ack(a + b, { a, b }));
    const up = await new Promise((resolve) => client.emit('add', 1, 2, (...args: unknown[]) => resolve(args)));
    expect(up).toEqual([3, { a: 1, b: 2 }]);
    client.on('add', (a: number, b: number, ack: Ack) => ack(a + b, '한'));
    const down = await new Promise((resolve) => socket.emit('add', 3, 4, (...args: unknown[]) => resolve(args)));
    expect(down).toEqual([7, '한']);
  });

  it('answers with nothing, and matches 200 answers that return out of order', async () => {
    const server = await stage(pair);
    const { client, socket } = await server.join();
    socket.on('nothing', (ack: Ack) => ack());
    expect(await new Promise((resolve) => client.emit('nothing', (...args: unknown[]) => resolve(args)))).toEqual([]);
    const held: (() => void)[] = [];
    socket.on('echo', (n: number, ack: Ack) => {
      if (held.push(() => ack(n)) === 200) for (const answer of held.reverse()) answer();
    });
    const answers = Array.from({ length: 200 }, (_, n) => new Promise((resolve) => client.emit('echo', n, resolve)));
    expect(await Promise.all(answers)).toEqual(Array.from({ length: 200 }, (_, n) => n));
  });

  it('gives the listener of an answer its socket', async () => {
    const server = await stage(pair);
    const { client, socket } = await server.join();
    client.on('ask', (ack: Ack) => ack());
    const those = (emit: (listener: (this: unknown) => void) => void): Promise<unknown> =>
      new Promise((resolve) =>
        emit(function () {
          resolve(this);
        }),
      );
    expect(await those((listener) => socket.emit('ask', listener))).toBe(socket);
    expect(await those((listener) => socket.timeout(5000).emit('ask', listener))).toBe(socket);
    expect(await those((listener) => socket.timeout(10).emit('silence', listener))).toBe(socket);
  });

  it('answers in a namespace of its own', async () => {
    const server = await stage(pair);
    server.io.of('/custom');
    const { client, socket } = await server.join('/custom');
    socket.on('ask', (ack: Ack) => ack('from custom'));
    expect(await new Promise((resolve) => client.emit('ask', resolve))).toBe('from custom');
  });
}

function once(pair: Pair): void {
  it('sends only the first answer', async () => {
    const server = await stage(pair);
    const { client, socket } = await server.join();
    answerRoundTrips(socket);
    socket.on('ask', (ack: Ack) => {
      ack(1);
      ack(2);
    });
    const answers: unknown[] = [];
    client.emit('ask', (answer: unknown) => answers.push(answer));
    await roundTrip(client);
    await roundTrip(client);
    expect(answers).toEqual([1]);
  });
}

function serverTimeouts(pair: Pair): void {
  it('tells the server that no answer came in time, and ignores a late one', async () => {
    const server = await stage(pair);
    const { client, socket } = await server.join();
    answerRoundTrips(socket);
    const late = new Promise<Ack>((resolve) => client.on('ask', (ack: Ack) => resolve(ack)));
    const calls: unknown[][] = [];
    await new Promise<void>((resolve) =>
      socket.timeout(30).emit('ask', (...args: unknown[]) => {
        calls.push(args);
        resolve();
      }),
    );
    (await late)('too late');
    await roundTrip(client);
    expect(calls.length).toBe(1);
    expect(calls[0]?.[0]).toBeInstanceOf(Error);
    expect(calls[0]?.[0]).toHaveProperty('message', 'operation has timed out');
  });

  it('gives the server the answer after a null error with timeout, and as a promise with emitWithAck', async () => {
    const server = await stage(pair);
    const { client, socket } = await server.join();
    client.on('ask', (n: number, ack: Ack) => ack(n + 1));
    client.on('silent', () => {});
    const args = await new Promise((resolve) =>
      socket.timeout(5000).emit('ask', 1, (...all: unknown[]) => resolve(all)),
    );
    expect(args).toEqual([null, 2]);
    expect(await socket.emitWithAck('ask', 2)).toBe(3);
    expect(await socket.timeout(5000).emitWithAck('ask', 3)).toBe(4);
    await expect(socket.timeout(20).emitWithAck('silent')).rejects.toThrow('operation has timed out');
  });
}

function clientTimeouts(pair: Pair): void {
  it.skipIf(pair.version < 4)('gives the client answers and timeouts alike', async () => {
    const server = await stage(pair);
    const { client, socket } = await server.join();
    socket.on('ask', (n: number, ack: Ack) => ack(n + 1));
    socket.on('silent', () => {});
    const args = await new Promise((resolve) =>
      client.timeout(5000).emit('ask', 1, (...all: unknown[]) => resolve(all)),
    );
    expect(args).toEqual([null, 2]);
    expect(await client.emitWithAck('ask', 2)).toBe(3);
    await expect(client.timeout(20).emitWithAck('silent')).rejects.toThrow('operation has timed out');
    const error = await new Promise((resolve) => client.timeout(20).emit('silent', resolve));
    expect(error).toBeInstanceOf(Error);
  });

  it.skipIf(pair.version < 4)('rejects the awaited answers when the connection ends', async () => {
    const server = await stage(pair);
    const { client, socket } = await server.join();
    socket.on('silent', () => socket.disconnect(true));
    await expect(client.emitWithAck('silent')).rejects.toThrow(/disconnected/);
  });
}

function broadcasts(pair: Pair): void {
  it('calls back after the broadcast, although nobody is there to answer', async () => {
    const server = await stage(pair);
    const seen: string[] = [];
    const answered = new Promise<void>((resolve) =>
      server.io.timeout(5000).emit('who', () => {
        seen.push('answered');
        resolve();
      }),
    );
    seen.push('sent');
    await answered;
    expect(seen).toEqual(['sent', 'answered']);
  });

  it('gathers the answers of all clients to a broadcast', async () => {
    const server = await stage(pair);
    const joined = [await server.join(), await server.join('', { transports: ['websocket'] }), await server.join()];
    joined.forEach(({ client }, n) => {
      client.on('who', (ack: Ack) => ack(n));
    });
    const [error, answers] = await new Promise<[unknown, number[]]>((resolve) =>
      server.io.timeout(5000).emit('who', (failure: unknown, all: number[]) => resolve([failure, all])),
    );
    expect(error).toBe(null);
    expect([...answers].sort()).toEqual([0, 1, 2]);
    expect((await server.io.timeout(5000).emitWithAck('who')).sort()).toEqual([0, 1, 2]);
  });

  it('reports a timeout with the answers so far when a client stays silent', async () => {
    const server = await stage(pair);
    const { client } = await server.join();
    const { socket: silent } = await server.join();
    silent.join('quiet');
    client.on('who', (ack: Ack) => ack('me'));
    const [error, answers] = await new Promise<[unknown, unknown[]]>((resolve) =>
      server.io.timeout(150).emit('who', (failure: unknown, all: unknown[]) => resolve([failure, all])),
    );
    expect(error).toBeInstanceOf(Error);
    expect((error as Error).message).toBe('operation has timed out');
    expect(answers).toEqual(['me']);
    const failure = await server.io
      .timeout(30)
      .to('quiet')
      .emitWithAck('who')
      .catch((reason: unknown) => reason);
    expect(failure).toBeInstanceOf(Error);
    expect((failure as { responses: unknown[] }).responses).toEqual([]);
  });

  it('answers a broadcast to nobody with an empty list', async () => {
    const server = await stage(pair);
    expect(await server.io.timeout(50).to('nobody').emitWithAck('who')).toEqual([]);
  });

  it('carries bytes in a broadcast and in its answers', async () => {
    const server = await stage(pair);
    const { client } = await server.join();
    client.on('echo', (bytes: Buffer, ack: Ack) => ack(Buffer.concat([bytes, bytes])));
    const [answer] = (await server.io.timeout(5000).emitWithAck('echo', Buffer.from([1]))) as [Buffer];
    expect(Buffer.from(answer)).toEqual(Buffer.from([1, 1]));
  });
}
