/**
 * The colour profile of pictures whose brightness uses the full range of a byte. WebP knows only the range from 16 to
 * 235, and stretches it. This profile takes that back: sRGB, whose curve begins at 16 and ends at 235.
 * https://www.color.org/specification/ICC.1-2022-05.pdf
 */

/** The red, green and blue of sRGB under the light of D50, which profiles use. */
const COLOURS = { rXYZ: [0.4361, 0.2225, 0.0139], gXYZ: [0.3851, 0.7169, 0.0971], bXYZ: [0.1431, 0.0606, 0.7142] };
/**
 * The curve `(a * x + b) ** g` for x from d on, as g, a, b, c and d: that of sRGB, after 0 to 1 have become 16 / 255 to
 * 235 / 255.
 */
const CURVE = [2.4, 219 / 255 / 1.055, (16 / 255 + 0.055) / 1.055, 0, 0];
const HEADER_BYTES = 128;
const TAG_BYTES = 12;

/** The bytes of the profile. */
export const fullRange = profile([
  ...Object.entries(COLOURS).map(([name, xyz]) => [name, element('XYZ ', xyz)] as const),
  ...['rTRC', 'gTRC', 'bTRC'].map((name) => [name, element('para', CURVE, 3)] as const),
]);

function profile(tags: readonly (readonly [name: string, data: Buffer])[]): Buffer {
  const table = Buffer.alloc(4 + TAG_BYTES * tags.length);
  table.writeUInt32BE(tags.length);
  let end = HEADER_BYTES + table.length;
  for (const [index, [name, data]] of tags.entries()) {
    const at = 4 + TAG_BYTES * index;
    table.write(name, at, 'latin1');
    table.writeUInt32BE(end, at + 4);
    table.writeUInt32BE(data.length, at + 8);
    end += data.length;
  }
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32BE(end);
  header.writeUInt32BE(0x04_30_00_00, 8);
  header.write('mntrRGB XYZ ', 12, 'latin1');
  header.write('acsp', 36, 'latin1');
  element('', [0.9642, 1, 0.8249]).copy(header, 68, 8);
  return Buffer.concat([header, table, ...tags.map(([, data]) => data)]);
}

/** Numbers with 16 bits after the point. `kind` is the kind of a curve. */
function element(type: string, numbers: readonly number[], kind = 0): Buffer {
  const hasKind = type === 'para';
  const start = hasKind ? 12 : 8;
  const data = Buffer.alloc(start + 4 * numbers.length);
  data.write(type, 'latin1');
  if (hasKind) data.writeUInt16BE(kind, 8);
  for (const [index, each] of numbers.entries()) data.writeInt32BE(Math.round(each * 65_536), start + 4 * index);
  return data;
}
