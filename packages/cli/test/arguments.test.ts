import { describe, expect, it } from 'vitest';
import { readArguments, usage } from '../src/arguments.js';

const serve = (app: string, port: number, host?: string, listen: string[] = [], data?: string, backplane?: string) => ({
  type: 'serve',
  app,
  port,
  host,
  listen,
  data,
  backplane,
  workers: undefined,
});

describe('readArguments', () => {
  it('serves on port 3000 and every address by default', () => {
    expect(readArguments(['serve', 'app'], {})).toEqual(serve('app', 3000));
  });

  it('takes the address from the environment, and prefers an option', () => {
    const env = { PORT: '4000', HOST: '::1' };
    expect(readArguments(['serve', 'app'], env)).toEqual(serve('app', 4000, '::1'));
    expect(readArguments(['serve', 'app', '--port', '5000', '--host=127.0.0.1'], env)).toEqual(
      serve('app', 5000, '127.0.0.1'),
    );
    expect(readArguments(['serve', '-p', '0', 'app'], env)).toEqual(serve('app', 0, '::1'));
  });

  it('treats an empty variable as absent', () => {
    expect(readArguments(['serve', 'app'], { PORT: '', HOST: '', NARU_DATA: '' })).toEqual(serve('app', 3000));
  });

  it("takes the log's folder from the variable, and prefers an option", () => {
    const env = { NARU_DATA: 'here' };
    expect(readArguments(['serve', 'app'], env)).toEqual(serve('app', 3000, undefined, [], 'here'));
    const there = serve('app', 3000, undefined, [], '/var/there');
    expect(readArguments(['serve', 'app', '--data', '/var/there'], env)).toEqual(there);
    expect(readArguments(['serve', 'app', '--data='], env)).toMatchObject({ type: 'mistake' });
    expect(readArguments(['connect', 'ws://x', '--data', 'x'], env)).toMatchObject({ type: 'mistake' });
  });

  it('takes the address of a backplane from the variable, and prefers an option', () => {
    const env = { NARU_BACKPLANE: 'redis://one', NARU_DATA: 'here' };
    expect(readArguments(['serve', 'app'], env)).toEqual(serve('app', 3000, undefined, [], undefined, 'redis://one'));
    const two = serve('app', 3000, undefined, [], undefined, 'nats://two');
    expect(readArguments(['serve', 'app', '--backplane', 'nats://two'], env)).toEqual(two);
    const there = serve('app', 3000, undefined, [], 'there');
    expect(readArguments(['serve', 'app', '--data', 'there'], env)).toEqual(there);
  });

  it.each(['-1', '65536', '3000x', '1e3', ' 80', '0x50', '123456'])(
    'refuses %j as a port, and names its source',
    (port) => {
      expect(readArguments(['serve', 'app'], { PORT: port })).toMatchObject({
        type: 'mistake',
        message: expect.stringContaining(`PORT is '${port}'`),
      });
      expect(readArguments(['serve', 'app', `--port=${port}`], {})).toMatchObject({
        type: 'mistake',
        message: expect.stringContaining(`--port is '${port}'`),
      });
    },
  );

  it('refuses an empty --port, which differs from a missing one', () => {
    expect(readArguments(['serve', 'app', '--port='], {}).type).toBe('mistake');
  });

  it('accepts further endpoints, by several options, or by one variable with commas', () => {
    const env = { NARU_LISTEN: 'tcp://:4000, udp://127.0.0.1:4001,' };
    expect(readArguments(['serve', 'app'], env)).toEqual(
      serve('app', 3000, undefined, ['tcp://:4000', 'udp://127.0.0.1:4001']),
    );
    expect(readArguments(['serve', 'app', '--listen', 'stomp://:61613', '--listen=unix:/run/a,b.sock'], env)).toEqual(
      serve('app', 3000, undefined, ['stomp://:61613', 'unix:/run/a,b.sock']),
    );
    expect(readArguments(['serve', 'app'], { NARU_LISTEN: '' })).toEqual(serve('app', 3000));
    const free = ['tcp://127.0.0.1:0', 'tcp://127.0.0.1:0'];
    expect(readArguments(['serve', 'app', '--listen', free[0] ?? '', '--listen', free[1] ?? ''], {})).toEqual(
      serve('app', 3000, undefined, free),
    );
  });

  it.each([
    ['4000', 'is not an endpoint'],
    ['http://:80', '"http"'],
    ['tcp://:4000/path', '/path'],
    ['tcp://:70000', '70000'],
    ['tcp://localhost', 'has no port'],
    ['stomp://:61613,tcp://:1', '61613,tcp:'],
  ])('refuses %j as an endpoint, with the reason', (endpoint, part) => {
    const command = readArguments(['serve', 'app', '--listen', endpoint], {});
    expect(command).toMatchObject({ type: 'mistake', message: expect.stringContaining('--listen: ') });
    expect(command).toMatchObject({ message: expect.stringContaining(part) });
  });

  it('refuses a repeated endpoint, however it is written', () => {
    const command = readArguments(['serve', 'app'], { NARU_LISTEN: 'stomp://:61613,stomp://' });
    expect(command).toEqual({ type: 'mistake', message: 'NARU_LISTEN has stomp://:61613 twice; leave one out' });
  });

  it('refuses an endpoint at the port of HTTP, unless it is of another kind', () => {
    expect(readArguments(['serve', 'app', '-p', '80', '--listen', 'tcp://:80'], {})).toEqual({
      type: 'mistake',
      message: '--listen has tcp://:80, but HTTP listens on port 80; choose another',
    });
    expect(readArguments(['serve', 'app', '-p', '80', '--listen', 'udp://:80'], {}).type).toBe('serve');
    expect(readArguments(['serve', 'app', '-p', '80', '--listen', 'webrtc://:80'], {}).type).toBe('serve');
    expect(readArguments(['serve', 'app', '-p', '0', '--listen', 'tcp://:0'], {}).type).toBe('serve');
  });

  it('has no endpoints to open for naru connect', () => {
    expect(readArguments(['connect', 'tcp://a:1', '--listen', 'tcp://:1'], {}).type).toBe('mistake');
  });

  it('connects to an address, with its options', () => {
    const plain = {
      type: 'connect',
      url: 'ws://a',
      auth: undefined,
      transports: undefined,
      ca: undefined,
      isInsecure: false,
      showsWire: false,
    };
    expect(readArguments(['connect', 'ws://a'], { PORT: 'x', HOST: 'y', NARU_LISTEN: 'z' })).toEqual(plain);
    const args = [
      'connect',
      '--auth',
      '{"token":"x"}',
      '--transport',
      'sse',
      'ws://a',
      '--transport=polling',
      '--wire',
    ];
    expect(readArguments(args, {})).toEqual({
      ...plain,
      auth: { token: 'x' },
      transports: ['sse', 'polling'],
      showsWire: true,
    });
    expect(readArguments(['connect', 'ws://a', '--ca', 'ca.pem'], {})).toEqual({ ...plain, ca: 'ca.pem' });
    expect(readArguments(['connect', 'ws://a', '--insecure'], {})).toEqual({ ...plain, isInsecure: true });
  });

  it.each([
    [['connect'], 'needs an address'],
    [['connect', 'a', 'b'], "'b'"],
    [['connect', 'a', '--port', '1'], '--port and --host'],
    [['connect', 'a', '--host', 'b'], '--port and --host'],
    [['connect', 'a', '--auth', 'x'], '--auth is no JSON object'],
    [['serve', 'a', '--metrics', 'me:pass@host:1'], "--metrics is '...@host:1'; it must be a port"],
    [['connect', 'a', '--auth', '[]'], '--auth is no JSON object'],
    [['connect', 'a', '--auth', 'null'], '--auth is no JSON object'],
    [['connect', 'a', '--transport', 'udp'], "--transport is 'udp'; it must be one of polling, websocket, sse"],
    [['connect', 'a', '--ca', 'b', '--insecure'], 'give one'],
    [['serve', 'a', '--wire'], "--wire is an option of 'naru connect'"],
    [['serve', 'a', '--auth', '{}'], "--auth is an option of 'naru connect'"],
    [['serve', 'a', '--json'], "--json is an option of 'naru log'"],
    [['connect', 'a', '--listen', 'tcp://:1'], "--listen is an option of 'naru serve'"],
    [['connect', 'a', '--data', 'b'], "--data is an option of 'naru serve'"],
    [['serve', 'a', '--room', 'b'], "--room is an option of 'naru publish'"],
    [['serve', 'a', '--data', 'b', '--backplane', 'redis://c'], '--data and --backplane contradict each other'],
    [['serve', 'a', '--backplane', 'c'], "--backplane is 'c'; it must be an address such as redis://"],
    [['serve', 'a', '--backplane', 'redis:/me:pass@host'], '--backplane is no address; it must be an address such'],
    [['serve', 'a', '--backplane', 'http://c'], 'no backplane has addresses with http://; write one such as redis://'],
    [['serve', 'a', '--insecure'], "--insecure is an option of 'naru connect'"],
  ])('explains the error in %j', (args, part) => {
    expect(readArguments(args, {})).toEqual({ type: 'mistake', message: expect.stringContaining(part) });
  });

  it('prefers help and version to everything else', () => {
    expect(readArguments(['serve', '--help'], {})).toEqual({ type: 'help' });
    expect(readArguments(['-h', 'dance'], {})).toEqual({ type: 'help' });
    expect(readArguments(['log', '-h'], {})).toEqual({ type: 'help' });
    expect(readArguments(['--version'], {})).toEqual({ type: 'version' });
    expect(readArguments([], {})).toEqual({ type: 'help' });
  });

  it.each([
    [['dance'], 'dance'],
    [['serve'], 'folder'],
    [['serve', 'a', 'b'], "'b'"],
    [['serve', 'a', '--prot', '1'], '--prot'],
    [['serve', 'a', '--port'], '--port'],
    [['serve', 'a', '--help=yes'], '--help'],
  ])('answers %j with one line that names the mistake', (args, part) => {
    const command = readArguments(args, {});
    expect(command.type).toBe('mistake');
    if (command.type !== 'mistake') return;
    expect(command.message).toContain(part);
    expect(command.message).not.toContain('\n');
  });

  it('documents every option', () => {
    for (const name of ['--port', '--host', '--listen', 'NARU_LISTEN', '--help', '--version', 'serve <app>'])
      expect(usage).toContain(name);
    for (const name of ['--auth', '--transport', '--ca', '--insecure', '--wire', 'connect <url>'])
      expect(usage).toContain(name);
  });
});

describe('the arguments of naru publish', () => {
  const publish = {
    type: 'publish',
    event: 'said',
    args: [],
    namespace: '/',
    rooms: [],
    by: undefined,
    home: '.naru',
    isWithoutLog: false,
  };

  it.each([
    [['said'], {}],
    [['said', '"hi"', '{"n":1}', 'null'], { args: ['hi', { n: 1 }, null] }],
    [['said', '--namespace', 'chat'], { namespace: '/chat' }],
    [['said', '--room', 'a', '--room', 'b', '--by', 'mina'], { rooms: ['a', 'b'], by: 'mina' }],
    [['said', '--data', 'there'], { home: 'there' }],
    [['said', '--without-log'], { isWithoutLog: true }],
    [['said', '--backplane', 'redis://one'], { home: 'redis://one' }],
  ])('reads %j', (args, more) => {
    expect(readArguments(['publish', ...args], {})).toEqual({ ...publish, ...more });
  });

  it('publishes where the variables say', () => {
    expect(readArguments(['publish', 'said'], { NARU_DATA: 'here' })).toMatchObject({ home: 'here' });
    const env = { NARU_DATA: 'here', NARU_BACKPLANE: 'nats://one' };
    expect(readArguments(['publish', 'said'], env)).toMatchObject({ home: 'nats://one' });
  });

  it.each([
    [[], "'naru publish' needs the name of an event"],
    [['said', 'hi'], `the argument 'hi' is not JSON; write text as '"hi"'`],
    [['said', '--data', 'memory'], 'no server reads a log in the memory of this program; name a folder'],
    [['said', '--data', ''], "--data is ''; it must be a folder, or 'memory'"],
    [['said', '--port', '1'], "--port is an option of 'naru serve'"],
  ])('explains the error in %j', (args, message) => {
    expect(readArguments(['publish', ...args], {})).toEqual({ type: 'mistake', message });
  });
});

describe('the arguments of naru log', () => {
  it.each([
    [['data'], { verb: 'list', home: 'data', isJson: false }],
    [['data', '--json'], { verb: 'list', home: 'data', isJson: true }],
    [
      ['data', 'read', '/'],
      { verb: 'read', home: 'data', namespace: '/', after: undefined, limit: 100, isJson: false },
    ],
    [
      ['data', 'read', 'chat', '--after', '0000000000a', '--limit', '7', '--json'],
      { verb: 'read', home: 'data', namespace: '/chat', after: '0000000000a', limit: 7, isJson: true },
    ],
    [['data', 'verify'], { verb: 'verify', home: 'data' }],
    [['redis://one', 'verify'], { verb: 'verify', home: 'redis://one' }],
    [
      ['data', 'erase', 'chat', '--room', 'lobby'],
      { verb: 'erase', home: 'data', namespace: '/chat', what: { room: 'lobby' } },
    ],
    [['data', 'erase', '/', '--by', 'ann'], { verb: 'erase', home: 'data', namespace: '/', what: { by: 'ann' } }],
    [
      ['data', 'erase', '/', '--offset', '0000000000a'],
      { verb: 'erase', home: 'data', namespace: '/', what: { offset: '0000000000a' } },
    ],
    [['data', 'erase', '/', '--all'], { verb: 'erase', home: 'data', namespace: '/', what: { all: true } }],
    [['data', 'copy', 'saved'], { verb: 'copy', home: 'data', target: 'saved' }],
    [['data', 'compact', '--age', '7d'], { verb: 'compact', home: 'data', ageMs: 604_800_000, bytes: undefined }],
    [
      ['data', 'compact', '--bytes', '100M', '--age', '30m'],
      { verb: 'compact', home: 'data', ageMs: 1_800_000, bytes: 104_857_600 },
    ],
  ])('reads %j', (args, command) => {
    expect(readArguments(['log', ...args], {})).toEqual({ type: 'log', ...command });
  });

  it.each([
    [[], "'naru log' needs the folder or the address of a log"],
    [['data', 'sing'], "Unknown command 'sing' of 'naru log'; there are read, verify, erase, copy and compact"],
    [['data', 'read'], "'naru log read' needs a namespace, such as '/'"],
    [['data', 'read', '/', 'more'], "Unexpected argument 'more'"],
    [['data', 'verify', '/'], "Unexpected argument '/'"],
    [['data', 'read', '/', '--after', '1'], "--after is '1'; it must be an offset such as '00000000001'"],
    [['data', 'read', '/', '--limit', '0'], "--limit is '0'; it must be a positive number"],
    [['data', 'verify', '--json'], "--json is not an option of 'naru log verify'"],
    [['data', 'erase'], "'naru log erase' needs a namespace, such as '/'"],
    [['data', 'erase', '/'], "'naru log erase' needs exactly one of --room, --by, --offset and --all"],
    [
      ['data', 'erase', '/', '--all', '--by', 'ann'],
      "'naru log erase' needs exactly one of --room, --by, --offset and --all",
    ],
    [['data', 'erase', '/', '--by', ''], "--by is ''; it must name what to erase"],
    [['data', 'erase', '/', '--offset', '1'], "--offset is '1'; it must be an offset such as '00000000001'"],
    [['data', 'erase', '/', 'more', '--all'], "Unexpected argument 'more'"],
    [['data', 'erase', '/', '--room', 'a', '--room', 'b'], "'naru log erase' takes one --room"],
    [
      ['redis://one', 'copy', 'saved'],
      "'naru log copy' needs a folder; a broker has tools of its own (docs/clusters.md)",
    ],
    [
      ['nats://one', 'compact', '--age', '7d'],
      "'naru log compact' needs a folder; a broker has tools of its own (docs/clusters.md)",
    ],
    [['data', 'verify', '--all'], "--all is not an option of 'naru log verify'"],
    [['data', 'copy'], "'naru log copy' needs a folder to copy to"],
    [['data', 'copy', ''], "'naru log copy' needs a folder to copy to"],
    [['data', 'copy', 'one', 'two'], "Unexpected argument 'two'"],
    [['data', 'copy', 'saved', '--json'], "--json is not an option of 'naru log copy'"],
    [['data', 'compact'], "'naru log compact' needs --age, such as '7d', or --bytes, such as '100m'"],
    [['data', 'compact', '--age', 'old'], "--age is 'old'; it must be a time such as '30m', '12h' or '7d'"],
    [['data', 'compact', '--age', '0d'], "--age is '0d'; it must be a time such as '30m', '12h' or '7d'"],
    [['data', 'compact', '--bytes', '1x'], "--bytes is '1x'; it must be a size such as '500k', '100m' or '2g'"],
    [['data', '--port', '1'], "--port is not an option of 'naru log list'"],
    [
      ['data', 'constructor'],
      "Unknown command 'constructor' of 'naru log'; there are read, verify, erase, copy and compact",
    ],
    [['data', '--what'], "Unknown option '--what'"],
  ])('explains the error in %j', (args, message) => {
    expect(readArguments(['log', ...args], {})).toEqual({ type: 'mistake', message });
  });
});
