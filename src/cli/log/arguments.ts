/** Reads the words after `naru log`. */
import { parseArgs } from 'node:util';
import { decodeOffset } from '../../backplane/backplane.js';
import { badArgument } from '../failure.js';

/** What the person wants of a log. */
export type LogCommand =
  | { readonly type: 'log'; readonly verb: 'list'; readonly folder: string; readonly isJson: boolean }
  | {
      readonly type: 'log';
      readonly verb: 'read';
      readonly folder: string;
      readonly namespace: string;
      readonly after: string | undefined;
      readonly limit: number;
      readonly isJson: boolean;
    }
  | { readonly type: 'log'; readonly verb: 'verify'; readonly folder: string }
  | { readonly type: 'log'; readonly verb: 'copy'; readonly folder: string; readonly target: string }
  | {
      readonly type: 'log';
      readonly verb: 'compact';
      readonly folder: string;
      readonly ageMs: number | undefined;
      readonly bytes: number | undefined;
    };

/** What `naru --help` prints of it. */
export const logUsage = `       naru log <folder>
       naru log <folder> read <namespace> [--after <offset>] [--limit <number>]
       naru log <folder> verify
       naru log <folder> copy <target>
       naru log <folder> compact [--age <time>] [--bytes <size>]
`;

const options = {
  after: { type: 'string' },
  limit: { type: 'string' },
  age: { type: 'string' },
  bytes: { type: 'string' },
  json: { type: 'boolean' },
} as const;

/** The options that each of them takes. */
const TAKES: Readonly<Record<string, readonly string[]>> = {
  list: ['json'],
  read: ['after', 'limit', 'json'],
  verify: [],
  copy: [],
  compact: ['age', 'bytes'],
};

type Units = Readonly<Record<string, number>>;

const TIMES: Units = { ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5 };
const SIZES: Units = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

const parse = (args: readonly string[]) => parseArgs({ args: [...args], options, allowPositionals: true });

type Values = ReturnType<typeof parse>['values'];

/** Turns the words into a command. Throws ConfigError, or what `parseArgs` throws. */
export function readLogArguments(args: readonly string[]): LogCommand {
  const { values, positionals } = parse(args);
  const [folder, verb = 'list', what, surplus] = positionals;
  if (folder === undefined) throw badArgument("'naru log' needs the folder of a log");
  const takes = TAKES[verb];
  if (!takes) throw badArgument(`Unknown command '${verb}' of 'naru log'; there are read, verify, copy and compact`);
  const foreign = Object.keys(values).find((name) => !takes.includes(name));
  if (foreign !== undefined) throw badArgument(`--${foreign} says nothing to 'naru log ${verb}'`);
  if (surplus !== undefined || (!['read', 'copy'].includes(verb) && what !== undefined))
    throw badArgument(`Unexpected argument '${surplus ?? what}'`);
  if (verb === 'read') return read(folder, what, values);
  if (verb === 'copy') {
    if (!what) throw badArgument("'naru log copy' needs a folder to copy to");
    return { type: 'log', verb, folder, target: what };
  }
  if (verb === 'compact') return compact(folder, values);
  return verb === 'verify'
    ? { type: 'log', verb, folder }
    : { type: 'log', verb: 'list', folder, isJson: values.json === true };
}

function read(folder: string, namespace: string | undefined, { after, limit = '100', json }: Values): LogCommand {
  if (namespace === undefined) throw badArgument("'naru log read' needs a namespace, as '/'");
  if (after !== undefined && decodeOffset(after) === undefined)
    throw badArgument(`--after is '${after}'; it has to be an offset, as '00000000001'`);
  if (!/^[1-9]\d{0,8}$/.test(limit)) throw badArgument(`--limit is '${limit}'; it has to be a number of 1 or more`);
  const name = namespace.startsWith('/') ? namespace : `/${namespace}`;
  return { type: 'log', verb: 'read', folder, namespace: name, after, limit: Number(limit), isJson: json === true };
}

function compact(folder: string, { age, bytes }: Values): LogCommand {
  if (age === undefined && bytes === undefined)
    throw badArgument("'naru log compact' needs --age, as '7d', or --bytes, as '100m'");
  const ageMs = measure('--age', age, TIMES, "a time, as '30m', '12h' or '7d'");
  const size = measure('--bytes', bytes, SIZES, "a size, as '500k', '100m' or '2g'");
  return { type: 'log', verb: 'compact', folder, ageMs, bytes: size };
}

function measure(name: string, text: string | undefined, units: Units, form: string): number | undefined {
  if (text === undefined) return undefined;
  const [, number = '', unit = ''] = /^(\d{1,12})([a-z]*)$/i.exec(text) ?? [];
  const size = Number(number) * (units[unit.toLowerCase()] ?? 0);
  if (size >= 1) return size;
  throw badArgument(`${name} is '${text}'; it has to be ${form}`);
}
