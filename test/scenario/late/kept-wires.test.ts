/**
 * Wires besides Socket.IO: a confirmation of an event with a key waits until the log on another machine has what the
 * listener emitted.
 */
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { UnavailableError } from '../../../packages/naru/src/base/errors.js';
import type { ServerOptions } from '../../../packages/naru/src/server/api/server.js';
import { endpointContextOf } from '../../../packages/naru/src/server/api/server.js';
import { HandshakeRequest } from '../../../packages/naru/src/session/handshake-request.js';
import { NOBODY } from '../../../packages/naru/src/transport/transport.js';
import { dialWebSocket } from '../../../packages/naru/src/transport/websocket/dial.js';
import { webSocketSettings } from '../../../packages/naru/src/transport/websocket/settings.js';
import { LineConnection } from '../../../packages/naru/src/wires/line/connection.js';
import { FakeClock } from '../../../packages/testing/src/fake-clock.js';
import { MemoryTransport } from '../../../packages/testing/src/index.js';
import { LateHome } from '../../../packages/testing/src/late-home/late-home.js';
import { SeededRandom } from '../../../packages/testing/src/seeded-random.js';
import { Stage } from '../../kit/clients/stomp-tester.js';
import { LateStage } from './late-nodes.js';

type Ack = (...args: unknown[]) => void;

const KEY = '0123456789abcdef0123456789abcdef';

/** A server whose home is silent from the first event on, which its listener emits before it answers. */
async function build(options: ServerOptions = {}) {
  const clock = new FakeClock();
  const home = new LateHome({ clock, callMs: [10, 10], pushMs: [10, 10] });
  const stage = new Stage({}, { ...options, backplane: home.part(clock, new SeededRandom(1)).connect() }, clock);
  const { io } = stage;
  onTestFinished(async () => {
    const closed = io.close();
    await clock.advance(30_000);
    await closed;
  });
  io.allow({ subscribe: true, publish: true });
  io.on('connection', (socket) =>
    socket.on('say', (...args: unknown[]) => {
      home.pause(5_000);
      io.emit('said');
      (args.at(-1) as Ack)('done');
    }),
  );
  return { clock, home, stage, io };
}

function refuseOnce({ log }: LateHome): void {
  vi.spyOn(log, 'append').mockImplementationOnce(() => {
    throw new UnavailableError('NOT_KEPT', 'The home has no room.');
  });
}

async function connectStomp(options?: ServerOptions) {
  const { clock, home, stage } = await build(options);
  const client = stage.open();
  const connected = client.connect();
  await clock.advance(2_000);
  await connected;
  await client.send('SUBSCRIBE', { id: 'r', destination: '/user/queue/naru:once' });
  await clock.advance(100);
  client.got();
  const say = (): Promise<unknown> =>
    client.send(
      'SEND',
      {
        destination: '/app/naru:once',
        receipt: '1',
        'reply-to': '/user/queue/naru:once',
        'content-type': 'application/json',
      },
      JSON.stringify([KEY, 'say']),
    );
  const commands = (): string[] => client.got().map(({ command }) => command);
  return { clock, home, client, say, commands };
}

describe('STOMP', () => {
  it('sends the reply and the RECEIPT of an event with a key when the log has what its listener emitted', async () => {
    const { clock, say, commands } = await connectStomp();
    await say();
    await clock.advance(4_000);
    expect(commands()).toEqual([]);
    await clock.advance(4_000);
    expect(commands()).toEqual(['RECEIPT', 'MESSAGE']);
  });

  it('sends an ERROR in the place of that RECEIPT if the log refuses it', async () => {
    const { clock, home, client, say } = await connectStomp();
    refuseOnce(home);
    await say();
    await clock.advance(8_000);
    const [error] = client.got();
    expect(error).toMatchObject({ command: 'ERROR', headers: { code: 'UNCONFIRMED', 'receipt-id': '1' } });
    expect(client.isClosed).toBe(true);
  });

  it.each(['soon', 'kept'] as const)('sends other RECEIPTs as `acknowledge: "%s"` says', async (acknowledge) => {
    const { clock, home, client, commands } = await connectStomp({ acknowledge });
    home.pause(5_000);
    await client.send('SEND', { destination: '/topic/r', receipt: '2' }, 'x');
    await clock.advance(1_500);
    expect(commands()).toEqual(acknowledge === 'soon' ? ['RECEIPT'] : []);
    await clock.advance(8_000);
    expect(commands()).toEqual(acknowledge === 'soon' ? [] : ['RECEIPT']);
  });
});

async function connectLine(options?: ServerOptions) {
  const { clock, home, io } = await build(options);
  const transport = new MemoryTransport(clock, NOBODY, { name: 'tcp', isPlain: true });
  const { namespaces } = endpointContextOf(io);
  const settings = { lineBytesMax: 1_000, textEvent: 'message', depthMax: 100 };
  const handshake = HandshakeRequest.of({ url: '/?transport=tcp', remoteAddress: '10.0.0.1', isSecure: false });
  io.engine.openSession(transport, handshake, {
    subprotocol: 'line',
    receiver: (opened) => new LineConnection(namespaces, opened, settings, false),
  });
  const { peer } = transport;
  const say = async (line: string, waitMs = 0): Promise<string[]> => {
    peer.send(Buffer.from(`${line}\n`));
    await clock.advance(waitMs);
    return heard();
  };
  const heard = (): string[] =>
    peer.received
      .splice(0)
      .join('')
      .split('\n')
      .filter((line) => /^([=!#]|\* left)/.test(line));
  await say('/in /', 2_000);
  return { clock, home, io, say, heard };
}

describe('lines', () => {
  it('answer an event with a key when the log has what its listener emitted', async () => {
    const { clock, say, heard } = await connectLine();
    expect(await say(JSON.stringify({ event: 'naru:once', args: [KEY, 'say'], id: 1 }), 4_000)).toEqual([]);
    await clock.advance(4_000);
    expect(heard()).toEqual(['= 1 "done"']);
  });

  it('tell an event to a room as kept when the log has it, with `acknowledge: "kept"`', async () => {
    const { clock, home, say, heard } = await connectLine({ acknowledge: 'kept' });
    home.pause(5_000);
    const line = (id: number): string => JSON.stringify({ event: 'chat', args: ['hi'], room: 'r', id });
    expect(await say(line(1), 4_000)).toEqual([]);
    await clock.advance(4_000);
    expect(heard()).toEqual(['= 1']);
    refuseOnce(home);
    expect(await say(line(2), 1_000)).toEqual([expect.stringMatching(/^! .*the log has not taken the event/)]);
  });

  it('tell that the client has left a room after the last event of the room', async () => {
    const { clock, home, io, say, heard } = await connectLine();
    await say('/join r');
    home.pause(5_000);
    io.to('r').emit('last');
    expect(await say('/leave r', 4_000)).toEqual([]);
    await clock.advance(4_000);
    expect(heard()).toEqual(['#r last', '* left r']);
  });

  it('answer an event to a room at once by default', async () => {
    const { home, say } = await connectLine();
    home.pause(5_000);
    expect(await say(JSON.stringify({ event: 'chat', args: ['hi'], room: 'r', id: 1 }), 10)).toEqual(['= 1']);
  });
});

async function connectPage(options?: ServerOptions) {
  const stage = new LateStage();
  const { clock, home } = stage;
  const { io, network } = await stage.node(options);
  io.allow({ subscribe: true, publish: true });
  const heard: string[] = [];
  const settings = webSocketSettings({ clock, random: network.random.fork() });
  const opened = dialWebSocket('ws://naru.test/events/a', { agent: network.agent }, settings, {
    onText: (_connection, text) => heard.push(text),
    onBinary: () => undefined,
    onWritable: () => undefined,
    onClose: () => undefined,
  });
  await clock.advance(2_000);
  return { clock, home, io, heard, page: await opened };
}

describe('plain events over a WebSocket', () => {
  it('tell that the client has left a room after the last event of the room', async () => {
    const { clock, home, io, heard, page } = await connectPage();
    home.pause(5_000);
    io.to('a').emit('last');
    page.sendText('{"leave":"a","id":1}');
    await clock.advance(4_000);
    expect(heard).toEqual([]);
    await clock.advance(4_000);
    expect(heard).toEqual([expect.stringContaining('"event":"last"'), '{"ack":1,"args":[]}']);
  });

  it('tell an event to a room as kept when the log has it, with `acknowledge: "kept"`', async () => {
    const { clock, home, heard, page } = await connectPage({ acknowledge: 'kept' });
    home.pause(5_000);
    page.sendText(JSON.stringify({ event: 'chat', args: [], room: 'r', id: 1 }));
    await clock.advance(4_000);
    expect(heard).toEqual([]);
    await clock.advance(4_000);
    expect(heard).toEqual(['{"ack":1,"args":[]}']);
    refuseOnce(home);
    page.sendText(JSON.stringify({ event: 'chat', args: [], room: 'r', id: 2 }));
    await clock.advance(1_000);
    expect(JSON.parse(heard[1] ?? '')).toMatchObject({ id: 2, error: { code: 'UNCONFIRMED', room: 'r' } });
  });
});
