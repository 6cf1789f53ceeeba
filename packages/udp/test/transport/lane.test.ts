import { expect, it } from 'vitest';
import type { Travelling } from '../../../../test/kit/datagram-network.js';
import { encodeRecords } from '../../../naru/src/protocol/webtransport/records.js';
import { EncodedPacket, type Unit } from '../../../naru/src/transport/encoded-packet.js';
import { LANE_FRESH_MS, LANE_SIGN_EVERY_MS } from '../../src/protocol/lane/freshness.js';
import { UdpDial } from '../../src/transport/dial.js';
import { type LaneReceiver, UdpLane } from '../../src/transport/lane.js';
import { Stage } from './pair.js';

const packets = (...units: Unit[]) => units.map((unit) => new EncodedPacket(unit));

const NOBODY: LaneReceiver = { onVolatile: () => undefined, onLaneEnd: () => undefined };

const open = async () => {
  const stage = await new Stage().open();
  const token = new Uint8Array(16).fill(9);
  const key = new Uint8Array(32).fill(8);
  const messages: (readonly Unit[])[] = [];
  const ends: UdpLane[] = [];
  const receiver: LaneReceiver = {
    onVolatile: (_lane, units) => messages.push(units),
    onLaneEnd: (lane) => ends.push(lane),
  };
  let lane: UdpLane | undefined;
  stage.grants.set(Buffer.from(token).toString('hex'), {
    key,
    receiver,
    open: (opened) => {
      lane = opened;
    },
  });
  const client = stage.dial({ token, secret: key, records: [] });
  await stage.clock.advance(100);
  if (!lane) throw new Error('there is no lane');
  return { stage, client, lane, messages, ends, token, key };
};

it('opens by a token that works once, and only with its key', async () => {
  const { stage, client, token, key } = await open();
  expect(client.isOpen).toBe(true);
  expect(stage.transports).toEqual([]);
  const again = stage.dial({ token, secret: key, records: [] });
  await stage.clock.advance(1_000);
  expect(String(again.failures[0])).toContain('Unknown token');
});

it('delivers whole messages, attachments included', async () => {
  const { stage, client, lane, messages } = await open();
  client.association.sendData(encodeRecords(['451-["a"]', Uint8Array.of(1), '42["b"]']));
  expect(lane.send(packets('451-["c"]', Uint8Array.of(2)))).toBe(true);
  expect(lane.send(packets('427["asks for an answer"]'))).toBe(true);
  await stage.clock.advance(100);
  expect(messages).toEqual([['451-["a"]', Buffer.of(1)], ['42["b"]']]);
  expect(client.association.data).toEqual(['451-["c"]', Buffer.of(2), '427["asks for an answer"]']);
  expect(client.association.control).toEqual([]);
});

it('refuses large messages, and all messages once it is silent; a sign of life makes it fresh again', async () => {
  const { stage, client, lane } = await open();
  expect(lane.send(packets(`42["${'x'.repeat(1_200)}"]`))).toBe(false);
  await stage.clock.advance(LANE_FRESH_MS);
  expect([lane.isFresh, lane.send(packets('42["a"]'))]).toEqual([false, false]);
  client.association.sendData(new Uint8Array(0));
  await stage.clock.advance(10);
  expect(lane.send(packets('42["b"]'))).toBe(true);
  await stage.clock.advance(10);
  expect(client.association.data).toEqual(['42["b"]']);
  expect(LANE_FRESH_MS).toBeGreaterThan(2 * LANE_SIGN_EVERY_MS);
});

it('is not made fresh again by a datagram that somebody repeats', async () => {
  const { stage, client, lane } = await open();
  client.association.sendData(new Uint8Array(0));
  await stage.clock.advance(10);
  const { bytes, from } = stage.network.sent.filter(({ to }) => to.port === stage.serverPort).at(-1) as Travelling;
  await stage.clock.advance(LANE_FRESH_MS);
  stage.listener.onDatagram(Buffer.from(bytes), from.port, from.address);
  expect([lane.isFresh, stage.listener.counts.stale]).toEqual([false, 1]);
  client.association.sendData(new Uint8Array(0));
  await stage.clock.advance(10);
  expect(lane.isFresh).toBe(true);
});

it('ends when the other side closes it, and closes with a goodbye', async () => {
  const first = await open();
  first.client.association.close();
  await first.stage.clock.advance(1_000);
  expect(first.ends).toEqual([first.lane]);
  expect(first.lane.send(packets('42["a"]'))).toBe(false);
  const second = await open();
  second.lane.close();
  await second.stage.clock.advance(1_000);
  expect([second.client.association.ends, second.ends]).toEqual([[undefined], []]);
});

/** Opens a client's lane, and the server's end of it. */
const openBoth = async () => {
  const { stage, client, lane: former, ...rest } = await open();
  former.close();
  client.dial.stop();
  let server: UdpLane | undefined;
  stage.grants.set(Buffer.from(rest.token).toString('hex'), {
    key: rest.key,
    receiver: NOBODY,
    open: (opened) => {
      server = opened;
    },
  });
  let lane: UdpLane | undefined;
  const { token, key } = rest;
  const { clock: timers, network } = stage;
  const dial = new UdpDial(
    {
      port: stage.serverPort,
      address: '10.9.9.9',
      records: [],
      secret: key,
      token,
      agrees: false,
      controlBytesMax: 1_000,
      timers,
      random: stage.random.fork(),
      openPort: network.open,
    },
    {
      createAssociation: (context, place) => {
        lane = new UdpLane(context, NOBODY, place, timers);
        return lane;
      },
      onOpen: () => undefined,
      onFail: () => undefined,
    },
  );
  await dial.start();
  await stage.clock.advance(100);
  if (!lane || !server) throw new Error('there is no lane');
  return { stage, dial, lane, server };
};

it('follows a client that only gives signs of life to another port', async () => {
  const { stage, dial, lane, server } = await openBoth();
  lane.giveSign();
  await stage.clock.advance(100);
  const former = server.port;
  await dial.rebind();
  lane.giveSign();
  await stage.clock.advance(100);
  expect(server.port).not.toBe(former);
  expect([server.port, stage.listener.counts.moved]).toEqual([dial.port?.address?.port, 1]);
});

it('is not used towards a client that receives nothing, until it does again', async () => {
  const { stage, lane, server } = await openBoth();
  stage.network.filter = ({ to }) => to.port === stage.serverPort;
  for (let second = 0; second < 10; second += 1) {
    lane.giveSign();
    await stage.clock.advance(1_000);
    expect([server.isFresh, server.send(packets('42["a"]'))]).toEqual([true, true]);
  }
  lane.giveSign();
  await stage.clock.advance(10);
  expect([lane.isFresh, server.isFresh, server.send(packets('42["a"]'))]).toEqual([false, false, false]);
  stage.network.filter = undefined;
  // The answer to a sign shows that the path is open, and the next sign reports it.
  lane.giveSign();
  await stage.clock.advance(10);
  expect([lane.isFresh, server.isFresh]).toEqual([true, false]);
  lane.giveSign();
  await stage.clock.advance(10);
  expect([lane.isFresh, server.isFresh]).toEqual([true, true]);
});
