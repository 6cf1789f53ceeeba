/**
 * RFC 6455 frames, decoded and encoded, against the receiver and sender of `ws`. The cases are one message of 64 bytes
 * at a time, sixteen in a chunk as in the fan-out, and one of 64 KiB. There are no sockets, so the cost of reading a
 * chunk is left out.
 */
import { Receiver, Sender } from 'ws';
import { FrameDecoder } from '../../.build.modules/packages/naru/src/protocol/websocket/decoder.js';
import { encodeTextFrame } from '../../.build.modules/packages/naru/src/transport/frames.js';
import { webSocketSettings } from '../../.build.modules/packages/naru/src/transport/websocket/settings.js';
import { clientFrame } from '../load/wire.mjs';
import { time } from './time.mjs';

const SMALL = 'The ferry leaves the landing at dawn, and it waits for nobody...';
const KOREAN = '나루는 배가 닿고 떠나는 곳이다. 아무도 기다리지 않는다.';
const LARGE = SMALL.repeat(1023);

let texts = 0;
const SINK = {
  onText: (/** @type {unknown} */ _context, /** @type {string} */ text) => {
    texts += text.length;
  },
  onBinary() {},
  onCompressed() {},
  onPing() {},
  onPong() {},
  onCloseFrame() {},
  onViolation(/** @type {unknown} */ _context, /** @type {Error} */ error) {
    throw error;
  },
};

const rules = webSocketSettings().rules.server.plain;
const decoder = new FrameDecoder(rules);
const receiver = new Receiver({ isServer: true, allowSynchronousEvents: true, maxPayload: 1 << 20 });
receiver.on('message', (/** @type {Buffer} */ data) => {
  texts += data.toString().length;
});

/** @param {string} title @param {string} text @param {number} frames in a chunk */
function decode(title, text, frames) {
  const original = Buffer.concat(Array.from({ length: frames }, () => clientFrame(text)));
  // Both unmask in place, so each chunk is a fresh copy, as after a read.
  time(
    `naru decode, ${title}`,
    (count) => {
      for (let index = 0; index < count; index++) decoder.decode(Buffer.from(original), 0, SINK, undefined);
      return texts;
    },
    { perRun: frames },
  );
  time(
    `ws   decode, ${title}`,
    (count) => {
      for (let index = 0; index < count; index++) receiver.write(Buffer.from(original));
      return texts;
    },
    { perRun: frames },
  );
}

decode('64 bytes, one in a chunk', SMALL, 1);
decode('64 bytes, sixteen in a chunk, each', SMALL, 16);
decode('Korean, one in a chunk', KOREAN, 1);
decode('64 KiB, one in a chunk', LARGE, 1);

const options = { fin: true, rsv1: false, opcode: 1, mask: false, readOnly: false };
for (const [title, text] of /** @type {const} */ ([
  ['64 bytes', SMALL],
  ['Korean', KOREAN],
  ['64 KiB', LARGE],
])) {
  time(`naru encode, ${title}`, (count) => {
    let bytes = 0;
    for (let index = 0; index < count; index++) bytes += encodeTextFrame(text).length;
    return bytes;
  });
  time(`ws   encode, ${title}`, (count) => {
    let bytes = 0;
    for (let index = 0; index < count; index++)
      for (const part of Sender.frame(Buffer.from(text), options)) bytes += part.length;
    return bytes;
  });
}
