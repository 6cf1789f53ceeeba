/** Serves the client bundles that `<script src="/socket.io/socket.io.js">` asks for. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { acceptsEncoding, isFresh } from '../../protocol/http/negotiation.js';

interface ClientFile {
  readonly type: string;
  readonly etag: string;
  readonly body: Buffer;
  readonly encoded: Map<string, Buffer>;
}

/** The names that pages ask for. The bundles load `naru.webtransport.min.js` from beside them, by its own name. */
const NAMES = /^(socket\.io|socket\.io\.min|socket\.io\.esm\.min|naru\.webtransport\.min)\.js(\.map)?$/;

// The second is where the bundles are when the module runs from its sources.
const FOLDERS = ['../../../client/', '../../../dist/client/'];
const ENCODERS = Object.entries({ br: brotliCompressSync, gzip: gzipSync });

const cache = new Map<string, ClientFile>();

/** The name of the bundle below `prefix` that a request is for; `undefined`: it is for something else. */
export function clientFileOf(prefix: string, { method, url }: IncomingMessage): string | undefined {
  if ((method !== 'GET' && method !== 'HEAD') || !url?.startsWith(prefix)) return undefined;
  const [name = ''] = url.slice(prefix.length).split('?', 1);
  return NAMES.test(name) ? name : undefined;
}

/** Answers a request for the bundle of a name. */
export function serveClientFile(name: string, request: IncomingMessage, response: ServerResponse): void {
  const file = load(name);
  if (!file) {
    response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' }).end('the client is not built\n');
    return;
  }
  const headers: Record<string, string> = {
    'Cache-Control': 'public, max-age=0',
    'Content-Type': `${file.type}; charset=utf-8`,
    ETag: file.etag,
    Vary: 'Accept-Encoding',
    'X-Content-Type-Options': 'nosniff',
  };
  if (isFresh(request.headers, file.etag)) {
    response.writeHead(304, headers).end();
    return;
  }
  const [encoding, body] = choose(file, String(request.headers['accept-encoding'] ?? ''));
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
  // A page asks for the map by the name in the bundle's last line, next to the name by which it got the bundle.
  if (!isMap) body = Buffer.from(body.toString().replace(`URL=${bundle}.map`, `URL=${name}.map`));
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  const file = { type: isMap ? 'application/json' : 'application/javascript', etag, body, encoded: new Map() };
  cache.set(name, file);
  return file;
}

function choose(file: ClientFile, accepted: string): readonly [string | undefined, Buffer] {
  for (const [name, encode] of ENCODERS) {
    if (!acceptsEncoding(accepted, name)) continue;
    const body = file.encoded.get(name) ?? encode(file.body);
    file.encoded.set(name, body);
    return [name, body];
  }
  return [undefined, file.body];
}
