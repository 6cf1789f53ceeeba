/** The part of the contract of transports about what arrives: order, loss, size, bytes, and the way beside the ordered one. */
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { Batch } from '../../transport/batch.js';
import { EncodedPacket, type Unit } from '../../transport/encoded-packet.js';
import type { Carries } from '../../transport/transport.js';
import { batchOf, type Cases, sameUnits, Witness } from './contract-subject.js';

const UNITS: readonly Unit[] = [
  '4hello',
  '4',
  '4안녕 🚢',
  Uint8Array.of(0, 127, 128, 255),
  `4${'x'.repeat(70_000)}`,
  new Uint8Array(70_000).map((_, index) => index),
  '4last',
];
const MANY = 500;
const NO_BINARY = 'bytes travel as text';
const NO_BOUND = 'the transport has no bound of its own';
const NO_VOLATILE = 'there is only one way';
/** What the promises about one unit are tried with where a transport has no bound of its own. */
const LARGE_BYTES = 1_000_000;

/** Those of the units that the wire has room for. */
function unitsFor(carries: Carries): Unit[] {
  return UNITS.filter(
    (unit) => (carries.binary || typeof unit === 'string') && Buffer.byteLength(unit) <= carries.bytesMax,
  );
}

/** Text of exactly so many bytes, a message. */
function textOf(bytes: number): string {
  return '4'.padEnd(bytes, 'x');
}

/** The cases of this part. */
export const DELIVERY: Cases = {
  'delivers the units of its peer whole, and in order where it keeps one': async (trial) => {
    const { transport, peer, settle, witness } = trial;
    const units = unitsFor(transport.carries);
    for (const unit of units) peer.send(unit);
    await settle();
    sameUnits(witness.units, units, transport.carries);
  },
  'sends a batch whole, and in order where it keeps one': async ({ transport, peer, settle }) => {
    const units = unitsFor(transport.carries);
    transport.send(batchOf(units));
    await settle();
    sameUnits(peer.received, units, transport.carries);
  },
  'sends batch after batch, while it is writable': async ({ transport, peer, settle }) => {
    const sent: Unit[] = [];
    for (let count = 0; count < 20; count += 1) {
      ok(transport.writable, `is not writable after ${count} small batches were read`);
      const units = [`4${count}`, `4${count}, again`];
      sent.push(...units);
      transport.send(batchOf(units));
      await settle();
    }
    sameUnits(peer.received, sent, transport.carries);
  },
  'loses nothing and changes no order while both ends send at once': async ({ transport, peer, settle, witness }) => {
    const { ordered, reliable } = transport.carries;
    if (!ordered || !reliable) return 'units may be lost, and overtake each other';
    const expected = Array.from({ length: MANY }, (_, index) => `4${index}`);
    for (let index = 0; index < MANY; index += 1) {
      peer.send(`4${index}`);
      if (!transport.writable) await settle();
      ok(transport.writable, 'is not writable although its peer reads');
      transport.send(batchOf([`4${index}`]));
      if (index % 7 === 0) await settle();
    }
    await settle();
    deepStrictEqual(peer.received, expected);
    deepStrictEqual(witness.units, expected);
    return undefined;
  },
  'takes a unit of exactly the size that it was told to take': async ({ peer, settle, witness, unitBytesMax }) => {
    if (unitBytesMax === undefined) return NO_BOUND;
    peer.send(textOf(unitBytesMax));
    await settle();
    deepStrictEqual([witness.units.map((unit) => unit.length), witness.closes.length], [[unitBytesMax], 0]);
    return undefined;
  },
  'refuses a unit that is one byte larger: tells an error, and delivers nothing of it': async (trial) => {
    const { transport, peer, settle, witness, unitBytesMax } = trial;
    if (unitBytesMax === undefined) return NO_BOUND;
    peer.send(textOf(unitBytesMax + 1));
    peer.send('4behind');
    await settle();
    deepStrictEqual([witness.units, witness.closes.length, transport.writable], [[], 1, false]);
    ok(witness.closes[0] instanceof Error, 'onClose came without an error');
    ok(peer.isEnded, 'the peer was not told that it is over');
    return undefined;
  },
  'sends a unit as large as it says that it carries': async ({ transport, peer, settle }) => {
    const { bytesMax } = transport.carries;
    const size = Math.min(bytesMax, LARGE_BYTES);
    transport.send(Batch.of(new EncodedPacket(textOf(size))));
    await settle();
    deepStrictEqual(
      peer.received.map((unit) => unit.length),
      [size],
    );
  },
  'keeps bytes as they are': async ({ transport, peer, settle, witness }) => {
    if (!transport.carries.binary) return NO_BINARY;
    const unit = new Uint8Array(256).map((_, index) => index);
    transport.send(batchOf([unit]));
    peer.send(unit);
    await settle();
    sameUnits(peer.received, [unit]);
    sameUnits(witness.units, [unit]);
    return undefined;
  },
  'gives binary units that are the receiver’s to keep': async ({ transport, peer, settle, witness }) => {
    if (!transport.carries.binary) return NO_BINARY;
    for (let count = 0; count < 50; count += 1) {
      peer.send(new Uint8Array(100).fill(count));
      await settle();
    }
    strictEqual(witness.units.length, 50);
    for (const [index, unit] of witness.units.entries()) strictEqual(unit[50], index);
    return undefined;
  },
  'tells only the handler that it has now': async ({ transport, peer, settle, witness }) => {
    const next = new Witness();
    transport.handler = next;
    peer.send('4for the next');
    await settle();
    peer.close();
    await settle();
    deepStrictEqual([witness.units, witness.closes.length], [[], 0]);
    deepStrictEqual([next.units, next.closes.length], [['4for the next'], 1]);
  },
  'carries volatile messages beside the ordered ones, whole, with their bytes': async (trial) => {
    const { transport, peer, settle, witness } = trial;
    if (!transport.sendVolatile || !peer.sendVolatile) return NO_VOLATILE;
    const message = ['451-["moved",{"_placeholder":true,"num":0}]', Uint8Array.of(0, 200)];
    ok(transport.sendVolatile(message.map((unit) => new EncodedPacket(unit))), 'could not send a small message');
    peer.sendVolatile(message);
    await settle();
    sameUnits(peer.receivedVolatile?.[0] ?? [], message);
    sameUnits(witness.volatile[0] ?? [], message);
    deepStrictEqual([peer.received, witness.units], [[], []]);
    return undefined;
  },
  'says so when a volatile message is too large for the way beside': async ({ transport, peer, settle }) => {
    if (!transport.sendVolatile || !peer.sendVolatile) return NO_VOLATILE;
    strictEqual(transport.sendVolatile([new EncodedPacket(textOf(70_000))]), false);
    await settle();
    deepStrictEqual([peer.received, peer.receivedVolatile], [[], []]);
    return undefined;
  },
};
