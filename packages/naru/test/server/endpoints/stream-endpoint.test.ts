import { once } from 'node:events';
import { createServer, connect as dial } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { certificate } from '../../../../../test/conformance/peers/certificate.js';
import { FakeClock } from '../../../../testing/src/index.js';
import { UnavailableError } from '../../../src/base/errors.js';
import { parseEndpoint } from '../../../src/base/node/endpoint.js';
import { HandshakePace } from '../../../src/server/admission/handshake-pace.js';
import { StreamEndpoint } from '../../../src/server/endpoints/stream-endpoint.js';

const at = (port: number) => parseEndpoint(`tcp://127.0.0.1:${port}`, { schemes: ['tcp'] });

const clock = new FakeClock();
const paceOf = (perSecondMax: number, waitMsMax = 10_000) =>
  new HandshakePace({ clock, handshakesPerSecondMax: perSecondMax, handshakeWaitMax: waitMsMax, handshakesMax: 100 });
const pace = paceOf(Number.POSITIVE_INFINITY);
const refuse = (stream: { end(text: string): unknown }) => stream.end('full');

describe('StreamEndpoint', () => {
  it('passes on accepted connections, and releases its port when it closes', async () => {
    const peers: (string | undefined)[] = [];
    let closed = 0;
    const endpoint = new StreamEndpoint(at(0), {
      tls: undefined,
      pace,
      refuse,
      take: (stream) => {
        peers.push(stream.remoteAddress);
        stream.end('hi');
      },
      onClose: () => {
        closed += 1;
      },
    });
    await endpoint.ready;
    const { port } = endpoint.address as { port: number };
    const client = dial(port, '127.0.0.1');
    const [said] = (await once(client, 'data')) as [Buffer];
    expect([String(said), peers]).toEqual(['hi', ['127.0.0.1']]);
    client.destroy();
    await endpoint.close();
    expect([closed, endpoint.address]).toEqual([1, null]);
  });

  it('closes a connection that does not begin TLS within the time for the handshake', async () => {
    const address = parseEndpoint('tls://127.0.0.1:0', { schemes: ['tls'] });
    const tls = { ...certificate, handshakeTimeout: 50 };
    const endpoint = new StreamEndpoint(address, { tls, pace, refuse, take: () => undefined });
    onTestFinished(() => endpoint.close());
    await endpoint.ready;
    const { port } = endpoint.address as { port: number };
    for (const text of ['', 'NARU1\n', '\u0016\u0003\u0001\u0002\u0000']) {
      const client = dial(port, '127.0.0.1', () => text && client.write(text));
      client.on('error', () => undefined).resume();
      await new Promise((resolve) => client.once('close', resolve));
    }
  });

  it('names an endpoint that is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => {
      other.close();
    });
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const endpoint = new StreamEndpoint(at(port), { tls: undefined, pace, refuse, take: () => undefined });
    await expect(endpoint.ready).rejects.toThrow(UnavailableError);
    await expect(endpoint.ready).rejects.toThrow(`tcp://127.0.0.1:${port} is in use by another program`);
  });

  it.each(['tcp://127.0.0.1:0', 'tcp://localhost:0', 'tcp://:0'])(
    'does not leave a caller waiting when it closes before it listens at %s',
    async (text) => {
      const address = parseEndpoint(text, { schemes: ['tcp'] });
      const endpoint = new StreamEndpoint(address, { tls: undefined, pace, refuse, take: () => undefined });
      await endpoint.close();
      await endpoint.ready;
      expect(endpoint.address).toBeNull();
    },
  );

  it('passes streams on with their permit, and refuses those without one', async () => {
    const taken: unknown[] = [];
    const slow = paceOf(2, 1_500);
    const endpoint = new StreamEndpoint(at(0), {
      tls: undefined,
      pace: slow,
      refuse,
      take: (stream) => {
        taken.push(stream.remotePort);
        stream.end('hi');
      },
    });
    onTestFinished(() => endpoint.close());
    await endpoint.ready;
    const { port } = endpoint.address as { port: number };
    const dialed = [];
    // One permit now, and three within 0.5 to 1.5 seconds.
    for (let index = 0; index < 5; index += 1) {
      const client = dial(port, '127.0.0.1');
      onTestFinished(() => {
        client.destroy();
      });
      const said = once(client, 'data').then(String);
      await once(client, 'connect');
      await expect.poll(() => taken.length + slow.waitingCount >= Math.min(4, index + 1)).toBe(true);
      dialed.push({ said, port: client.localPort });
    }
    const [first, second, third, fourth, fifth] = dialed;
    expect(await fifth?.said).toBe('full');
    expect([taken.length, slow.waitingCount]).toEqual([1, 3]);
    await clock.advance(2_000);
    for (const { said } of [first, second, third, fourth] as { said: Promise<string> }[]) expect(await said).toBe('hi');
    expect(taken).toEqual([first, second, third, fourth].map((one) => one?.port));
  });
});
