// The tables in the documents that are made from the source, so that they cannot say something else.
import { readOptions } from './read-options.mjs';

const server = 'src/server/options/options.ts';

/** A bound is a number that somebody outside can push against: a size, a count, or a time that a peer may take. */
const isBound = ({ name, type }) =>
  type === 'number' && /(Max|Size|Timeout|Interval|Duration)$/.test(name) && name !== 'concurrencyLimit';

const cell = (text) => text.replace(/\|/g, '\\|').replace(/\s+/g, ' ');

function table(options) {
  const rows = options.map(
    ({ name, doc, default: value }) => `| \`${name}\` | ${cell(value || 'none')} | ${cell(doc)} |`,
  );
  return ['| option | default | |', '|---|---|---|', ...rows].join('\n');
}

/** Each table by its name, for the files that have it between `<!-- table: name -->` and `<!-- end -->`. */
export function makeTables(root) {
  const read = (file, name) => readOptions(root, file, name);
  const engine = read(server, 'EngineOptions');
  const events = read(server, 'ServerOptions');
  const recovery = read(server, 'ConnectionStateRecoveryOptions');
  const client = 'src/client/socket/options.ts';
  const clientEngine = read('src/client/engine/options.ts', 'EngineOptions');
  const bounds = [...engine, ...events, ...recovery].filter(isBound);
  const clientBounds = [...clientEngine, ...read(client, 'ManagerOptions'), ...read(client, 'SocketOptions')];
  return {
    engine: table(engine),
    server: table(events),
    recovery: table(recovery),
    deflate: table(read(server, 'PerMessageDeflateOptions')),
    'http-compression': table(read(server, 'HttpCompressionOptions')),
    'client-socket': table(read(client, 'SocketOptions')),
    'client-manager': table(read(client, 'ManagerOptions')),
    'client-engine': table(clientEngine),
    bounds: table(bounds),
    'client-bounds': table(clientBounds.filter(({ name }) => name.endsWith('Max') && !name.startsWith('reconnection'))),
  };
}

/** The document with each of its tables made anew. */
export function fillTables(text, tables) {
  return text.replace(/(<!-- table: ([\w-]+) -->\n)[\s\S]*?(<!-- end -->)/g, (_whole, begin, name, end) => {
    if (tables[name] === undefined) throw new Error(`no table is named ${name}`);
    return `${begin}\n${tables[name]}\n\n${end}`;
  });
}
