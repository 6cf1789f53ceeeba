/** Maps file extensions to content types. */
import { extname } from 'node:path';

const text = (type: string) => `${type}; charset=utf-8`;

const types: ReadonlyMap<string, string> = new Map([
  ['.avif', 'image/avif'],
  ['.css', text('text/css')],
  ['.csv', text('text/csv')],
  ['.gif', 'image/gif'],
  ['.htm', text('text/html')],
  ['.html', text('text/html')],
  ['.ico', 'image/x-icon'],
  ['.jpeg', 'image/jpeg'],
  ['.jpg', 'image/jpeg'],
  ['.js', text('text/javascript')],
  ['.json', text('application/json')],
  ['.map', text('application/json')],
  ['.md', text('text/markdown')],
  ['.mjs', text('text/javascript')],
  ['.mp3', 'audio/mpeg'],
  ['.mp4', 'video/mp4'],
  ['.ogg', 'audio/ogg'],
  ['.otf', 'font/otf'],
  ['.pdf', 'application/pdf'],
  ['.png', 'image/png'],
  ['.svg', text('image/svg+xml')],
  ['.ttf', 'font/ttf'],
  ['.txt', text('text/plain')],
  ['.wasm', 'application/wasm'],
  ['.wav', 'audio/wav'],
  ['.webm', 'video/webm'],
  ['.webmanifest', text('application/manifest+json')],
  ['.webp', 'image/webp'],
  ['.woff', 'font/woff'],
  ['.woff2', 'font/woff2'],
  ['.xml', text('application/xml')],
]);

/**
 * Returns the content type of the file at `path`. For an unknown extension that is `application/octet-stream`, which
 * browsers do not execute.
 */
export function contentType(path: string): string {
  return types.get(extname(path).toLowerCase()) ?? 'application/octet-stream';
}
