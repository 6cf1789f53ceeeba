/**
 * Compares the reader of heads with Node's parser on random heads. The reader may leave any head to Node. A head that
 * it does read must be one that Node accepts and reads in the same way. FUZZ_MINUTES sets how long; a failure prints
 * its seed, and FUZZ_SEED repeats it.
 */
import { createServer, type IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import {
  rawHeadersOf,
  readGetHead,
  readUpgradeHead,
  type UpgradeHead,
} from '../../packages/naru/src/protocol/http/upgrade-head.js';
import { fuzzTimeoutMs } from '../kit/fuzz-time.js';
import { type Dice, fuzz } from './websocket-random.js';

const NAMES =
  `Host Upgrade Connection Origin Sec-WebSocket-Key Sec-WebSocket-Version Sec-WebSocket-Protocol Sec-WebSocket-Extensions
  Content-Length Transfer-Encoding TE Trailer Expect Proxy-Connection Keep-Alive HTTP2-Settings Cookie User-Agent X_a X-Forwarded-For
  Set-Cookie __proto__ constructor`.split(/\s+/);
const VALUES = [
  'websocket',
  'Upgrade',
  'keep-alive, Upgrade',
  'chunked',
  '0',
  '5',
  '13',
  'dGhlIHNhbXBsZSBub25jZQ==',
  'a.example:3000',
  'permessage-deflate; client_max_window_bits',
  '100-continue',
  'close',
  'a  b',
];
const SPICE = [
  '\r',
  '\n',
  '\r\n',
  '\0',
  ' ',
  '\t',
  ':',
  ',',
  ';',
  '#',
  '?',
  '/',
  '%',
  '\\',
  '"',
  '\x7f',
  '\x80',
  '\xff',
  '\x0b',
  '\x0c',
];
const TARGETS = [
  '/',
  '/socket.io/?EIO=4&transport=websocket',
  '/a/../b',
  '//a',
  '/?',
  '/a?b?c',
  '/%00',
  '/a;b=c',
  '*',
  'http://a/',
];
const VERSIONS = [
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.0',
  'HTTP/2.0',
  'HTTP/0.9',
  'http/1.1',
  'HTTP/1.11',
];
const METHODS = ['GET', 'GET', 'GET', 'GET', 'GET', 'POST', 'CONNECT', 'HEAD', 'get', 'PRI'];

const UPGRADE = [
  'Host: a.example',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];
const STREAM = ['Host: a.example', 'Accept: text/event-stream', 'Connection: keep-alive'];

/** A usual head, or one that is unusual in a few places, with the bytes after it. */
function randomHead(dice: Dice, usual: readonly string[]): string {
  const lines = [...usual];
  for (let left = dice.below(4); left > 0; left--) {
    const line = `${caseOf(dice, dice.pick(NAMES))}: ${dice.oneIn(3) ? randomValue(dice) : dice.pick(VALUES)}`;
    const at = dice.below(lines.length + 1);
    lines.splice(at, dice.oneIn(3) ? 1 : 0, line);
  }
  const method = dice.oneIn(6) ? dice.pick(METHODS) : 'GET';
  const version = dice.oneIn(6) ? dice.pick(VERSIONS) : 'HTTP/1.1';
  const target = dice.oneIn(4) ? `/${randomValue(dice)}` : dice.pick(TARGETS);
  let text = `${method} ${target} ${version}\r\n${lines.join('\r\n')}\r\n\r\n`;
  for (let left = dice.oneIn(2) ? dice.below(3) : 0; left > 0; left--) text = mutate(dice, text);
  return dice.oneIn(4) ? text + randomValue(dice) : text;
}

function caseOf(dice: Dice, name: string): string {
  return dice.pick([name, name.toLowerCase(), name.toUpperCase()]);
}

function randomValue(dice: Dice): string {
  let value = '';
  for (let left = dice.below(8); left >= 0; left--)
    value += dice.oneIn(6) ? dice.pick(SPICE) : String.fromCharCode(33 + dice.below(94));
  return value;
}

/** Inserts, removes or repeats a piece of the text. */
function mutate(dice: Dice, text: string): string {
  const at = dice.below(text.length);
  const size = dice.pick([0, 1, 1, 2, 7]);
  const spice = dice.oneIn(3) ? String.fromCharCode(dice.below(256)) : dice.pick(SPICE);
  const pieces = [spice, '', text.slice(at, at + 9), ' '.repeat(dice.below(4))];
  return text.slice(0, at) + dice.pick(pieces) + text.slice(at + size);
}

/** A connection that sends one chunk. */
class OneChunk extends Duplex {
  override _read(): void {}

  override _write(_chunk: unknown, _encoding: unknown, callback: () => void): void {
    callback();
  }
}

interface Seen {
  readonly request: IncomingMessage;
  /** The bytes after an upgrade; undefined for an ordinary request. */
  readonly rest: string | undefined;
}

let seen: Seen | undefined;
let responses = 0;
const server = createServer((request, response) => {
  responses += 1;
  seen ??= { request, rest: undefined };
  response.end();
});
server.on('upgrade', (request, _socket, head) => {
  seen ??= { request, rest: head.toString('latin1') };
});
server.on('clientError', (_error, socket) => socket.destroy());

/** Reads the same bytes with Node's server. */
async function readByNode(text: string): Promise<Seen | undefined> {
  seen = undefined;
  responses = 0;
  const connection = new OneChunk();
  server.emit('connection', connection);
  connection.push(Buffer.from(text, 'latin1'));
  await new Promise((resolve) => setImmediate(resolve));
  connection.destroy();
  return seen;
}

function expectSame(head: UpgradeHead, { request }: Seen): void {
  expect({ method: request.method, version: request.httpVersion, url: request.url }).toEqual({
    method: 'GET',
    version: '1.1',
    url: head.url,
  });
  expect(rawHeadersOf(head.text)).toEqual(request.rawHeaders);
  for (const [name, value] of Object.entries(head.fields)) expect(request.headers[name], name).toBe(value);
}

/** Enough runs to make the share of accepted heads stable. */
const RUNS_MIN = 2_000;

describe('the reader of heads', () => {
  it(
    'reads no upgrade that Node refuses or reads differently',
    async () => {
      let accepted = 0;
      const runs = await fuzz(async (dice) => {
        const text = randomHead(dice, UPGRADE);
        const head = readUpgradeHead(text);
        if (head === undefined) return;
        accepted += 1;
        const byNode = await readByNode(text);
        if (byNode === undefined) throw new Error(`Node refuses ${JSON.stringify(text)}`);
        expectSame(head, byNode);
        expect(text.slice(head.text.length)).toBe(byNode.rest);
      }, RUNS_MIN);
      // A fuzzer whose heads are all refused would prove nothing.
      expect(accepted).toBeGreaterThan(runs / 50);
    },
    fuzzTimeoutMs(),
  );

  it(
    'reads no GET that Node refuses or reads differently',
    async () => {
      let accepted = 0;
      const runs = await fuzz(async (dice) => {
        const text = randomHead(dice, dice.oneIn(8) ? UPGRADE : STREAM);
        const head = readGetHead(text);
        if (head === undefined || head.text.length !== text.length) return;
        accepted += 1;
        const byNode = await readByNode(text);
        if (byNode === undefined) throw new Error(`Node refuses ${JSON.stringify(text)}`);
        expectSame(head, byNode);
        expect({ rest: byNode.rest, responses, isWhole: byNode.request.complete }).toEqual({
          rest: undefined,
          responses: 1,
          isWhole: true,
        });
      }, RUNS_MIN);
      expect(accepted).toBeGreaterThan(runs / 50);
    },
    fuzzTimeoutMs(),
  );
});
