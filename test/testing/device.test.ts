import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { TestNetwork } from '../../src/testing/network/network.js';

function open(): { network: TestNetwork; heard: string[] } {
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

describe('TestDevice', () => {
  it('has an address of its own', async () => {
    const { network, heard } = open();
    for (const device of [network.device(), network.device()]) device.dial().write('hello');
    await network.clock.settle();
    expect(heard).toEqual(['10.0.0.3: hello', '10.0.0.4: hello']);
  });

  it('falls silent with all its connections, those it dials meanwhile too, and leaves others alone', async () => {
    const { network, heard } = open();
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
    const { network, heard } = open();
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
    const { network, heard } = open();
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
