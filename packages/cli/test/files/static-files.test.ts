import { symlinkSync, utimesSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeFolder } from '../../../../test/kit/folders.js';
import { staticFiles } from '../../src/files/static-files.js';

interface Reply {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

type Ask = (path: string, headers?: Record<string, string>, method?: string) => Promise<Reply>;

/** Serves `folder`, and answers 599 for other paths. `node:http` sends paths unchanged, dots included. */
async function serveFolder(folder: string): Promise<Ask> {
  const answer = staticFiles(folder);
  const server = createServer((req, res) => {
    answer(req, res).then(
      (isAnswered) => isAnswered || res.writeHead(599).end(),
      () => res.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return (path, headers = {}, method = 'GET') =>
    new Promise((resolve, reject) => {
      const outgoing = request({ host: '127.0.0.1', port, path, headers, method }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString() });
        });
      });
      outgoing.on('error', reject).end();
    });
}

describe('staticFiles', () => {
  it('sends a file with its type, its length and a tag', async () => {
    const ask = await serveFolder(makeFolder({ 'a b/한.js': 'export {};' }));
    const reply = await ask('/a%20b/%ED%95%9C.js?v=1');
    expect(reply.status).toBe(200);
    expect(reply.body).toBe('export {};');
    expect(reply.headers['content-type']).toBe('text/javascript; charset=utf-8');
    expect(reply.headers['content-length']).toBe('10');
    expect(reply.headers.etag).toMatch(/^"[\w-]+"$/);
    expect(reply.headers['cache-control']).toBe('no-cache');
  });

  it('sends an empty file', async () => {
    const ask = await serveFolder(makeFolder({ 'empty.txt': '' }));
    expect(await ask('/empty.txt')).toMatchObject({ status: 200, body: '' });
  });

  it('sends the index of a folder, and redirects to the slash if it is missing', async () => {
    const ask = await serveFolder(makeFolder({ 'index.html': 'home', 'about us/index.html': 'us' }));
    expect(await ask('/')).toMatchObject({ status: 200, body: 'home' });
    expect(await ask('/about%20us/')).toMatchObject({ status: 200, body: 'us' });
    const reply = await ask('//about%20us?lang=ko');
    expect(reply.status).toBe(301);
    expect(reply.headers.location).toBe('/about%20us/?lang=ko');
  });

  it('sends only the headers for HEAD, the same ones as for GET', async () => {
    const ask = await serveFolder(makeFolder({ 'a.txt': 'text' }));
    const head = await ask('/a.txt', {}, 'HEAD');
    const get = await ask('/a.txt');
    expect(head).toMatchObject({ status: 200, body: '' });
    expect({ ...head.headers, date: '' }).toEqual({ ...get.headers, date: '' });
  });

  it('refuses other methods for an existing file, and leaves the rest to others', async () => {
    const ask = await serveFolder(makeFolder({ 'a.txt': 'text' }));
    const reply = await ask('/a.txt', {}, 'DELETE');
    expect(reply.status).toBe(405);
    expect(reply.headers.allow).toBe('GET, HEAD');
    expect((await ask('/b.txt', {}, 'DELETE')).status).toBe(599);
  });

  it('answers 304 to a client with the newest version, by tag and by date', async () => {
    const ask = await serveFolder(makeFolder({ 'a.txt': 'text' }));
    const { headers } = await ask('/a.txt');
    const byTag = await ask('/a.txt', { 'if-none-match': `"other", W/${headers.etag}` });
    expect(byTag).toMatchObject({ status: 304, body: '' });
    expect(byTag.headers.etag).toBe(headers.etag);
    expect((await ask('/a.txt', { 'if-modified-since': String(headers['last-modified']) })).status).toBe(304);
    expect((await ask('/a.txt', { 'if-none-match': '"other"' })).status).toBe(200);
  });

  it('allows only hashed names under assets to be cached for ever', async () => {
    const ask = await serveFolder(
      makeFolder({ 'assets/app-B2x9_aQz.js': '1', 'assets/plain.js': '2', 'app-B2x9_aQz.js': '3' }),
    );
    const control = async (path: string) => (await ask(path)).headers['cache-control'];
    expect(await control('/assets/app-B2x9_aQz.js')).toBe('public, max-age=31536000, immutable');
    expect(await control('/assets/plain.js')).toBe('no-cache');
    expect(await control('/app-B2x9_aQz.js')).toBe('no-cache');
  });

  it('finds a folder that is created after the start', async () => {
    const folder = makeFolder({});
    const ask = await serveFolder(join(folder, 'later'));
    expect((await ask('/')).status).toBe(599);
  });
});

describe('staticFiles with precompressed variants', () => {
  const files = { 'a.js': 'plain', 'a.js.br': brotliCompressSync('plain'), 'a.js.gz': gzipSync('plain') };

  it('sends the best variant that the client accepts, with the type of the plain file', async () => {
    const ask = await serveFolder(makeFolder(files));
    const both = await ask('/a.js', { 'accept-encoding': 'gzip, br' });
    expect(both.headers).toMatchObject({ 'content-encoding': 'br', vary: 'Accept-Encoding' });
    expect(both.headers['content-type']).toBe('text/javascript; charset=utf-8');
    const gzip = await ask('/a.js', { 'accept-encoding': 'gzip' });
    expect(gzip.headers['content-encoding']).toBe('gzip');
    expect(gzip.headers.etag).not.toBe(both.headers.etag);
    const plain = await ask('/a.js');
    expect(plain.body).toBe('plain');
    expect(plain.headers).toMatchObject({ vary: 'Accept-Encoding' });
    expect(plain.headers['content-encoding']).toBeUndefined();
  });

  it('skips a variant that is older than its file', async () => {
    const folder = makeFolder(files);
    utimesSync(join(folder, 'a.js.br'), 1, 1);
    utimesSync(join(folder, 'a.js.gz'), 1, 1);
    const ask = await serveFolder(folder);
    expect((await ask('/a.js', { 'accept-encoding': 'br' })).headers['content-encoding']).toBeUndefined();
  });
});

describe('staticFiles against a hostile path', () => {
  it.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/x/../../secret.txt',
    '/a%00.txt',
    '/%E0%A4%A',
  ])('finds nothing at %s', async (path) => {
    const folder = makeFolder({ 'public/x/a.txt': 'a', 'secret.txt': 'secret' });
    const ask = await serveFolder(join(folder, 'public'));
    expect((await ask(path)).status).toBe(599);
  });

  it('follows no link out of the folder, but those that stay inside', async () => {
    const folder = makeFolder({ 'public/a.txt': 'a', 'secret.txt': 'secret', 'public-too/b.txt': 'b' });
    const inside = join(folder, 'public');
    symlinkSync(join(folder, 'secret.txt'), join(inside, 'secret.txt'));
    symlinkSync(join(folder, 'public-too'), join(inside, 'too'));
    symlinkSync(join(inside, 'a.txt'), join(inside, 'b.txt'));
    const ask = await serveFolder(inside);
    expect((await ask('/secret.txt')).status).toBe(599);
    expect((await ask('/too/b.txt')).status).toBe(599);
    expect(await ask('/b.txt')).toMatchObject({ status: 200, body: 'a' });
  });

  it('serves no hidden file, no folder without an index, and no path too long to exist', async () => {
    const ask = await serveFolder(makeFolder({ '.env': 'x', 'empty/.keep': '', 'a.txt': 'a' }));
    for (const path of ['/.env', '/empty', '/empty/', '/a.txt/', '/a.txt/b', `/${'x'.repeat(5000)}`]) {
      expect((await ask(path)).status, path).toBe(599);
    }
  });
});
