/** Encodes a text of at most 125 bytes as a client's WebSocket frame (RFC 6455, section 5.2), masked by zeros. */
export function encodeClientText(text: string): Buffer {
  return Buffer.concat([Buffer.of(0x81, 0x80 | text.length, 0, 0, 0, 0), Buffer.from(text)]);
}
