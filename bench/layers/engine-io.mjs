/** Engine.IO packets and long-polling bodies, against `engine.io-parser`. */
import {
  decodePacket as peerDecode,
  decodePayload as peerDecodePayload,
  encodePayload as peerEncodePayload,
} from 'engine.io-parser';
import { decodePacket } from '../../.build.modules/packages/naru/src/protocol/engine-io/packet.js';
import { decodePayload, encodePayload } from '../../.build.modules/packages/naru/src/protocol/engine-io/payload.js';
import { time } from './time.mjs';

const MESSAGE = '42["say","The ferry leaves the landing at dawn, and it waits for nobody..."]';
const PACKETS = Array.from({ length: 8 }, () => ({ type: /** @type {const} */ ('message'), data: MESSAGE }));
const BYTES = Buffer.alloc(1024, 7);
const BINARY = [{ type: /** @type {const} */ ('message'), data: BYTES }];
// Our payloads consist of units, as a WebSocket carries them; the peer's consist of packets.
const TEXT_UNITS = PACKETS.map(({ data }) => `4${data}`);
const BINARY_UNITS = [BYTES];

time('naru decode, one packet', (count) => {
  let size = 0;
  for (let index = 0; index < count; index++) size += decodePacket(`4${MESSAGE}`).data?.length ?? 0;
  return size;
});
time('peer decode, one packet', (count) => {
  let size = 0;
  for (let index = 0; index < count; index++) size += peerDecode(`4${MESSAGE}`, 'nodebuffer').data.length;
  return size;
});
for (const [title, packets, units] of /** @type {const} */ ([
  ['8 texts', PACKETS, TEXT_UNITS],
  ['1 KiB of bytes', BINARY, BINARY_UNITS],
])) {
  const body = encodePayload(units);
  time(`naru encode, body of ${title}`, (count) => {
    let size = 0;
    for (let index = 0; index < count; index++) size += encodePayload(units).length;
    return size;
  });
  time(`peer encode, body of ${title}`, (count) => {
    let size = 0;
    for (let index = 0; index < count; index++) {
      peerEncodePayload([...packets], (encoded) => {
        size += encoded.length;
      });
    }
    return size;
  });
  time(`naru decode, body of ${title}`, (count) => {
    let parts = 0;
    for (let index = 0; index < count; index++) parts += decodePayload(body, 1000).length;
    return parts;
  });
  time(`peer decode, body of ${title}`, (count) => {
    let parts = 0;
    for (let index = 0; index < count; index++) parts += peerDecodePayload(body, 'nodebuffer').length;
    return parts;
  });
}
