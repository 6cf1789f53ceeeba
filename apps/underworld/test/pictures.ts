/** Pictures for tests: a real beginning, followed by arbitrary bytes. */

/** Returns that many bytes with the beginning of a PNG. */
export function pngOf(bytes: number, width = 10, height = 10): Buffer {
  const png = Buffer.alloc(bytes, 7);
  png.write('\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR', 'latin1');
  png.writeUInt32BE(width, 16);
  png.writeUInt32BE(height, 20);
  return png;
}
