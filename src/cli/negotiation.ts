/** Reads the request headers with which a client says what it has and what it takes. RFC 9110, sections 8.8, 12.5.3 and 13.1. */
import type { IncomingHttpHeaders } from 'node:http';

/** Whether an Accept-Encoding header takes `encoding`; a client that sends none takes only the plain file here. */
export function acceptsEncoding(header: string | string[] | undefined, encoding: string): boolean {
  let byWildcard = false;
  for (const item of String(header ?? '').split(',')) {
    const [name, ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
    const isWanted = !parameters.some((parameter) => /^q=0(\.0{0,3})?$/.test(parameter));
    if (name === encoding) return isWanted;
    if (name === '*') byWildcard = isWanted;
  }
  return byWildcard;
}

/** Whether the client's copy is still the newest: by If-None-Match, or by If-Modified-Since where that is absent. */
export function isFresh(headers: IncomingHttpHeaders, etag: string, modifiedMs: number): boolean {
  const tags = headers['if-none-match'];
  if (tags !== undefined) {
    return tags.trim() === '*' || tags.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
  }
  const since = Date.parse(headers['if-modified-since'] ?? '');
  // HTTP dates have whole seconds.
  return !Number.isNaN(since) && Math.floor(modifiedMs / 1000) * 1000 <= since;
}
