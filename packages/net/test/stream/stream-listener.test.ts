import { connect as connectNet, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { UnavailableError } from '../../../naru/src/base/errors.js';
import { formatEndpoint } from '../../../naru/src/base/node/endpoint.js';
import { readOptions } from '../../../naru/src/base/options/table.js';
import { walkOptions } from '../../../naru/test/base/options/walk.js';
import { connect } from '../../src/open.js';
import { listenTable } from '../../src/stream/stream-listener.js';
import { StreamSocket } from '../../src/stream/stream-socket.js';
import { closeLater, failure, openListener, recvAll, until } from '../pair.js';

/** Opens a plain connection that reports its end and never fails. */
function dialPlain(port: number): Socket {
  const socket = connectNet(port, '127.0.0.1').on('error', () => {});
  onTestFinished(() => void socket.destroy());
  return socket;
}

describe('accept', () => {
  it('serves several callers in order, each with a connection of its own', async () => {
    const listener = await openListener();
    const accepting = [listener.accept(), listener.accept(), listener.accept()];
    for (const name of 'abc') {
      const client = closeLater(await connect(listener.localEndpoint));
      await client.send(name);
    }
    const accepted = (await Promise.all(accepting)).map(closeLater);
    expect(await Promise.all(accepted.map(async (socket) => String(await socket.recv())))).toEqual(['a', 'b', 'c']);
  });

  it('loses no connection on abort', async () => {
    const listener = await openListener();
    const controller = new AbortController();
    const given = failure(listener.accept(controller));
    const kept = listener.accept();
    controller.abort();
    expect(await given).toMatchObject({
      code: 'ABORTED',
      message: expect.stringContaining('accept at tcp://127.0.0.1:'),
    });
    const client = closeLater(await connect(listener.localEndpoint));
    expect(closeLater(await kept).remoteEndpoint).toEqual(client.localEndpoint);
    expect((await failure(listener.accept({ signal: AbortSignal.timeout(1) }))).code).toBe('TIMEOUT');
  });

  it('returns earlier connections with their data, including those that have ended', async () => {
    const listener = await openListener();
    const early = closeLater(await connect(listener.localEndpoint));
    await early.send('early');
    const gone = dialPlain(listener.localEndpoint.port);
    await new Promise((resolve) => gone.once('connect', resolve));
    gone.resetAndDestroy();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(String(await closeLater(await listener.accept()).recv())).toBe('early');
    const dead = closeLater(await listener.accept());
    expect((await failure(dead.recv())).code).toBe('DISCONNECTED');
    expect((await failure(dead.send('x'))).code).toBe('DISCONNECTED');
  });

  it('works in a for await loop until the listener is closed', async () => {
    const listener = await openListener();
    const names: string[] = [];
    const loop = (async () => {
      for await (const socket of listener) {
        names.push(String(await socket.recv()));
        await socket.close();
      }
    })();
    for (const name of ['one', 'two']) {
      const client = await connect(listener.localEndpoint);
      await client.send(name);
      expect(await client.recv()).toBeNull();
      await client.close();
    }
    const waiting = failure(listener.accept());
    await listener.close();
    await loop;
    expect(names).toEqual(['one', 'two']);
    expect((await waiting).code).toBe('CLOSED');
  });
});

describe('the backlog', () => {
  it('limits the connections that wait for accept: one more is reset, and the listener is told', async () => {
    const lost: UnavailableError[] = [];
    const listener = await openListener('tcp://127.0.0.1:0', { backlog: 2, onLost: (error) => lost.push(error) });
    const { port } = listener.localEndpoint;
    const first = [dialPlain(port), dialPlain(port)];
    await Promise.all(first.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    await until(() => true);
    const third = dialPlain(port);
    await new Promise((resolve) => third.once('close', resolve));
    expect(lost).toMatchObject([
      {
        name: 'UnavailableError',
        code: 'BUFFER_FULL',
        message: `${formatEndpoint(listener.localEndpoint)}: 2 connections already wait for accept`,
      },
    ]);
    const accepted = [closeLater(await listener.accept()), closeLater(await listener.accept())];
    expect(accepted.map(({ remoteEndpoint }) => remoteEndpoint?.port)).toEqual(first.map(({ localPort }) => localPort));
    const fourth = dialPlain(port);
    await new Promise((resolve) => fourth.once('connect', resolve));
    closeLater(await listener.accept());
    expect(lost).toHaveLength(1);
  });
});

describe('close', () => {
  it('frees the address at once, keeps connections, and resets the waiting ones', async () => {
    const listener = await openListener();
    const client = closeLater(await connect(listener.localEndpoint));
    const server = closeLater(await listener.accept());
    const waiting = closeLater(await connect(listener.localEndpoint));
    const unheard = recvAll(waiting).catch((error: UnavailableError) => error.code);
    await new Promise((resolve) => setTimeout(resolve, 10));
    await listener.close();
    const again = new StreamSocket();
    await again.bind(listener.localEndpoint);
    await again.close();
    expect(['DISCONNECTED', Buffer.alloc(0)]).toContainEqual(await unheard);
    await client.send('still');
    expect(String(await server.recv())).toBe('still');
  });
});

describe('the options for listening', () => walkOptions(listenTable, (given) => readOptions(listenTable, given)));
