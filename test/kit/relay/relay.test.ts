import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Relay, startRelay } from './relay.mjs';

/** One end of a connection, with all the data that it received. */
class End {
  readonly socket: Socket;
  text = '';

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => {
      this.text += chunk;
    });
    socket.on('error', () => socket.destroy());
  }
}

const server = createServer();
let relay: Relay;
let ends: End[];

beforeEach(async () => {
  ends = [];
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  relay = await startRelay((server.address() as AddressInfo).port);
});

afterEach(async () => {
  for (const { socket } of ends) socket.destroy();
  relay.close();
  await new Promise((resolve) => server.close(resolve));
});

async function open(): Promise<{ client: End; far: End }> {
  const arrived = once(server, 'connection') as Promise<[Socket]>;
  const client = new End(connect(relay.port, '127.0.0.1'));
  const [socket] = await arrived;
  const far = new End(socket);
  ends.push(client, far);
  return { client, far };
}

describe('a relay', () => {
  it('carries bytes in both directions, and passes on the end of either side', async () => {
    const { client, far } = await open();
    client.socket.write('up');
    far.socket.end('down');
    await expect.poll(() => [far.text, client.text]).toEqual(['up', 'down']);
    await expect.poll(() => [client.socket.destroyed, far.socket.destroyed, relay.count]).toEqual([true, true, 0]);
  });

  it('cuts both sides, and accepts new connections', async () => {
    const { client, far } = await open();
    relay.cut();
    await expect.poll(() => [client.socket.destroyed, far.socket.destroyed]).toEqual([true, true]);
    const next = await open();
    next.client.socket.write('x');
    await expect.poll(() => next.far.text).toBe('x');
  });

  it('cuts the client alone, and the server after a while if told to', async () => {
    const { client, far } = await open();
    relay.cut(true);
    await expect.poll(() => client.socket.destroyed).toBe(true);
    expect([far.socket.destroyed, relay.count]).toEqual([false, 1]);
    far.socket.end();
    await expect.poll(() => relay.count).toBe(0);
    relay.close();
    relay = await startRelay((server.address() as AddressInfo).port, 20);
    const again = await open();
    relay.cut(true);
    await expect.poll(() => again.far.socket.destroyed).toBe(true);
  });

  it('refuses connections until it is mended', async () => {
    const { client } = await open();
    relay.refuse();
    await expect.poll(() => client.socket.destroyed).toBe(true);
    const refused = new End(connect(relay.port, '127.0.0.1'));
    await expect.poll(() => refused.socket.destroyed).toBe(true);
    relay.mend();
    await open();
  });

  it("drops the server's data after a mute, and carries the client's", async () => {
    const { client, far } = await open();
    relay.mute();
    far.socket.write('lost');
    client.socket.write('up');
    await expect.poll(() => far.text).toBe('up');
    far.socket.end();
    await expect.poll(() => client.socket.destroyed).toBe(true);
    expect(client.text).toBe('');
  });

  it('stalls the client, and delivers everything afterwards', async () => {
    const { client, far } = await open();
    relay.stall(3_600_000);
    far.socket.write('late');
    client.socket.write('up');
    await expect.poll(() => far.text).toBe('up');
    expect(client.text).toBe('');
    relay.stall(0);
    await expect.poll(() => client.text).toBe('late');
  });

  it('silences present and later connections', async () => {
    const { client, far } = await open();
    relay.silence();
    client.socket.write('up');
    const later = await open();
    later.far.socket.write('down');
    expect([far.text, later.client.text]).toEqual(['', '']);
    expect([client.socket.destroyed, later.client.socket.destroyed]).toEqual([false, false]);
  });

  it('delays data, and keeps its order when the delay becomes shorter', async () => {
    const { client, far } = await open();
    relay.delayMs = 50;
    client.socket.write('a');
    await new Promise((resolve) => setImmediate(resolve));
    relay.delayMs = 0;
    client.socket.end('b');
    await expect.poll(() => far.text).toBe('ab');
    await expect.poll(() => relay.count).toBe(0);
  });

  it('breaks a connection after a number of bytes to the client', async () => {
    relay.bytesMax = 3;
    const { client, far } = await open();
    far.socket.write('abcdef');
    await expect.poll(() => [client.text, client.socket.destroyed]).toEqual(['abc', true]);
  });

  it('connects to the target of the moment, and drops connections without one', async () => {
    const targets = [undefined, { port: (server.address() as AddressInfo).port }];
    relay.target = () => targets.shift();
    const dropped = new End(connect(relay.port, '127.0.0.1'));
    await expect.poll(() => dropped.socket.destroyed).toBe(true);
    const { client } = await open();
    relay.keepOnly(1);
    await expect.poll(() => client.socket.destroyed).toBe(true);
  });
});
