import { describe, expect, it } from 'vitest';
import { waitsOf } from '../../naru/src/base/deadlines.js';
import { encodeRecord } from '../../naru/src/protocol/record/encode.js';
import { EncodedPacket } from '../../naru/src/transport/encoded-packet.js';
import { PacketList } from '../../naru/src/transport/packet-list.js';
import { Witness } from '../../testing/src/contracts/contract-subject.js';
import { transportContract } from '../../testing/src/contracts/transport-contract.js';
import { FakeClock } from '../../testing/src/fake-clock.js';
import { WebTransportPair, type WebTransportPairOptions } from '../../testing/src/web-transport-pair.js';
import { WebTransportTransport } from '../src/transport.js';
import { openWebTransport } from './subject.js';

describe('the contract of transports is kept by WebTransport', () => {
  for (const { name, run } of transportContract(openWebTransport)) it(name, async () => void (await run()));
});

async function open(options: WebTransportPairOptions = {}) {
  const clock = new FakeClock();
  const pair = new WebTransportPair(options);
  const near = await pair.client.createBidirectionalStream();
  const { value: far } = await pair.server.incomingBidirectionalStreams.getReader().read();
  const settings = { clock, recordBytesMax: 1_000, closeDeadlines: waitsOf(clock, 500) };
  const witness = new Witness();
  const transport = new WebTransportTransport(pair.server, far ?? expect.fail('no stream'), settings, witness);
  const writer = near.writable.getWriter();
  writer.closed.catch(() => undefined);
  return { clock, pair, near, writer, transport, witness };
}

const packet = (text: string) => PacketList.of(new EncodedPacket(text));

describe('a WebTransport', () => {
  it('is closed with code 1009 for a record above the limit, as soon as its header has arrived', async () => {
    const { clock, pair, writer, witness } = await open();
    await writer.write(Uint8Array.of(126, 3, 233));
    await clock.settle();
    expect(await pair.client.closed).toEqual({ closeCode: 1009, reason: 'record exceeds the limit of 1000 bytes' });
    expect(witness.closes[0]).toMatchObject({ code: 'RECORD_TOO_BIG' });
  });

  it('is closed with code 1002 for text that is not UTF-8', async () => {
    const { clock, pair, writer, witness } = await open();
    await writer.write(Uint8Array.of(2, 0x34, 0xff));
    await clock.settle();
    expect(await pair.client.closed).toMatchObject({ closeCode: 1002 });
    expect(witness.closes[0]).toMatchObject({ code: 'RECORD_BAD_UTF8' });
  });

  it('is lost when it ends within a record', async () => {
    const { clock, writer, witness } = await open();
    await writer.write(Uint8Array.of(5, 0x34));
    writer.close();
    await clock.settle();
    expect(witness.closes[0]).toMatchObject({ code: 'DISCONNECTED' });
  });

  it('is lost when its peer resets it, or stops reading it', async () => {
    const reset = await open();
    await reset.writer.abort(new Error('reset'));
    await reset.clock.settle();
    expect(reset.witness.closes[0]).toMatchObject({ code: 'DISCONNECTED' });
    const stopped = await open();
    await stopped.near.readable.cancel();
    stopped.transport.send(packet('4a'));
    await stopped.clock.settle();
    expect(stopped.witness.closes[0]).toMatchObject({ code: 'DISCONNECTED' });
  });

  it('ends without an error if its peer closes with a normal code, and with one otherwise', async () => {
    for (const [closeCode, isClean] of [
      [0, true],
      [1000, true],
      [1001, true],
      [7, false],
    ] as const) {
      const { clock, pair, witness } = await open();
      pair.client.close({ closeCode, reason: 'so' });
      await clock.settle();
      expect(witness.closes).toHaveLength(1);
      expect(witness.closes[0] === undefined).toBe(isClean);
    }
  });

  it('waits at its close for its peer to read, but not for ever', async () => {
    const { clock, pair, transport, witness } = await open();
    transport.send(packet('4last words'));
    transport.close(1000, 'ping timeout');
    let end: unknown;
    pair.client.closed.then((info) => {
      end = info;
    });
    await clock.advance(499);
    expect([end, witness.closes]).toEqual([undefined, [undefined]]);
    await clock.advance(1);
    expect(end).toEqual({ closeCode: 0, reason: 'ping timeout' });
    expect(clock.timerCount).toBe(0);
  });

  it("cuts a reason that is too long for a session's close", async () => {
    const { clock, pair, near, transport } = await open();
    near.readable.getReader().read();
    transport.close(1002, '나'.repeat(1_000));
    await clock.settle();
    expect((await pair.client.closed).reason).toBe('나'.repeat(341));
  });

  it('delivers data that arrived during a pause, in order, when it resumes', async () => {
    const { clock, writer, transport, witness } = await open();
    transport.pause();
    await writer.write(Buffer.concat(['4a', '4b', '4c'].map(encodeRecord)));
    await clock.settle();
    expect(witness.units).toEqual([]);
    transport.resume();
    await writer.write(encodeRecord('4d'));
    await clock.settle();
    expect(witness.units).toEqual(['4a', '4b', '4c', '4d']);
  });

  it('can be paused again by the receiver of a unit', async () => {
    const { clock, writer, transport, witness } = await open({ splitsMax: 0 });
    transport.handler = {
      onData(from, unit) {
        witness.onData(from, unit);
        transport.pause();
      },
      onWritable: () => undefined,
      onClose: () => undefined,
    };
    await writer.write(Buffer.concat(['4a', '4b', '4c'].map(encodeRecord)));
    await clock.settle();
    expect(witness.units).toEqual(['4a']);
    transport.resume();
    expect(witness.units).toEqual(['4a', '4b']);
    transport.resume();
    transport.resume();
    expect(witness.units).toEqual(['4a', '4b', '4c']);
  });

  it('sends no datagram to a peer that did not announce that it reads them', async () => {
    const { clock, writer, transport } = await open();
    const volatile = [new EncodedPacket('42["a"]')];
    expect(transport.sendVolatile(volatile)).toBe(false);
    await writer.write(encodeRecord('6datagrams'));
    await clock.settle();
    expect(transport.sendVolatile(volatile)).toBe(true);
    transport.close();
    expect(transport.sendVolatile(volatile)).toBe(false);
  });

  it('delivers the units after one whose receiver throws', async () => {
    const { clock, writer, transport } = await open();
    const uncaught = new Promise((resolve) => process.once('uncaughtException', resolve));
    const seen: unknown[] = [];
    transport.handler = {
      onData(_from, unit) {
        seen.push(unit);
        if (unit === '4a') throw new Error('a listener');
      },
      onWritable: () => undefined,
      onClose: () => undefined,
    };
    await writer.write(Buffer.concat(['4a', '4b'].map(encodeRecord)));
    await clock.settle();
    expect(seen).toEqual(['4a', '4b']);
    expect(await uncaught).toMatchObject({ message: 'a listener' });
  });
});
