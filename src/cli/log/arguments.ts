/** Reads the words after `naru log`. */
import { parseArgs } from 'node:util';
import { decodeOffset } from '../../backplane/backplane.js';

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
    }
  | { readonly type: 'mistake'; readonly message: string };

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

const TIMES: Readonly<Record<string, number>> = { ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5 };
const SIZES: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

const mistake = (message: string): LogCommand => ({ type: 'mistake', message });

/** Turns the words into a command. Never throws. */
export function readLogArguments(args: readonly string[]): LogCommand {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (error) {
    return mistake(String((error as Error).message).split('. ')[0] ?? 'unknown arguments');
  }
  const { values } = parsed;
  const [folder, verb = 'list', what, surplus] = parsed.positionals;
  if (folder === undefined) return mistake("'naru log' needs the folder of a log");
  const takes = TAKES[verb];
  if (!takes) return mistake(`Unknown command '${verb}' of 'naru log'; there are read, verify, copy and compact`);
  const foreign = Object.keys(values).find((name) => !takes.includes(name));
  if (foreign !== undefined) return mistake(`--${foreign} says nothing to 'naru log ${verb}'`);
  if (surplus !== undefined || (!['read', 'copy'].includes(verb) && what !== undefined))
    return mistake(`Unexpected argument '${surplus ?? what}'`);
  if (verb === 'read') return read(folder, what, values);
  if (verb === 'copy')
    return what ? { type: 'log', verb, folder, target: what } : mistake("'naru log copy' needs a folder to copy to");
  if (verb === 'compact') return compact(folder, values);
  return verb === 'verify'
    ? { type: 'log', verb, folder }
    : { type: 'log', verb: 'list', folder, isJson: values.json === true };
}

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
}

type Values = ReturnType<typeof parse>['values'];

function read(folder: string, namespace: string | undefined, { after, limit = '100', json }: Values): LogCommand {
  if (namespace === undefined) return mistake("'naru log read' needs a namespace, as '/'");
  if (after !== undefined && decodeOffset(after) === undefined)
    return mistake(`--after is '${after}'; it has to be an offset, as '00000000001'`);
  if (!/^[1-9]\d{0,8}$/.test(limit)) return mistake(`--limit is '${limit}'; it has to be a number of 1 or more`);
  const name = namespace.startsWith('/') ? namespace : `/${namespace}`;
  return { type: 'log', verb: 'read', folder, namespace: name, after, limit: Number(limit), isJson: json === true };
}

function compact(folder: string, { age, bytes }: Values): LogCommand {
  if (age === undefined && bytes === undefined)
    return mistake("'naru log compact' needs --age, as '7d', or --bytes, as '100m'");
  const ageMs = age === undefined ? undefined : measure(age, TIMES);
  if (age !== undefined && ageMs === undefined)
    return mistake(`--age is '${age}'; it has to be a time, as '30m', '12h' or '7d'`);
  const size = bytes === undefined ? undefined : measure(bytes, SIZES);
  if (bytes !== undefined && size === undefined)
    return mistake(`--bytes is '${bytes}'; it has to be a size, as '500k', '100m' or '2g'`);
  return { type: 'log', verb: 'compact', folder, ageMs, bytes: size };
}

function measure(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const [, number, unit = ''] = /^(\d{1,12})([a-z]*)$/i.exec(text) ?? [];
  const factor = units[unit.toLowerCase()];
  const size = number === undefined || factor === undefined ? 0 : Number(number) * factor;
  return size >= 1 ? size : undefined;
}
