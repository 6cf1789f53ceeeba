import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import WebSocket, { type ClientOptions } from 'ws';
import { EncodedPacket } from '../../../src/transport/encoded-packet.js';
import { PacketList } from '../../../src/transport/packet-list.js';
import { MessageTransport } from '../../../src/transport/plain-http/message-transport.js';
import type { TransportHandler } from '../../../src/transport/transport.js';
import { webSocketSettings } from '../../../src/transport/websocket/settings.js';

const settings = webSocketSettings({ closeTimeoutMs: 100 });

async function open(
  act: (transport: MessageTransport) => void,
  options: ClientOptions & { autoPong?: boolean } = {},
): Promise<{ client: WebSocket; log: string[] }> {
  const log: string[] = [];
  const handler: TransportHandler = {
    onData: (_transport, unit) => log.push(`${typeof unit} ${String(unit)}`),
    onWritable: (transport) => {
      log.push('writable');
      transport.send(PacketList.of(new EncodedPacket('one')).append(new EncodedPacket(Buffer.from('two'))));
    },
    onClose: (_transport, error) => log.push(`close ${error?.code}`),
  };
  const server = createServer();
  server.on('upgrade', (request, socket, head) => {
    const transport = new MessageTransport({ request, socket, head, fields: request.headers as never }, settings);
    transport.handler = handler;
    act(transport);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, options);
  onTestFinished(() => {
    client.terminate();
    server.close();
  });
  client.on('error', (error) => log.push(`client: ${error.message}`));
  return { client, log };
}

describe('MessageTransport', () => {
  it('is not writable before it is accepted, and then carries text and bytes unchanged', async () => {
    const { client, log } = await open((transport) => {
      expect(transport.writable).toBe(false);
      setTimeout(() => transport.accept(), 10);
    });
    const messages: string[] = [];
    client.on('message', (data, isBinary) => messages.push(`${isBinary} ${String(data)}`));
    await expect.poll(() => messages).toEqual(['false one', 'true two']);
    client.send('b64');
    client.send(Buffer.from('x'));
    client.close(1000);
    await expect.poll(() => log).toEqual(['writable', 'string b64', 'object x', 'close undefined']);
  });

  it('is refused with a status', async () => {
    const { log } = await open((transport) => transport.answer({ status: 403, body: 'no' }));
    await expect.poll(() => log).toEqual(['close undefined', 'client: Unexpected server response: 403']);
  });

  it('is refused when the session closes first, and cut when it is aborted later', async () => {
    const closed = await open((transport) => transport.close());
    await expect.poll(() => closed.log).toEqual(['close undefined', 'client: Unexpected server response: 503']);
    const aborted = await open((transport) => {
      transport.accept();
      transport.abort();
    });
    expect(await new Promise((resolve) => aborted.client.once('close', resolve))).toBe(1006);
    expect(aborted.log).toEqual(['writable', 'close undefined']);
  });

  it('gives its own reason when the session breaks off', async () => {
    const { client, log } = await open((transport) => {
      transport.accept();
      transport.rejection = { code: 1007, reason: 'bad' };
      transport.close(1002, 'parse error');
    });
    const closed = await new Promise((resolve) =>
      client.once('close', (code, reason) => resolve([code, String(reason)])),
    );
    expect(closed).toEqual([1007, 'bad']);
    expect(log).toEqual(['writable', 'close undefined']);
  });

  it('counts the parts of a large message as signs of the peer, while they come', async () => {
    let transport: MessageTransport | undefined;
    const act = (given: MessageTransport): void => {
      transport = given;
      given.accept();
    };
    const { client, log } = await open(act, { autoPong: false });
    await once(client, 'open');
    expect([transport?.checkPeer(), transport?.checkPeer()]).toEqual([true, false]);
    const text = 'x'.repeat(100);
    const whole = Buffer.concat([Buffer.of(0x81, 0x80 | 100, 0, 0, 0, 0), Buffer.from(text)]);
    const socket = Reflect.get(client, '_socket') as Socket;
    for (const at of [0, 40, 80]) {
      expect(log).toEqual(['writable']);
      socket.write(whole.subarray(at, at + 40));
      await expect.poll(() => transport?.checkPeer()).toBe(true);
      expect(transport?.checkPeer()).toBe(false);
    }
    expect(log).toEqual(['writable', `string ${text}`]);
  });

  it('knows whether the peer has sent data since the last ping', async () => {
    let transport: MessageTransport | undefined;
    await open((given) => {
      transport = given;
      given.accept();
      expect([given.checkPeer(), given.checkPeer()]).toEqual([true, false]);
    });
    await expect.poll(() => transport?.isHeard).toBe(true);
  });
});
