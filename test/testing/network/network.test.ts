import { createServer as createHttpServer, request } from 'node:http';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { networkTable, TestNetwork } from '../../../src/testing/network/network.js';
import { walkOptions } from '../../base/options/walk.js';
import { catchUncaught } from '../../kit/uncaught.js';

function get(network: TestNetwork, path: string, into: string[]): void {
  const outgoing = request(`http://naru.test${path}`, { agent: network.agent }, (response) => {
    response.on('data', (chunk) => into.push(String(chunk)));
  });
  outgoing.on('error', (error) => into.push((error as { code?: string }).code ?? error.message));
  outgoing.end();
}

describe('TestNetwork', () => {
  it('connects clients to whatever server takes connections', async () => {
    const network = new TestNetwork();
    network.serve(createServer((socket) => socket.on('data', (chunk) => socket.end(`echo ${chunk}`))));
    network.change({ splitsMax: 0 });
    const stream = network.dial();
    let text = '';
    stream.on('data', (chunk) => {
      text += chunk;
    });
    stream.write('hello');
    await network.clock.settle();
    expect([text, network.links.size]).toEqual(['echo hello', 0]);
  });

  it('refuses as a system does, until it is restored', async () => {
    const network = new TestNetwork({ splitsMax: 0 });
    network.serve(createHttpServer((_request, response) => response.end('here')));
    const answers: string[] = [];
    network.refuse();
    get(network, '/', answers);
    await network.clock.settle();
    network.restore();
    get(network, '/', answers);
    await network.clock.settle();
    expect(answers).toEqual(['ECONNREFUSED', 'here']);
  });

  it('shows a request that is cut what a broken cable shows', async () => {
    const network = new TestNetwork();
    network.serve(createHttpServer(() => undefined));
    const answers: string[] = [];
    get(network, '/', answers);
    await network.clock.settle();
    network.cutAll();
    await network.clock.settle();
    expect([answers, network.links.size]).toEqual([['ECONNRESET'], 0]);
  });

  it('cuts a connection behind what its last bytes set going, as a system does', async () => {
    const uncaught = catchUncaught();
    const fetchOver = async (cutAfter?: number): Promise<{ answers: string[]; bytes: number }> => {
      const network = new TestNetwork({ splitsMax: 0, cutAfterBytes: cutAfter ? [cutAfter, cutAfter] : undefined });
      network.serve(createHttpServer((_request, response) => response.end('here')));
      const answers: string[] = [];
      get(network, '/', answers);
      const [link] = network.links;
      await network.clock.settle();
      expect(network.links.size).toBe(cutAfter ? 0 : 1);
      network.close();
      return { answers, bytes: link?.bytesCarried ?? 0 };
    };
    // With its last byte the response is whole, and Node lets go of the connection for a moment.
    const { bytes } = await fetchOver();
    expect((await fetchOver(bytes)).answers).toEqual(['here']);
    await new Promise((resolve) => setImmediate(resolve));
    expect(uncaught).toEqual([]);
  });

  it('says that nobody serves', () => {
    expect(() => new TestNetwork().dial()).toThrow(/call serve/);
  });

  it('gives the same course for the same seed, and another for another', async () => {
    const run = async (seed: number): Promise<string> => {
      const network = new TestNetwork({ seed, delayMs: [0, 100] });
      network.serve(createServer((socket) => socket.pipe(socket)));
      const course: string[] = [];
      for (let index = 0; index < 5; index += 1) {
        const stream = network.dial();
        stream.on('data', (chunk) => course.push(`${network.clock.elapsed}:${index}:${chunk}`));
        stream.write(`message ${index}`);
      }
      await network.clock.advance(1_000);
      return course.join('|');
    };
    expect(await run(1)).toBe(await run(1));
    expect(await run(1)).not.toBe(await run(2));
  });
});

describe('the options of a TestNetwork', () => walkOptions(networkTable, (given) => new TestNetwork(given)));
