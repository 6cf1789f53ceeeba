import { describe, expect, it } from 'vitest';
import { fc } from '../../../../../test/kit/fast-check.js';
import { fuzzTimeMs, fuzzTimeoutMs } from '../../../../../test/kit/fuzz-time.js';
import { ConfigError } from '../../../src/base/errors.js';
import { type Endpoint, formatEndpoint, isAnyHost, isIpv6, parseEndpoint } from '../../../src/base/node/endpoint.js';

const schemes = ['tcp', 'tls', 'udp', 'unix', 'stomp', 'stomps'];
const rules = { schemes };
const parse = (text: string) => parseEndpoint(text, rules);

const net = (scheme: string, host: string, port: number, path = ''): Endpoint => ({ scheme, host, port, path });
const unix = (path: string): Endpoint => ({ scheme: 'unix', host: '', port: 0, path });

/** Returns the text of the error about an endpoint. Fails without an error, or with one of another kind. */
function complaint(text: string, more: Partial<Parameters<typeof parseEndpoint>[1]> = {}): string {
  try {
    parseEndpoint(text, { ...rules, ...more });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    expect(error.code).toBe('BAD_ARGUMENT');
    return error.message;
  }
  return expect.fail(`${text} was taken`);
}

describe('an endpoint', () => {
  it.each([
    ['tcp://127.0.0.1:8000', net('tcp', '127.0.0.1', 8000)],
    ['tcp://:4000', net('tcp', '', 4000)],
    ['tcp://0.0.0.0:0', net('tcp', '0.0.0.0', 0)],
    ['udp://:4001', net('udp', '', 4001)],
    ['tls://example.com:443', net('tls', 'example.com', 443)],
    ['TCP://Example.COM.:65535', net('tcp', 'Example.COM.', 65535)],
    ['stomp://:61613', net('stomp', '', 61613)],
    ['stomps://broker_1:61614/', net('stomps', 'broker_1', 61614)],
    ['tcp://[::1]:8000', net('tcp', '::1', 8000)],
    ['tcp://[::]:0', net('tcp', '::', 0)],
    ['udp://[fe80::1%eth0]:9', net('udp', 'fe80::1%eth0', 9)],
    ['tcp://[::ffff:10.0.0.1]:9', net('tcp', '::ffff:10.0.0.1', 9)],
    ['unix:/run/naru.sock', unix('/run/naru.sock')],
    ['unix:///run/naru.sock', unix('/run/naru.sock')],
    ['unix:./a b?#.sock', unix('./a b?#.sock')],
    ['unix:////odd', unix('//odd')],
  ])('is read from %s', (text, endpoint) => {
    expect(parse(text)).toEqual(endpoint);
    expect(parse(formatEndpoint(endpoint))).toEqual(endpoint);
  });

  it('gets the default port if it has none, for all schemes or for its own', () => {
    expect(parseEndpoint('tcp://h', { schemes, defaultPort: 7 }).port).toBe(7);
    expect(parseEndpoint('stomp://h', { schemes, defaultPort: { stomp: 61613 } }).port).toBe(61613);
    expect(parseEndpoint('stomp://[::1]', { schemes, defaultPort: { stomp: 61613 } }).host).toBe('::1');
    expect(complaint('tcp://h', { defaultPort: { stomp: 61613 } })).toContain('has no port');
  });

  it('has a path and a query if allowed', () => {
    const withPath = { schemes, allowsPath: true };
    expect(parseEndpoint('tcp://h:1/admin?a=b/c', withPath)).toEqual(net('tcp', 'h', 1, '/admin?a=b/c'));
    expect(parseEndpoint('tcp://h:1?a=b', withPath)).toEqual(net('tcp', 'h', 1, '?a=b'));
    expect(parseEndpoint('tcp://h:1/', withPath)).toEqual(net('tcp', 'h', 1));
    expect(complaint('tcp://h:1/a#b', { allowsPath: true })).toContain('fragment');
  });

  it.each([
    ['', 'is not an endpoint: write one like tcp://127.0.0.1:8000'],
    ['8000', 'is not an endpoint'],
    ['localhost:8000', 'is not an endpoint'],
    ['tcp:127.0.0.1:8000', 'is not an endpoint'],
    ['://h:1', 'is not an endpoint'],
    [
      'http://h:1',
      'has the scheme "http", which is not supported here: use tcp://, tls://, udp://, unix:, stomp://, stomps://',
    ],
    ['tcp://127.0.0.1', 'has no port: add one after the host, as in tcp://127.0.0.1:8000'],
    ['tcp://', 'has no port'],
    ['tcp://h:', 'has the port "": use a number from 0 to 65535'],
    ['tcp://h:65536', 'has the port "65536"'],
    ['tcp://h:-1', 'has the port "-1"'],
    ['tcp://h:1e3', 'has the port "1e3"'],
    ['tcp://h:80x', 'has the port "80x"'],
    ['tcp://h:000080', 'has the port "000080"'],
    ['tcp://h:1:2', 'is not an endpoint: write one like tcp://127.0.0.1:8000'],
    ['tcp://::1:8000', 'has an IPv6 address without brackets: write it like tcp://[::1]:8000'],
    ['tcp://[::1', 'is not an endpoint'],
    ['tcp://[::1]8000', 'is not an endpoint'],
    ['tcp://[localhost]:1', 'has "localhost" in brackets, which is not an IPv6 address'],
    ['tcp://[]:1', 'in brackets'],
    ['tcp://256.0.0.1:1', 'which is not an IPv4 address'],
    ['tcp://127.1:1', 'which is not an IPv4 address'],
    ['tcp://1:1', 'which is not an IPv4 address'],
    ['tcp://a..b:1', 'which is not a valid name: use letters, digits, hyphens and dots'],
    ['tcp://-a:1', 'which is not a valid name'],
    ['tcp://a%20b:1', 'which is not a valid name'],
    [`tcp://${'a'.repeat(64)}:1`, 'which is not a valid name'],
    ['tcp://나루.kr:1', 'which is not a valid name: write it in its ASCII form (xn--...)'],
    ['tcp://h :1', 'contains white space'],
    ['tcp://h:1\n', 'contains white space'],
    ['tcp://h:1/x', 'has a path or query after the port: leave out "/x"'],
    ['tcp://h:1?x', 'has a path or query after the port'],
    ['unix:', 'has no path: write one like unix:/run/naru.sock'],
    ['unix://', 'names a host'],
    ['unix://run/naru.sock', 'names a host'],
    ['unix:/a\0b', 'has a NUL'],
  ])('that is invalid is refused with the fix: %j', (text, message) => {
    const said = complaint(text);
    expect(said).toContain(message);
    expect(said.startsWith(JSON.stringify(text))).toBe(true);
  });

  it('that is not a text is named by its type', () => {
    expect(() => parseEndpoint(8000 as unknown as string, rules)).toThrow(/^A value of type number is not an endpoint/);
    expect(() => parseEndpoint('x', { schemes: ['unix'] })).toThrow('write one like unix:/run/naru.sock');
  });

  it('keeps a password out of its error', () => {
    const said = complaint('tcp://me:sec@ret@host:1');
    expect(said).toBe('"tcp://...@host:1" contains a user: leave out the part before the @');
  });

  it('that is endless is not repeated whole, and is refused quickly', () => {
    for (const text of [`tcp://${'a.'.repeat(200_000)}:1`, `tcp://${':'.repeat(200_000)}`, `${'a'.repeat(200_000)}:`]) {
      expect(complaint(text).length).toBeLessThan(400);
    }
  });
});

describe('addresses', () => {
  it.each([
    '::',
    '::1',
    '1::',
    '1:2:3:4:5:6:7:8',
    '1::8',
    '::2:3:4:5:6:7:8',
    'FE80::a%en-0.1',
    '::1.2.3.4',
    '1:2:3:4:5:6:1.2.3.4',
  ])('%s is IPv6', (text) => expect(isIpv6(text)).toBe(true));

  it.each([
    '',
    ':',
    ':::',
    '1',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    '1:2:3:4::5:6:7:8',
    ':1::',
    '1:',
    '12345::',
    'g::',
    '::1.2.3',
    '::256.1.1.1',
    '1.2.3.4::',
    '1:2:3:4:5:6:7:1.2.3.4',
    '::1%',
    '::1%a%b',
    '::1%a/b',
    '1.2.3.4',
  ])('%s is not IPv6', (text) => expect(isIpv6(text)).toBe(false));

  it.each(['0.0.0.0', '255.255.255.255', '10.2.3.4'])('%s is an IPv4 host', (host) => {
    expect(parseEndpoint(`tcp://${host}:1`, { schemes }).host).toBe(host);
  });

  it.each(['1.2.3', '1.2.3.4.5', '01.2.3.4', '1.2.3.256'])('%s is not IPv4', (host) => {
    expect(() => parseEndpoint(`tcp://${host}:1`, { schemes })).toThrow('which is not an IPv4 address');
  });
});

/** FUZZ_MINUTES sets how long; a failure prints its seed. */
describe('any text', () => {
  const options = {
    numRuns: Number.MAX_SAFE_INTEGER,
    interruptAfterTimeLimit: fuzzTimeMs / 2,
    markInterruptAsFailure: false,
  };
  const seeds = ['tcp://127.0.0.1:8000', 'tcp://[::1%e]:80/a?b', 'unix:///run/x', 'stomps://a.b-c:61614', 'udp://:0'];
  const edit = fc.tuple(fc.nat(), fc.nat(4), fc.constantFrom(...':/[]%@?#.0 9a-\0', '::', '//', '65536', '나', ''));
  const nearly = fc.tuple(fc.constantFrom(...seeds), fc.array(edit, { maxLength: 4 })).map(([seed, edits]) =>
    edits.reduce((text, [at, cut, token]) => {
      const start = at % (text.length + 1);
      return text.slice(0, start) + token + text.slice(start + cut);
    }, seed),
  );

  it(
    'is a ConfigError, or an endpoint that stays the same when written and read again',
    () => {
      const known = { schemes, allowsPath: true };
      fc.assert(
        fc.property(fc.oneof(nearly, fc.string()), (text) => {
          let endpoint: Endpoint;
          try {
            endpoint = parseEndpoint(text, known);
          } catch (error) {
            expect(error).toBeInstanceOf(ConfigError);
            return;
          }
          expect(parseEndpoint(formatEndpoint(endpoint), known)).toEqual(endpoint);
          expect(Number.isInteger(endpoint.port) && endpoint.port >= 0 && endpoint.port <= 65535).toBe(true);
        }),
        options,
      );
    },
    fuzzTimeoutMs(),
  );

  it(
    'is an IPv6 address exactly if URL accepts it as one',
    () => {
      const part = fc.constantFrom(...'0123af:g.', '::', '1.2.3.4', 'ffff', '12345', '256', '1:2:3:4:5:6:');
      fc.assert(
        fc.property(fc.array(part, { maxLength: 9 }), (parts) => {
          const text = parts.join('');
          expect(isIpv6(text)).toBe(URL.canParse(`http://[${text}]/`));
        }),
        options,
      );
    },
    fuzzTimeoutMs(),
  );
});

it.each([
  ['', true],
  ['0.0.0.0', true],
  ['::', true],
  ['::1', false],
  ['127.0.0.1', false],
  ['chat.example', false],
])('says whether %j means every address of a machine', (host, isAny) => {
  expect(isAnyHost(host)).toBe(isAny);
});
