import { describe, expect, it } from 'vitest';
import { walkOptions } from '../../naru/test/base/options/walk.js';
import type { WebTransportSession } from '../../webtransport/src/w3c.js';
import {
  WebTransportPair,
  type WebTransportPairOptions,
  webTransportClass,
  webTransportPairTable,
} from '../src/web-transport-pair.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

async function openStream(pair: WebTransportPair) {
  const near = await pair.client.createBidirectionalStream();
  const { value: far } = await pair.server.incomingBidirectionalStreams.getReader().read();
  return { near, far: far ?? expect.fail('no stream') };
}

describe('a pair', () => {
  it('has the shape of the standard', () => {
    const { server }: { server: WebTransportSession } = new WebTransportPair();
    const standard: WebTransportSession = {} as WebTransport;
    expect([server, standard]).toBeDefined();
  });

  it('carries a stream both ways', async () => {
    const { near, far } = await openStream(new WebTransportPair({ splitsMax: 0 }));
    await near.writable.getWriter().write(Uint8Array.of(1));
    await far.writable.getWriter().write(Uint8Array.of(2));
    expect((await far.readable.getReader().read()).value).toEqual(Uint8Array.of(1));
    expect((await near.readable.getReader().read()).value).toEqual(Uint8Array.of(2));
  });

  it('tells both ends the code and the reason of a close, and loses unread data', async () => {
    const pair = new WebTransportPair();
    const { near, far } = await openStream(pair);
    await near.writable.getWriter().write(Uint8Array.of(1));
    pair.client.close({ closeCode: 7, reason: 'enough' });
    expect(await pair.server.closed).toEqual({ closeCode: 7, reason: 'enough' });
    expect(await pair.client.closed).toEqual({ closeCode: 7, reason: 'enough' });
    await expect(far.readable.getReader().read()).rejects.toThrow();
    await expect(pair.client.createBidirectionalStream()).rejects.toThrow('closed');
  });

  it('fails at both ends when it is cut', async () => {
    const pair = new WebTransportPair();
    const { far } = await openStream(pair);
    pair.cut();
    await expect(pair.client.closed).rejects.toThrow('lost');
    await expect(pair.server.closed).rejects.toThrow('lost');
    await expect(far.readable.getReader().read()).rejects.toThrow('lost');
  });

  it('is silent while it is held, even about a close', async () => {
    const pair = new WebTransportPair();
    const { near, far } = await openStream(pair);
    pair.hold();
    await near.writable.getWriter().write(Uint8Array.of(1));
    pair.client.close();
    let isSeen = false;
    const see = (): void => {
      isSeen = true;
    };
    far.readable.getReader().read().then(see, see);
    pair.server.closed.then(see, see);
    await turn();
    expect(isSeen).toBe(false);
    pair.cut();
    await turn();
    expect(isSeen).toBe(true);
  });
});

async function carry(options: WebTransportPairOptions, count: number, size = 1): Promise<number[]> {
  const pair = new WebTransportPair({ datagramBytesMax: 100, seed: 3, ...options });
  const seen: number[] = [];
  const reader = pair.server.datagrams.readable.getReader();
  const reading = (async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      seen.push(value[0] ?? -1);
    }
  })();
  const writer = pair.client.datagrams.writable.getWriter();
  for (let index = 0; index < count; index += 1) await writer.write(new Uint8Array(size).fill(index));
  await turn();
  pair.server.close();
  await reading;
  return seen;
}

describe('the datagrams of a pair', () => {
  it('all arrive in order by default', async () => {
    expect(await carry({}, 50)).toEqual(Array.from({ length: 50 }, (_, index) => index));
  });

  it('are lost by chance, the same ones for the same seed', async () => {
    const seen = await carry({ datagramLoss: 0.5 }, 100);
    expect(seen.length).toBeGreaterThan(20);
    expect(seen.length).toBeLessThan(80);
    expect(await carry({ datagramLoss: 0.5 }, 100)).toEqual(seen);
  });

  it('overtake each other by chance', async () => {
    const seen = await carry({ datagramDisorder: 0.3 }, 100);
    expect(seen).not.toEqual([...seen].sort((one, other) => one - other));
  });

  it('that are too large are dropped silently', async () => {
    expect(await carry({}, 1, 100)).toHaveLength(1);
    expect(await carry({}, 1, 101)).toHaveLength(0);
  });

  it('are forgotten when nobody reads them, the oldest first', async () => {
    const { client, server } = new WebTransportPair();
    const writer = client.datagrams.writable.getWriter();
    for (let index = 0; index < 1_100; index += 1) await writer.write(Uint8Array.of(index >> 8, index & 255));
    const { value } = await server.datagrams.readable.getReader().read();
    expect([...(value ?? [])]).toEqual([0, 100]);
  });
});

describe('a class of pairs', () => {
  it('hands the other end of each session to the server', async () => {
    const urls: string[] = [];
    const Transport = webTransportClass((_pair, url) => urls.push(url));
    const session = new Transport('https://naru.test/x');
    await session.ready;
    expect(urls).toEqual(['https://naru.test/x']);
  });

  it('fails to connect when the server throws', async () => {
    const Transport = webTransportClass(() => {
      throw new Error('nobody there');
    });
    const session = new Transport('https://naru.test/');
    await expect(session.ready).rejects.toThrow('nobody there');
    await expect(session.closed).rejects.toThrow('nobody there');
  });
});

describe('the options of a WebTransportPair', () =>
  walkOptions(webTransportPairTable, (given) => new WebTransportPair(given)));
