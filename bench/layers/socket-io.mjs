/** Socket.IO packets, encoded and decoded, against `socket.io-parser`. */
import { Decoder, Encoder } from 'socket.io-parser';
import { PacketDecoder } from '../../.build.modules/packages/naru/src/protocol/socket-io/decoder.js';
import { encodePacket } from '../../.build.modules/packages/naru/src/protocol/socket-io/packet.js';
import { time } from './time.mjs';

const SMALL = 'The ferry leaves the landing at dawn, and it waits for nobody...';
const LARGE = {
  rows: Array.from({ length: 100 }, (_, index) => ({
    id: index,
    name: `boat ${index}`,
    tags: ['a', 'b'],
    at: 1.5 * index,
  })),
};
const BYTES = Buffer.alloc(1024, 7);

const PACKETS = [
  { title: 'event with a text', packet: { type: 2, nsp: '/', data: ['say', SMALL] } },
  { title: 'acknowledgement', packet: { type: 3, nsp: '/', id: 123, data: [SMALL] } },
  { title: 'event in a namespace', packet: { type: 2, nsp: '/harbour', id: 7, data: ['say', SMALL] } },
  { title: 'event with 100 objects', packet: { type: 2, nsp: '/', data: ['rows', LARGE] } },
  {
    title: 'event with two attachments',
    packet: { type: 2, nsp: '/', data: ['image', { a: BYTES, b: { c: BYTES } }] },
  },
];

const encoder = new Encoder();
const decoder = new PacketDecoder();
const peer = new Decoder();
let decoded = 0;
peer.on('decoded', () => {
  decoded += 1;
});

for (const { title, packet } of PACKETS) {
  const units = encodePacket(packet);
  time(`naru encode, ${title}`, (count) => {
    let parts = 0;
    for (let index = 0; index < count; index++) parts += encodePacket(packet).length;
    return parts;
  });
  time(`peer encode, ${title}`, (count) => {
    let parts = 0;
    for (let index = 0; index < count; index++) parts += encoder.encode(packet).length;
    return parts;
  });
  time(`naru decode, ${title}`, (count) => {
    for (let index = 0; index < count; index++) for (const unit of units) if (decoder.add(unit)) decoded += 1;
    return decoded;
  });
  time(`peer decode, ${title}`, (count) => {
    for (let index = 0; index < count; index++) for (const unit of units) peer.add(unit);
    return decoded;
  });
}
