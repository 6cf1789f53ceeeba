/** Chapters 9 and 10: large messages, many fragments, small chops, many round trips. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WebSocketServer } from '../../../packages/naru/src/entry/websocket.js';
import * as d from './driver.js';

let server: WebSocketServer;
let port: number;
beforeAll(async () => {
  ({ server, port } = await d.startEcho());
});
afterAll(() => d.stopEcho(server));

const KIB = 1024;
const MIB = 1024 * KIB;
const SECOND = 1000;

/** Sends a message in these pieces and expects the whole message back. */
async function echoes(pieces: readonly Buffer[], payload: Buffer, opcode: number): Promise<void> {
  const peer = await d.RawPeer.open(port);
  const sending = (async () => {
    for (const piece of pieces) await peer.flush(piece);
  })();
  const frame = await peer.next();
  await sending;
  expect(frame.opcode).toBe(opcode);
  expect(frame.isFinal).toBe(true);
  expect(Buffer.compare(frame.payload, payload)).toBe(0);
  peer.send(d.clientFrame(d.CLOSE, d.closePayload(1000)));
  await peer.ended();
  peer.socket.destroy();
}

const KINDS = [
  ['text', d.TEXT, 1, (size: number) => Buffer.from('BAsd7&jh23'.repeat(Math.ceil(size / 10)).slice(0, size))],
  ['binary', d.BINARY, 2, (size: number) => Buffer.alloc(size, Buffer.from([0x00, 0xfe, 0x23, 0xfa, 0xf0]))],
] as const;

describe('Autobahn 9: limits', () => {
  for (const [kind, first, opcode, payloadOf] of KINDS) {
    const [large, split, chopped, trips] =
      kind === 'text' ? ['9.1', '9.3', '9.5', '9.7'] : ['9.2', '9.4', '9.6', '9.8'];
    for (const [index, size] of [64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB, 16 * MIB].entries()) {
      it(
        `case ${large}.${index + 1}: a ${kind} message of ${size} bytes`,
        () => {
          const payload = payloadOf(size);
          return echoes([d.clientFrame(first, payload)], payload, opcode);
        },
        60 * SECOND,
      );
    }
    const sizes = [64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB];
    for (const [index, size] of sizes.entries()) {
      it(
        `case ${split}.${index + 1}: 4 MiB of ${kind} in fragments of ${size} bytes`,
        () => {
          const payload = payloadOf(4 * MIB);
          return echoes([Buffer.concat(d.fragments(first, payload, size))], payload, opcode);
        },
        60 * SECOND,
      );
    }
    for (const [index, size] of [64, 128, 256, 512, KIB, 2 * KIB].entries()) {
      it(
        `case ${chopped}.${index + 1}: 1 MiB of ${kind} in chops of ${size} bytes`,
        () => {
          const payload = payloadOf(MIB);
          return echoes(d.chop(d.clientFrame(first, payload), size), payload, opcode);
        },
        60 * SECOND,
      );
    }
    for (const [index, size] of [0, 16, 64, 256, KIB, 4 * KIB].entries()) {
      it(
        `case ${trips}.${index + 1}: 1000 round trips of ${size} bytes of ${kind}`,
        async () => {
          const peer = await d.RawPeer.open(port);
          const payload = payloadOf(size);
          const message = d.clientFrame(first, payload);
          for (let count = 0; count < 1000; count += 1) {
            peer.send(message);
            const frame = await peer.next();
            if (frame.opcode !== opcode || Buffer.compare(frame.payload, payload) !== 0) throw new Error('not echoed');
          }
          peer.socket.destroy();
        },
        60 * SECOND,
      );
    }
  }
});

describe('Autobahn 10.1: auto-fragmentation', () => {
  it('case 10.1.1: 65536 bytes of text in fragments of 1300', () => {
    const payload = Buffer.alloc(65_536, '*');
    return echoes(d.fragments(d.TEXT, payload, 1300), payload, 1);
  });
});
