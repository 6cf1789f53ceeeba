import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { clientFrame } from '../../../../../test/kit/clients/raw-peer.js';
import { nodeInternalsFor } from '../../../src/node-internals/choose.js';
import { WebSocketConnection, type WebSocketHandler } from '../../../src/transport/websocket/connection.js';
import { webSocketSettings, webSocketTable } from '../../../src/transport/websocket/settings.js';
import { ownChunk, sharedReads } from '../../../src/transport/websocket/shared-reads.js';

const TEXT = 0x81;
const BINARY = 0x82;

/** Opens connections that read into shared memory, each with the socket of its peer. */
async function openAll(count: number, handler: Partial<WebSocketHandler>) {
  const settings = webSocketSettings({}, webSocketTable, undefined, nodeInternalsFor(true));
  const nothing = (): void => undefined;
  const whole: WebSocketHandler = {
    onText: nothing,
    onBinary: nothing,
    onWritable: nothing,
    onClose: nothing,
    ...handler,
  };
  const server = createServer();
  const connections: WebSocketConnection[] = [];
  server.on('connection', (socket) => connections.push(new WebSocketConnection(socket, 'server', settings, whole)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const peers: Socket[] = [];
  for (let index = 0; index < count; index += 1) {
    const peer = connect((server.address() as AddressInfo).port, '127.0.0.1');
    peers.push(peer);
    await expect.poll(() => connections.length).toBe(peers.length);
  }
  onTestFinished(() => {
    for (const peer of peers) peer.destroy();
    for (const { stream } of connections) stream.destroy();
    server.close();
  });
  return { connections, peers };
}

describe('connections with shared reads', () => {
  it('never change the bytes that were delivered before', async () => {
    const got: [number, Buffer][] = [];
    const onBinary: WebSocketHandler['onBinary'] = (connection, data) =>
      void got.push([connections.indexOf(connection), data]);
    const { connections, peers } = await openAll(3, { onBinary });
    const sent = peers.map((_, peer) =>
      Array.from({ length: 30 }, (_, at) => randomBytes((peer + at * at * 37) % 30_000)),
    );
    for (const [peer, messages] of sent.entries())
      for (const message of messages) peers[peer]?.write(clientFrame(BINARY, [...message]));
    await expect.poll(() => got.length).toBe(90);
    for (const [peer, messages] of sent.entries()) {
      const its = got.filter(([from]) => from === peer).map(([, data]) => data);
      expect(its.every((data, index) => data.equals(messages[index] as Buffer))).toBe(true);
    }
  });

  it('keep the rest of a chunk for a connection that paused, while others read', async () => {
    const log: string[] = [];
    const { connections, peers } = await openAll(2, {
      onText(connection, text) {
        log.push(text);
        if (text === 'stop') connection.pause();
      },
    });
    peers[0]?.write(Buffer.concat(['stop', 'after', 'it'].map((text) => clientFrame(TEXT, text))));
    await expect.poll(() => log).toEqual(['stop']);
    peers[1]?.write(clientFrame(TEXT, 'x'.repeat(3_000)));
    await expect.poll(() => log.length).toBe(2);
    peers[0]?.write(clientFrame(TEXT, 'later'));
    connections[0]?.resume();
    await expect.poll(() => log.slice(2)).toEqual(['after', 'it', 'later']);
  });

  it('do not emit the bytes as events of the stream', async () => {
    const log: string[] = [];
    const { connections, peers } = await openAll(1, { onText: (_, text) => void log.push(text) });
    const emitted: unknown[] = [];
    connections[0]?.stream.on('data', (chunk) => emitted.push(chunk));
    peers[0]?.write(clientFrame(TEXT, 'hello'));
    await expect.poll(() => log).toEqual(['hello']);
    expect(emitted).toEqual([]);
  });
});

describe('ownChunk', () => {
  it('copies only what is in the shared memory', () => {
    const reads = sharedReads() as Buffer;
    expect(sharedReads()).toBe(reads);
    reads.write('abc');
    const own = ownChunk(reads.subarray(0, 3));
    reads.write('xyz');
    expect(String(own)).toBe('abc');
    expect(ownChunk(own)).toBe(own);
  });
});
