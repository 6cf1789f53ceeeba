import { expect, it } from 'vitest';
import { description, FakeChannelPort } from '../../../../test/kit/fake-channels.js';
import { UnavailableError } from '../../../naru/src/base/errors.js';
import { parseEndpoint } from '../../../naru/src/base/node/endpoint.js';
import { readOptions } from '../../../naru/src/base/options/table.js';
import { io } from '../../../naru/src/client/index.js';
import type { Socket as ClientSocket } from '../../../naru/src/client/socket/socket.js';
import { endpointContextOf } from '../../../naru/src/server/api/server.js';
import type { Session } from '../../../naru/src/session/session.js';
import { FakeClock } from '../../../testing/src/fake-clock.js';
import { TestServer } from '../../../testing/src/test-server.js';
import { CHANNEL_OPEN_MS } from '../../src/data-channel/lane.js';
import { CHANNEL_PACE_MS, WebRtcEndpoint } from '../../src/server/webrtc.js';
import type { WebRtcOptions } from '../../src/server/webrtc-options.js';
import { webrtcTable } from '../../src/server/webrtc-options.js';

async function start(webrtc: WebRtcOptions = {}, address = 'webrtc://203.0.113.7:4002', taken: number[] = []) {
  const clock = new FakeClock();
  const server = new TestServer({ clock, server: {} });
  const port = new FakeChannelPort(taken);
  const parsed = parseEndpoint(address, { schemes: ['webrtc'] });
  const endpoint = new WebRtcEndpoint(
    parsed,
    endpointContextOf(server.io),
    readOptions(webrtcTable, webrtc),
    port.open,
  );
  await endpoint.ready;
  const sessions: Session[] = [];
  server.io.on('connection', (socket) => sessions.push(socket.conn as Session));
  const device = server.device();
  const connect = async () => {
    const client = io(server.url, { ...server.optionsOn(device), transports: ['websocket'] }) as ClientSocket;
    await clock.advance(1_000);
    return client;
  };
  const ask = async (client: ClientSocket, asked: unknown = description) => {
    const answered = client.emitWithAck('naru:channel', asked);
    await clock.advance(10);
    return answered as Promise<{ error?: { code: string }; hosts?: string[]; port?: number }>;
  };
  return { clock, server, endpoint, port, sessions, connect, ask };
}

it('answers with its own description and address, and attaches the lane when the channel is open', async () => {
  const { endpoint, port, sessions, connect, ask } = await start();
  const client = await connect();
  expect(await ask(client)).toEqual({ ...description, hosts: ['203.0.113.7'], port: 4002 });
  expect([endpoint.laneCount, sessions[0]?.lane]).toEqual([1, undefined]);
  port.peers[0]?.receiver.onOpen();
  expect(sessions[0]?.lane).toMatchObject({ name: 'webrtc', isFresh: true });
  client.disconnect();
  await expect.poll(() => [endpoint.laneCount, port.peers[0]?.isClosed]).toEqual([0, true]);
});

it.each([
  ['webrtc://:4002', {}, []],
  ['webrtc://0.0.0.0:4002', {}, []],
  ['webrtc://[::]:4002', {}, []],
  ['webrtc://10.0.0.1:4002', { publicHosts: ['203.0.113.9', '2001:db8::9'] }, ['203.0.113.9', '2001:db8::9']],
])('at %s with %j announces %j', async (address, webrtc, hosts) => {
  const { connect, ask } = await start(webrtc, address);
  expect((await ask(await connect())).hosts).toEqual(hosts);
});

it.each([
  ['webrtc://:4002', [], 50_002],
  ['webrtc://:4002', [4_002, 4_003], 50_004],
  ['webrtc://:0', [], 50_002],
])('at %s with the ports %j taken announces the port that browsers reach', async (address, taken, port) => {
  const { connect, ask } = await start({ publicPort: 50_002, portLast: 4_004 }, address, taken);
  expect((await ask(await connect())).port).toBe(port);
});

it('refuses a description of any other form, and prepares nothing for it', async () => {
  const { endpoint, port, connect, ask } = await start();
  const client = await connect();
  for (const asked of [[], null, 'x'.repeat(100_000), { ...description, pwd: 'short' }, { sdp: 'v=0' }])
    expect(await ask(client, asked)).toMatchObject({ error: { code: 'BAD_DESCRIPTION' } });
  expect([port.peers.length, endpoint.counts.malformed, client.connected]).toEqual([0, 5, true]);
});

it('gives a session one lane, and no other soon, whatever it asks for', async () => {
  const { clock, endpoint, port, sessions, connect, ask } = await start();
  const [loud, shy] = [await connect(), await connect()];
  for (let count = 0; count < 50; count += 1) await ask(loud);
  expect([port.peers.length, endpoint.counts.refused]).toEqual([1, 49]);
  expect(await ask(shy)).toHaveProperty('port');
  port.peers[0]?.receiver.onOpen();
  const former = sessions[0]?.lane;
  await clock.advance(CHANNEL_PACE_MS);
  await ask(loud);
  // The former lane serves until the new one is open.
  expect(sessions[0]?.lane).toBe(former);
  port.peers[2]?.receiver.onOpen();
  expect(sessions[0]?.lane).not.toBe(former);
  expect([port.peers[0]?.isClosed, endpoint.laneCount]).toEqual([true, 2]);
  // A lane that is still opening makes room.
  await ask(shy);
  expect([port.peers[1]?.isClosed, endpoint.laneCount]).toEqual([true, 2]);
});

it('closes lanes that do not open in time, and the lanes of sessions that have ended', async () => {
  const { clock, endpoint, port, connect, ask } = await start();
  await ask(await connect());
  await clock.advance(CHANNEL_OPEN_MS);
  expect([endpoint.laneCount, endpoint.counts.unopened, port.peers[0]?.isClosed]).toEqual([0, 1, true]);
  const late = await connect();
  await ask(late);
  late.disconnect();
  await clock.advance(100);
  port.peers[1]?.receiver.onOpen();
  expect([endpoint.laneCount, endpoint.counts.opened, port.peers[1]?.isClosed]).toEqual([0, 0, true]);
});

it.each([[{ lanesMax: 1 }], [{ lanesPerAddressMax: 1 }], [{ opensPerSecond: 1 }]])(
  'refuses beyond %j, and nobody else notices',
  async (webrtc) => {
    const { endpoint, port, connect, ask, sessions } = await start(webrtc);
    const [first, second] = [await connect(), await connect()];
    await ask(first);
    port.peers[0]?.receiver.onOpen();
    expect(await ask(second)).toMatchObject({ error: { code: 'NO_LANE' } });
    expect([endpoint.laneCount, endpoint.counts.refused, second.connected]).toEqual([1, 1, true]);
    expect(sessions[0]?.lane).toBeDefined();
  },
);

it('closes a lane that served while a newer one failed', async () => {
  const { endpoint, port, clock, connect, ask } = await start();
  const client = await connect();
  await ask(client);
  port.peers[0]?.receiver.onOpen();
  await clock.advance(CHANNEL_PACE_MS);
  await ask(client);
  await clock.advance(CHANNEL_OPEN_MS);
  expect([port.peers[0]?.isClosed, port.peers[1]?.isClosed]).toEqual([false, true]);
  await endpoint.close();
  expect([port.peers[0]?.isClosed, endpoint.laneCount]).toEqual([true, 0]);
});

it('refuses when the channel cannot be prepared', async () => {
  const { endpoint, port, connect, ask } = await start();
  port.failure = new UnavailableError('CONNECT_FAILED', 'no');
  expect(await ask(await connect())).toMatchObject({ error: { code: 'NO_LANE' } });
  expect(endpoint.laneCount).toBe(0);
});

it('takes the first free port of its range, and fails when none is free', async () => {
  const { endpoint, connect, ask } = await start({ portLast: 4_005 });
  expect((await ask(await connect())).port).toBe(4_002);
  await endpoint.close();
  const taken = new FakeChannelPort([4_002, 4_003]);
  const server = new TestServer({ clock: new FakeClock(), server: {} });
  const open = (address: string) =>
    new WebRtcEndpoint(
      parseEndpoint(address, { schemes: ['webrtc'] }),
      endpointContextOf(server.io),
      readOptions(webrtcTable, { portLast: 4_004 }),
      taken.open,
    );
  const ranged = open('webrtc://:4002');
  await ranged.ready;
  expect(ranged.address).toEqual({ address: '0.0.0.0', port: 4_004 });
  taken.taken.push(4_004);
  await expect(open('webrtc://:4002').ready).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' });
});

it.each([
  [{ portLast: 4_001 }, 'Option "webrtc.portLast" must be at least the endpoint\'s port, 4002, got 4001.'],
  [
    { portLast: 4_004, publicPort: 65_534 },
    'Option "webrtc.publicPort" must be at most 65533, because the range has 2 further ports, got 65534.',
  ],
])('refuses the ports %j', async (webrtc, message) => {
  await expect(start(webrtc)).rejects.toThrow(message);
});

it('closes its lanes and its port, and takes no further requests', async () => {
  const { endpoint, port, clock, connect, ask } = await start();
  const client = await connect();
  await ask(client);
  await endpoint.close();
  expect([port.peers[0]?.isClosed, port.isClosed, endpoint.laneCount, endpoint.address]).toEqual([
    true,
    true,
    0,
    undefined,
  ]);
  const answered = client.timeout(500).emitWithAck('naru:channel', description);
  const refused = expect(answered).rejects.toThrow();
  await clock.advance(1_000);
  await refused;
});
