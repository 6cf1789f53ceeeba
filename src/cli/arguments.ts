/** Reads the words after `naru` on the command line, and the two variables that stand for them. */
import { parseArgs } from 'node:util';

/** What the person asked for. */
export type Command =
  | { readonly type: 'serve'; readonly app: string; readonly host: string | undefined; readonly port: number }
  | {
      readonly type: 'connect';
      readonly url: string;
      readonly auth: Record<string, unknown> | undefined;
      readonly transports: readonly string[] | undefined;
      readonly showsWire: boolean;
    }
  | { readonly type: 'help' }
  | { readonly type: 'version' }
  | { readonly type: 'mistake'; readonly message: string };

/** The variables that the command line reads. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What `naru --help` prints. */
export const usage = `Usage: naru serve <app> [--port <number>] [--host <address>]
       naru connect <url> [--auth <json>] [--transport <name>]... [--wire]

  <app>              a folder, or a JavaScript module, that exports app(io, context)
  --port <number>    where to listen; 0 takes any free port (default: $PORT, or 3000)
  --host <address>   which address to listen on (default: $HOST, or every address)

  <url>              http://host:port/namespace, ws://, tcp://, tls://, unix:/path, udp://, stomp://, stomp+ws://host/stomp,
                     or http://host/events/room and ws://host/events/room for plain events
  --auth <json>      what the client proves itself with, as {"token":"..."}
  --transport <name> polling, websocket, sse or webtransport; several in the order of trial
  --wire             show every frame and packet

  --help             print this
  --version          print the version
`;

const portDefault = 3000;
const portMax = 65_535;

const options = {
  port: { type: 'string', short: 'p' },
  host: { type: 'string' },
  auth: { type: 'string' },
  transport: { type: 'string', multiple: true },
  wire: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const;

const mistake = (message: string): Command => ({ type: 'mistake', message });

/** Turns the arguments (without the program's own name) into a command. Options win over the environment. Never throws. */
export function readArguments(args: readonly string[], env: Environment): Command {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (error) {
    // parseArgs names the option; its advice after the first sentence speaks of its own API.
    return mistake(String((error as Error).message).split('. ')[0] ?? 'unknown arguments');
  }
  const { values, positionals } = parsed;
  if (values.help) return { type: 'help' };
  if (values.version) return { type: 'version' };
  const [verb, app, surplus] = positionals;
  if (verb === undefined) return { type: 'help' };
  if (verb === 'connect') return connect(app, surplus, values);
  if (verb !== 'serve') return mistake(`Unknown command '${verb}'`);
  if (app === undefined) return mistake("'naru serve' needs a folder or a module to serve");
  if (surplus !== undefined) return mistake(`Unexpected argument '${surplus}'`);
  return serve(app, values.host ?? env.HOST, values.port, env.PORT);
}

function connect(
  url: string | undefined,
  surplus: string | undefined,
  { auth, transport, wire, port, host }: ReturnType<typeof parse>['values'],
): Command {
  if (url === undefined) return mistake("'naru connect' needs an address to connect to");
  if (surplus !== undefined) return mistake(`Unexpected argument '${surplus}'`);
  if (port !== undefined || host !== undefined) return mistake('--port and --host are parts of the address here');
  const proof = auth === undefined ? undefined : readObject(auth);
  if (auth !== undefined && !proof) return mistake(`--auth is '${auth}'; it has to be JSON, as '{"token":"..."}'`);
  return { type: 'connect', url, auth: proof, transports: transport, showsWire: wire === true };
}

function readObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    // The caller says what is wrong with it.
    return undefined;
  }
}

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
}

function serve(
  app: string,
  host: string | undefined,
  option: string | undefined,
  variable: string | undefined,
): Command {
  const written = option ?? (variable === '' ? undefined : variable);
  const name = option === undefined ? 'PORT' : '--port';
  if (written !== undefined && !(/^\d{1,5}$/.test(written) && Number(written) <= portMax)) {
    return mistake(`${name} is '${written}'; it has to be a number from 0 to ${portMax}`);
  }
  const port = written === undefined ? portDefault : Number(written);
  return { type: 'serve', app, host: host === '' ? undefined : host, port };
}
