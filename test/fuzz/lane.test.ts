/**
 * Gives both ends of a lane random and nearly valid descriptions and datagrams. FUZZ_MINUTES sets how long; a failure
 * prints its seed.
 */
import { describe, expect, it } from 'vitest';
import { encodeDatagram } from '../../packages/naru/src/protocol/webtransport/datagram.js';
import { CHANNEL_BYTES_MAX, ChannelEnd } from '../../packages/udp/src/protocol/lane/channel-end.js';
import { decodeSdp, encodeSdp, readDescription } from '../../packages/udp/src/protocol/lane/description.js';
import { description } from '../kit/fake-channels.js';
import { fuzzTimeoutMs } from '../kit/fuzz-time.js';
import { type Dice, fuzz } from './websocket-random.js';

const ODD = ['\r\n', '\n', ' ', '\0', ':', '=', 'a', 'Z', '+', '/', '\u2028', '나'];

/** A text with some characters changed, added or cut. */
function spoil(dice: Dice, text: string): string {
  let spoiled = text;
  for (let count = dice.below(3); count > 0; count -= 1) {
    const at = dice.below(spoiled.length + 1);
    spoiled = spoiled.slice(0, at) + ODD[dice.below(ODD.length)] + spoiled.slice(at + dice.below(2));
  }
  return dice.oneIn(20) ? spoiled.repeat(dice.below(50)) : spoiled;
}

describe('a lane', { timeout: fuzzTimeoutMs() }, () => {
  it('writes nothing into a session description but the values that it has read', async () => {
    const lines = encodeSdp(description, 'active', CHANNEL_BYTES_MAX).split('\r\n').length;
    await fuzz((dice) => {
      for (let round = 0; round < 50; round += 1) {
        const { ufrag, pwd, fingerprint } = description;
        const read = readDescription({
          ufrag: spoil(dice, ufrag),
          pwd: spoil(dice, pwd),
          fingerprint: spoil(dice, fingerprint),
        });
        if (!read) continue;
        const sdp = encodeSdp(read, 'active', CHANNEL_BYTES_MAX);
        expect(sdp.split(/\r\n|[\r\n\u2028]/)).toHaveLength(lines);
        expect(decodeSdp(sdp)).toEqual(read);
      }
    });
  });

  it('takes any bytes as a datagram, and still hears a valid one', async () => {
    await fuzz((dice) => {
      const heard: unknown[] = [];
      const channel = { bufferedBytes: 0, send: () => undefined };
      const end = new ChannelEnd(
        channel,
        dice.oneIn(2),
        () => 0,
        (units) => heard.push(units),
      );
      for (let round = 0; round < 50; round += 1) {
        const bytes = Uint8Array.from({ length: dice.below(60) }, () => dice.below(256));
        // The sequence stays near the beginning, so that the last datagram is newer.
        bytes.fill(0, 0, 3);
        end.receive(bytes);
      }
      heard.length = 0;
      end.receive(encodeDatagram(1_000, ['42["move"]'], CHANNEL_BYTES_MAX) ?? new Uint8Array());
      expect(heard).toEqual([['42["move"]']]);
    });
  });
});
