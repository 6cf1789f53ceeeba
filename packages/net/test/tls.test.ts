import { connect as connectNet, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { certificate } from '../../../test/conformance/peers/certificate.js';
import type { UnavailableError } from '../../naru/src/base/errors.js';
import { connect } from '../src/open.js';
import { StreamSocket } from '../src/stream/stream-socket.js';
import { closeLater, failure, openListener, openPair, recvAll, until } from './pair.js';

const trusting = { tls: { ca: certificate.cert } };
const own = { tls: certificate };
const where = 'tls://127.0.0.1:0';

describe('TLS', () => {
  it('carries the same both ways, encrypted, with half-closes', async () => {
    const { client, server } = await openPair(where, trusting, own);
    expect([client.remoteEndpoint?.scheme, server.localEndpoint?.scheme]).toEqual(['tls', 'tls']);
    const all = Buffer.alloc(1 << 20, 'q');
    void client.send(all);
    void client.shutdown();
    expect((await recvAll(server)).equals(all)).toBe(true);
    void server.send(all);
    void server.shutdown();
    expect((await recvAll(client)).equals(all)).toBe(true);
  });

  it('sends everything before it closes', async () => {
    const { client, server } = await openPair(where, trusting, own);
    void client.send(Buffer.alloc(1 << 20));
    const closed = client.close();
    expect((await recvAll(server)).byteLength).toBe(1 << 20);
    await closed;
  });

  it('waits for a slow reader, and can be aborted', async () => {
    const { client, server } = await openPair(where, trusting, own);
    const sending = failure(client.send(Buffer.alloc(64 << 20), { signal: AbortSignal.timeout(20) }));
    expect((await sending).code).toBe('TIMEOUT');
    await client.close();
    const got = await recvAll(server).catch(() => Buffer.alloc(0));
    expect(got.byteLength).toBeLessThan(64 << 20);
  });

  it('is refused by a client that does not trust the certificate', async () => {
    const lost: UnavailableError[] = [];
    const listener = await openListener(where, { ...own, onLost: (error) => lost.push(error) });
    const stranger = closeLater(new StreamSocket());
    expect(await failure(stranger.connect(listener.localEndpoint))).toMatchObject({
      code: 'CONNECT_FAILED',
      message: expect.stringContaining('self-signed certificate'),
      cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    });
    const misled = closeLater(new StreamSocket({ tls: { ca: certificate.cert, servername: 'elsewhere.example' } }));
    expect((await failure(misled.connect(listener.localEndpoint))).cause).toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
  });

  it('accepts a certificate for localhost without a host', async () => {
    const listener = await openListener(where, own);
    const socket = closeLater(new StreamSocket(trusting));
    await socket.connect({ ...listener.localEndpoint, host: '' });
    closeLater(await listener.accept());
  });

  it('reports failed handshakes, and goes on', async () => {
    const lost: UnavailableError[] = [];
    const listener = await openListener(where, { ...own, onLost: (error) => lost.push(error) });
    const plain = connectNet(
      listener.localEndpoint.port,
      '127.0.0.1',
      () => void plain.write('GET / HTTP/1.1\r\n\r\n'),
    );
    onTestFinished(() => void plain.destroy());
    await new Promise((resolve) =>
      plain
        .on('error', () => {})
        .once('close', resolve)
        .resume(),
    );
    expect(lost).toMatchObject([
      { code: 'CONNECT_FAILED', message: expect.stringContaining('a TLS handshake at tls://') },
    ]);
    const client = closeLater(await connect(listener.localEndpoint, trusting));
    expect(closeLater(await listener.accept()).remoteEndpoint?.port).toBe(client.localEndpoint?.port);
  });

  it('counts handshakes in the backlog while the program waits in accept, too', async () => {
    const lost: UnavailableError[] = [];
    const listener = await openListener(where, { ...own, backlog: 2, onLost: (error) => lost.push(error) });
    const accepting = listener.accept();
    const dial = () => {
      const socket = connectNet(listener.localEndpoint.port, '127.0.0.1').on('error', () => {});
      onTestFinished(() => void socket.destroy());
      return socket;
    };
    // Two fit into the backlog, and one may be the one that the program waits for.
    const silent = [dial(), dial(), dial()];
    await Promise.all(silent.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    const refused = dial();
    await new Promise((resolve) => refused.once('close', resolve));
    expect(lost).toMatchObject([{ code: 'BUFFER_FULL' }]);
    for (const socket of silent) socket.destroy();
    await until(() => lost.length === 4);
    closeLater(await connect(listener.localEndpoint, trusting));
    closeLater(await accepting);
  });

  it('ends handshakes that take too long, and counts them in the backlog until then', async () => {
    const lost: UnavailableError[] = [];
    const listener = await openListener(where, {
      tls: { ...certificate, handshakeTimeout: 4000 },
      backlog: 1,
      onLost: (error) => lost.push(error),
    });
    const dial = () => {
      const socket = connectNet(listener.localEndpoint.port, '127.0.0.1')
        .on('error', () => {})
        .resume();
      onTestFinished(() => void socket.destroy());
      return socket;
    };
    const closed = (socket: Socket) => new Promise((resolve) => socket.once('close', resolve));
    const silent = dial();
    const ended = closed(silent);
    await new Promise((resolve) => silent.once('connect', resolve));
    await closed(dial());
    expect(lost).toMatchObject([{ code: 'BUFFER_FULL' }]);
    await ended;
    expect(lost).toMatchObject([{ code: 'BUFFER_FULL' }, { code: 'CONNECT_FAILED' }]);
    closeLater(await connect(listener.localEndpoint, trusting));
    closeLater(await listener.accept());
  });

  it('asks the client for a certificate if configured', async () => {
    const listener = await openListener(where, { tls: { ...certificate, requestCert: true, ca: certificate.cert } });
    const client = closeLater(await connect(listener.localEndpoint, { tls: { ca: certificate.cert, ...certificate } }));
    closeLater(await listener.accept());
    expect(client.stream).toMatchObject({ authorized: true, encrypted: true });
    // In TLS 1.3 a client is connected before the server has judged its certificate. Its first verb reports the
    // refusal.
    const nobody = closeLater(new StreamSocket(trusting));
    await nobody.connect(listener.localEndpoint).catch(() => undefined);
    expect(['DISCONNECTED', 'IO_FAILED', 'CLOSED']).toContain((await failure(nobody.recv())).code);
  });

  it('needs a certificate to listen, and says so', async () => {
    for (const [tls, message] of [
      [{}, 'option "tls" has no certificate for the listener at tls://127.0.0.1:'],
      [{ key: 'x', cert: 'y' }, 'option "tls" is invalid at tls://127.0.0.1:'],
    ] as const) {
      const socket = closeLater(new StreamSocket({ tls }));
      await socket.bind(where);
      const error = await failure(socket.listen());
      expect([error.code, error.message]).toEqual(['BAD_OPTION', expect.stringContaining(message)]);
    }
  });
});
