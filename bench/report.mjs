/** Writes results as Markdown. */
import { othersText } from './facts.mjs';
import { boundBy, isNarrow, keyOf } from './summary.mjs';

/** @typedef {ReturnType<typeof import('./summary.mjs').summarise>} Summary */

/**
 * @param {readonly Summary[]} summaries
 * @param {ReturnType<typeof import('./bundle.mjs').bundleSizes>} bundles
 * @param {Record<string, string>} facts
 * @param {readonly { row: string, target: string, round: number, message: string }[]} failures
 */
export function report(summaries, bundles, facts, failures) {
  const lines = [
    '# Results',
    '',
    'Written by `npm run bench`. [README.md](README.md) explains each row.',
    '',
    ...Object.entries(facts).map(([name, value]) => `- ${name}: ${value}`),
    '',
    '## Ratios',
    '',
    'Ratios of rates per server CPU-second (more is better), of RSS and of CPU per connect (less is better). A ratio is made',
    'within a round. The cell shows the geometric mean of the rounds, with its 95 % interval in brackets. A row ends when its',
    'interval is within 5 % of the mean, or after 10 rounds; `±` marks one that is wider. A row without a peer shows its number.',
    '',
    ...ratioTable(summaries),
    '',
    ...loaderSection(summaries),
    ...failureSection(failures),
    ...summaries.flatMap(section),
    ...bundleSection(bundles),
  ];
  return `${lines
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trimEnd()}\n`;
}

/** @param {readonly Summary[]} summaries */
function ratioTable(summaries) {
  const wanted = ({ row, isMet }) => [goalOf(row), isMet === undefined ? '' : isMet ? 'yes' : '**no**'];
  return table(
    ['row', 'naru / socket.io, or as named', 'goal', 'met', 'naru / ws', 'naru/websocket / ws', 'rounds', 'other work'],
    summaries.flatMap((summary) => [
      [
        nameOfRow(summary),
        ratioCell(summary.ratios['naru / socket.io']) || ownCell(summary),
        ...wanted(summary),
        ratioCell(summary.ratios['naru / ws']),
        ratioCell(summary.ratios['naru-websocket / ws']),
        `${summary.rounds}`,
        othersText(summary.othersCpus).replace(/ \(.*/, ''),
      ],
      ...summary.beside
        .filter(({ ratio }) => ratio !== undefined)
        .map((beside) => [
          `${summary.row.id}: ${pairName(beside.pair)}${beside.by === undefined ? '' : `, ${LATENCIES[beside.by] ?? summary.row.columns?.[beside.by]}`}`,
          ratioCell(beside.ratio),
          ...wanted({ row: beside, isMet: beside.isMet }),
          '',
          '',
          '',
          '',
        ]),
    ]),
  );
}

/** @param {Summary} summary */
function nameOfRow({ row, pair, ratios }) {
  return row.compare && ratios['naru / socket.io'] ? `${row.id}: ${pairName(pair)}` : row.id;
}

/** The number of a row without a peer. @param {Summary} summary */
function ownCell({ row, own }) {
  return own === undefined ? '' : `${row.targets[0]}: ${intervalCell(own, number)} ${unitOf(row)}`;
}

/** The unit of the number by which a row is judged. @param {import('./rows.mjs').Row} row */
function unitOf(row) {
  return keyOf(row).key === 'perCpuSecond' ? `${row.unit}/CPU-s` : row.unit;
}

/**
 * @param {Partial<import('./rows.mjs').Row> & Partial<import('./rows.mjs').Beside>} row a row, or a ratio beside it
 */
function goalOf({ measure, key, goal, perCpuSecondLeast, least, most }) {
  if (perCpuSecondLeast !== undefined) return `≥ ${number(perCpuSecondLeast)}/CPU-s`;
  if (least !== undefined) return `≥ ${least}`;
  if (most !== undefined) return `≤ ${most}`;
  if (goal === undefined || measure === undefined) return '';
  return `${keyOf({ measure, key }).isMoreBetter ? '≥' : '≤'} ${goal}`;
}

/**
 * Lists the measurements that the loader limited, and its reserve in the others. @param {readonly Summary[]} summaries
 */
function loaderSection(summaries) {
  const rates = summaries.filter(({ row }) => row.measure === 'throughput');
  if (rates.length === 0) return [];
  const runs = rates.flatMap(({ row, targets }) =>
    Object.entries(targets)
      .filter(([target]) => !target.startsWith('raw'))
      .map(([target, values]) => ({ name: `${row.id} on ${nameOf(target)}`, values, bound: boundBy(values) })),
  );
  const namesOf = (/** @type {string} */ bound) => runs.filter((run) => run.bound === bound).map(({ name }) => name);
  const byLoader = namesOf('loader');
  const neither = namesOf('neither');
  const list = (/** @type {string[]} */ names) => {
    if (names.length === 0) return 'none';
    return names.length > 8 ? `${names.length} measurements, see below` : names.join(', ');
  };
  return [
    '## Was the loader the limit?',
    '',
    `- The server had a core to itself and used it up in ${namesOf('server').length} of ${runs.length} measurements.`,
    `- Bound by the loader, so that only the rate per server CPU-second is the server's: ${list(byLoader)}.`,
    `- Bound by neither (the machine was busy with something else, or both waited for each other): ${list(neither)}.`,
    '- The ceiling of the loader is the control of each row, and the column "loader could do".',
    '',
  ];
}

/** @param {Parameters<typeof report>[3]} failures */
function failureSection(failures) {
  if (failures.length === 0) return [];
  const lines = failures.map(
    ({ row, target, round, message }) => `- ${row}, ${target}, round ${round + 1}: ${message}`,
  );
  return ['## Failed', '', ...lines, ''];
}

/** @param {Summary} summary */
function section(summary) {
  const { row } = summary;
  return [`## ${row.title} (\`${row.id}\`)`, '', ...BODIES[row.measure](summary), ''];
}

const BODIES = {
  throughput,
  idle,
  connect: connects,
  recover: recoveries,
  append: appends,
  cluster: clusters,
  program,
};

/** The latencies in a row with one message in flight. @type {Record<string, string>} */
const LATENCIES = {
  nearMs: 'same server, median ms',
  nearLateMs: 'same server, 99 % ms',
  farMs: 'other server, median ms',
  farLateMs: 'other server, 99 % ms',
};

/** @param {Summary} summary */
function throughput({ row, targets }) {
  return table(
    ['target', `${row.unit}/s`, `${row.unit}/server CPU-s`, 'server CPU', 'loader CPU', 'loader could do', 'bound by'],
    Object.entries(targets).map(([target, values]) => [
      nameOf(target),
      number(values.perSecond?.median),
      spreadCell(values.perCpuSecond),
      percent(values.serverCpu?.median),
      percent(values.loaderCpu?.median),
      `${number(values.loaderPerCpuSecond?.median)}/s`,
      boundBy(values),
    ]),
  );
}

/** @param {Summary} summary */
function idle({ targets }) {
  return table(
    [
      'target',
      'RSS per connection, KiB',
      'before the first ping',
      'V8 heap of that',
      'external memory of that',
      'RSS of the server before, MiB',
    ],
    Object.entries(targets).map(([target, values]) => [
      nameOf(target),
      spreadCell(values.rssKiB),
      number(values.rssFreshKiB?.median),
      number(values.heapKiB?.median),
      number(values.externalKiB?.median),
      number(values.rssBeforeMiB?.median),
    ]),
  );
}

/** @param {Summary} summary */
function connects({ targets }) {
  return table(
    ['target', 'µs of CPU per connect', 'µs of CPU per close', 'connects/s', 'server CPU', 'loader CPU', 'bound by'],
    Object.entries(targets).map(([target, values]) => [
      nameOf(target),
      spreadCell(values.connectMicros),
      spreadCell(values.closeMicros),
      number(values.perSecond?.median),
      percent(values.serverCpu?.median),
      percent(values.loaderCpu?.median),
      boundBy(values),
    ]),
  );
}

/** @param {Summary} summary */
function recoveries({ targets }) {
  return table(
    [
      'target',
      'seconds until all are back',
      'CPU seconds of the server',
      'recovered',
      'missed messages received',
      'seconds from start to listening',
      'server CPU',
      'loader CPU',
      'bound by',
    ],
    Object.entries(targets).map(([target, values]) => [
      nameOf(target),
      spreadCell(values.seconds),
      spreadCell(values.serverCpuSeconds),
      number(values.recovered?.median),
      number(values.messages?.median),
      number(values.startSeconds?.median),
      percent(values.serverCpu?.median),
      percent(values.loaderCpu?.median),
      boundBy(values),
    ]),
  );
}

/** @param {Summary} summary */
function appends({ row, targets }) {
  return table(
    ['target', `${row.unit}/s`, `${row.unit}/CPU-s`, 'CPU'],
    Object.entries(targets).map(([target, values]) => [
      nameOf(target),
      spreadCell(values.perSecond),
      spreadCell(values.perCpuSecond),
      percent(values.serverCpu?.median),
    ]),
  );
}

/** @param {Summary} summary */
function clusters({ row, targets }) {
  const names = row.loadOptions?.window === 1 ? Object.keys(LATENCIES) : [];
  return table(
    [
      'target',
      `${row.unit}/s`,
      `${row.unit}/CPU-s of servers and broker`,
      ...['first server', 'other server', 'broker', 'loader'].map((name) => `CPU of the ${name}`),
      ...names.map((name) => LATENCIES[name] ?? name),
    ],
    Object.entries(targets).map(([target, values]) => [
      nameOf(target),
      number(values.perSecond?.median),
      spreadCell(values.perCpuSecond),
      ...['nearCpu', 'farCpu', 'brokerCpu', 'loaderCpu'].map((name) => percent(values[name]?.median)),
      ...names.map((name) => number(values[name]?.median)),
    ]),
  );
}

/** @param {Summary} summary */
function program({ row, targets }) {
  const columns = Object.entries(row.columns ?? {});
  return table(
    ['target', ...columns.map(([, title]) => title)],
    Object.entries(targets).map(([target, values]) => [
      nameOf(target),
      ...columns.map(([name]) => spreadCell(values[name])),
    ]),
  );
}

/** @param {ReturnType<typeof import('./bundle.mjs').bundleSizes>} bundles */
function bundleSection(bundles) {
  if (bundles.length === 0) return [];
  return [
    '## Client bundle (`bundle`)',
    '',
    ...table(
      ['file', 'minified, bytes', 'minified and gzipped, bytes', 'goal', 'met'],
      bundles.map(({ title, minifiedBytes, gzippedBytes, goalBytes }) => [
        title,
        number(minifiedBytes),
        number(gzippedBytes),
        goalBytes === undefined ? '' : `≤ ${number(goalBytes)}`,
        goalBytes === undefined ? '' : gzippedBytes <= goalBytes ? 'yes' : '**no**',
      ]),
    ),
  ];
}

/** @param {string[]} head @param {string[][]} rows */
function table(head, rows) {
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)];
}

/** @param {readonly string[]} pair */
function pairName([ours = '', theirs]) {
  return theirs === undefined ? nameOf(ours) : `${nameOf(ours)} / ${nameOf(theirs)}`;
}

/** @param {string} target */
function nameOf(target) {
  if (target.startsWith('raw') || target === 'naru-wait') return `*${target} (control)*`;
  if (target === 'naru-websocket-broadcast') return 'naru/websocket, `broadcast`';
  return target === 'naru-websocket' ? 'naru/websocket' : target;
}

/** @param {number | undefined} value */
function number(value) {
  if (value === undefined) return '';
  const digits = value >= 1000 ? 0 : value >= 100 ? 1 : 2;
  return value.toLocaleString('en', {
    maximumFractionDigits: digits,
    minimumFractionDigits: value >= 1000 ? 0 : digits,
  });
}

/** @param {import('./summary.mjs').Spread | undefined} spread */
function spreadCell(spread) {
  return spread === undefined ? '' : `${number(spread.median)} (${number(spread.min)} – ${number(spread.max)})`;
}

/** @param {import('./summary.mjs').Interval | undefined} interval */
function ratioCell(interval) {
  return interval === undefined ? '' : intervalCell(interval, (value) => value.toFixed(value >= 10 ? 1 : 2));
}

/**
 * A mean with its interval. One that is wider than a row aims at is marked, and one round has none.
 * @param {import('./summary.mjs').Interval} interval
 * @param {(value: number) => string} text
 */
function intervalCell(interval, text) {
  const { ratio, low, high } = interval;
  if (Number.isNaN(low)) return `${text(ratio)} (one round)`;
  return `${text(ratio)} (${isNarrow(interval) ? '' : '± '}${text(low)} – ${text(high)})`;
}

/** @param {number | undefined} value */
function percent(value) {
  return value === undefined ? '' : `${Math.round(value * 100)} %`;
}
