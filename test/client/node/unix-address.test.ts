import { describe, expect, it } from 'vitest';
import { rewriteAddress, socketPathOf } from '../../../src/client/node/unix-address.js';
import { resolveAddress } from '../../../src/client/uri.js';

describe('the address of a Unix socket', () => {
  it.each([
    ['unix:/run/naru.sock', '/run/naru.sock', '/'],
    ['unix:///run/naru.sock', '/run/naru.sock', '/'],
    ['unix:/run/naru.sock:/chat', '/run/naru.sock', '/chat'],
    ['unix:/run/my naru:1.sock:/chat/a?x=1', '/run/my naru:1.sock', '/chat/a'],
  ])('%s names a path, and maybe a namespace', (uri, path, namespace) => {
    const rewritten = rewriteAddress(uri);
    const address = resolveAddress(rewritten, '/socket.io', undefined);
    expect([address.protocol, socketPathOf(address.host), address.path]).toEqual(['unix', path, namespace]);
    expect(rewriteAddress(rewritten)).toBe(rewritten);
  });

  it.each(['tcp://localhost:4000', 'http://a/b', '/chat', 'localhost:3000', ''])('is not %s', (uri) => {
    expect(rewriteAddress(uri)).toBe(uri);
    expect(socketPathOf('localhost')).toBeUndefined();
  });
});
