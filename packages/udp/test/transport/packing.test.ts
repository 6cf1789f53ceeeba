import { expect, it } from 'vitest';
import { decodeRecords } from '../../../naru/src/protocol/webtransport/records.js';
import { EncodedPacket, type Unit } from '../../../naru/src/transport/encoded-packet.js';
import { checkFitsDatagram, fitsDatagram, Packer, pack } from '../../src/transport/packing.js';
import { listOf } from './pair.js';

const packets = (...units: Unit[]) => units.map((unit) => new EncodedPacket(unit));
const read = (bodies: readonly Uint8Array[]) => bodies.map((body) => decodeRecords(body, 0, body.byteLength) as Unit[]);

it('puts as many messages into a datagram as fit, in order', () => {
  const units = Array.from({ length: 40 }, (_, index) => `42["say","${String(index).padEnd(60, '.')}"]`);
  const { data, control } = pack(packets(...units));
  expect(read(data).flat()).toEqual(units);
  expect(data).toHaveLength(3);
  expect(data.every(({ byteLength }) => byteLength <= 1_171)).toBe(true);
  expect(control).toEqual([]);
});

it('keeps a text and its attachments in one datagram', () => {
  const attachment = new Uint8Array(500).fill(7);
  const { data } = pack(
    packets('42["a"]', `451-["b",{"_placeholder":true,"num":0}]`, attachment, `452-["c"]`, attachment, attachment),
  );
  expect(read(data).map((units) => units.length)).toEqual([3, 3]);
});

it('separates data that must arrive from data that may be lost', () => {
  const { data, control } = pack(packets('42["a"]', '427["b"]', '2', Uint8Array.of(1)));
  expect(read(data)).toEqual([['42["a"]', Uint8Array.of(1)]]);
  expect(read(control)).toEqual([['427["b"]', '2']]);
});

it('leaves out, and counts, data that fits into no datagram', () => {
  const tooBig = `42["${'x'.repeat(1_200)}"]`;
  const { data, oversizeCount } = pack(packets('42["a"]', tooBig, '451-["b"]', new Uint8Array(1_200), '42["c"]'));
  expect(read(data)).toEqual([['42["a"]', '42["c"]']]);
  expect(oversizeCount).toBe(2);
  expect(new Packer().pack(listOf(tooBig)).oversizeCount).toBe(1);
});

it('packs a shared list once', () => {
  const packer = new Packer();
  const shared = listOf('42["a"]');
  shared.isShared = true;
  expect(packer.pack(shared)).toBe(packer.pack(shared));
  const alone = listOf('42["a"]');
  expect(packer.pack(alone)).not.toBe(packer.pack(alone));
});

it('knows to the byte what fits, in any script', () => {
  const exact = `42["${'x'.repeat(1_158)}"]`;
  expect(fitsDatagram(packets(exact))).toBe(true);
  expect(fitsDatagram(packets(`${exact}x`))).toBe(false);
  expect(fitsDatagram(packets(`42["${'안'.repeat(386)}"]`))).toBe(true);
  expect(fitsDatagram(packets(`42["${'안'.repeat(387)}"]`))).toBe(false);
  expect(() => checkFitsDatagram(packets(`${exact}x`))).toThrow(/1168 bytes.*1167/);
});
