/**
 * `npm run bench -- --against <commit>`: the working tree and a commit side by side, in paired rounds, with an interval
 * for each row.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child } from '../channel.mjs';
import { watchMachine } from '../facts.mjs';
import { measure, passing, settingsOf } from '../measure.mjs';
import { ROWS } from '../rows.mjs';
import { buildSides, describeSides, findCommit } from './builds.mjs';
import { choosePairs } from './pairs.mjs';
import { outcomeLine, reportOf } from './report.mjs';
import { runRounds } from './rounds.mjs';

const out = fileURLToPath(new URL('../out/', import.meta.url));

/**
 * Compares the working tree with a commit, and prints what it finds. Returns the exit code: 1 after a loss or a
 * failure, 130 after Ctrl-C.
 * @param {string} name of the commit
 * @param {ReturnType<typeof import('../arguments.mjs').readArguments>} settings
 */
export async function compareCommits(name, settings) {
  const pairs = choosePairs(ROWS, settings);
  const commit = await findCommit(name);
  const sides = await describeSides(commit);
  const folder = mkdtempSync(join(tmpdir(), 'naru-against-'));
  // The folders of logs and brokers are in it too, so they go with it, even if a child is killed.
  process.env.TMPDIR = folder;
  const interrupt = interruptible();
  try {
    console.log(`building both in ${folder}`);
    const { programs, hasOtherDependencies } = await buildSides(folder, commit);
    interrupt.signal.throwIfAborted();
    const endWatch = watchMachine();
    const outcomes = await runAll(pairs, programs, settings, interrupt.signal);
    const facts = { ...sides, ...endWatch(), seconds: settings.seconds };
    mkdirSync(out, { recursive: true });
    writeFileSync(`${out}against.json`, `${JSON.stringify({ facts, outcomes }, undefined, 2)}\n`);
    console.log(`\n${reportOf(facts, outcomes, hasOtherDependencies)}`);
    if (interrupt.signal.aborted) return 130;
    return outcomes.every(({ judgement }) => judgement?.isSettled && judgement.verdict !== 'loss') ? 0 : 1;
  } catch (error) {
    if (interrupt.signal.aborted) return 130;
    throw error;
  } finally {
    interrupt.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The connections that come and go before the memory of an idle server is read. Compiled code and the young heap grow
 * meanwhile. They would count as the memory of connections, and the side that starts with less would seem to need more.
 */
const WARM_UP_CONNECTIONS = 6_000;

/**
 * @param {ReturnType<typeof choosePairs>} pairs
 * @param {Record<import('./rounds.mjs').Side, string>} programs
 * @param {ReturnType<typeof import('../arguments.mjs').readArguments>} settings
 * @param {AbortSignal} signal
 */
async function runAll(pairs, programs, settings, signal) {
  const outcomes = [];
  for (const pair of pairs) {
    if (signal.aborted) break;
    /** @param {import('./rounds.mjs').Side} side @param {() => Promise<void>} pass */
    const measureSide = (side, pass) => {
      const options = { ...settings, pass: passing(pass), serverChild: programs[side] };
      const row = pair.row.measure === 'idle' ? { warmUpConnections: WARM_UP_CONNECTIONS, ...pair.row } : pair.row;
      return measure(row, pair.target, settingsOf(options));
    };
    const outcome = await runRounds(pair, measureSide, { roundsMax: settings.rounds, signal, say: console.log });
    outcomes.push(outcome);
    console.log(outcomeLine(outcome));
  }
  return outcomes;
}

/**
 * Turns Ctrl-C and SIGTERM into a signal, and kills the children of a measurement. The measurement then removes what it
 * has made.
 */
function interruptible() {
  const controller = new AbortController();
  const stop = () => {
    if (!controller.signal.aborted) console.log('ending');
    controller.abort();
    Child.killAll();
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  return { signal: controller.signal, end: () => process.off('SIGINT', stop).off('SIGTERM', stop) };
}
