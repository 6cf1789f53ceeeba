/** The cookies of one session in Node, for load balancers that recognise a session by a cookie. RFC 6265. */
import type { Timers } from '../../base/clock.js';
import { setNewest } from '../../base/get-or-create.js';

/** A cookie. Without `expires` it lives as long as the session. */
export interface Cookie {
  name: string;
  value: string;
  expires?: Date;
}

const COOKIES_MAX = 50;

/**
 * Returns the cookie of one `Set-Cookie` header, or `undefined` when it has no name. Ignores domain, path and flags,
 * because a session has only one server.
 */
export function parseSetCookie(header: string, now: number): Cookie | undefined {
  const [pair = '', ...attributes] = header.split(';');
  const equals = pair.indexOf('=');
  if (equals < 1) return undefined;
  const name = pair.slice(0, equals).trim();
  if (!name) return undefined;
  let value = pair.slice(equals + 1).trim();
  if (value.startsWith('"') && value.endsWith('"') && value.length > 1) value = value.slice(1, -1);
  const cookie: Cookie = { name, value };
  for (const attribute of attributes) {
    const [key = '', text = ''] = attribute.trim().split('=');
    const lowered = key.toLowerCase();
    // Max-Age takes precedence over Expires. RFC 6265, section 4.1.2.2.
    if (lowered === 'max-age' && /^-?\d+$/.test(text)) {
      cookie.expires = new Date(now + Number(text) * 1_000);
      break;
    }
    const expires = lowered === 'expires' ? Date.parse(text) : Number.NaN;
    if (!Number.isNaN(expires)) cookie.expires = new Date(expires);
  }
  return cookie;
}

/** Keeps the newest cookie of each name, at most 50. Beyond that it drops the oldest. */
export class CookieJar {
  readonly #clock: Pick<Timers, 'now'>;
  readonly #cookies = new Map<string, Cookie>();

  constructor(clock: Pick<Timers, 'now'>) {
    this.#clock = clock;
  }

  /** Takes the `Set-Cookie` headers of a response. */
  store(headers: readonly string[] | undefined): void {
    for (const header of headers ?? []) {
      const cookie = parseSetCookie(header, this.#clock.now());
      if (cookie) setNewest(this.#cookies, cookie.name, cookie, COOKIES_MAX);
    }
  }

  /** Returns the `Cookie` header of the next request, or `undefined` when there is nothing to send. */
  header(): string | undefined {
    const now = this.#clock.now();
    for (const [name, { expires }] of this.#cookies)
      if (expires && expires.getTime() <= now) this.#cookies.delete(name);
    if (!this.#cookies.size) return undefined;
    return [...this.#cookies.values()].map(({ name, value }) => `${name}=${value}`).join('; ');
  }
}
