import { describe, expect, it } from 'vitest';
import { udp } from '../../../../udp/src/client/udp-wire.js';
import { resolveAddress } from '../../../src/client/engine/uri.js';
import { io } from '../../../src/client/index.js';
import { rewriteAddress, socketPathOf } from '../../../src/client/node/unix-address.js';

describe('the address of a Unix socket', () => {
  it.each([
    ['unix:/run/naru.sock', '/run/naru.sock', '/'],
    ['unix:///run/naru.sock', '/run/naru.sock', '/'],
    ['unix:/run/naru.sock:/chat', '/run/naru.sock', '/chat'],
    ['unix:/run/my naru:1.sock:/chat/a?x=1', '/run/my naru:1.sock', '/chat/a'],
  ])('%s has a path, and maybe a namespace', (uri, path, namespace) => {
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

describe('an address of TCP or UDP', () => {
  it.each(['tcp://localhost', 'udp://[::1]', 'tls://host/chat', 'TCP://host:', 'udp://host?a=1'])(
    'needs a port: %s',
    (uri) => {
      expect(() => rewriteAddress(uri)).toThrow(/has no port: add one/);
      expect(() => io(uri, { wires: [udp()], autoConnect: false })).toThrow(/has no port/);
    },
  );

  it.each(['tcp://localhost:4000', 'udp://[::1]:1/chat', 'http://localhost', 'ws://host/x'])(
    'is not changed: %s',
    (uri) => {
      expect(rewriteAddress(uri)).toBe(uri);
    },
  );
});
