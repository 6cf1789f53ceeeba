/** The headers of the engine's responses: the session cookie, and what listeners of `initial_headers` and `headers` add. */
import { type SerializeOptions, serialize } from 'cookie';
import type { Emitter } from '../../base/emitter.js';
import { attempt } from '../../base/uncaught.js';
import type { EngineRequest } from '../../session/handshake-request.js';
import type { HeaderList } from './engine-middleware.js';

const COOKIE_DEFAULTS = { name: 'io', path: '/', sameSite: 'lax' } as const;

type CookieSettings = (SerializeOptions & { name?: string }) | boolean;

/** What is asked about responses. */
export interface ResponseHeaderSource extends Pick<Emitter, 'hasListeners'> {
  emit(name: string, ...args: unknown[]): boolean;
}

/** Adds headers to the responses of one engine. */
export class ResponseHeaders {
  readonly #cookie: CookieSettings;
  readonly #engine: ResponseHeaderSource;

  constructor(cookie: CookieSettings, engine: ResponseHeaderSource) {
    this.#cookie = cookie;
    this.#engine = engine;
  }

  /** Whether somebody listens, who gets requests too. */
  get isWatched(): boolean {
    return this.#engine.hasListeners('headers') || this.#engine.hasListeners('initial_headers');
  }

  /** Adds to the headers of a response. `newId` is the id of the session that it opens, if it opens one. */
  add(headers: Record<string, unknown>, request: EngineRequest, newId: string | undefined): void {
    this.#announce(headers, request, newId);
    if (newId !== undefined && this.#cookie) {
      addCookie(headers, serializeCookie(this.#cookie === true ? {} : this.#cookie, newId));
    }
  }

  /** The headers of a 101 besides its own. No cookie: only what polls has requests that need to find the same node again. */
  listFor(headers: HeaderList, request: EngineRequest, newId: string | undefined): HeaderList {
    if (!this.isWatched) return headers;
    const more: Record<string, unknown> = {};
    this.#announce(more, request, newId);
    const list: HeaderList = [...headers];
    for (const [name, value] of Object.entries(more))
      for (const item of [value].flat()) list.push([name, String(item)]);
    return list;
  }

  #announce(headers: Record<string, unknown>, request: EngineRequest, newId: string | undefined): void {
    if (newId !== undefined) attempt(() => this.#engine.emit('initial_headers', headers, request));
    attempt(() => this.#engine.emit('headers', headers, request));
  }
}

/** Adds a cookie to those that listeners set, whatever case they wrote the name of the header in. */
function addCookie(headers: Record<string, unknown>, cookie: string): void {
  const name = Object.keys(headers).find((key) => key.toLowerCase() === 'set-cookie');
  headers[name ?? 'set-cookie'] = name === undefined ? cookie : [cookie, headers[name]].flat();
}

function serializeCookie(options: SerializeOptions & { name?: string }, id: string): string {
  // A cookie without a path is one for scripts of the page, too; so it is with engine.io.
  const isForAll = (options.path as unknown) !== false;
  const { name, ...attributes } = { ...COOKIE_DEFAULTS, httpOnly: isForAll, ...options };
  if (!isForAll) delete (attributes as { path?: string }).path;
  return serialize(name, id, attributes);
}
