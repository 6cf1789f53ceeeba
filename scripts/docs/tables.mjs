// Makes the tables in the documents from the source, so that they cannot differ.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readOptions } from './read-options.mjs';

/** Returns the documents with tables of options. */
export function documentsOf(root) {
  // The tables of these are made from the registry of codes, the taps and the metrics.
  const others = ['errors.md', 'debugging.md', 'metrics.md'];
  const pages = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md') && !others.includes(name));
  return ['SECURITY.md', ...pages.map((name) => `docs/${name}`)];
}

/** A bound is a number that outsiders can push against: a size, a count, or the time that a peer may take. */
const isBound = ({ name, type }) =>
  /number/.test(type) && /(Max|Size|Timeout|Interval|Duration)$/.test(name) && name !== 'concurrencyLimit';

const cell = (text) => text.replace(/\|/g, '\\|').replace(/\s+/g, ' ');

/** Describes the allowed values, without the article and without the longest time of a timer. */
const describeValue = (type) =>
  type
    .replace(', at most 2147483647', '')
    .replace(/ from (\S+) to 2147483647$/, ', $1 or more')
    .replace(/^an? /, '');

/** Formats a default as in a program. */
function writeDefault({ initial, expects }) {
  if (initial === undefined) return expects.startsWith('true, false') ? 'false' : 'none';
  if (typeof initial !== 'object') return typeof initial === 'string' ? `"${initial}"` : String(initial);
  if (Array.isArray(initial)) return JSON.stringify(initial).replaceAll(',', ', ');
  return expects.startsWith('true') ? 'true' : '{}';
}

/** Returns the range of a number for its doc comment, or nothing when any positive number is allowed. */
const rangeOf = ({ expects }) => (/number.*\d/.test(describeValue(expects)) ? ` (${describeValue(expects)})` : '');

/**
 * Returns the text after `@default` in the doc comment of an option, which editors show; undefined without a plain
 * value.
 */
export function defaultInComment(entry) {
  const { initial } = entry;
  const isPlain = initial !== undefined && (typeof initial !== 'object' || Array.isArray(initial));
  return isPlain ? { value: writeDefault(entry), range: rangeOf(entry) } : undefined;
}

function tableOf(options) {
  const rows = options.map(
    ({ name, type, doc, default: value }) =>
      `| \`${name}\` | ${cell(describeValue(type))} | ${cell(value || 'none')} | ${cell(doc)} |`,
  );
  return ['| option | value | default | what it does |', '|---|---|---|---|', ...rows].join('\n');
}

/**
 * Makes each table by its name, for the documents that have it between `<!-- table: name -->` and `<!-- end -->`. A
 * group has the `file` and the `constant` of its table, and the `table` itself, which gives types and defaults.
 */
export function makeTables(root, groups) {
  const read = (group) =>
    readOptions(root, group.file, group.constant).map((option) => {
      const entry = group.table?.entries[option.name];
      if (entry === undefined) return option;
      const value = option.default.replace(rangeOf(entry), '') || writeDefault(entry);
      return { ...option, type: entry.expects, default: value };
    });
  const all = Object.fromEntries(Object.entries(groups).map(([name, group]) => [name, read(group)]));
  const clientBounds = [...all['client-engine'], ...all['client-manager'], ...all['client-socket']];
  const { 'websocket-connections': connections, 'websocket-accepting': accepting, ...others } = all;
  const { 'websocket-listening': listening, ...more } = others;
  const { 'server-wires': wires, ...single } = more;
  const tables = {
    ...single,
    server: [...single.server, ...wires],
    'websocket-server': [...connections.filter(({ name }) => name !== 'coalesce'), ...accepting, ...listening],
    bounds: [...all.engine, ...all.server, ...all.recovery].filter(isBound),
    'client-bounds': clientBounds.filter(({ name }) => name.endsWith('Max') && !name.startsWith('reconnection')),
  };
  return Object.fromEntries(Object.entries(tables).map(([name, options]) => [name, tableOf(options)]));
}

/** Writes the marks of promises, which belong to a document, into the same rows of the new table. */
function keepMarks(written, made) {
  const marks = new Map();
  for (const [, option, mark] of written.matchAll(/^(\| `\w+` \|).*?((?: <!-- promise: [\w-]+ -->)+) \|$/gm))
    marks.set(option, mark);
  return made.replace(
    /^(\| `\w+` \|)(.*) \|$/gm,
    (_row, option, rest) => `${option}${rest}${marks.get(option) ?? ''} |`,
  );
}

/** Returns the document with each of its tables replaced. */
export function fillTables(text, tables) {
  let count = 0;
  const filled = text.replace(
    /(<!-- table: ([\w-]+) -->\n)([\s\S]*?)(<!-- end -->)/g,
    (_whole, begin, name, written, end) => {
      if (tables[name] === undefined) throw new Error(`no table is named ${name}`);
      count += 1;
      return `${begin}\n${keepMarks(written, tables[name])}\n\n${end}`;
    },
  );
  if (count < text.split('<!-- table: ').length - 1) throw new Error('the document has a table without an end');
  return filled;
}

/** Returns the document with one of its tables replaced. */
export function fillTable(text, name, table) {
  const begin = `<!-- table: ${name} -->\n`;
  const [before, rest] = text.split(begin);
  if (rest === undefined) throw new Error(`the document has no table ${name}`);
  return `${before}${begin}\n${table}\n\n${rest.slice(rest.indexOf('<!-- end -->'))}`;
}
