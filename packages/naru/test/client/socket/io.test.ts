import { afterEach, describe, expect, test, vi } from 'vitest';
import { createClient } from '../../../src/client/create-client.js';
import type { ClientOptions } from '../../../src/client/socket/options.js';
import { Socket } from '../../../src/client/socket/socket.js';
import { createFakeLink } from '../fake-link.js';

const { io, Manager } = createClient(createFakeLink().platform);
const offline = { autoConnect: false };

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('io', () => {
  test('has its other names and the classes as properties, as users of the default import expect', () => {
    expect([io.io, io.connect, io.Manager, io.Socket]).toEqual([io, io, Manager, Socket]);
  });

  test('takes the namespace from the path of the address', () => {
    expect(['http://a', 'http://a/', 'http://a/chat', 'http://a/chat?x=1'].map((uri) => io(uri, offline).nsp)).toEqual([
      '/',
      '/',
      '/chat',
      '/chat',
    ]);
  });

  test('shares a Manager among the namespaces of a server', () => {
    const [a, b] = [io('http://b/one', offline), io('http://b:80/two', offline)];
    expect(a.io).toBe(b.io);
    expect(a.io).toBeInstanceOf(Manager);
    expect(io('https://b/one', offline).io).not.toBe(a.io);
    expect(io('http://b:81/one', offline).io).not.toBe(a.io);
  });

  test.each<[string, ClientOptions]>([
    ['forceNew', { forceNew: true }],
    ['multiplex: false', { multiplex: false }],
    ['another path', { path: '/other' }],
    ['the old spelling of forceNew', { 'force new connection': true } as ClientOptions],
  ])('creates another for %s', (_label, options) => {
    const first = io('http://c/one', offline);
    expect(io('http://c/two', { ...offline, ...options }).io).not.toBe(first.io);
  });

  test('creates another for the same namespace, and keeps the first one shared', () => {
    const first = io('http://d/one', offline);
    expect(io('http://d/one', offline).io).not.toBe(first.io);
    expect(io('http://d/two', offline).io).toBe(first.io);
  });

  test('accepts options alone, and connects to the server of the page', () => {
    vi.stubGlobal('location', { protocol: 'https:', host: 'page:8', hostname: 'page', port: '8' });
    const socket = io({ forceNew: true });
    expect([socket.nsp, socket.io.engine.hostname, socket.io.engine.port, socket.io.engine.secure]).toEqual([
      '/',
      'page',
      '8',
      true,
    ]);
    expect(io('/chat', offline).nsp).toBe('/chat');
  });

  test('passes on the query of the address, and does not change the options', () => {
    const options = Object.freeze({ query: Object.freeze({ a: 1 }), forceNew: true });
    expect(io('http://e/chat', options).io.engine.opts.query).toEqual({ a: 1 });
    expect(io('http://e/chat?b=2', { forceNew: true }).io.engine.opts.query).toEqual({ b: '2' });
  });

  test('gives the options of the socket to the socket', () => {
    expect(io('http://f', { ...offline, auth: { a: 1 } }).auth).toEqual({ a: 1 });
  });
});
