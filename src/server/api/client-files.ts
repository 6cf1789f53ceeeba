/** Serves the client bundles that `<script src="/socket.io/socket.io.js">` asks for. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { acceptsEncoding, isFresh } from '../../protocol/http/negotiation.js';

interface ClientFile {
  readonly type: string;
  readonly etag: string;
  readonly body: Buffer;
  readonly encoded: Map<string, Buffer>;
}

/** The names that pages ask for, and the bundles they get. */
const BUNDLES: Readonly<Record<string, string>> = {
  'socket.io.js': 'naru.js',
  'socket.io.min.js': 'naru.min.js',
  'socket.io.esm.min.js': 'naru.esm.min.js',
  'socket.io.js.map': 'naru.js.map',
  'socket.io.min.js.map': 'naru.min.js.map',
  'socket.io.esm.min.js.map': 'naru.esm.min.js.map',
  // By its own name: the bundles above load it from beside them.
  'naru.webtransport.min.js': 'naru.webtransport.min.js',
  'naru.webtransport.min.js.map': 'naru.webtransport.min.js.map',
};

const FOLDERS = ['../../../client/', '../../../dist/client/'];
const ENCODERS: readonly (readonly [name: string, encode: (body: Buffer) => Buffer])[] = [
  ['br', (body) => brotliCompressSync(body)],
  ['gzip', (body) => gzipSync(body)],
];

const cache = new Map<string, ClientFile>();

/** Whether a request is for a bundle below `prefix`. */
export function isForClientFile(prefix: string, request: IncomingMessage): boolean {
  const { method, url } = request;
  return (
    (method === 'GET' || method === 'HEAD') &&
    url?.startsWith(prefix) === true &&
    Object.hasOwn(BUNDLES, nameOf(prefix, url))
  );
}

/** Answers a request for a bundle. */
export function serveClientFile(prefix: string, request: IncomingMessage, response: ServerResponse): void {
  const name = nameOf(prefix, request.url ?? '');
  const file = load(name, BUNDLES[name] ?? '');
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

function nameOf(prefix: string, url: string): string {
  return url.slice(prefix.length).split('?', 1)[0] ?? '';
}

function load(name: string, bundle: string): ClientFile | undefined {
  const known = cache.get(name);
  if (known) return known;
  for (const folder of FOLDERS) {
    let body: Buffer;
    try {
      body = readFileSync(new URL(folder + bundle, import.meta.url));
    } catch {
      // Not there: the module may run from its sources, with the bundles in the other folder.
      continue;
    }
    // A page asks for the map by the name in the bundle's last line, next to the name by which it got the bundle.
    if (name.endsWith('.js'))
      body = Buffer.from(
        body.toString('utf8').replace(`sourceMappingURL=${bundle}.map`, `sourceMappingURL=${name}.map`),
      );
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
    const file = {
      type: name.endsWith('.map') ? 'application/json' : 'application/javascript',
      etag,
      body,
      encoded: new Map<string, Buffer>(),
    };
    cache.set(name, file);
    return file;
  }
  return undefined;
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
