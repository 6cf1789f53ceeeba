/** Reads the words after `naru` on the command line, and the variables that stand for them. */
import { parseArgs } from 'node:util';
import { type Endpoint, formatEndpoint } from '../base/endpoint.js';
import { ConfigError } from '../base/errors.js';
import { readServerEndpoint } from '../server/endpoints/opened-endpoints.js';
import { badArgument } from './failure.js';
import { type LogCommand, logUsage, readLogArguments } from './log/arguments.js';

/** What the person asked for. */
export type Command =
  | {
      readonly type: 'serve';
      readonly app: string;
      readonly host: string | undefined;
      readonly port: number;
      /** Endpoints besides HTTP's, each once. */
      readonly listen: readonly string[];
      /** The folder of the log, or `memory`; where nobody says, it is beside the app. */
      readonly data: string | undefined;
    }
  | {
      readonly type: 'connect';
      readonly url: string;
      readonly auth: Record<string, unknown> | undefined;
      readonly transports: readonly string[] | undefined;
      /** A file with certificates of who may sign. */
      readonly ca: string | undefined;
      readonly isInsecure: boolean;
      readonly showsWire: boolean;
    }
  | LogCommand
  | { readonly type: 'help' }
  | { readonly type: 'version' }
  | { readonly type: 'mistake'; readonly message: string };

/** The variables that the command line reads. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What `naru --help` prints. */
export const usage = `Usage: naru serve <app> [--port <number>] [--host <address>] [--listen <endpoint>]... [--data <folder>]
       naru connect <url> [--auth <json>] [--transport <name>]... [--ca <file>] [--insecure] [--wire]
${logUsage}
  <app>              a folder, or a JavaScript module, that exports app(io, context)
  --port <number>    where to listen; 0 takes any free port (default: $PORT, or 3000)
  --host <address>   which address to listen on (default: $HOST, or every address)
  --listen <endpoint> one more endpoint, as often as you like: tcp://:4000, tls://:4443, unix:/run/naru.sock, udp://:4001,
                     stomp://:61613, stomps://:61614 (default: $NARU_LISTEN, with commas between several)
  --data <folder>    where the log is kept, or 'memory' to keep nothing (default: $NARU_DATA, or .naru in the app's folder)

  <url>              http://host:port/namespace, ws://, tcp://, tls://, unix:/path, udp://, stomp://, stomp+ws://host/stomp,
                     or http://host/events/room and ws://host/events/room for plain events
  --auth <json>      what the client proves itself with, as {"token":"..."}
  --transport <name> polling, websocket or sse; several in the order of trial
  --ca <file>        trust servers whose certificate is in this file, or signed by one that is
  --insecure         trust every server, whatever its certificate
  --wire             show every frame and packet

  <folder>           where a server keeps its log; it may go on while you look, or copy
  <target>           a folder for the copy, which is empty, or not there yet
  --after <offset>   what stands behind it; --limit <number> records at most (default: 100)
  --age, --bytes     what is kept: 30m, 12h, 7d; 500k, 100m, 2g
  --json             a line of JSON for each

  --help             print this
  --version          print the version
`;

const connectOptions = ['auth', 'transport', 'ca', 'insecure', 'wire'] as const;
const transports: readonly string[] = ['polling', 'websocket', 'sse'];

const portDefault = 3000;
const portMax = 65_535;

const options = {
  port: { type: 'string', short: 'p' },
  host: { type: 'string' },
  listen: { type: 'string', multiple: true },
  data: { type: 'string' },
  auth: { type: 'string' },
  transport: { type: 'string', multiple: true },
  ca: { type: 'string' },
  insecure: { type: 'boolean' },
  wire: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const;

const parse = (args: readonly string[]) => parseArgs({ args: [...args], options, allowPositionals: true });

type Values = ReturnType<typeof parse>['values'];

/** Turns the arguments (without the program's own name) into a command. Options win over the environment. */
export function readArguments(args: readonly string[], env: Environment): Command {
  try {
    return args[0] === 'log' && !args.includes('--help') ? readLogArguments(args.slice(1)) : read(args, env);
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    if (error instanceof ConfigError) return { type: 'mistake', message };
    // parseArgs names the option; its advice after the first sentence speaks of its own API.
    if (code?.startsWith('ERR_PARSE_ARGS_')) return { type: 'mistake', message: message.split('. ')[0] ?? message };
    throw error;
  }
}

function read(args: readonly string[], env: Environment): Command {
  const { values, positionals } = parse(args);
  if (values.help) return { type: 'help' };
  if (values.version) return { type: 'version' };
  const [verb, app, surplus] = positionals;
  if (verb === undefined) return { type: 'help' };
  if (verb === 'connect') return connect(app, surplus, values);
  if (verb !== 'serve') throw badArgument(`Unknown command '${verb}'`);
  const foreign = connectOptions.find((name) => values[name] !== undefined);
  if (foreign !== undefined) throw badArgument(`--${foreign} is an option of 'naru connect'`);
  if (app === undefined) throw badArgument("'naru serve' needs a folder or a module to serve");
  if (surplus !== undefined) throw badArgument(`Unexpected argument '${surplus}'`);
  return serve(app, values, env);
}

function connect(
  url: string | undefined,
  surplus: string | undefined,
  { auth, transport, ca, insecure: isInsecure = false, wire: showsWire = false, port, host, listen, data }: Values,
): Command {
  if (url === undefined) throw badArgument("'naru connect' needs an address to connect to");
  if (surplus !== undefined) throw badArgument(`Unexpected argument '${surplus}'`);
  if (port !== undefined || host !== undefined) throw badArgument('--port and --host are parts of the address here');
  if (listen !== undefined) throw badArgument("--listen is an option of 'naru serve'");
  if (data !== undefined) throw badArgument("--data is an option of 'naru serve'");
  const proof = readObject(auth);
  const stranger = transport?.find((name) => !transports.includes(name));
  if (stranger !== undefined)
    throw badArgument(`--transport is '${stranger}'; it has to be one of ${transports.join(', ')}`);
  if (ca !== undefined && isInsecure)
    throw badArgument('--ca says whom to trust, and --insecure to trust everybody; give one');
  return { type: 'connect', url, auth: proof, transports: transport, ca, isInsecure, showsWire };
}

function readObject(text: string | undefined): Record<string, unknown> | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // The error below says what is wrong.
  }
  throw badArgument(`--auth is '${text}'; it has to be JSON, as '{"token":"..."}'`);
}

function serve(app: string, values: Values, env: Environment): Command {
  const written = values.port ?? (env.PORT === '' ? undefined : env.PORT);
  const name = values.port === undefined ? 'PORT' : '--port';
  if (written !== undefined && !(/^\d{1,5}$/.test(written) && Number(written) <= portMax)) {
    throw badArgument(`${name} is '${written}'; it has to be a number from 0 to ${portMax}`);
  }
  const port = written === undefined ? portDefault : Number(written);
  const host = values.host ?? env.HOST;
  const listen = values.listen ?? (env.NARU_LISTEN ?? '').split(',').filter((endpoint) => endpoint.trim() !== '');
  checkEndpoints(listen, values.listen === undefined ? 'NARU_LISTEN' : '--listen', port);
  if (values.data === '') throw badArgument("--data is ''; it has to be a folder, or 'memory'");
  const data = values.data ?? (env.NARU_DATA || undefined);
  const endpoints = listen.map((each) => each.trim());
  return { type: 'serve', app, host: host === '' ? undefined : host, port, listen: endpoints, data };
}

function checkEndpoints(listen: readonly string[], name: string, httpPort: number): void {
  const known = new Set<string>();
  for (const text of listen) {
    const endpoint = readEndpoint(text.trim(), name);
    const written = formatEndpoint(endpoint);
    if (known.has(written) && !(endpoint.port === 0 && endpoint.scheme !== 'unix'))
      throw badArgument(`${name} has ${written} twice; leave one out`);
    if (endpoint.port !== 0 && endpoint.port === httpPort && endpoint.scheme !== 'udp')
      throw badArgument(`${name} has ${written}, and port ${httpPort} is where HTTP is; choose another`);
    known.add(written);
  }
}

function readEndpoint(text: string, name: string): Endpoint {
  try {
    return readServerEndpoint(text);
  } catch (error) {
    throw error instanceof ConfigError ? badArgument(`${name}: ${error.message}`) : error;
  }
}
