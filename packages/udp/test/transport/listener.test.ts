import { describe, expect, it } from 'vitest';
import { encodeRecords } from '../../../naru/src/protocol/webtransport/records.js';
import { Kind } from '../../src/protocol/datagram/layout.js';
import { listOf, Stage } from './pair.js';

const at = (port: number, address = '10.0.0.66') => ({ port, address });
const SERVER = { port: 4_001, address: '10.9.9.9' };

describe('the handshake', () => {
  it('opens a session with a key exchange, without one, and with a secret', async () => {
    const secret = Buffer.from('knock knock');
    for (const [settings, dial] of [
      [{}, { agrees: true }],
      [{}, { agrees: false }],
      [{ secret }, { agrees: true, secret }],
      [{ secret }, { agrees: false, secret }],
    ] as const) {
      const stage = await new Stage({}, settings).open();
      const client = stage.dial(dial);
      await stage.clock.advance(100);
      expect(client.opened).toEqual(['0{"sid":"x"}']);
      expect(stage.queries).toEqual(['a=b']);
      client.association.sendData(encodeRecords(['4hi']));
      stage.transports[0]?.send(listOf('42["ho"]'));
      await stage.clock.advance(100);
      expect(stage.units).toEqual(['4hi']);
      expect(client.association.data).toEqual(['42["ho"]']);
    }
  });

  it('never answers an unproven address with more bytes than it sent', async () => {
    const stage = await new Stage().open();
    stage.dial({ agrees: true });
    await stage.clock.advance(100);
    const [hello, challenge] = stage.network.sent;
    expect(hello?.bytes[0]).toBe(Kind.HELLO);
    expect(challenge?.bytes[0]).toBe(Kind.CHALLENGE);
    expect(challenge?.bytes.byteLength).toBeLessThanOrEqual(hello?.bytes.byteLength ?? 0);
  });

  it('ignores a HELLO that is shorter than an answer may be', async () => {
    const stage = await new Stage().open();
    stage.network.inject({ bytes: Buffer.concat([Buffer.of(Kind.HELLO), Buffer.alloc(62)]), from: at(9), to: SERVER });
    await stage.clock.advance(100);
    expect(stage.network.sent).toHaveLength(1);
    expect(stage.listener.counts.malformed).toBe(1);
  });

  it('keeps nothing for a client with an unproven address', async () => {
    const stage = await new Stage().open();
    for (let port = 1; port <= 100; port += 1) {
      const hello = Buffer.alloc(64);
      hello[0] = Kind.HELLO;
      stage.network.inject({ bytes: hello, from: at(port), to: SERVER });
    }
    await stage.clock.advance(100);
    expect(stage.listener.associationCount).toBe(0);
    expect(stage.clock.timerCount).toBe(0);
  });

  it('accepts a cookie only from the address that received it', async () => {
    const stage = await new Stage().open();
    stage.dial();
    await stage.clock.advance(100);
    const connect = stage.network.sent.find(({ bytes }) => bytes[0] === Kind.CONNECT);
    for (const from of [at(1), { port: connect?.from.port ?? 0, address: '10.0.0.66' }])
      stage.network.inject({ bytes: connect?.bytes ?? Buffer.alloc(0), from, to: SERVER });
    await stage.clock.advance(100);
    expect(stage.listener.counts.unproven).toBe(2);
    expect(stage.transports).toHaveLength(1);
  });

  it('answers a repeated CONNECT with the same ACCEPT, and opens no second session', async () => {
    const stage = await new Stage().open();
    let isLost = false;
    stage.network.filter = ({ bytes }) => {
      if (bytes[0] !== Kind.ACCEPT || isLost) return true;
      isLost = true;
      return false;
    };
    const client = stage.dial({ agrees: true });
    await stage.clock.advance(1_000);
    const accepts = stage.network.sent.filter(({ bytes }) => bytes[0] === Kind.ACCEPT);
    expect(accepts).toHaveLength(2);
    expect(accepts[0]?.bytes).toEqual(accepts[1]?.bytes);
    expect([client.isOpen, stage.transports.length]).toEqual([true, 1]);
  });

  it('answers a repeated CONNECT with the same REFUSE, which may have been lost', async () => {
    const stage = await new Stage().open();
    stage.isFull = true;
    let isLost = false;
    stage.network.filter = ({ bytes }) => {
      if (bytes[0] !== Kind.REFUSE || isLost) return true;
      isLost = true;
      return false;
    };
    const client = stage.dial({ agrees: true });
    await stage.clock.advance(1_000);
    const refusals = stage.network.sent.filter(({ bytes }) => bytes[0] === Kind.REFUSE);
    expect(refusals).toHaveLength(2);
    expect(refusals[0]?.bytes).toEqual(refusals[1]?.bytes);
    expect(String(client.failures[0])).toContain('capacity');
    expect([stage.listener.associationCount, stage.listener.counts.refused]).toEqual([0, 1]);
  });

  it('opens no session for a CONNECT that is sent again much later', async () => {
    const stage = await new Stage().open();
    const client = stage.dial();
    await stage.clock.advance(100);
    const connect = stage.network.sent.find(({ bytes }) => bytes[0] === Kind.CONNECT);
    client.dial.stop();
    for (let count = 0; count < 30; count += 1) {
      if (connect) stage.network.inject(connect);
      await stage.clock.advance(1_000);
    }
    expect(stage.transports).toHaveLength(1);
    expect(stage.listener.associationCount).toBe(0);
  });

  it('refuses a client without the secret, at little cost', async () => {
    const stage = await new Stage({}, { secret: Buffer.from('right') }).open();
    const wrong = stage.dial({ secret: Buffer.from('wrong'), agrees: true });
    const none = stage.dial();
    await stage.clock.advance(1_000);
    for (const { failures } of [wrong, none]) expect(String(failures[0])).toContain('Wrong key');
    expect(stage.transports).toHaveLength(0);
  });

  it('refuses a client without a key if keys are required', async () => {
    const stage = await new Stage({}, { requiresAgreement: true }).open();
    const plain = stage.dial();
    const agreeing = stage.dial({ agrees: true });
    await stage.clock.advance(1_000);
    expect(String(plain.failures[0])).toContain('key exchange');
    expect(agreeing.isOpen).toBe(true);
  });

  it('limits sessions, sessions per address, and new sessions per second', async () => {
    const full = await new Stage({}, { sessionsMax: 2 }).open();
    const clients = [full.dial(), full.dial(), full.dial()];
    await full.clock.advance(1_000);
    expect(clients.map(({ isOpen }) => isOpen)).toEqual([true, true, false]);
    expect(String(clients[2]?.failures[0])).toContain('capacity');
    clients[0]?.dial.stop();
    await full.clock.advance(1_000);
    const next = full.dial();
    await full.clock.advance(1_000);
    expect(next.isOpen).toBe(true);

    const slow = await new Stage({}, { connectsPerSecond: 1 }).open();
    const many = [slow.dial(), slow.dial(), slow.dial()];
    await slow.clock.advance(200);
    expect(many.filter(({ isOpen }) => isOpen)).toHaveLength(1);
    await slow.clock.advance(9_000);
    expect(many.filter(({ isOpen }) => isOpen)).toHaveLength(3);
  });

  it('works when every third datagram is lost', async () => {
    for (let seed = 1; seed <= 30; seed += 1) {
      const stage = await new Stage({ seed, loss: 0.3, duplication: 0.2, delayMs: [1, 80] }).open();
      const client = stage.dial({ agrees: seed % 2 === 0 });
      await stage.clock.advance(60_000);
      expect([seed, client.isOpen]).toEqual([seed, true]);
    }
  });
});

describe('hostile datagrams', () => {
  const openOne = async () => {
    const stage = await new Stage().open();
    const client = stage.dial();
    await stage.clock.advance(100);
    return { stage, client, transport: stage.transports[0] };
  };

  it('are dropped and counted when they are replayed, reflected, forged, cut or addressed to nobody', async () => {
    const { stage, client, transport } = await openOne();
    client.association.sendData(encodeRecords(['4one']));
    transport?.send(listOf('42["two"]'));
    await stage.clock.advance(100);
    const fromClient = stage.network.sent.findLast(({ to, bytes }) => to.port === 4_001 && bytes[0] === Kind.DATA);
    const fromServer = stage.network.sent.findLast(({ to, bytes }) => to.port !== 4_001 && bytes[0] === Kind.DATA);
    if (!fromClient || !fromServer) throw new Error('nothing was sent');
    const { bytes, from, to } = fromClient;
    const before = stage.network.sent.length;
    const { counts } = stage.listener;
    stage.network.inject(fromClient);
    stage.network.inject({ bytes: fromServer.bytes, from, to });
    const damaged = Buffer.from(bytes);
    damaged[15] = (damaged[15] ?? 0) ^ 1;
    stage.network.inject({ bytes: damaged, from, to });
    const stranger = Buffer.from(bytes);
    stranger[1] = (stranger[1] ?? 0) ^ 1;
    stage.network.inject({ bytes: stranger, from, to });
    stage.network.inject({ bytes: bytes.subarray(0, 20), from, to });
    stage.network.inject({ bytes: Buffer.alloc(1_201, Kind.DATA), from, to });
    stage.network.inject({ bytes: Buffer.alloc(0), from, to });
    await stage.clock.advance(100);
    expect([counts.stale, counts.forged, counts.unknown, counts.malformed]).toEqual([1, 2, 1, 3]);
    expect(stage.network.sent).toHaveLength(before + 7);
    expect([stage.units, stage.closes, stage.listener.associationCount]).toEqual([['4one'], [], 1]);
  });

  it('do not move a session: a copy from another address must first prove that address', async () => {
    const { stage, client, transport } = await openOne();
    stage.network.filter = ({ bytes, from }) => bytes[0] !== Kind.DATA || from.address === '10.0.0.66';
    client.association.sendData(encodeRecords(['4stolen on the way']));
    const stolen = stage.network.sent.at(-1);
    if (!stolen) throw new Error('nothing was sent');
    stage.network.inject({ ...stolen, from: at(1) });
    await stage.clock.advance(100);
    const challenge = stage.network.sent.find(({ bytes }) => bytes[0] === Kind.PATH_CHALLENGE);
    expect(challenge?.to).toEqual(at(1));
    expect(challenge?.bytes.byteLength).toBeLessThanOrEqual(stolen.bytes.byteLength);
    expect(transport?.address).not.toBe('10.0.0.66');
    expect(stage.units).toEqual(['4stolen on the way']);
  });
});

describe('an address change', () => {
  it('is followed once the client has proved that it receives there', async () => {
    const stage = await new Stage().open();
    const client = stage.dial({ agrees: true });
    await stage.clock.advance(100);
    const [transport] = stage.transports;
    const former = transport?.port;
    await client.dial.rebind();
    client.association.sendData(encodeRecords(['4from somewhere else']));
    await stage.clock.advance(100);
    expect(stage.units).toEqual(['4from somewhere else']);
    expect(transport?.port).not.toBe(former);
    expect(stage.listener.counts.moved).toBe(1);
    transport?.send(listOf('42["found you"]'));
    await stage.clock.advance(100);
    expect(client.association.data).toEqual(['42["found you"]']);
  });
});

it('tells each client three times that the listener closes, and then is closed', async () => {
  const stage = await new Stage().open();
  const clients = [stage.dial(), stage.dial()];
  await stage.clock.advance(100);
  const [transport] = stage.transports;
  // Its client has not confirmed this yet when the listener closes.
  transport?.send(listOf('41'));
  transport?.close();
  let lost = 0;
  stage.network.filter = ({ bytes }) => bytes[0] !== Kind.CLOSE || ++lost > 4;
  let isClosed = false;
  const closed = stage.listener.close().then(() => {
    isClosed = true;
  });
  await stage.clock.advance(100);
  expect([stage.listener.associationCount, isClosed]).toEqual([0, false]);
  await stage.clock.advance(60);
  await closed;
  expect(clients.map(({ association }) => association.ends)).toEqual([[undefined], [undefined]]);
  expect(stage.network.sent.filter(({ bytes }) => bytes[0] === Kind.CLOSE)).toHaveLength(6);
  await stage.listener.close();
});
