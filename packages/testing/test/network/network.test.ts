import { createServer as createHttpServer, request } from 'node:http';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { catchUncaught } from '../../../../test/kit/uncaught.js';
import { walkOptions } from '../../../naru/test/base/options/walk.js';
import { networkTable, TestNetwork } from '../../src/network/network.js';

function get(network: TestNetwork, path: string, into: string[]): void {
  const outgoing = request(`http://naru.test${path}`, { agent: network.agent }, (response) => {
    response.on('data', (chunk) => into.push(String(chunk)));
  });
  outgoing.on('error', (error) => into.push((error as { code?: string }).code ?? error.message));
  outgoing.end();
}

function openEcho(): { network: TestNetwork; heard: string[] } {
  const heard: string[] = [];
  const network = new TestNetwork({ splitsMax: 0 });
  network.serve(
    createServer((socket) => {
      const { remoteAddress } = socket;
      socket.on('data', (chunk) => {
        heard.push(`${remoteAddress}: ${chunk}`);
        socket.write(`echo ${chunk}`);
      });
      socket.on('error', (error) => heard.push(`${remoteAddress}: ${(error as NodeJS.ErrnoException).code}`));
    }),
  );
  return { network, heard };
}

describe('TestNetwork', () => {
  it('connects clients to any server that accepts connections', async () => {
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

  it('refuses connections as a system does, until it is restored', async () => {
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

  it('shows a cut request the same error as a broken cable', async () => {
    const network = new TestNetwork();
    network.serve(createHttpServer(() => undefined));
    const answers: string[] = [];
    get(network, '/', answers);
    await network.clock.settle();
    network.cutAll();
    await network.clock.settle();
    expect([answers, network.links.size]).toEqual([['ECONNRESET'], 0]);
  });

  it('cuts a connection after the effects of its last bytes, as a system does', async () => {
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
    // With its last byte the response is complete, and Node releases the connection for a moment.
    const { bytes } = await fetchOver();
    expect((await fetchOver(bytes)).answers).toEqual(['here']);
    await new Promise((resolve) => setImmediate(resolve));
    expect(uncaught).toEqual([]);
  });

  it('reports that nobody serves', () => {
    expect(() => new TestNetwork().dial()).toThrow(/Call serve/);
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

describe('TestDevice', () => {
  it('has its own address', async () => {
    const { network, heard } = openEcho();
    for (const device of [network.device(), network.device()]) device.dial().write('hello');
    await network.clock.settle();
    expect(heard).toEqual(['10.0.0.3: hello', '10.0.0.4: hello']);
  });

  it('falls silent with all its present and new connections, and leaves others alone', async () => {
    const { network, heard } = openEcho();
    const [phone, other] = [network.device(), network.device()];
    const stream = phone.dial();
    phone.hold();
    stream.write('one');
    phone.dial().write('two');
    other.dial().write('three');
    await network.clock.settle();
    expect(heard).toEqual(['10.0.0.4: three']);
    phone.release();
    await network.clock.settle();
    expect(heard.slice(1).sort()).toEqual(['10.0.0.3: one', '10.0.0.3: two']);
  });

  it('can be silent one way', async () => {
    const { network, heard } = openEcho();
    const phone = network.device().hold('down');
    const answers: string[] = [];
    phone
      .dial()
      .on('data', (chunk) => answers.push(String(chunk)))
      .write('hello');
    await network.clock.settle();
    expect([heard, answers]).toEqual([['10.0.0.3: hello'], []]);
  });

  it('is cut with all its connections, and forgets them', async () => {
    const { network, heard } = openEcho();
    const phone = network.device();
    phone.dial();
    phone.dial();
    await network.clock.settle();
    expect(phone.links).toHaveLength(2);
    phone.cut();
    await network.clock.settle();
    expect([phone.links, heard]).toEqual([[], ['10.0.0.3: ECONNRESET', '10.0.0.3: ECONNRESET']]);
  });
});

describe('the options of a TestNetwork', () => walkOptions(networkTable, (given) => new TestNetwork(given)));
