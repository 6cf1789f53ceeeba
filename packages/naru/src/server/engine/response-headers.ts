/**
 * The headers of the engine's responses: the session cookie, and the headers that listeners of `initial_headers` and
 * `headers` add.
 */
import { serialize } from 'cookie';
import type { Emitter } from '../../base/emitter.js';
import { ConfigError } from '../../base/errors.js';
import { attempt } from '../../base/uncaught.js';
import type { EngineRequest } from '../../session/handshake-request.js';
import type { CookieSettings } from '../options/engine-options.js';
import { type HeaderList, headerListOf } from './engine-middleware.js';

/** The emitter of `initial_headers` and `headers`. */
export interface ResponseHeaderSource extends Pick<Emitter, 'hasListeners'> {
  emit(name: string, ...args: unknown[]): boolean;
}

/** Adds headers to the responses of one engine. */
export class ResponseHeaders {
  readonly #cookie: CookieSettings | undefined;
  readonly #engine: ResponseHeaderSource;

  /** Throws ConfigError for an invalid cookie, which would otherwise fail at each request. */
  constructor(cookie: CookieSettings | undefined, engine: ResponseHeaderSource) {
    this.#cookie = cookie;
    this.#engine = engine;
    try {
      if (cookie) serializeCookie(cookie, 'id');
    } catch (error) {
      const message = `Option "cookie" cannot be written as a cookie: ${(error as Error).message}. Give attributes as the package "cookie" takes them.`;
      throw new ConfigError('BAD_OPTION', message);
    }
  }

  /** Whether a listener is set. Listeners also get the request. */
  get isWatched(): boolean {
    return this.#engine.hasListeners('headers') || this.#engine.hasListeners('initial_headers');
  }

  /** Adds to the headers of a response. `newId` is the id of the session that the response opens, if it opens one. */
  add(headers: Record<string, unknown>, request: EngineRequest, newId: string | undefined): void {
    this.#announce(headers, request, newId);
    if (newId !== undefined && this.#cookie) addCookie(headers, serializeCookie(this.#cookie, newId));
  }

  /**
   * Returns the additional headers of a 101 response. It sets no cookie, because only polling clients must find the
   * same node again.
   */
  listFor(headers: HeaderList, request: EngineRequest, newId: string | undefined): HeaderList {
    if (!this.isWatched) return headers;
    const more: Record<string, unknown> = {};
    this.#announce(more, request, newId);
    return [...headers, ...headerListOf(more)];
  }

  #announce(headers: Record<string, unknown>, request: EngineRequest, newId: string | undefined): void {
    if (newId !== undefined) attempt(() => this.#engine.emit('initial_headers', headers, request));
    attempt(() => this.#engine.emit('headers', headers, request));
  }
}

/** Adds a cookie to those that listeners set. Listeners may write the name of the header in any case. */
function addCookie(headers: Record<string, unknown>, cookie: string): void {
  const name = Object.keys(headers).find((key) => key.toLowerCase() === 'set-cookie');
  headers[name ?? 'set-cookie'] = name === undefined ? cookie : [cookie, headers[name]].flat();
}

function serializeCookie({ name, path, ...attributes }: CookieSettings, id: string): string {
  // The types of the package do not allow `path: false`. As in engine.io, it means a cookie without a path.
  return serialize(name, id, path ? { ...attributes, path } : attributes);
}
