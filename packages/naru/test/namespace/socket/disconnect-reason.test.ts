import { expect, it } from 'vitest';
import { RawClient } from '../../../../../test/kit/clients/raw-client.js';
import { stage } from '../../../../../test/kit/servers/test-server.js';
import type { TestServer } from '../../../../testing/src/entry/index.js';
import type { DisconnectReason } from '../../../src/namespace/socket/disconnect-reason.js';
import type { Socket } from '../../../src/server/api/index.js';

type End = (client: RawClient, socket: Socket, server: TestServer) => unknown;

/** The end of a session, and whether its client may resume it. */
const ENDS: readonly [reason: DisconnectReason, mayComeBack: boolean, end: End][] = [
  ['transport close', true, (client) => client.terminate()],
  ['transport error', true, (client) => client.send('x'.repeat(2_000_000))],
  ['ping timeout', true, async (_client, _socket, { clock }) => clock.advance(60_000)],
  ['forced close', true, (_client, socket) => socket.conn.close()],
  ['parse error', false, (client) => client.send('49')],
  ['client namespace disconnect', false, (client) => client.send('41')],
  ['server namespace disconnect', false, (_client, socket) => socket.disconnect()],
  ['server namespace disconnect', false, (_client, socket) => socket.disconnect(true)],
];

it.each(ENDS)('lets a client resume after "%s": %s', async (reason, mayComeBack, end) => {
  const server = stage({ connectionStateRecovery: { maxDisconnectionDuration: 600_000 } });
  const seen: { socket?: Socket; reason?: string } = {};
  server.io.once('connection', (socket) => {
    seen.socket = socket;
    socket.on('disconnect', (why) => {
      seen.reason = why;
    });
  });
  const client = await RawClient.open(server);
  client.send('40');
  await server.clock.settle();
  const { pid } = JSON.parse(client.texts.find((text) => text.startsWith('40'))?.slice(2) ?? '{}');
  seen.socket?.emit('mark');
  await server.clock.settle();
  const [, offset] = JSON.parse(client.texts.find((text) => text.startsWith('42'))?.slice(2) ?? '[]');
  if (seen.socket) await end(client, seen.socket, server);
  await server.clock.settle();
  expect(seen.reason).toBe(reason);
  const again = await RawClient.open(server, { answersPings: true });
  again.send(`40${JSON.stringify({ pid, offset })}`);
  await server.clock.settle();
  const answer = JSON.parse(again.texts.find((text) => text.startsWith('40'))?.slice(2) ?? '{}');
  expect(answer.pid === pid).toBe(mayComeBack);
});
