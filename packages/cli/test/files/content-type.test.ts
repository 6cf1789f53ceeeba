import { expect, it } from 'vitest';
import { contentType } from '../../src/files/content-type.js';

it('names the charset of text and none for bytes', () => {
  expect(contentType('/a/index.html')).toBe('text/html; charset=utf-8');
  expect(contentType('app.JS')).toBe('text/javascript; charset=utf-8');
  expect(contentType('x.webmanifest')).toBe('application/manifest+json; charset=utf-8');
  expect(contentType('x.png')).toBe('image/png');
});

it('treats unknown types as bytes', () => {
  expect(contentType('/a.b/file')).toBe('application/octet-stream');
  expect(contentType('x.constructor')).toBe('application/octet-stream');
});
