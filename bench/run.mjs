/**
 * `npm run bench`: runs every row on every target, in turns, each in new children, and writes the report. With
 * `--against` it compares two commits instead.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { compareCommits } from './against/compare.mjs';
import { readArguments, USAGE } from './arguments.mjs';
import { bundleSizes } from './bundle.mjs';
import { watchMachine } from './facts.mjs';
import { measure, passing, settingsOf } from './measure.mjs';
import { takeRuns } from './pictures/draw.mjs';
import { report } from './report.mjs';
import { byTarget, runRow } from './rounds.mjs';
import { ROWS } from './rows.mjs';
import { keyOf, summarise } from './summary.mjs';
import { minutesOf, planParts } from './whole/plan.mjs';
import { runParts } from './whole/run-parts.mjs';
import { changedSince, headCommit } from './whole/source.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = fileURLToPath(new URL('./out/', import.meta.url));
/** The parts of a whole run, which the repository keeps. */
const partsFolder = fileURLToPath(new URL('./results/', import.meta.url));
const require = createRequire(import.meta.url);

const settings = readArguments(process.argv.slice(2));
const rows = ROWS.filter(({ id, group }) => settings.only?.some((name) => name === id || name === group) ?? true);
const wantsBundle = settings.only?.includes('bundle') ?? true;
if (settings.isHelp) console.log(USAGE);
else if (settings.isList) list();
else if (settings.against !== undefined) process.exitCode = await compareCommits(settings.against, settings);
else await main();

function list() {
  const parts = settings.isAll ? planParts(rows, { seconds: settings.seconds, of: settings.part?.of }) : [rows];
  for (const [index, part] of parts.entries()) {
    if (settings.isAll)
      console.log(`part ${index + 1}/${parts.length}, about ${Math.ceil(minutesOf(part, settings.seconds))} minutes`);
    for (const { id, title } of part) console.log(`${id.padEnd(22)} ${title}`);
  }
}

async function main() {
  if (rows.length === 0 && !wantsBundle) throw new Error(`--only does not name any row. ${USAGE}`);
  if (settings.isBuilt) build();
  if (!settings.isAll) {
    const endWatch = watchMachine();
    /** @type {Record<string, import('./rounds.mjs').RowResult>} */
    const results = {};
    for (const row of rows) {
      const result = await run(row);
      if (result !== undefined) results[row.id] = result;
    }
    write(results, factsOf(endWatch()));
    return;
  }
  const watch = () => {
    const endWatch = watchMachine();
    return () => factsOf(endWatch());
  };
  const { seconds, isQuick, rounds, part } = settings;
  const around = { folder: partsFolder, runRow: run, watch, headCommit, changedSince, say: console.log };
  const whole = await runParts(rows, ROWS, { seconds, isQuick, rounds, part }, around);
  if (whole === undefined) return;
  const text = write(whole.rows, whole.facts);
  if (whole.reasons.length > 0) {
    console.log(`bench/RESULTS.md stays as it is:\n${whole.reasons.map((reason) => `- ${reason}`).join('\n')}`);
    process.exitCode = 1;
    return;
  }
  writeFileSync(fileURLToPath(new URL('./RESULTS.md', import.meta.url)), text);
  takeRuns([JSON.parse(readFileSync(`${out}latest.json`, 'utf8'))]);
  console.log(
    'Written to bench/RESULTS.md, with the pictures of docs/performance.md. Run "npm run docs" for the figures.',
  );
}

/**
 * Writes bench/out/latest.json, prints the report, and returns it.
 * @param {Record<string, import('./rounds.mjs').RowResult>} results
 * @param {Record<string, string>} facts
 */
function write(results, facts) {
  const summaries = rows
    .flatMap((row) => (results[row.id] ? [summarise(row, /** @type {any} */ (results[row.id]))] : []))
    .filter(({ targets }) => Object.keys(targets).length > 0);
  const failures = Object.values(results).flatMap((result) => result.failures);
  const samples = Object.values(results).flatMap((result) => result.samples);
  const bundles = wantsBundle ? bundleSizes() : [];
  mkdirSync(out, { recursive: true });
  writeFileSync(
    `${out}latest.json`,
    `${JSON.stringify({ facts, summaries, bundles, failures, samples }, undefined, 2)}\n`,
  );
  const text = report(summaries, bundles, facts, failures);
  console.log(`\n${text}`);
  if (settings.isProfiled)
    console.log('Profiles are in bench/out/profiles; read one with: node bench/read-profile.mjs <file>');
  return text;
}

/**
 * Runs one row, and tells of each measurement.
 * @param {import('./rows.mjs').Row} row
 * @param {() => boolean} [isOver]
 */
async function run(row, isOver) {
  const options = { ...settings, profileDirectory: settings.isProfiled ? `${out}profiles` : undefined };
  const { key } = keyOf(row);
  /** @type {Parameters<typeof runRow>[2]} */
  const measureTarget = async (target, round, pass) => {
    const values = await measure(row, target, settingsOf({ ...options, pass: pass && passing(pass) }));
    for (const [name, own] of byTarget(row, target, values)) console.log(progress(row, name, round, key, own));
    return values;
  };
  return await runRow(row, row.targets.filter(isWanted), measureTarget, {
    roundsMax: settings.rounds,
    isOver,
    say: ({ target, round, message }) =>
      console.log(`${row.id.padEnd(22)} ${target.padEnd(15)} round ${round + 1}: FAILED: ${message}`),
  });
}

/**
 * @param {import('./rows.mjs').Row} row
 * @param {string} target
 * @param {number} round
 * @param {string} key
 * @param {Record<string, number>} values
 */
function progress(row, target, round, key, values) {
  const value = values[key] ?? Number.NaN;
  const text = value.toLocaleString('en', { maximumFractionDigits: value > 1000 ? 0 : 2 });
  const cpu = values.serverCpu === undefined ? '' : `, server ${Math.round(values.serverCpu * 100)} %`;
  const loader = values.loaderCpu === undefined ? '' : `, loader ${Math.round(values.loaderCpu * 100)} %`;
  return `${row.id.padEnd(22)} ${target.padEnd(15)} round ${round + 1}: ${key} ${text}${cpu}${loader}`;
}

/** A quick run leaves out the controls unless they are named. @param {string} target */
function isWanted(target) {
  return settings.targets?.includes(target) ?? !(settings.isQuick && target.startsWith('raw'));
}

/** Builds what has changed since the last build. The applications are only for rows of their own. */
function build() {
  const apps = rows.some(({ group }) => group === 'live') ? [] : ['--no-apps'];
  execFileSync(process.execPath, [`${root}scripts/build.mjs`, ...apps], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** @param {ReturnType<ReturnType<typeof watchMachine>>} facts */
function factsOf({ date, ...facts }) {
  const version = (/** @type {string} */ name) => require(`${name}/package.json`).version;
  return {
    date,
    versions: `naru ${ownVersion()}, socket.io ${version('socket.io')}, ws ${version('ws')}`,
    ...facts,
    measured: `up to ${settings.rounds} ${settings.rounds === 1 ? 'round' : 'rounds'} of ${settings.seconds} s for each rate, in turns; server and loader are two processes on this machine`,
  };
}

/** Returns the version of this package, and its commit. */
function ownVersion() {
  const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  try {
    return `${version} (${headCommit().slice(0, 8)}${changedSince('HEAD').length > 0 ? ', with changes' : ''})`;
  } catch {
    // A package without its repository does not have a commit.
    return version;
  }
}
