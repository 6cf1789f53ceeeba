/** The entry `naru/protocol`: the codecs of what Naru speaks. They are pure, and run in pages, too. */
export { allocateOwnBytes, keepBytes, readUint32, sliceUtf8, writeUint32 } from '../protocol/bytes.js';
export { ENGINE_PACKET_TYPES, MESSAGE, OPEN } from '../protocol/engine-io/packet.js';
export { EventStreamDecoder } from '../protocol/event-stream/decoder.js';
export { acceptsEncoding, isFresh } from '../protocol/http/negotiation.js';
export {
  decodeValue,
  encodeAckMessage,
  encodeEventMessage,
  encodeValue,
  type JsonMessage,
  readMessage,
} from '../protocol/json-event/message.js';
export { type LineCommand, type LineEvent, type LineRules, readLine } from '../protocol/line/command.js';
export { TEXT_FORMAT } from '../protocol/line/format.js';
export { writeWord } from '../protocol/line/words.js';
export { RecordDecoder, type RecordSink } from '../protocol/record/decoder.js';
export { writeRecordHeader } from '../protocol/record/header.js';
export { RESERVED_EVENTS } from '../protocol/socket-io/decoder.js';
export { ARGUMENTS_MAX } from '../protocol/socket-io/depth.js';
export { PacketType, type SocketPacket } from '../protocol/socket-io/packet.js';
export { CONNECT, EVENT } from '../protocol/socket-io/packet-type.js';
export { CLOSE_CODE } from '../protocol/websocket/close-code.js';
export { parseProtocols } from '../protocol/websocket/handshake.js';
export { isUtf8Range } from '../protocol/websocket/utf8.js';
export { DATAGRAMS_WELCOME, DatagramReader, encodeDatagram } from '../protocol/webtransport/datagram.js';
export { decodeRecords, encodeRecords, recordSize } from '../protocol/webtransport/records.js';
