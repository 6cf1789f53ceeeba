/** The promises of every transport: about delivery, about peers that do not read, and about the end. */
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import type { Carries } from 'naru/wire';
import { EncodedPacket, PacketList, type Unit } from 'naru/wire';
import { type Cases, listOf, sameUnits, type Trial, Witness } from './contract-subject.js';

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
const NO_VOLATILE = 'the wire has no separate path for volatile messages';
const PIECE_BYTES = 50_000;
const PIECES_MAX = 2_000;
const UNRELIABLE = 'units that a peer does not read are lost';
/** Size of a large unit for transports without a bound of their own. */
const LARGE_BYTES = 1_000_000;

/** Returns the units that the wire can carry. */
function unitsFor(carries: Carries): Unit[] {
  return UNITS.filter(
    (unit) => (carries.binary || typeof unit === 'string') && Buffer.byteLength(unit) <= carries.bytesMax,
  );
}

/** Returns a message of exactly `bytes` bytes. */
function textOf(bytes: number): string {
  return '4'.padEnd(bytes, 'x');
}

/** Delivery: order, loss, size, bytes, and volatile messages. */
const DELIVERY: Cases = {
  'delivers the units of its peer whole, and in order if it keeps order': async (trial) => {
    const { transport, peer, settle, witness } = trial;
    const units = unitsFor(transport.carries);
    for (const unit of units) peer.send(unit);
    await settle();
    sameUnits(witness.units, units, transport.carries);
  },
  'sends a list of packets whole, and in order if it keeps order': async ({ transport, peer, settle }) => {
    const units = unitsFor(transport.carries);
    transport.send(listOf(units));
    await settle();
    sameUnits(peer.received, units, transport.carries);
  },
  'sends list after list, while it is writable': async ({ transport, peer, settle }) => {
    const sent: Unit[] = [];
    for (let count = 0; count < 20; count += 1) {
      ok(transport.writable, `is not writable after ${count} small lists were read`);
      const units = [`4${count}`, `4${count}, again`];
      sent.push(...units);
      transport.send(listOf(units));
      await settle();
    }
    sameUnits(peer.received, sent, transport.carries);
  },
  'loses nothing and changes no order while both ends send at once': async (trial) => {
    const { transport, peer, settle, witness, waive } = trial;
    const { ordered, reliable } = transport.carries;
    if (!ordered || !reliable) return waive('units may be lost and may overtake each other');
    const expected = Array.from({ length: MANY }, (_, index) => `4${index}`);
    for (let index = 0; index < MANY; index += 1) {
      peer.send(`4${index}`);
      if (!transport.writable) await settle();
      ok(transport.writable, 'is not writable although its peer reads');
      transport.send(listOf([`4${index}`]));
      if (index % 7 === 0) await settle();
    }
    await settle();
    deepStrictEqual(peer.received, expected);
    deepStrictEqual(witness.units, expected);
  },
  'accepts a unit of exactly the maximum size': async (trial) => {
    const { peer, settle, witness, unitBytesMax, waive } = trial;
    if (unitBytesMax === undefined) return waive(NO_BOUND);
    peer.send(textOf(unitBytesMax));
    await settle();
    deepStrictEqual([witness.units.map((unit) => unit.length), witness.closes.length], [[unitBytesMax], 0]);
  },
  'refuses a unit that is one byte larger: reports an error, and delivers nothing of it': async (trial) => {
    const { transport, peer, settle, witness, unitBytesMax, waive } = trial;
    if (unitBytesMax === undefined) return waive(NO_BOUND);
    peer.send(textOf(unitBytesMax + 1));
    peer.send('4behind');
    await settle();
    deepStrictEqual([witness.units, witness.closes.length, transport.writable], [[], 1, false]);
    ok(witness.closes[0] instanceof Error, 'onClose came without an error');
    ok(peer.isEnded, 'the peer did not see the end');
  },
  'sends a unit as large as carries.bytesMax': async ({ transport, peer, settle }) => {
    const { bytesMax } = transport.carries;
    const size = Math.min(bytesMax, LARGE_BYTES);
    transport.send(PacketList.of(new EncodedPacket(textOf(size))));
    await settle();
    deepStrictEqual(
      peer.received.map((unit) => unit.length),
      [size],
    );
  },
  'keeps bytes as they are': async ({ transport, peer, settle, witness, waive }) => {
    if (!transport.carries.binary) return waive(NO_BINARY);
    const unit = new Uint8Array(256).map((_, index) => index);
    transport.send(listOf([unit]));
    peer.send(unit);
    await settle();
    sameUnits(peer.received, [unit]);
    sameUnits(witness.units, [unit]);
  },
  'delivers binary units that do not change later': async ({ transport, peer, settle, witness, waive }) => {
    if (!transport.carries.binary) return waive(NO_BINARY);
    for (let count = 0; count < 50; count += 1) {
      peer.send(new Uint8Array(100).fill(count));
      await settle();
    }
    strictEqual(witness.units.length, 50);
    for (const [index, unit] of witness.units.entries()) strictEqual(unit[50], index);
  },
  'calls only its current handler': async ({ transport, peer, settle, witness }) => {
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
    const { transport, peer, settle, witness, waive } = trial;
    if (!transport.sendVolatile || !peer.sendVolatile) return waive(NO_VOLATILE);
    const message = ['451-["moved",{"_placeholder":true,"num":0}]', Uint8Array.of(0, 200)];
    ok(transport.sendVolatile(message.map((unit) => new EncodedPacket(unit))), 'could not send a small message');
    peer.sendVolatile(message);
    await settle();
    sameUnits(peer.receivedVolatile?.[0] ?? [], message);
    sameUnits(witness.volatile[0] ?? [], message);
    deepStrictEqual([peer.received, witness.units], [[], []]);
  },
  'returns false for a volatile message that is too large': async ({ transport, peer, settle, waive }) => {
    if (!transport.sendVolatile || !peer.sendVolatile) return waive(NO_VOLATILE);
    strictEqual(transport.sendVolatile([new EncodedPacket(textOf(70_000))]), false);
    await settle();
    deepStrictEqual([peer.received, peer.receivedVolatile], [[], []]);
  },
};

/** Sends until the transport is not writable. Returns the number of units. */
async function fill({ transport, settle }: Trial): Promise<number> {
  let count = 0;
  while (transport.writable && count < PIECES_MAX) {
    transport.send(PacketList.of(new EncodedPacket(`4${String(count).padEnd(PIECE_BYTES, '.')}`)));
    count += 1;
    await settle();
  }
  ok(count < PIECES_MAX, `took ${count * PIECE_BYTES} bytes for a peer that does not read`);
  return count;
}

/** Peers that do not read. */
const PRESSURE: Cases = {
  'is not writable while its peer does not read, and calls onWritable later': async (trial) => {
    const { transport, peer, settle, witness, waive } = trial;
    if (!transport.carries.reliable) return waive(UNRELIABLE);
    peer.pause();
    const count = await fill(trial);
    const before = witness.writableCount;
    await settle();
    ok(!transport.writable, 'is writable again although nothing was read');
    strictEqual(witness.writableCount, before, 'onWritable was called although nothing was read');
    peer.resume();
    await settle();
    ok(transport.writable, 'is not writable although its peer read everything');
    ok(witness.writableCount > before, 'onWritable was not called');
    deepStrictEqual(
      peer.received.map((unit) => Number.parseInt(String(unit).slice(1), 10)),
      Array.from({ length: count }, (_, index) => index),
    );
    strictEqual(transport.bufferedBytes, 0);
  },
  'still receives from a peer that does not read': async (trial) => {
    const { transport, peer, settle, witness, waive } = trial;
    if (!transport.carries.reliable) return waive(UNRELIABLE);
    peer.pause();
    await fill(trial);
    peer.send('4still here');
    await settle();
    deepStrictEqual(witness.units, ['4still here']);
  },
  'ends at once when it is aborted, even if its peer does not read': async (trial) => {
    const { transport, peer, settle, witness } = trial;
    peer.pause();
    if (transport.carries.reliable) await fill(trial);
    transport.abort();
    await settle();
    deepStrictEqual([witness.closes.length, transport.writable], [1, false]);
  },
  'sends many small lists to a peer that reads slowly, without a loss': async (trial) => {
    const { transport, peer, settle, waive } = trial;
    if (!transport.carries.reliable) return waive(UNRELIABLE);
    let count = 0;
    for (let turn = 0; turn < 20; turn += 1) {
      peer.pause();
      for (let piece = 0; piece < 10 && transport.writable; piece += 1) {
        transport.send(listOf([`4${count}`]));
        count += 1;
      }
      peer.resume();
      await settle();
    }
    ok(count >= 20, 'was hardly ever writable');
    deepStrictEqual(
      peer.received,
      Array.from({ length: count }, (_, index) => `4${index}`),
    );
  },
};

/** The end of a connection. */
const ENDING: Cases = {
  'closes after all sent data, and calls onClose once without an error': async (trial) => {
    const { transport, peer, settle, witness } = trial;
    transport.send(listOf(['4last words']));
    transport.close();
    await settle();
    deepStrictEqual([peer.received, peer.isEnded, witness.closes], [['4last words'], true, [undefined]]);
  },
  'tells its peer the code and the reason of a close': async ({ transport, peer, settle, waive }) => {
    transport.close(1002, 'parse error');
    await settle();
    ok(peer.isEnded, 'the peer did not see the end');
    const { code, reason } = peer.end ?? {};
    if (code === undefined && reason === undefined) return waive('the wire carries neither a code nor a reason');
    if (reason !== undefined) strictEqual(reason, 'parse error');
    if (code === undefined) return waive('the wire carries only the reason');
    strictEqual(code, 1002);
  },
  'delivers nothing after it was closed': async ({ transport, peer, settle, witness }) => {
    transport.close();
    peer.send('4too late');
    await settle();
    deepStrictEqual([witness.units, witness.closes.length], [[], 1]);
  },
  'delivers nothing after it was aborted': async ({ transport, peer, settle, witness }) => {
    peer.send('4too late');
    peer.sendVolatile?.(['4too late']);
    transport.abort();
    await settle();
    deepStrictEqual([witness.units, witness.volatile, witness.closes.length], [[], [], 1]);
  },
  'calls onClose once, however often it is ended': async ({ transport, settle, witness }) => {
    transport.close();
    transport.close();
    transport.abort();
    await settle();
    transport.abort();
    transport.close();
    await settle();
    strictEqual(witness.closes.length, 1);
  },
  'calls onClose once without an error when its peer closes': async ({ peer, settle, witness }) => {
    peer.send('4before');
    peer.close();
    await settle();
    deepStrictEqual([witness.units, witness.closes], [['4before'], [undefined]]);
  },
  'ends without an error when its peer closes only its sending half': async (trial) => {
    const { transport, peer, settle, witness, waive } = trial;
    if (!peer.closeHalf) return waive('the two directions of a connection cannot close separately');
    peer.send('4before');
    peer.closeHalf();
    await settle();
    deepStrictEqual([witness.units, witness.closes, transport.writable], [['4before'], [undefined], false]);
    ok(peer.isEnded, 'the other half of the connection stays open');
  },
  'calls onClose once when its peer vanishes': async ({ transport, peer, settle, witness, waive }) => {
    peer.vanish();
    await settle();
    if (!transport.carries.reliable && witness.closes.length === 0)
      return waive('the wire does not report it; the heartbeat detects it');
    strictEqual(witness.closes.length, 1);
    ok(!transport.writable, 'is writable after its end');
  },
  'ends at once and silently when it is aborted': async ({ transport, peer, settle, witness }) => {
    transport.abort();
    await settle();
    deepStrictEqual([witness.closes.length, peer.isEnded, transport.writable], [1, true, false]);
  },
  'ends the connection when it is retired': async ({ transport, peer, settle }) => {
    transport.handler = new Witness();
    transport.retire();
    await settle();
    ok(peer.isEnded, 'the connection of a retired transport is still open');
  },
};

/** The cases by topic. */
export const TOPICS: Readonly<Record<string, Cases>> = {
  delivery: DELIVERY,
  'back-pressure': PRESSURE,
  ending: ENDING,
};
