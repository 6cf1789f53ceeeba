/**
 * Serves the files of one folder over HTTP: GET and HEAD, ETags, precompressed variants, and nothing outside the
 * folder.
 */
import { createReadStream, realpathSync, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname, join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { acceptsEncoding, isFresh } from 'naru/protocol';
import { contentType } from './content-type.js';
import { readUrlPath, writeFolderPath } from './url-path.js';

/**
 * Answers a request and resolves to true, or resolves to false without touching it when the folder has no such file.
 */
export type Answer = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

interface FoundFile {
  readonly path: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

type Found = FoundFile | 'folder' | undefined;

interface Variant extends FoundFile {
  readonly encoding?: string;
}

/** Error codes that mean "no such file" for a path from a request. */
const absent: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP', 'EACCES', 'EPERM']);

/** The encodings of precompressed files and their extensions, the best first. */
const ENCODINGS = { br: '.br', gzip: '.gz' };

/** Matches a name with a content hash, as bundlers write it: `index-B2x9_aQz.js`, `index.0f3a9c1d.css`. */
const hashedName = /[-.][\w-]{8,}\.\w+$/;

/** Returns the answer that serves the files in `folder`. The folder may be created or changed while the server runs. */
export function staticFiles(folder: string): Answer {
  return async (request, response) => {
    const target = request.url ?? '/';
    const path = readUrlPath(target);
    const found = path && find(folder, path.segments, path.isFolder);
    if (!found) return false;
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      // The request's body is not read, so the connection cannot be reused.
      response.writeHead(405, { Allow: 'GET, HEAD', Connection: 'close' }).end();
    } else if (found === 'folder') {
      const query = target.includes('?') ? target.slice(target.indexOf('?')) : '';
      response.writeHead(301, { Location: writeFolderPath(path.segments) + query }).end();
    } else await send(request, response, path.segments, found);
    return true;
  };
}

/**
 * Finds the file of a path, or the `index.html` of a folder. Returns 'folder' when only the slash at the end is
 * missing. Looking up a name takes microseconds, while each asynchronous call would wait for a thread, and a busy
 * machine lets it wait for long.
 */
function find(folder: string, segments: readonly string[], isFolder: boolean): Found {
  const root = resolve(folder);
  if (root === undefined) return undefined;
  const path = join(root, ...segments);
  const index = join(path, 'index.html');
  if (isFolder) return lookUp(root, index);
  return lookUp(root, path) ?? (lookUp(root, index) && 'folder');
}

function resolve(path: string): string | undefined {
  try {
    return realpathSync.native(path);
  } catch (error) {
    if (absent.has((error as NodeJS.ErrnoException).code)) return undefined;
    throw error;
  }
}

/** Returns the regular file at `path`, unless its links lead out of `root`. */
function lookUp(root: string, path: string): FoundFile | undefined {
  const real = resolve(path);
  if (real === undefined || !real.startsWith(root.endsWith(sep) ? root : root + sep)) return undefined;
  const stats = statSync(real, { throwIfNoEntry: false });
  return stats?.isFile() ? { path: real, bytes: stats.size, modifiedMs: Math.trunc(stats.mtimeMs) } : undefined;
}

/** Returns the precompressed variants of a file. A variant older than the file is out of date and left out. */
function variantsOf(file: FoundFile): Variant[] {
  const variants: Variant[] = [];
  for (const [encoding, extension] of Object.entries(ENCODINGS)) {
    const found = lookUp(dirname(file.path), file.path + extension);
    if (found && found.modifiedMs >= file.modifiedMs) variants.push({ ...found, encoding });
  }
  return variants;
}

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  segments: readonly string[],
  file: FoundFile,
): Promise<void> {
  const accepted = request.headers['accept-encoding'] as string | undefined;
  const variants = variantsOf(file);
  const variant: Variant = variants.find(({ encoding = '' }) => acceptsEncoding(accepted, encoding)) ?? file;
  const etag = `"${variant.bytes.toString(36)}-${variant.modifiedMs.toString(36)}${variant.encoding ?? ''}"`;
  response.setHeader('ETag', etag);
  response.setHeader('Last-Modified', new Date(file.modifiedMs).toUTCString());
  response.setHeader('Cache-Control', cacheControl(segments));
  if (variants.length > 0) response.appendHeader('Vary', 'Accept-Encoding');
  if (isFresh(request.headers, etag, file.modifiedMs)) {
    response.writeHead(304).end();
    return;
  }
  response.setHeader('Content-Type', contentType(file.path));
  response.setHeader('Content-Length', variant.bytes);
  if (variant.encoding !== undefined) response.setHeader('Content-Encoding', variant.encoding);
  response.writeHead(200);
  if (request.method === 'HEAD' || variant.bytes === 0) response.end();
  else await stream(variant, response);
}

async function stream(file: FoundFile, response: ServerResponse): Promise<void> {
  try {
    // With a fixed end, a file that grows in the meantime cannot exceed its Content-Length.
    await pipeline(createReadStream(file.path, { end: file.bytes - 1 }), response);
  } catch (error) {
    response.destroy();
    // A client that leaves halfway is not an error.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}

function cacheControl(segments: readonly string[]): string {
  const isHashed = segments.slice(0, -1).includes('assets') && hashedName.test(segments.at(-1) ?? '');
  return isHashed ? 'public, max-age=31536000, immutable' : 'no-cache';
}
