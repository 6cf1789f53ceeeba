/**
 * Sends `--auth` over HTTP: in the Authorization header if possible, else in the query. docs/events.md, "Who are you?".
 */

/**
 * Returns the address and headers that carry the credentials: a token as Bearer, a login as Basic, anything else as
 * `?auth=`.
 */
export function authorize(
  url: string,
  auth: Readonly<Record<string, unknown>> | undefined,
): { readonly address: URL; readonly headers: Record<string, string> } {
  const address = new URL(url);
  if (!auth) return { address, headers: {} };
  const { token, login, passcode = '', ...more } = auth;
  const isBare = Object.keys(more).length === 0;
  if (isBare && isWord(token) && login === undefined && passcode === '') {
    return { address, headers: { authorization: `Bearer ${token}` } };
  }
  if (isBare && typeof login === 'string' && !login.includes(':') && token === undefined) {
    const pair = Buffer.from(`${login}:${String(passcode)}`).toString('base64');
    return { address, headers: { authorization: `Basic ${pair}` } };
  }
  address.searchParams.set('auth', JSON.stringify(auth));
  return { address, headers: {} };
}

/** Whether a token is valid after `Bearer`. RFC 6750, section 2.1. */
function isWord(token: unknown): token is string {
  return typeof token === 'string' && /^[A-Za-z0-9._~+/-]+=*$/.test(token);
}
