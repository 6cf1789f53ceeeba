/** Reads the command line of `naru`, and the environment variables that replace options. */
import { parseArgs } from 'node:util';
import { decodeOffset, type Erasure } from 'naru/backplane';
import { type Endpoint, formatEndpoint, isNaruError } from 'naru/base';
import { readServerEndpoint } from 'naru/wire';
import { ADDRESS_FORMS, DATA_FOLDER, schemeOf } from './backplane-address.js';
import type { Command, ExplainCommand, LogCommand, PublishCommand } from './command.js';
import { badArgument } from './failure.js';
import { readMetrics } from './metrics/metrics-place.js';
import { KNOWN_WIRES } from './wires.js';
import { checkShared, readLinks, readWorkers } from './worker-arguments.js';

/** The environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The text that `naru --help` prints. */
export const usage = `Usage: naru serve <app> [--port <number>] [--host <address>] [--listen <endpoint>]... [--workers <number>] [--address <address>] [--metrics <place>] [--data <folder> | --backplane <address>]
       naru connect <url> [--auth <json>] [--transport <name>]... [--ca <file>] [--insecure] [--wire]
       naru publish <event> [<json>]... [--namespace <name>] [--room <name>]... [--by <person>] [--without-log] [--data <folder> | --backplane <address>]
       naru explain --client <id> --event <offset | name | time> [--since <time>] [--json] [--data <folder> | --backplane <address>]
       naru log <home>
       naru log <home> read <namespace> [--after <offset>] [--limit <number>]
       naru log <home> verify
       naru log <home> erase <namespace> --room <name> | --by <person> | --offset <offset> | --all
       naru log <folder> copy <target>
       naru log <folder> compact [--age <time>] [--bytes <size>]

  <app>              a folder, or a JavaScript module, that exports app(io, context)
  --port <number>    where to listen; 0 takes any free port (default: $PORT, or 3000)
  --host <address>   which address to listen on (default: $HOST, or every address)
  --listen <endpoint> another endpoint; may be repeated: tcp://:4000, tls://:4443, unix:/run/naru.sock, udp://:4001,
                     webrtc://:4002, stomp://:61613, stomps://:61614 (default: $NARU_LISTEN, separated by commas)
  --workers <number> how many processes share the ports, or 'auto' for one on each core (default: $NARU_WORKERS, or no workers)
  --address <address> where servers on other machines reach this one, such as tcp://10.0.0.5:4100 (default: $NARU_ADDRESS);
                     $NARU_SECRET is the secret of all of them, of at least 16 characters; all in a list with commas are accepted
  --metrics <place>  where Prometheus reads the numbers of the app, such as 127.0.0.1:9400 or :9400 (default: $NARU_METRICS)
  --data <folder>    where to keep the log, or 'memory' to keep nothing (default: $NARU_DATA, or .naru in the app's folder)
  --backplane <address> keep the log in a broker that many servers share: redis://host:6379, rediss://, nats://host:4222
                     (default: $NARU_BACKPLANE)

  <url>              http://host:port/namespace, ws://, tcp://, tls://, unix:/path, udp://, stomp://, stomp+ws://host/stomp,
                     or http://host/events/room and ws://host/events/room for plain events
  --auth <json>      the credentials of the client, such as {"token":"..."}
  --transport <name> polling, websocket or sse; may be repeated, tried in order
  --ca <file>        trust servers whose certificate is in this file, or signed by one in it
  --insecure         trust every certificate
  --wire             show every frame and packet

  <event> <json>     the name of an event, and its arguments: naru publish said '"hello"' 7
  --namespace <name> where to publish (default: /); --room <name> for a room, may be repeated (default: everybody)
  --by <person>      on whose behalf; --data and --backplane are those of the servers (default: .naru in this folder)
  --without-log      for a namespace that the servers have in their option withoutLog

  --client <id>      the id of a socket; --event what it should have got: its offset, its name, or a time such as 2026-11-27T19:12:21Z;
                     --since <time> for the first event of that name from then on

  <home>             where servers keep their log, which may be running: a folder, or the address of a broker
  <target>           a folder for the copy: empty, or not yet created
  --after <offset>   records after this offset; --limit <number> of them at most (default: 100)
  --room, --by       the room or the person whose records to erase; --offset <offset> for one record, --all for every one
  --age, --bytes     how much to keep: 30m, 12h, 7d; 500k, 100m, 2g
  --json             print one line of JSON per item

  --help             print this
  --version          print the version
`;

/** The options of each command. */
const OPTIONS_OF = {
  serve: ['port', 'host', 'listen', 'workers', 'address', 'metrics', 'data', 'backplane'],
  connect: ['auth', 'transport', 'ca', 'insecure', 'wire'],
  publish: ['namespace', 'room', 'by', 'without-log', 'data', 'backplane'],
  log: ['after', 'limit', 'age', 'bytes', 'json', 'room', 'by', 'offset', 'all'],
  explain: ['client', 'event', 'since', 'json', 'data', 'backplane'],
} as const;

/** The options that each command of `naru log` takes. */
const LOG_OPTIONS_OF: ReadonlyMap<string, readonly string[]> = new Map([
  ['list', ['json']],
  ['read', ['after', 'limit', 'json']],
  ['verify', []],
  ['copy', []],
  ['compact', ['age', 'bytes']],
  ['erase', ['room', 'by', 'offset', 'all']],
]);

const transports: readonly string[] = ['polling', 'websocket', 'sse'];

const portDefault = 3000;
const portMax = 65_535;

const TIMES = { ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5 };
const SIZES = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

const options = {
  port: { type: 'string', short: 'p' },
  host: { type: 'string' },
  listen: { type: 'string', multiple: true },
  workers: { type: 'string' },
  address: { type: 'string' },
  metrics: { type: 'string' },
  data: { type: 'string' },
  backplane: { type: 'string' },
  namespace: { type: 'string' },
  auth: { type: 'string' },
  transport: { type: 'string', multiple: true },
  ca: { type: 'string' },
  insecure: { type: 'boolean' },
  wire: { type: 'boolean' },
  after: { type: 'string' },
  limit: { type: 'string' },
  age: { type: 'string' },
  bytes: { type: 'string' },
  json: { type: 'boolean' },
  room: { type: 'string', multiple: true },
  by: { type: 'string' },
  'without-log': { type: 'boolean' },
  client: { type: 'string' },
  event: { type: 'string' },
  since: { type: 'string' },
  offset: { type: 'string' },
  all: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const;

/** The options that take a name which anybody may have chosen. An id of a socket may begin with a dash. */
const NAMES: ReadonlySet<string> = new Set(['--client', '--event', '--room', '--by', '--namespace']);

const parse = (args: readonly string[]) => parseArgs({ args: args.flatMap(joinName), options, allowPositionals: true });

/** Writes a name that begins with a dash as `--client=-a`, because parseArgs takes it for an option otherwise. */
function joinName(word: string, at: number, args: readonly string[]): string[] {
  const nameAfter = (option: string, name: string | undefined): string | undefined =>
    NAMES.has(option) && name !== undefined && !isOption(name) ? name : undefined;
  if (nameAfter(args[at - 1] ?? '', word) !== undefined) return [];
  const name = nameAfter(word, args[at + 1]);
  return [name === undefined ? word : `${word}=${name}`];
}

function isOption(word: string): boolean {
  return Object.keys(options).some((name) => word === `--${name}` || word.startsWith(`--${name}=`));
}

type Serve = Extract<Command, { type: 'serve' }>;

type Values = ReturnType<typeof parse>['values'];

/** Turns the arguments (without the program's name) into a command. Options override the environment. */
export function readArguments(args: readonly string[], env: Environment): Command {
  try {
    return read(args, env);
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    if (isNaruError(error, 'ConfigError')) return { type: 'mistake', message };
    // The first sentence of parseArgs names the option. The rest is advice about the API of parseArgs.
    if (code?.startsWith('ERR_PARSE_ARGS_')) return { type: 'mistake', message: message.split('. ')[0] ?? message };
    throw error;
  }
}

function read(args: readonly string[], env: Environment): Command {
  const { values, positionals } = parse(args);
  if (values.help) return { type: 'help' };
  if (values.version) return { type: 'version' };
  const [verb, ...words] = positionals;
  if (verb === undefined) return { type: 'help' };
  if (verb === 'serve') return serve(words, values, env);
  if (verb === 'connect') return connect(words, values);
  if (verb === 'publish') return publish(words, values, env);
  if (verb === 'explain') return explain(words, values, env);
  if (verb === 'log') return log(words, values);
  throw badArgument(`Unknown command '${verb}'`);
}

/** Refuses the options of other commands. */
function checkOptions(verb: keyof typeof OPTIONS_OF, values: Values): void {
  const own: readonly string[] = OPTIONS_OF[verb];
  for (const [owner, names] of Object.entries(OPTIONS_OF)) {
    const foreign = names.find((name) => values[name] !== undefined && !own.includes(name));
    if (foreign !== undefined) throw badArgument(`--${foreign} is an option of 'naru ${owner}'`);
  }
}

function connect([url, surplus]: readonly string[], values: Values): Command {
  const { auth, transport, ca, insecure: isInsecure = false, wire: showsWire = false, port, host } = values;
  if (url === undefined) throw badArgument("'naru connect' needs an address to connect to");
  if (surplus !== undefined) throw badArgument(`Unexpected argument '${surplus}'`);
  if (port !== undefined || host !== undefined) throw badArgument('--port and --host belong in the address here');
  checkOptions('connect', values);
  const proof = readObject(auth);
  const stranger = transport?.find((name) => !transports.includes(name));
  if (stranger !== undefined)
    throw badArgument(`--transport is '${stranger}'; it must be one of ${transports.join(', ')}`);
  if (ca !== undefined && isInsecure) throw badArgument('--ca and --insecure contradict each other; give one');
  return { type: 'connect', url, auth: proof, transports: transport, ca, isInsecure, showsWire };
}

function readObject(text: string | undefined): Record<string, unknown> | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // The error below explains it.
  }
  throw badArgument(`--auth is no JSON object such as '{"token":"..."}'`);
}

function serve([app, surplus]: readonly string[], values: Values, env: Environment): Command {
  checkOptions('serve', values);
  if (app === undefined) throw badArgument("'naru serve' needs a folder or a module to serve");
  if (surplus !== undefined) throw badArgument(`Unexpected argument '${surplus}'`);
  const written = values.port ?? (env.PORT || String(portDefault));
  const port = /^\d{1,5}$/.test(written) ? Number(written) : Number.NaN;
  if (!(port <= portMax)) {
    const name = values.port === undefined ? 'PORT' : '--port';
    throw badArgument(`${name} is '${written}'; it must be a number from 0 to ${portMax}`);
  }
  const listen = values.listen ?? (env.NARU_LISTEN ?? '').split(',').filter((endpoint) => endpoint.trim() !== '');
  checkEndpoints(listen, values.listen === undefined ? 'NARU_LISTEN' : '--listen', port);
  const host = (values.host ?? env.HOST) || undefined;
  const home = readHome(values, env);
  const workers = readWorkers(values.workers, env.NARU_WORKERS);
  const endpoints = listen.map((each) => each.trim());
  if (workers !== undefined) checkShared(home.data);
  const links = readLinks(values.address, env);
  const metrics = readMetrics(values.metrics, env.NARU_METRICS);
  return { type: 'serve', app, host, port, listen: endpoints, ...home, workers, metrics, links };
}

/** Reads where the log is. An option takes precedence over both variables. */
function readHome({ data, backplane }: Values, env: Environment): Pick<Serve, 'data' | 'backplane'> {
  if (data === '') throw badArgument("--data is ''; it must be a folder, or 'memory'");
  if (data !== undefined && backplane !== undefined)
    throw badArgument('--data and --backplane contradict each other; give one');
  if (data !== undefined) return { data, backplane: undefined };
  const address = backplane ?? (env.NARU_BACKPLANE || undefined);
  if (address === undefined) return { data: env.NARU_DATA || undefined, backplane: undefined };
  if (schemeOf(address) === undefined) {
    const name = backplane === undefined ? 'NARU_BACKPLANE' : '--backplane';
    // A wrong address may have a password.
    const given = /[:@]/.test(address) ? 'no address' : `'${address}'`;
    throw badArgument(`${name} is ${given}; it must be an address such as ${ADDRESS_FORMS}`);
  }
  return { data: undefined, backplane: address };
}

function publish([event, ...words]: readonly string[], values: Values, env: Environment): PublishCommand {
  checkOptions('publish', values);
  const { namespace = '/', room: rooms = [], by, 'without-log': isWithoutLog = false } = values;
  if (event === undefined) throw badArgument("'naru publish' needs the name of an event");
  const to = { namespace: nameOf(namespace), rooms, by, home: readShared(values, env), isWithoutLog };
  return { type: 'publish', event, args: words.map(readJson), ...to };
}

function explain([surplus]: readonly string[], values: Values, env: Environment): ExplainCommand {
  checkOptions('explain', values);
  const { client, event, since, json: isJson = false } = values;
  if (surplus !== undefined) throw badArgument(`'naru explain' takes options only, got '${surplus}'`);
  if (!client) throw badArgument("'naru explain' needs --client with the id of a socket");
  if (!event) throw badArgument("'naru explain' needs --event with an offset, a name or a time");
  return { type: 'explain', client, event, since, home: readShared(values, env), isJson };
}

/** Reads where running servers keep their log. */
function readShared(values: Values, env: Environment): string {
  const { data = DATA_FOLDER, backplane } = readHome(values, env);
  if (data === 'memory') throw badArgument('no server reads a log in the memory of this program; name a folder');
  return backplane ?? data;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw badArgument(`the argument '${text}' is not JSON; write text as '"${text}"'`);
  }
}

function checkEndpoints(listen: readonly string[], name: string, httpPort: number): void {
  const known = new Set<string>();
  for (const text of listen) {
    const endpoint = readEndpoint(text.trim(), name);
    const written = formatEndpoint(endpoint);
    if (known.has(written) && !(endpoint.port === 0 && endpoint.scheme !== 'unix'))
      throw badArgument(`${name} has ${written} twice; leave one out`);
    if (endpoint.port !== 0 && endpoint.port === httpPort && !['udp', 'webrtc'].includes(endpoint.scheme))
      throw badArgument(`${name} has ${written}, but HTTP listens on port ${httpPort}; choose another`);
    known.add(written);
  }
}

function readEndpoint(text: string, name: string): Endpoint {
  try {
    return readServerEndpoint(text, KNOWN_WIRES);
  } catch (error) {
    throw isNaruError(error, 'ConfigError') ? badArgument(`${name}: ${error.message}`) : error;
  }
}

function log([home, verb = 'list', what, surplus]: readonly string[], values: Values): LogCommand {
  if (home === undefined) throw badArgument("'naru log' needs the folder or the address of a log");
  const takes = LOG_OPTIONS_OF.get(verb);
  if (!takes)
    throw badArgument(`Unknown command '${verb}' of 'naru log'; there are read, verify, erase, copy and compact`);
  const foreign = Object.keys(values).find((name) => !takes.includes(name));
  if (foreign !== undefined) throw badArgument(`--${foreign} is not an option of 'naru log ${verb}'`);
  if (surplus !== undefined || (!['read', 'copy', 'erase'].includes(verb) && what !== undefined))
    throw badArgument(`Unexpected argument '${surplus ?? what}'`);
  if (verb === 'read') return readLog(home, what, values);
  if ((verb === 'copy' || verb === 'compact') && schemeOf(home) !== undefined)
    throw badArgument(`'naru log ${verb}' needs a folder; a broker has tools of its own (docs/clusters.md)`);
  if (verb === 'copy') {
    if (!what) throw badArgument("'naru log copy' needs a folder to copy to");
    return { type: 'log', verb, home, target: what };
  }
  if (verb === 'erase') return eraseLog(home, what, values);
  if (verb === 'compact') return compactLog(home, values);
  if (verb === 'verify') return { type: 'log', verb, home };
  return { type: 'log', verb: 'list', home, isJson: values.json === true };
}

function readLog(home: string, namespace: string | undefined, { after, limit = '100', json }: Values): LogCommand {
  if (namespace === undefined) throw badArgument("'naru log read' needs a namespace, such as '/'");
  if (after !== undefined && decodeOffset(after) === undefined)
    throw badArgument(`--after is '${after}'; it must be an offset such as '00000000001'`);
  if (!/^[1-9]\d{0,8}$/.test(limit)) throw badArgument(`--limit is '${limit}'; it must be a positive number`);
  const name = nameOf(namespace);
  return { type: 'log', verb: 'read', home, namespace: name, after, limit: Number(limit), isJson: json === true };
}

function eraseLog(home: string, namespace: string | undefined, { room: rooms, by, offset, all }: Values): LogCommand {
  if (namespace === undefined) throw badArgument("'naru log erase' needs a namespace, such as '/'");
  const [room, surplus] = rooms ?? [];
  if (surplus !== undefined) throw badArgument("'naru log erase' takes one --room");
  const given = Object.entries({ room, by, offset, all }).filter(([, value]) => value !== undefined);
  const [first] = given;
  if (!first || given.length > 1)
    throw badArgument("'naru log erase' needs exactly one of --room, --by, --offset and --all");
  const [name, value] = first;
  if (value === '') throw badArgument(`--${name} is ''; it must name what to erase`);
  if (offset !== undefined && decodeOffset(offset) === undefined)
    throw badArgument(`--offset is '${offset}'; it must be an offset such as '00000000001'`);
  return { type: 'log', verb: 'erase', home, namespace: nameOf(namespace), what: { [name]: value } as Erasure };
}

function nameOf(namespace: string): string {
  return namespace.startsWith('/') ? namespace : `/${namespace}`;
}

function compactLog(home: string, { age, bytes }: Values): LogCommand {
  if (age === undefined && bytes === undefined)
    throw badArgument("'naru log compact' needs --age, such as '7d', or --bytes, such as '100m'");
  const ageMs = measure('--age', age, TIMES, "a time such as '30m', '12h' or '7d'");
  const size = measure('--bytes', bytes, SIZES, "a size such as '500k', '100m' or '2g'");
  return { type: 'log', verb: 'compact', home, ageMs, bytes: size };
}

function measure(
  name: string,
  text: string | undefined,
  units: Readonly<Record<string, number>>,
  form: string,
): number | undefined {
  if (text === undefined) return undefined;
  const [, number = '', unit = ''] = /^(\d{1,12})([a-z]*)$/i.exec(text) ?? [];
  const size = Number(number) * (units[unit.toLowerCase()] ?? 0);
  if (size >= 1) return size;
  throw badArgument(`${name} is '${text}'; it must be ${form}`);
}
