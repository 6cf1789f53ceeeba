/** Serves the client bundles that `<script src="/socket.io/socket.io.js">` asks for. */
import { existsSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { nodeModule } from '../../base/node/modules.js';
import { acceptsEncoding, isFresh } from '../../protocol/http/negotiation.js';
import type { RequestTarget } from '../engine/attach.js';
import type { EngineServer } from '../engine/engine-server.js';

interface ClientFile {
  readonly type: string;
  readonly etag: string;
  readonly body: Buffer;
  readonly encoded: Map<string, Buffer>;
}

/** The names that pages ask for. The bundles load `naru.webtransport.min.js` from their own folder, by its own name. */
const NAMES = /^(socket\.io|socket\.io\.min|socket\.io\.esm\.min|naru\.webtransport\.min)\.js(\.map)?$/;

// From a part of the build, from an entry, and from the source.
const FOLDERS = ['../../../client/', '../../client/', '../../../dist/client/'];
const ENCODERS = Object.entries({ br: 'brotliCompressSync', gzip: 'gzipSync' } as const);

const cache = new Map<string, ClientFile>();

/**
 * Returns the name of the bundle below `prefix` that a request asks for, or `undefined` when it asks for something
 * else.
 */
export function clientFileOf(prefix: string, { method, url }: IncomingMessage): string | undefined {
  if ((method !== 'GET' && method !== 'HEAD') || !url?.startsWith(prefix)) return undefined;
  const [name = ''] = url.slice(prefix.length).split('?', 1);
  return NAMES.test(name) ? name : undefined;
}

/**
 * Returns a target that answers requests for the bundles below `prefix` while `isServed` says so, and leaves all others
 * to an engine.
 */
export function withClientFiles(engine: EngineServer, prefix: string, isServed: () => boolean): RequestTarget {
  return {
    handleRequest: (request, response) => {
      const file = isServed() && clientFileOf(prefix, request);
      if (file) engine.applyCors(request, response, () => serveClientFile(file, request, response));
      else engine.handleRequest(request, response);
    },
    handleUpgrade: (request, socket, head) => engine.handleUpgrade(request, socket, head),
    takeUpgrade: (head, socket, rest) => engine.takeUpgrade(head, socket, rest),
    takeStream: (head, socket) => engine.takeStream(head, socket),
  };
}

/** Answers a request for the bundle `name`. */
export function serveClientFile(name: string, request: IncomingMessage, response: ServerResponse): void {
  const file = load(name);
  if (!file) {
    response
      .writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' })
      .end('The client bundles are missing. Run "npm run build" in the naru package.\n');
    return;
  }
  const [encoding, body] = choose(file, String(request.headers['accept-encoding'] ?? ''));
  // Each encoding is another representation. RFC 9110, section 8.8.3.3.
  const etag = encoding === undefined ? file.etag : file.etag.replace(/"$/, `-${encoding}"`);
  const headers: Record<string, string> = {
    'Cache-Control': 'public, max-age=0',
    'Content-Type': `${file.type}; charset=utf-8`,
    ETag: etag,
    Vary: [response.getHeader('Vary') ?? [], 'Accept-Encoding'].flat().join(', '),
    'X-Content-Type-Options': 'nosniff',
  };
  if (isFresh(request.headers, etag)) {
    response.writeHead(304, headers).end();
    return;
  }
  if (encoding !== undefined) headers['Content-Encoding'] = encoding;
  headers['Content-Length'] = String(body.byteLength);
  response.writeHead(200, headers);
  response.end(request.method === 'HEAD' ? undefined : body);
}

function load(name: string): ClientFile | undefined {
  const known = cache.get(name);
  if (known) return known;
  const bundle = name.replace('socket.io', 'naru');
  const url = FOLDERS.map((folder) => new URL(folder + bundle, import.meta.url)).find((each) => existsSync(each));
  if (!url) return undefined;
  const isMap = name.endsWith('.map');
  let body = readFileSync(url);
  // The last line of a bundle names its map. It must match the name that the page asked for.
  if (!isMap) body = Buffer.from(body.toString().replace(`URL=${bundle}.map`, `URL=${name}.map`));
  const etag = `"${nodeModule('crypto').createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  const file = { type: isMap ? 'application/json' : 'application/javascript', etag, body, encoded: new Map() };
  cache.set(name, file);
  return file;
}

function choose(file: ClientFile, accepted: string): readonly [string | undefined, Buffer] {
  for (const [name, encode] of ENCODERS) {
    if (!acceptsEncoding(accepted, name)) continue;
    const body = file.encoded.get(name) ?? nodeModule('zlib')[encode](file.body);
    file.encoded.set(name, body);
    return [name, body];
  }
  return [undefined, file.body];
}
