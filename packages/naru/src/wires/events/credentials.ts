/** Reads `handshake.auth` for a client of plain events from the header Authorization and from the query. */
import { decodeBase64, decodeUtf8 } from '../../base/bytes.js';
import { ProtocolError } from '../../base/errors.js';
import { decodeValue } from '../../protocol/json-event/message.js';

/** The maximum depth of arrays and objects in `?auth=`. */
const AUTH_DEPTH_MAX = 32;

/**
 * Reads `Authorization: Bearer <token>` as `{ authorization, scheme: 'bearer', token }`, and `Basic` as
 * `{ ..., login, passcode }`. Any other scheme yields `authorization` and `scheme`. `?token=` becomes `token`, and
 * `?auth=` is a JSON object whose properties are taken over. The header overrides `?token=`, which overrides `?auth=`.
 * Throws ProtocolError when `?auth=` is not a JSON object.
 */
export function readCredentials(authorization: string | undefined, query: URLSearchParams): Record<string, unknown> {
  const json = query.get('auth');
  // A spread copies `__proto__` as a property. `Object.assign` would set the prototype.
  const auth: Record<string, unknown> = json === null ? {} : { ...readObject(json) };
  const token = query.get('token');
  if (token !== null) auth.token = token;
  if (authorization !== undefined && authorization !== '') Object.assign(auth, readHeader(authorization));
  return auth;
}

function readObject(json: string): object {
  const value = decodeValue(json, AUTH_DEPTH_MAX);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ProtocolError('EVENTS_BAD_REQUEST', '"auth" in the query must be a JSON object');
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
