/**
 * Gives the decoders random and nearly valid datagrams. A whole server and client get changed, repeated and invented
 * ones while a well-behaved session goes on. FUZZ_MINUTES sets how long; a failure prints its seed.
 */
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../packages/naru/src/base/errors.js';
import { decodeRecords, encodeRecords } from '../../packages/naru/src/protocol/webtransport/records.js';
import {
  decodeAccept,
  decodeChallenge,
  decodeConnect,
  decodeHello,
  decodeRefuse,
  encodeAccept,
  encodeConnect,
} from '../../packages/udp/src/protocol/datagram/handshake.js';
import { attachmentCountOf, isImportant } from '../../packages/udp/src/protocol/datagram/importance.js';
import { Kind } from '../../packages/udp/src/protocol/datagram/layout.js';
import { Stage } from '../../packages/udp/test/transport/pair.js';
import { fuzzTimeoutMs } from '../kit/fuzz-time.js';
import { type Dice, fuzz } from './websocket-random.js';

const bytesOf = (dice: Dice, size: number) => Uint8Array.from({ length: size }, () => dice.below(256));

/** A datagram with some bytes changed, cut or added. */
function spoil(dice: Dice, datagram: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(datagram);
  for (let count = dice.below(4); count > 0 && copy.byteLength > 0; count -= 1)
    copy[dice.below(copy.byteLength)] = dice.below(256);
  if (dice.oneIn(3)) return copy.subarray(0, dice.below(copy.byteLength + 1));
  return dice.oneIn(3) ? Buffer.concat([copy, bytesOf(dice, dice.below(1_400))]) : copy;
}

describe('the decoders of datagrams', () => {
  it('read only the bytes they were given, or refuse them', { timeout: fuzzTimeoutMs() }, async () => {
    await fuzz((dice) => {
      for (let round = 0; round < 50; round += 1) {
        const nonce = bytesOf(dice, 16);
        const records = encodeRecords(dice.oneIn(2) ? ['a=b', '40'] : [bytesOf(dice, dice.below(200))]);
        const made = dice.oneIn(2)
          ? encodeConnect({ nonce, cookie: nonce, records, publicKey: dice.oneIn(2) ? bytesOf(dice, 32) : undefined })
          : encodeAccept({ nonce, id: dice.below(2 ** 31), records });
        const bytes = dice.oneIn(4) ? bytesOf(dice, dice.below(1_300)) : spoil(dice, made);
        for (const decode of [decodeConnect, decodeAccept]) {
          const message = decode(bytes);
          if (!message) continue;
          expect(message.start).toBeLessThanOrEqual(message.end);
          expect(message.end).toBe(bytes.byteLength - 16);
          expect(message.nonce.byteLength).toBe(16);
        }
        expect(decodeHello(bytes)?.byteLength ?? 16).toBe(16);
        expect(decodeChallenge(bytes)?.cookie.byteLength ?? 16).toBe(16);
        decodeRefuse(bytes);
        const units = decodeRecords(bytes, 0, bytes.byteLength);
        if (units instanceof ProtocolError) continue;
        expect(encodeRecords(units).byteLength).toBeLessThanOrEqual(3 * bytes.byteLength);
        for (const unit of units) if (typeof unit === 'string') expect(isImportant(unit)).toBeTypeOf('boolean');
        for (const unit of units)
          if (typeof unit === 'string') expect(attachmentCountOf(unit)).toBeGreaterThanOrEqual(0);
      }
    });
  });
});

describe('a server of datagrams', () => {
  it('serves a well-behaved session, and keeps nothing of the other clients', {
    timeout: fuzzTimeoutMs(),
  }, async () => {
    await fuzz(async (dice) => {
      const stage = await new Stage({ seed: dice.below(2 ** 31), delayMs: [1, 20], duplication: 0.1 }).open();
      const client = stage.dial({ agrees: dice.oneIn(2) });
      await stage.clock.advance(1_000);
      const answered = stage.network.sent.length;
      for (let round = 0; round < 60; round += 1) {
        const travelled = dice.pick(stage.network.sent);
        const kinds = Object.values(Kind);
        const invented = Buffer.from(bytesOf(dice, 1 + dice.below(1_300)));
        invented[0] = dice.pick(kinds);
        const bytes = dice.oneIn(3) ? invented : Buffer.from(spoil(dice, travelled.bytes));
        const from = dice.oneIn(2) ? travelled.from : { port: dice.below(65_536), address: '10.0.0.66' };
        stage.network.inject({ bytes, from, to: travelled.to });
        if (dice.oneIn(4)) client.association.sendData(encodeRecords([`4${round}`]));
        if (dice.oneIn(4)) client.association.sendControl(encodeRecords([`4c${round}`]));
        await stage.clock.advance(5);
      }
      await stage.clock.advance(10_000);
      expect([client.isOpen, stage.closes, stage.listener.associationCount]).toEqual([true, [], 1]);
      expect(stage.transports).toHaveLength(1);
      const data = stage.units
        .filter((unit) => !String(unit).startsWith('4c'))
        .map((unit) => Number(String(unit).slice(1)));
      expect(data).toEqual([...new Set(data)].sort((left, right) => left - right));
      const control = stage.units.filter((unit) => String(unit).startsWith('4c'));
      expect(new Set(control).size).toBe(control.length);
      expect(stage.network.sent.length).toBeGreaterThan(answered);
    });
  });
});
