/** What a client of plain events says of itself: `handshake.auth` out of the header Authorization, or of the query where there is no header. */
import { decodeBase64, decodeUtf8 } from '../../base/bytes.js';
import { ProtocolError } from '../../base/errors.js';
import { decodeValue } from '../../protocol/json-event/message.js';

/** The levels of arrays and objects that `?auth=` may have. */
const AUTH_DEPTH_MAX = 32;

/**
 * Reads `Authorization: Bearer <token>` as `{ authorization, scheme: 'bearer', token }`, `Basic` as `{ ..., login, passcode }` and any other
 * scheme by its name alone; `?token=` as `token`, and `?auth=`, the JSON of an object, as what that object has. The header comes last.
 * Throws ProtocolError for an `auth` that is no object.
 */
export function readCredentials(authorization: string | undefined, query: URLSearchParams): Record<string, unknown> {
  const auth: Record<string, unknown> = {};
  const json = query.get('auth');
  if (json !== null) Object.assign(auth, readObject(json));
  const token = query.get('token');
  if (token !== null) auth.token = token;
  if (authorization !== undefined && authorization !== '') Object.assign(auth, readHeader(authorization));
  return auth;
}

function readObject(json: string): object {
  const value = decodeValue(json, AUTH_DEPTH_MAX);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ProtocolError('EVENTS_BAD_REQUEST', '"auth" in the query is no JSON of an object');
  }
  return value;
}

function readHeader(authorization: string): object {
  const [, name = '', value = ''] = /^([^\s]+)(?:\s+(.*))?$/.exec(authorization.trim()) ?? [];
  const scheme = name.toLowerCase();
  const known = { authorization, scheme };
  if (scheme === 'bearer') return { ...known, token: value };
  if (scheme !== 'basic') return known;
  const bytes = decodeBase64(value);
  const pair = bytes && decodeUtf8(bytes);
  const colon = pair?.indexOf(':') ?? -1;
  // RFC 7617, section 2: the first colon ends the name.
  return pair === undefined || colon < 0
    ? known
    : { ...known, login: pair.slice(0, colon), passcode: pair.slice(colon + 1) };
}
