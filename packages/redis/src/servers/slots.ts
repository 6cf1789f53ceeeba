/** The slots of a Redis Cluster, and which of its servers has each. */

/** Number of slots. */
export const SLOTS = 16_384;

/**
 * CRC-16 of each byte, with the polynomial 0x1021 (XMODEM). Redis Cluster specification, "Hash tags" and "Appendix A".
 */
const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  return crc;
});

/** Returns the slot of all keys with a hash tag, which is ASCII. */
export function slotOf(tag: string): number {
  let crc = 0;
  for (let index = 0; index < tag.length; index += 1)
    crc = ((crc << 8) & 0xffff) ^ (TABLE[((crc >> 8) ^ tag.charCodeAt(index)) & 255] ?? 0);
  return crc % SLOTS;
}
