import { describe, expect, it } from 'vitest';
import { rawHeadersOf, readGetHead, readUpgradeHead } from '../../../src/protocol/http/upgrade-head.js';

const LINES = [
  'Host: a.example:3000',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Origin: http://a.example',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
  'Cookie: a=1; b="2"',
];

function headOf(lines: readonly string[], start = 'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1'): string {
  return `${start}\r\n${lines.join('\r\n')}\r\n\r\n`;
}

/** Returns the usual head with one line replaced, or with one more. */
function withLine(line: string): string {
  const name = line.slice(0, line.indexOf(':') + 1).toLowerCase();
  const others = LINES.filter((other) => !other.toLowerCase().startsWith(name));
  return headOf([...others, line]);
}

describe('readUpgradeHead', () => {
  it('returns the target and the relevant fields, with names in any case', () => {
    for (const lines of [LINES, LINES.map((line) => line.replace(/^[^:]*/, (name) => name.toUpperCase()))]) {
      const head = readUpgradeHead(headOf(lines));
      expect(head?.url).toBe('/socket.io/?EIO=4&transport=websocket');
      expect(head?.fields).toEqual({
        host: 'a.example:3000',
        connection: 'Upgrade',
        upgrade: 'websocket',
        origin: 'http://a.example',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        'sec-websocket-version': '13',
        'sec-websocket-protocol': undefined,
        'sec-websocket-extensions': 'permessage-deflate; client_max_window_bits',
      });
    }
  });

  it('takes the head alone if more data follows', () => {
    const text = headOf(LINES);
    expect(readUpgradeHead(`${text}\x81\x80abcdGET / HTTP/1.1\r\n\r\n`)?.text).toBe(text);
    expect(readUpgradeHead(text)?.text).toBe(text);
  });

  it('returns nothing for a head that is cut anywhere', () => {
    const text = headOf(LINES);
    for (let size = 0; size < text.length; size++) expect(readUpgradeHead(text.slice(0, size))).toBeUndefined();
  });

  it('accepts a Connection as Firefox writes it, and no other list', () => {
    for (const value of ['upgrade', 'keep-alive, Upgrade', 'Keep-Alive,upgrade'])
      expect(readUpgradeHead(withLine(`Connection: ${value}`))).toBeDefined();
    for (const value of ['close, upgrade', 'upgrade, close', 'upgrade,', 'keep-alive', 'xupgrade', 'upgrade, te'])
      expect(readUpgradeHead(withLine(`Connection: ${value}`)), value).toBeUndefined();
  });

  it('leaves another protocol, or none, to Node', () => {
    for (const value of ['h2c', 'websocket, h2c', 'websocket/13', 'websockets'])
      expect(readUpgradeHead(withLine(`Upgrade: ${value}`)), value).toBeUndefined();
    for (const name of ['Host', 'Upgrade', 'Connection'])
      expect(readUpgradeHead(headOf(LINES.filter((line) => !line.startsWith(name)))), name).toBeUndefined();
  });

  it('leaves an unusual request line to Node', () => {
    for (const start of [
      'POST /a HTTP/1.1',
      'get /a HTTP/1.1',
      'GET  /a HTTP/1.1',
      'GET /a  HTTP/1.1',
      'GET /a HTTP/1.0',
      'GET /a HTTP/2.0',
      'GET /a http/1.1',
      'GET /a HTTP/1.1 ',
      'GET /a',
      'GET a HTTP/1.1',
      'GET * HTTP/1.1',
      'GET http://a/ HTTP/1.1',
      'GET /a#b HTTP/1.1',
      'GET /a\tb HTTP/1.1',
      'GET /a b HTTP/1.1',
      'GET /\xe9 HTTP/1.1',
      'GET /\x7f HTTP/1.1',
      '\r\nGET /a HTTP/1.1',
      ' GET /a HTTP/1.1',
    ])
      expect(readUpgradeHead(headOf(LINES, start)), start).toBeUndefined();
    expect(readUpgradeHead(headOf(LINES, "GET /a/-._~!$&'()*+,;=:@%41?x/?y=% HTTP/1.1"))).toBeDefined();
  });

  it('leaves unusual lines to Node', () => {
    for (const line of [
      'X:a',
      'X: ',
      'X:  a',
      'X: a ',
      'X: a\t',
      'X: a\tb',
      'X:\ta',
      'X : a',
      ' X: a',
      'X',
      ': a',
      'X: a\r\n folded',
      'X: a\r\n\tfolded',
      'X: a\rb',
      'X: a\nY: b',
      'X: a\0',
      'X: \x7f',
      'X: \xe9',
      'X(: a',
      'X\xe9: a',
    ])
      expect(readUpgradeHead(headOf([...LINES, line])), JSON.stringify(line)).toBeUndefined();
    const bareLines = headOf(LINES).replaceAll('\r\n', '\n');
    expect(readUpgradeHead(bareLines)).toBeUndefined();
    expect(readUpgradeHead(headOf(LINES).replace('\r\n\r\n', '\r\n\n'))).toBeUndefined();
    expect(readUpgradeHead(headOf(LINES).replace('\r\n\r\n', '\n\r\n'))).toBeUndefined();
  });

  it('leaves a head that announces a body or further messages to Node', () => {
    for (const line of [
      'Content-Length: 0',
      'content-length: 5',
      'Transfer-Encoding: chunked',
      'TE: trailers',
      'Trailer: x',
      'Expect: 100-continue',
      'Proxy-Connection: close',
      'Keep-Alive: timeout=5',
      'HTTP2-Settings: x',
    ])
      expect(readUpgradeHead(headOf([...LINES, line])), line).toBeUndefined();
  });

  it('leaves a repeated relevant field to Node', () => {
    for (const line of LINES.slice(0, 7)) {
      expect(readUpgradeHead(headOf([...LINES, line])), line).toBeUndefined();
      expect(readUpgradeHead(headOf([...LINES, line.replace(/^[^:]*/, (name) => name.toLowerCase())]))).toBeUndefined();
    }
    expect(readUpgradeHead(headOf([...LINES, 'Cookie: c=3']))).toBeDefined();
  });

  it('leaves a head of very many lines to Node', () => {
    const many = Array.from({ length: 93 }, (_, index) => `X-${index}: a`);
    expect(readUpgradeHead(headOf([...LINES, ...many]))).toBeUndefined();
    expect(readUpgradeHead(headOf([...LINES, ...many.slice(1)]))).toBeDefined();
  });

  it('finishes soon with a head made to keep it busy', () => {
    const started = process.cpuUsage();
    for (const filler of [' ', 'a', ': ', 'a: b\r\n', ' \r\n']) {
      const text = `${headOf(LINES).slice(0, -2)}X: a${filler.repeat(16_000 / filler.length)}`;
      expect(readUpgradeHead(text)).toBeUndefined();
    }
    // The CPU time of this process, which other work of the machine does not change.
    expect(process.cpuUsage(started).user).toBeLessThan(500_000);
  });
});

describe('rawHeadersOf', () => {
  it('returns the names and values of a head in turn, as written', () => {
    const text = headOf(['Host: a', 'X-Odd: a: b:c', 'upgrade: websocket']);
    expect(rawHeadersOf(text)).toEqual(['Host', 'a', 'X-Odd', 'a: b:c', 'upgrade', 'websocket']);
  });
});

describe('readGetHead', () => {
  const get = (...lines: string[]): string => ['GET /a?b=c HTTP/1.1', 'Host: a', ...lines, '', ''].join('\r\n');

  it('reads a GET without an upgrade', () => {
    for (const lines of [[], ['Connection: keep-alive'], ['connection: Close', 'Origin: http://a']]) {
      const text = get(...lines);
      expect(readGetHead(`${text}rest`)).toMatchObject({ url: '/a?b=c', text });
      for (let size = 0; size < text.length; size++) expect(readGetHead(text.slice(0, size))).toBeUndefined();
    }
  });

  it.each([
    ['an upgrade', get('Connection: Upgrade', 'Upgrade: websocket')],
    ['an upgrade without a connection', get('Upgrade: websocket')],
    ['another connection', get('Connection: keep-alive, x')],
    ['a body', get('Content-Length: 1')],
    ['a body in chunks', get('Transfer-Encoding: chunked')],
    ['two hosts', get('Host: b')],
    ['a POST', get().replace('GET', 'POST')],
    ['HTTP/1.0', get().replace('HTTP/1.1', 'HTTP/1.0')],
    ['no host', 'GET / HTTP/1.1\r\nAccept: a\r\n\r\n'],
  ])('leaves %s to a complete parser', (_name, text) => {
    expect(readGetHead(text)).toBeUndefined();
  });
});
