import { describe, expect, it } from 'vitest';
import { readUrlPath, writeFolderPath } from '../../src/files/url-path.js';

describe('readUrlPath', () => {
  it.each([
    ['/', [], true],
    ['/a/b.js', ['a', 'b.js'], false],
    ['/a/b/?x=../..#y', ['a', 'b'], true],
    ['/a%20b/%ED%95%9C', ['a b', '한'], false],
    ['//a///b', ['a', 'b'], false],
    ['/./a/.', ['a'], true],
    ['/.well-known/x', ['.well-known', 'x'], false],
    ['http://host:80/a?b', ['a'], false],
    ['http://host', [], true],
    ['/a?x=/', ['a'], false],
  ])('reads %s', (target, segments, isFolder) => {
    expect(readUrlPath(target)).toEqual({ segments, isFolder });
  });

  it.each([
    '/../x',
    '/a/../../x',
    '/%2e%2e/x',
    '/.%2e/x',
    '/a%2f..%2fx',
    '/a%5c..%5cx',
    '/a\\..\\x',
    '/a%00.js',
    '/%',
    '/%ff',
    '/.git/config',
    '/a/.env',
    '/...',
    '*',
    'host:80',
    '',
    'ftp://x/y',
  ])('leads from %j to no file', (target) => {
    expect(readUrlPath(target)).toBeUndefined();
  });
});

describe('writeFolderPath', () => {
  it('starts with exactly one slash, so that a redirect stays on its host', () => {
    const path = readUrlPath('//evil.example/a%2Cb');
    expect(writeFolderPath(path?.segments ?? [])).toBe('/evil.example/a%2Cb/');
    expect(writeFolderPath([])).toBe('/');
  });

  it('encodes characters that would end the path or break the header', () => {
    expect(writeFolderPath(['a?b', 'c#d', 'e\r\nf'])).toBe('/a%3Fb/c%23d/e%0D%0Af/');
  });
});
