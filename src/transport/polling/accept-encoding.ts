/** Chooses how a response is compressed. RFC 9110, section 12.5.3. */

/** The encodings that we write. */
export type ContentEncoding = 'gzip' | 'deflate';

/** The encoding that a client likes best; gzip where it likes both alike; undefined where it takes neither. */
export function chooseEncoding(acceptEncoding: string | undefined): ContentEncoding | undefined {
  if (!acceptEncoding) return undefined;
  let gzip: number | undefined;
  let deflate: number | undefined;
  let others = 0;
  for (const part of acceptEncoding.split(',')) {
    const [name, ...parameters] = part.split(';');
    const coding = name?.trim().toLowerCase();
    if (coding === 'gzip' || coding === 'x-gzip') gzip = weightOf(parameters);
    else if (coding === 'deflate') deflate = weightOf(parameters);
    else if (coding === '*') others = weightOf(parameters);
  }
  const gzipWeight = gzip ?? others;
  const deflateWeight = deflate ?? others;
  if (gzipWeight <= 0 && deflateWeight <= 0) return undefined;
  return gzipWeight >= deflateWeight ? 'gzip' : 'deflate';
}

function weightOf(parameters: readonly string[]): number {
  for (const parameter of parameters) {
    const [name, value] = parameter.split('=');
    if (name?.trim().toLowerCase() === 'q') return Number(value) || 0;
  }
  return 1;
}
