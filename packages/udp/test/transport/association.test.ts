import { describe, expect, it } from 'vitest';
import type { DatagramNetworkOptions } from '../../../../test/kit/datagram-network.js';
import { encodeRecords } from '../../../naru/src/protocol/webtransport/records.js';
import { Kind } from '../../src/protocol/datagram/layout.js';
import { Control } from '../../src/transport/association.js';
import { type Dialled, Stage } from './pair.js';

const open = async (options: DatagramNetworkOptions = {}) => {
  const stage = await new Stage(options).open();
  const client = stage.dial();
  await stage.clock.advance(100);
  const [transport] = stage.transports;
  if (!transport) throw new Error('there is no session');
  return { stage, client, transport };
};

const numbers = (texts: readonly unknown[]) => texts.map((text) => Number(String(text).slice(1)));

describe('data', () => {
  it('never goes back, never repeats, and usually arrives, on a network that loses, doubles and reorders', async () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const { stage, client, transport } = await open();
      Object.assign(stage.network, { loss: 0.2, duplication: 0.3, delayMs: [1, 30] });
      for (let count = 0; count < 300; count += 1) {
        client.association.sendData(encodeRecords([`4${count}`]));
        transport.sendData(encodeRecords([`4${count}`]));
        await stage.clock.advance(seed);
      }
      await stage.clock.advance(1_000);
      for (const received of [stage.units, client.association.data]) {
        const seen = numbers(received);
        expect(seen).toEqual([...new Set(seen)].sort((left, right) => left - right));
        expect(seen.length).toBeGreaterThan(20);
      }
    }
  });
});

describe('control', () => {
  it('arrives whole, once and in order, on a network that loses half of everything', async () => {
    for (let seed = 1; seed <= 10; seed += 1) {
      const { stage, client, transport } = await open({ seed });
      Object.assign(stage.network, { loss: 0.5, duplication: 0.3, delayMs: [1, 200] });
      for (let count = 0; count < 60; count += 1) {
        client.association.sendControl(encodeRecords([`4${count}`]));
        transport.sendControl(encodeRecords([`4${count}`]));
        await stage.clock.advance(40);
      }
      await stage.clock.advance(120_000);
      const expected = Array.from({ length: 60 }, (_, index) => index);
      expect(numbers(stage.units)).toEqual(expected);
      expect(numbers(client.association.control)).toEqual(expected);
      expect([client.association.controlBytes, transport.controlBytes]).toEqual([0, 0]);
    }
  });

  it('waits for one confirmation at a time, and joins later data', async () => {
    const { stage, client } = await open();
    const before = stage.network.sent.length;
    for (let count = 0; count < 50; count += 1) client.association.sendControl(encodeRecords([`4${count}`]));
    await stage.clock.advance(100);
    const sent = stage.network.sent.slice(before).filter(({ bytes }) => bytes[0] === Kind.CONTROL);
    expect(sent).toHaveLength(2);
    expect(stage.units).toHaveLength(50);
  });

  it('ends the association when more than the limit waits', async () => {
    const { stage, client } = await open();
    stage.network.loss = 1;
    for (let count = 0; count < 100 && client.isOpen; count += 1)
      client.association.sendControl(encodeRecords(['x'.repeat(1_100)]));
    expect(client.association.ends).toEqual([expect.objectContaining({ code: 'BUFFER_FULL' })]);
  });

  it('holds nothing and sets no timer once everything is confirmed', async () => {
    const { stage, client } = await open();
    client.association.sendControl(encodeRecords(['4a']));
    await stage.clock.advance(15_000);
    expect([client.association.controlBytes, stage.clock.timerCount]).toEqual([0, 0]);
  });
});

describe('the end', () => {
  const goodbyes = (stage: Stage) => stage.network.sent.filter(({ bytes }) => bytes[0] === Kind.CLOSE);

  it('is sent three times, and ends the other side when it arrives', async () => {
    const { stage, client } = await open();
    client.association.close();
    await stage.clock.advance(10_000);
    expect(goodbyes(stage)).toHaveLength(3);
    expect([stage.closes, stage.listener.associationCount, stage.clock.timerCount]).toEqual([[undefined], 0, 0]);
  });

  it('arrives although the first two goodbyes are lost', async () => {
    const { stage, client, transport } = await open();
    let count = 0;
    stage.network.filter = ({ bytes }) => {
      count += bytes[0] === Kind.CLOSE ? 1 : 0;
      return bytes[0] !== Kind.CLOSE || count > 2;
    };
    transport.close();
    await stage.clock.advance(10_000);
    expect(client.association.ends).toEqual([undefined]);
  });

  it('waits for earlier data that must arrive', async () => {
    const { stage, client } = await open({ seed: 5 });
    let dropped = 0;
    stage.network.filter = ({ bytes }) => {
      if (bytes[0] !== Kind.CONTROL || dropped >= 3) return true;
      dropped += 1;
      return false;
    };
    client.association.sendControl(encodeRecords(['4last words']));
    client.association.close();
    await stage.clock.advance(10_000);
    expect([stage.units, stage.closes]).toEqual([['4last words'], [undefined]]);
  });

  it('happens even when nobody confirms any more', async () => {
    const { stage, client } = await open();
    stage.network.loss = 1;
    client.association.sendControl(encodeRecords(['4into the void']));
    client.association.close();
    await stage.clock.advance(60_000);
    expect([stage.clock.timerCount, client.isOpen]).toEqual([0, false]);
  });

  it('is a parse error when the owner of the key sends nonsense', async () => {
    const sends: ((client: Dialled) => void)[] = [
      ({ association }) => association.sendData(Uint8Array.of(200, 1)),
      ({ association }) => association.sendControl(Uint8Array.of(126, 255, 255)),
    ];
    for (const send of sends) {
      const { stage, client } = await open();
      send(client);
      await stage.clock.advance(1_000);
      expect(stage.closes).toEqual([expect.objectContaining({ code: 'EIO_BAD_PAYLOAD' })]);
      expect(client.association.ends).toEqual([undefined]);
    }
  });
});

it('puts as much as fits into a body, the number first, and the rest into the next', () => {
  const control = new Control({ repeat: () => undefined }, Uint8Array.of(1, 1));
  control.add(Uint8Array.of(2));
  control.add(new Uint8Array(1_164).fill(3));
  control.add(Uint8Array.of(4));
  expect(control.bytes).toBe(1_168);
  control.next(0x0102_0304);
  expect([...control.body.subarray(0, 7)]).toEqual([1, 2, 3, 4, 1, 1, 2]);
  expect([control.body.byteLength, control.hasMore]).toEqual([4 + 1_167, true]);
  control.next(5);
  expect([...control.body]).toEqual([0, 0, 0, 5, 4]);
  expect([control.hasMore, control.bytes]).toEqual([false, 5]);
});

it('tells its association when it is due', () => {
  const seen: Control[] = [];
  const control = new Control({ repeat: (each) => seen.push(each) }, Uint8Array.of(1));
  control.onRepeat();
  expect(seen).toEqual([control]);
});
