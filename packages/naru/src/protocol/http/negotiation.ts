/**
 * Reads the request headers for content negotiation and for conditional requests. RFC 9110, sections 12.4.2, 12.5 and
 * 13.1.
 */

/** The headers that make a request conditional. */
export interface Conditions {
  readonly 'if-none-match'?: string | undefined;
  readonly 'if-modified-since'?: string | undefined;
}

/**
 * Returns the offer with the highest weight in the header Accept or Accept-Encoding, or the first of several with that
 * weight. Returns `undefined` when the header accepts none of them, or is absent.
 */
export function choosePreferred<Offer extends string>(
  header: string | undefined,
  offers: readonly Offer[],
): Offer | undefined {
  const weights = readWeights(header ?? '');
  let best: Offer | undefined;
  let bestWeight = 0;
  for (const offer of offers) {
    const weight = weightOf(offer, weights);
    if (weight <= bestWeight) continue;
    best = offer;
    bestWeight = weight;
  }
  return best;
}

/**
 * Whether the header Accept-Encoding accepts `encoding`. Without the header, only the uncompressed form is accepted.
 */
export function acceptsEncoding(header: string | undefined, encoding: string): boolean {
  return choosePreferred(header, [encoding]) !== undefined;
}

/** Whether the client's copy is current, by If-None-Match, or by If-Modified-Since in its absence. */
export function isFresh(headers: Conditions, etag: string, modifiedMs = Number.NaN): boolean {
  const tags = headers['if-none-match'];
  if (tags !== undefined) {
    return tags.trim() === '*' || tags.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
  }
  const since = Date.parse(headers['if-modified-since'] ?? '');
  // HTTP dates have whole seconds.
  return !Number.isNaN(since) && Math.floor(modifiedMs / 1000) * 1000 <= since;
}

/** Returns the weight of the most specific range that covers an offer. */
function weightOf(offer: string, weights: ReadonlyMap<string, number>): number {
  const slash = offer.indexOf('/');
  const ranges = slash < 0 ? [offer, '*'] : [offer, `${offer.slice(0, slash)}/*`, '*/*'];
  return weights.get(ranges.find((range) => weights.has(range)) ?? '') ?? 0;
}

/** Returns the weight of each item of a list, by its name in lower case. The default weight is 1. */
function readWeights(header: string): Map<string, number> {
  const weights = new Map<string, number>();
  for (const item of header.split(',')) {
    const [name = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
    const weight = parameters.find((parameter) => /^q\s*=/.test(parameter));
    const value = weight === undefined ? 1 : Number(weight.slice(weight.indexOf('=') + 1)) || 0;
    // RFC 9110, section 8.4.1.3: x-gzip is another name of gzip.
    if (name !== '') weights.set(name === 'x-gzip' ? 'gzip' : name, value);
  }
  return weights;
}
