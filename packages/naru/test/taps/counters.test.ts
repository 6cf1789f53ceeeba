import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { io as connect } from '../../src/client/index.js';
import { Server } from '../../src/server/api/server.js';
import { counters } from '../../src/taps/counters.js';

it('counts what clients and programs send, and does not begin anew', async () => {
  const server = new Server(0);
  onTestFinished(() => server.close());
  server.on('connection', (socket) => {
    socket.on('say', (text: string, answer: () => void) => {
      server.emit('said', text);
      answer();
    });
  });
  const { port } = (server.httpServer as { address(): unknown }).address() as AddressInfo;
  const client = connect(`http://127.0.0.1:${port}`, { transports: ['websocket'] });
  onTestFinished(() => void client.disconnect());
  await new Promise<void>((resolve) => client.once('connect', resolve));
  const before = { ...counters };
  const heard = new Promise((resolve) => client.once('said', resolve));
  await client.emitWithAck('say', 'text');
  await heard;
  const change = Object.fromEntries(
    Object.entries(counters).map(([name, value]) => [name, value - before[name as keyof typeof before]]),
  );
  expect(change).toEqual({
    sessions: 0,
    messagesIn: 1,
    // 20["say","text"]
    bytesIn: '20["say","text"]'.length,
    packetsOut: 2,
    bytesOut: '42["said","text"]'.length + '430[]'.length,
    eventsIn: 1,
    eventsOut: 1,
    acknowledgementsIn: 0,
    acknowledgementsOut: 1,
    volatileDropped: 0,
  });
});
