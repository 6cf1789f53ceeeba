/**
 * `npm run bench`: runs every row on every target, in turns, each in new children, and writes the report. With
 * `--against` it compares two commits instead.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { compareCommits } from './against/compare.mjs';
import { readArguments, USAGE } from './arguments.mjs';
import { bundleSizes } from './bundle.mjs';
import { watchMachine } from './facts.mjs';
import { measure, settingsOf } from './measure.mjs';
import { report } from './report.mjs';
import { ROWS } from './rows.mjs';
import { KEY, summarise } from './summary.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = fileURLToPath(new URL('./out/', import.meta.url));
const require = createRequire(import.meta.url);

/** @type {Record<string, string>} what must be built before a target can run */
const BUILT = {
  naru: 'packages/naru/dist/esm/entry/index.js',
  'naru-websocket': 'packages/naru/dist/esm/entry/websocket.js',
  'naru-websocket-broadcast': 'packages/naru/dist/esm/entry/websocket.js',
};

const settings = readArguments(process.argv.slice(2));
if (settings.isHelp) console.log(USAGE);
else if (settings.isList) for (const { id, title } of ROWS) console.log(`${id.padEnd(22)} ${title}`);
else if (settings.against !== undefined) process.exitCode = await compareCommits(settings.against, settings);
else await main();

async function main() {
  if (settings.isBuilt) build();
  const rows = ROWS.filter(({ id, group }) => settings.only?.some((name) => name === id || name === group) ?? true);
  const wantsBundle = settings.only?.includes('bundle') ?? true;
  if (rows.length === 0 && !wantsBundle) throw new Error(`--only does not name any row. ${USAGE}`);
  const endWatch = watchMachine();
  const { samples, failures } = await runRounds(rows);
  const summaries = rows.map((row) => summarise(row, samples)).filter(({ targets }) => Object.keys(targets).length > 0);
  const bundles = wantsBundle ? bundleSizes() : [];
  const facts = factsOf(endWatch());
  mkdirSync(out, { recursive: true });
  writeFileSync(
    `${out}latest.json`,
    `${JSON.stringify({ facts, summaries, bundles, failures, samples }, undefined, 2)}\n`,
  );
  const text = report(summaries, bundles, facts, failures);
  console.log(`\n${text}`);
  const isWhole = settings.only === undefined && settings.targets === undefined;
  if (isWhole && !settings.isQuick && !settings.isProfiled) {
    writeFileSync(fileURLToPath(new URL('./RESULTS.md', import.meta.url)), text);
    console.log('Written to bench/RESULTS.md.');
  }
  if (settings.isProfiled)
    console.log('Profiles are in bench/out/profiles; read one with: node bench/read-profile.mjs <file>');
}

/** @param {readonly import('./rows.mjs').Row[]} rows */
async function runRounds(rows) {
  /** @type {import('./summary.mjs').Sample[]} */
  const samples = [];
  /** @type {{ row: string, target: string, round: number, message: string }[]} */
  const failures = [];
  for (const row of rows) {
    const targets = row.targets.filter((target) => isWanted(target) && isThere(target));
    const rounds = settings.rounds === 1 ? 1 : Math.max(settings.rounds, row.rounds ?? 1);
    for (let round = 0; round < rounds; round++) {
      // Every other round runs backwards, so that a drift of the machine favours no target.
      const order = round % 2 === 0 ? targets : targets.toReversed();
      for (const target of order) {
        const values = await attempt(row, target);
        if (typeof values === 'string') {
          failures.push({ row: row.id, target, round, message: values });
          console.log(`${row.id.padEnd(22)} ${target.padEnd(15)} round ${round + 1}: FAILED: ${values}`);
          continue;
        }
        samples.push({ row: row.id, target, round, values });
        const { key } = KEY[row.measure];
        console.log(progress(row, target, round, key, values));
      }
    }
  }
  return { samples, failures };
}

/**
 * Returns one measurement, or the first line of the error. A target that fails in a row loses only that row.
 * @param {import('./rows.mjs').Row} row
 * @param {string} target
 */
async function attempt(row, target) {
  try {
    const profileDirectory = settings.isProfiled ? `${out}profiles` : undefined;
    return await measure(row, target, settingsOf({ ...settings, profileDirectory }));
  } catch (error) {
    return String(error instanceof Error ? error.message : error).split('\n')[0] ?? '';
  }
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

/** @param {string} target */
function isThere(target) {
  const file = BUILT[target];
  if (file === undefined || existsSync(`${root}${file}`)) return true;
  console.log(`${target} is left out: ${file} is not built`);
  return false;
}

/** Builds if a source is newer than the last build. */
function build() {
  const built = `${root}${BUILT.naru}`;
  const sources = `${root}src`;
  if (!existsSync(sources)) return;
  const newest = readdirSync(sources, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .reduce((latest, path) => Math.max(latest, statSync(`${sources}/${path}`).mtimeMs), 0);
  if (existsSync(built) && statSync(built).mtimeMs > newest) return;
  console.log('building (--no-build skips this)');
  execFileSync(process.execPath, [`${root}scripts/build.mjs`], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
}

/** @param {ReturnType<ReturnType<typeof watchMachine>>} facts */
function factsOf({ date, ...facts }) {
  const version = (/** @type {string} */ name) => require(`${name}/package.json`).version;
  return {
    date,
    versions: `naru ${ownVersion()}, socket.io ${version('socket.io')}, ws ${version('ws')}`,
    ...facts,
    measured: `${settings.rounds} ${settings.rounds === 1 ? 'round' : 'rounds'} of ${settings.seconds} s for each rate (more for rows whose peer varies: fanout-1, ack-1, connect), in turns; server and loader are two processes on this machine`,
  };
}

/** Returns the version of this package, and its commit. */
function ownVersion() {
  const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  try {
    const git = (/** @type {string[]} */ ...args) =>
      execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    const isChanged = git('status', '--porcelain', '--', 'packages') !== '';
    return `${version} (${git('rev-parse', '--short', 'HEAD')}${isChanged ? ', with changes' : ''})`;
  } catch {
    // A package without its repository does not have a commit.
    return version;
  }
}
