import { createSocket, type RemoteInfo } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import { type DataChannel, PeerConnection } from 'node-datachannel';
import { afterEach, describe, expect, it } from 'vitest';
import { liveBytes } from '../../../../test/kit/memory.mjs';
import { type ChannelPeer, type ChannelPort, openChannelPort } from '../../src/data-channel/driver.js';
import { CHANNEL_BYTES_MAX } from '../../src/protocol/lane/channel-end.js';
import { decodeSdp, encodeSdp, type LaneDescription } from '../../src/protocol/lane/description.js';

const hasIpv6 = await new Promise<boolean>((resolve) => {
  const socket = createSocket('udp6');
  socket.once('error', () => resolve(false));
  socket.bind(0, '::1', () => socket.close(() => resolve(true)));
});

const endings: (() => void)[] = [];
afterEach(() => {
  for (const end of endings.splice(0).reverse()) end();
});

async function openPort(host = '127.0.0.1', port = 0): Promise<ChannelPort> {
  const opened = await openChannelPort(host, port);
  endings.push(() => opened.close());
  return opened;
}

/** A client that is not ours, so it can do what it likes. */
function createClient() {
  const peer = new PeerConnection('client', { iceServers: [] });
  const channel = peer.createDataChannel('naru', { negotiated: true, id: 0, unordered: true, maxRetransmits: 0 });
  const description = decodeSdp(peer.localDescription()?.sdp ?? '');
  if (!description) throw new Error('the client has no description');
  endings.push(() => peer.close());
  return { peer, channel, description };
}

function open(port: ChannelPort, description: LaneDescription) {
  const events: unknown[] = [];
  const peer = port.open(description, {
    onOpen: () => events.push('open'),
    onDatagram: (datagram) => events.push(Buffer.from(datagram).toString()),
    onMisuse: () => events.push('misuse'),
    onEnd: () => events.push('end'),
  });
  endings.push(() => peer.close());
  return { peer, events };
}

function answer(client: PeerConnection, { description }: ChannelPeer, port: number, host = '127.0.0.1'): void {
  client.setRemoteDescription(encodeSdp(description, 'passive', CHANNEL_BYTES_MAX, [{ host, port }]), 'answer');
}

/** Connects a client, and returns both ends of its open channel. */
async function connect(port: ChannelPort, host?: string) {
  const client = createClient();
  const server = open(port, client.description);
  answer(client.peer, server.peer, port.port, host);
  await expect.poll(() => [client.channel.isOpen(), server.events]).toEqual([true, ['open']]);
  return { client, server };
}

/**
 * Opens a UDP port that passes datagrams on between a client and the server. It can hold back what the client sends.
 */
async function openRelay(serverPort: number) {
  const outside = createSocket('udp4');
  const inside = createSocket('udp4');
  const relay = { port: 0, isDeaf: false, fromServer: [] as number[] };
  let client: RemoteInfo | undefined;
  outside.on('message', (datagram, from) => {
    client = from;
    if (!relay.isDeaf) inside.send(datagram, serverPort, '127.0.0.1');
  });
  inside.on('message', (datagram) => {
    relay.fromServer.push(datagram.length);
    if (client) outside.send(datagram, client.port, client.address);
  });
  for (const socket of [outside, inside]) await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  endings.push(() => {
    outside.close();
    inside.close();
  });
  relay.port = outside.address().port;
  return relay;
}

/** Connects a client through a relay. */
async function connectRelayed() {
  const port = await openPort();
  const relay = await openRelay(port.port);
  const client = createClient();
  const server = open(port, client.description);
  answer(client.peer, server.peer, relay.port);
  await expect.poll(() => [client.channel.isOpen(), server.events]).toEqual([true, ['open']]);
  relay.fromServer.length = 0;
  return { relay, client, server: server.peer };
}

/** Sends a message until it arrives. Any of them may be lost. */
async function arrives(channel: DataChannel, server: ChannelPeer): Promise<boolean> {
  let hasArrived = false;
  channel.onMessage((message) => {
    hasArrived ||= (message as Buffer).length === 50;
  });
  await expect.poll(() => server.send(Buffer.alloc(50)) ?? hasArrived).toBe(true);
  return hasArrived;
}

const receive = (channel: DataChannel) =>
  new Promise<string>((resolve) => channel.onMessage((message) => resolve(Buffer.from(message as Buffer).toString())));

describe('a port for data channels', () => {
  it.each([['127.0.0.1', '127.0.0.1'], ['', '127.0.0.1'], ...(hasIpv6 ? [['::1', '::1']] : [])])(
    'at %j carries datagrams of several clients in both directions',
    async (host, reachedAt) => {
      const port = await openPort(host);
      for (const name of ['ann', 'bob']) {
        const { client, server } = await connect(port, reachedAt);
        client.channel.sendMessageBinary(Buffer.from(name));
        await expect.poll(() => server.events).toEqual(['open', name]);
        const received = receive(client.channel);
        server.peer.send(Buffer.from(`hello ${name}`));
        expect(await received).toBe(`hello ${name}`);
        expect(server.peer.bufferedBytes).toBe(0);
      }
    },
  );

  it('tells of the end of a channel, and nothing after the server has closed it', async () => {
    const port = await openPort();
    const one = await connect(port);
    one.client.peer.close();
    await expect.poll(() => one.server.events).toContain('end');
    const other = await connect(port);
    other.server.peer.close();
    other.server.peer.close();
    other.server.peer.send(Buffer.from('late'));
    await expect.poll(() => other.client.channel.isOpen()).toBe(false);
    expect([other.server.events, other.server.peer.bufferedBytes]).toEqual([['open'], 0]);
  });

  it('reports text, and channels that the client opens itself', async () => {
    const port = await openPort();
    const one = await connect(port);
    one.client.channel.sendMessage('text');
    await expect.poll(() => one.server.events).toEqual(['open', 'misuse']);
    const other = await connect(port);
    other.client.peer.createDataChannel('another');
    await expect.poll(() => other.server.events).toEqual(['open', 'misuse']);
  });

  it("opens no channel for a client that claims another's description", async () => {
    const port = await openPort();
    const ann = createClient();
    const mallory = createClient();
    // Mallory sends what belongs to Ann, and so has not the key for that certificate.
    const stolen = open(port, { ...mallory.description, fingerprint: ann.description.fingerprint });
    answer(mallory.peer, stolen.peer, port.port);
    await expect.poll(() => stolen.events).toContain('end');
    expect(stolen.events).not.toContain('open');
    const { server } = await connect(port);
    expect(server.events).toEqual(['open']);
  });

  it('sends nothing to an address from which no valid check came', async () => {
    const port = await openPort();
    const victim = createSocket('udp4');
    let heard = 0;
    victim.on('message', () => {
      heard += 1;
    });
    await new Promise<void>((resolve) => victim.bind(0, '127.0.0.1', resolve));
    open(port, createClient().description);
    for (const datagram of [
      Buffer.alloc(20),
      Buffer.alloc(1_200, 1),
      Buffer.from('000100002112a442'.padEnd(40, '0'), 'hex'),
    ])
      victim.send(datagram, port.port, '127.0.0.1');
    // The port answers another client meanwhile, so it has read what came before.
    await connect(port);
    victim.close();
    expect(heard).toBe(0);
  });

  it('says that a port is in use', async () => {
    const { port } = await openPort();
    await expect(openChannelPort('127.0.0.1', port)).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' });
  });
});

describe('channels that have ended', () => {
  /** Opens a channel and ends it: from one of the ends once it was open, or before the client has answered. */
  async function comeAndGo(port: ChannelPort, way: 'server' | 'client' | 'unanswered'): Promise<WeakRef<object>> {
    const peer = new PeerConnection('client', { iceServers: [] });
    peer.createDataChannel('naru', { negotiated: true, id: 0, unordered: true, maxRetransmits: 0 });
    const description = decodeSdp(peer.localDescription()?.sdp ?? '') as LaneDescription;
    const events = new EventEmitter();
    const server = port.open(description, {
      onOpen: () => events.emit('open'),
      onDatagram: () => undefined,
      onMisuse: () => undefined,
      onEnd: () => events.emit('end'),
    });
    if (way !== 'unanswered') {
      answer(peer, server, port.port);
      await once(events, 'open');
    }
    if (way === 'client') {
      peer.close();
      await once(events, 'end');
    }
    server.close();
    peer.close();
    return new WeakRef(server);
  }

  it('are collected, whoever has ended them', async () => {
    const port = await openPort();
    const ways = ['server', 'client', 'unanswered'] as const;
    const ended = await Promise.all([...ways, ...ways, ...ways].map((way) => comeAndGo(port, way)));
    const countLeft = (): number => {
      liveBytes();
      return ended.filter((each) => each.deref() !== undefined).length;
    };
    await expect.poll(countLeft, { timeout: 10_000 }).toBe(0);
  });
});

describe('a channel whose client confirms nothing', () => {
  it('sends each message at once, also after it has noticed losses', async () => {
    const { relay, server } = await connectRelayed();
    const large = () => relay.fromServer.filter((size) => size > 1_000).length;
    relay.isDeaf = true;
    for (let count = 0; count < 10; count += 1) server.send(Buffer.alloc(1_000));
    await expect.poll(large).toBe(10);
    // When SCTP gives a message up, it says so in a small datagram.
    const before = relay.fromServer.length;
    await expect.poll(() => relay.fromServer.length).toBeGreaterThan(before);
    for (let count = 0; count < 20; count += 1) server.send(Buffer.alloc(1_000));
    await expect.poll(large, { timeout: 500 }).toBe(30);
  });

  it('drops messages beyond a window, and takes them again later', async () => {
    const { relay, client, server } = await connectRelayed();
    relay.isDeaf = true;
    for (let count = 0; count < 1_000; count += 1) server.send(Buffer.alloc(1_000));
    expect(server.bufferedBytes).toBeLessThan(2_000);
    relay.isDeaf = false;
    expect(await arrives(client.channel, server)).toBe(true);
    expect(relay.fromServer.filter((size) => size > 1_000).length).toBeLessThan(60);
  });

  it.each([1, 2, 5, 30])('keeps its datagrams small after thousands of messages of %i bytes', async (size) => {
    const { relay, client, server } = await connectRelayed();
    relay.isDeaf = true;
    for (let count = 0; count < 5_000; count += 1) server.send(Buffer.alloc(size));
    relay.isDeaf = false;
    for (let count = 0; count < 5_000; count += 1) server.send(Buffer.alloc(size));
    expect(await arrives(client.channel, server)).toBe(true);
    expect(Math.max(...relay.fromServer)).toBeLessThan(1_300);
  });
});
