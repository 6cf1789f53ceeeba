import { expect, it } from 'vitest';
import { UnavailableError } from '../../../naru/src/base/errors.js';
import { encodeRecords } from '../../../naru/src/protocol/webtransport/records.js';
import { encodeAccept, encodeChallenge } from '../../src/protocol/datagram/handshake.js';
import { Kind } from '../../src/protocol/datagram/layout.js';
import type { DatagramPort, PortOpener } from '../../src/transport/port.js';
import { Stage } from './pair.js';

it('retries until it is answered, and starts over when its cookie is too old', async () => {
  const stage = await new Stage().open();
  stage.network.filter = ({ bytes }) => bytes[0] !== Kind.ACCEPT;
  const client = stage.dial();
  await stage.clock.advance(20_000);
  const kinds = stage.network.sent.filter(({ to }) => to.port === 4_001).map(({ bytes }) => bytes[0]);
  expect(kinds.filter((kind) => kind === Kind.HELLO)).toHaveLength(4);
  expect(client.isOpen).toBe(false);
  stage.network.filter = undefined;
  await stage.clock.advance(10_000);
  expect(client.isOpen).toBe(true);
});

it('ignores a CHALLENGE, ACCEPT or datagram of anybody else', async () => {
  const stage = await new Stage().open();
  const port = 40_000;
  const spoof = (bytes: Uint8Array, address = '10.9.9.9') =>
    stage.network.inject({
      bytes: Buffer.from(bytes),
      from: { port: 4_001, address },
      to: { port, address: '10.0.0.2' },
    });
  const client = stage.dial();
  const nonce = new Uint8Array(16);
  spoof(encodeChallenge(nonce, nonce));
  spoof(encodeAccept({ nonce, id: 1, records: encodeRecords(['0{}']) }));
  await stage.clock.advance(100);
  expect(client.isOpen).toBe(true);
  const genuine = stage.network.sent.find(({ bytes }) => bytes[0] === Kind.ACCEPT);
  spoof(genuine?.bytes ?? nonce, '10.0.0.99');
  spoof(Buffer.alloc(60, Kind.DATA));
  await stage.clock.advance(100);
  expect([client.association.ends, client.opened]).toEqual([[], ['0{"sid":"x"}']]);
  expect(client.dial.counts.malformed + client.dial.counts.unknown).toBeGreaterThanOrEqual(2);
});

it('reports that nobody listens, at once in the handshake and after repetitions later', async () => {
  const stage = await new Stage().open();
  stage.network.loss = 1;
  const refused = stage.dial();
  await stage.clock.advance(10);
  refused.dial.onPortError(new UnavailableError('IO_FAILED', 'refused'));
  expect(refused.failures).toEqual([expect.objectContaining({ code: 'CONNECT_FAILED' })]);
  stage.network.loss = 0;
  const client = stage.dial();
  await stage.clock.advance(100);
  for (let count = 0; count < 3; count += 1) {
    expect(client.isOpen).toBe(true);
    client.dial.onPortError(new UnavailableError('IO_FAILED', 'refused'));
  }
  expect([client.isOpen, client.association.ends.length]).toEqual([false, 1]);
});

it('can be aborted without a trace', async () => {
  const stage = await new Stage().open();
  stage.network.loss = 1;
  const client = stage.dial();
  await stage.clock.advance(1_000);
  client.dial.stop();
  expect(stage.clock.timerCount).toBe(0);
  await stage.clock.advance(60_000);
  expect([client.failures, client.isOpen, client.dial.port?.address?.port]).toEqual([[], false, undefined]);
});

it('fails when its query does not fit into a datagram, or without a socket', async () => {
  const stage = await new Stage().open();
  const long = stage.dial({ records: [`a=${'x'.repeat(1_200)}`] });
  const none = stage.dial({ openPort: () => Promise.reject(new UnavailableError('IO_FAILED', 'no more files')) });
  await stage.clock.advance(1_000);
  expect(String(long.failures[0])).toContain('too long');
  expect(String(none.failures[0])).toContain('no more files');
});

it('moves to another port when the system has no route from its own, at most once per second', async () => {
  const stage = await new Stage().open();
  const client = stage.dial();
  await stage.clock.advance(100);
  const [transport] = stage.transports;
  const ports = new Set([client.dial.port?.address?.port]);
  for (let count = 0; count < 20; count += 1) {
    client.dial.onPortStranded();
    client.association.sendData(encodeRecords([`4number ${count}`]));
    await stage.clock.advance(50);
    ports.add(client.dial.port?.address?.port);
  }
  expect(ports.size).toBe(2);
  await stage.clock.advance(1_000);
  expect([transport?.port, stage.listener.counts.moved, client.isOpen]).toEqual([
    client.dial.port?.address?.port,
    1,
    true,
  ]);
  client.dial.onPortStranded();
  await stage.clock.advance(100);
  expect(client.dial.port?.address?.port).not.toBe(transport?.port);
});

it('stays on its port while there is no other route, and closes a port that opens too late', async () => {
  const stage = await new Stage().open();
  let isDown = false;
  const late: (() => void)[] = [];
  const opened: DatagramPort[] = [];
  const openPort: PortOpener = async (options, receiver) => {
    if (isDown) throw new UnavailableError('IO_FAILED', 'no network');
    if (opened.length > 0) await new Promise<void>((resolve) => late.push(resolve));
    const port = await stage.network.open(options, receiver);
    opened.push(port);
    return port;
  };
  const client = stage.dial({ openPort });
  await stage.clock.advance(100);
  isDown = true;
  const former = client.dial.port?.address?.port;
  client.dial.onPortStranded();
  await stage.clock.advance(2_000);
  expect([client.dial.port?.address?.port, client.isOpen]).toEqual([former, true]);
  isDown = false;
  client.dial.onPortStranded();
  client.dial.stop();
  await stage.clock.advance(10_000);
  for (const resolve of late) resolve();
  await stage.clock.advance(10_000);
  expect([opened.length, opened.map(({ address }) => address), stage.clock.timerCount]).toEqual([
    2,
    [undefined, undefined],
    0,
  ]);
});

it('keeps one of the ports that open at once, and none after a stop', async () => {
  const stage = await new Stage().open();
  const opened: DatagramPort[] = [];
  const openPort: PortOpener = async (options, receiver) => {
    const port = await stage.network.open(options, receiver);
    opened.push(port);
    return port;
  };
  const boundPorts = () => opened.flatMap(({ address }) => address?.port ?? []);
  const client = stage.dial({ openPort });
  await stage.clock.advance(100);
  client.dial.onPortStranded();
  await Promise.all([client.dial.rebind(), client.dial.rebind()]);
  await stage.clock.advance(2_000);
  expect([opened.length, boundPorts()]).toEqual([4, [client.dial.port?.address?.port]]);
  const rebinding = client.dial.rebind();
  client.dial.stop();
  await stage.clock.advance(60_000);
  await rebinding;
  await client.dial.rebind();
  expect([opened.length, boundPorts(), stage.clock.timerCount]).toEqual([6, [], 0]);
});
