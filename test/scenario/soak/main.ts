/** The program of `npm run soak`: runs seeds, prints their results, and shortens failures. */
import { planActions, planWorld } from './plan.js';
import { type RunResult, runSeed } from './run.js';
import { shrink } from './shrink.js';
import { countTransitions } from './walked.js';

interface Arguments {
  readonly seeds: readonly number[];
  readonly minutes: number;
  readonly keep: ReadonlySet<number> | undefined;
  readonly isTraced: boolean;
  /** Whether clients enter rooms with history. */
  readonly isEntering: boolean;
  /** Whether answers to events with keys are checked against the log. */
  readonly isKeyed: boolean;
  /** Whether servers are asked what became of events for clients. */
  readonly isExplained: boolean;
  /** Seconds of real time for shortening a failure. */
  readonly shrinkSeconds: number;
  /** Whether the first seed that fails is the last one. */
  readonly isHasty: boolean;
}

/** The most actions that are printed for a failure. All of them can be kept. */
const SHOWN_MAX = 40;

const USAGE = `npm run soak -- [--seed N | --seeds A-B] [--minutes M] [--keep 3,9,12] [--enter] [--keyed] [--explain] [--trace] [--shrink SECONDS] [--first]
  --seed N         the seed; without it, a new one
  --seeds A-B      all seeds from A to B
  --minutes M      simulated minutes of each seed (60)
  --keep LIST      only these actions of the seed, as a failure names them; ranges are A-B
  --enter          clients enter rooms with history
  --keyed          an answer to an event with a key comes when the log has what its listener emitted
  --explain        servers are asked what became of events for clients
  --trace          says everything that happens
  --shrink SECONDS how long a failure is shortened (120); 0 for not at all
  --first          ends after the first seed that fails`;

/** Runs the seeds of the arguments, and returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = parse(args);
  if (!options) {
    console.error(USAGE);
    return 2;
  }
  const sums = new Map<string, number>();
  let failed = 0;
  const walked = countTransitions();
  for (const seed of options.seeds) {
    const result = await runOne(seed, options);
    for (const [name, count] of Object.entries(result.counts)) sums.set(name, (sums.get(name) ?? 0) + count);
    if (!result.failure) continue;
    failed += 1;
    await explain(result, options);
    if (options.isHasty) return 1;
  }
  if (options.seeds.length > 1) {
    console.log(
      `${options.seeds.length - failed} of ${options.seeds.length} seeds hold, ${options.minutes} minutes each`,
    );
    console.log(describe(Object.fromEntries(sums)));
    for (const [table, counts] of Object.entries(walked())) console.log(`transitions of ${table}: ${describe(counts)}`);
  }
  return failed === 0 ? 0 : 1;
}

async function runOne(
  seed: number,
  { minutes, keep, isTraced, isEntering, isKeyed, isExplained }: Arguments,
): Promise<RunResult> {
  const startedAt = performance.now();
  const cpuAt = process.cpuUsage();
  const onLine = isTraced ? (line: string) => console.log(line) : undefined;
  const result = await runSeed({ seed, minutes, keep, isEntering, isKeyed, isExplained, onLine });
  const { user, system } = process.cpuUsage(cpuAt);
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  const cpu = ((user + system) / 1e6).toFixed(1);
  const verdict = result.failure ? 'FAILS' : 'holds';
  const minutesRun = (result.elapsedMs / 60_000).toFixed(1);
  console.log(`seed ${seed} ${verdict}: ${minutesRun} minutes in ${seconds} s (CPU ${cpu} s), trace ${result.digest}`);
  console.log(`  ${describe(result.counts)}`);
  return result;
}

async function explain({ seed, failure, lastIndex }: RunResult, options: Arguments): Promise<void> {
  const { minutes, keep, shrinkSeconds, isEntering, isKeyed, isExplained } = options;
  console.log(`  ${failure?.stack ?? failure?.message}`);
  if (shrinkSeconds === 0) return;
  const all = planActions(planWorld(seed), minutes, isEntering);
  const done = all.filter(({ index }) => index <= lastIndex && keep?.has(index) !== false).map(({ index }) => index);
  const until = performance.now() + shrinkSeconds * 1_000;
  let last = failure?.message;
  const shortest = await shrink(done, {
    mayGoOn: () => performance.now() < until,
    fails: async (indexes) => {
      const result = await runSeed({ seed, minutes, isEntering, isKeyed, isExplained, keep: new Set(indexes) });
      // A different failure has a different cause.
      if (!result.failure || kindOf(result.failure) !== kindOf(failure)) return false;
      last = result.failure.message;
      return true;
    },
  });
  console.log(`  the shortest trace found, ${shortest.length} of ${done.length} actions: ${last}`);
  const shown = shortest.slice(0, SHOWN_MAX);
  for (const { index, round, at, deed } of all)
    if (shown.includes(index)) console.log(`    [${index}] round ${round}, ${at} ms: ${JSON.stringify(deed)}`);
  if (shown.length < shortest.length) console.log(`    and ${shortest.length - shown.length} more`);
  console.log(
    `  npm run soak -- --seed ${seed} --minutes ${minutes} --keep ${formatList(shortest)}${isEntering ? ' --enter' : ''}${isKeyed ? ' --keyed' : ''}${isExplained ? ' --explain' : ''} --trace`,
  );
}

/** The text of a failure without names, numbers and places. */
function kindOf(failure: Error | undefined): string {
  return (failure?.message ?? '')
    .replace(/[\w-]*\d[\w-]*/g, '')
    .replace(/\b(red|green|blue|north|south|null)\b|[(){},]/g, '')
    .replace(/\s+/g, ' ');
}

function describe(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
}

function parse(args: readonly string[]): Arguments | undefined {
  const values = new Map<string, string>();
  for (let at = 0; at < args.length; at += 1) {
    const name = args[at] ?? '';
    if (FLAGS.has(name)) values.set(name, '');
    else {
      const value = args[at + 1];
      if (!NAMES.has(name) || value === undefined) return undefined;
      values.set(name, value);
      at += 1;
    }
  }
  const seeds = readList(values.get('--seeds') ?? values.get('--seed') ?? String(Date.now() % 2 ** 31));
  const minutes = Number(values.get('--minutes') ?? 60);
  const keep = values.has('--keep') ? readList(values.get('--keep') ?? '') : undefined;
  const shrinkSeconds = Number(values.get('--shrink') ?? 120);
  if (!seeds || seeds.length === 0 || !(minutes > 0) || !(shrinkSeconds >= 0)) return undefined;
  if (values.has('--keep') && !keep) return undefined;
  return {
    seeds,
    minutes,
    keep: keep && new Set(keep),
    isTraced: values.has('--trace'),
    isEntering: values.has('--enter'),
    isKeyed: values.has('--keyed'),
    isExplained: values.has('--explain'),
    shrinkSeconds,
    isHasty: values.has('--first'),
  };
}

const FLAGS: ReadonlySet<string> = new Set(['--trace', '--enter', '--keyed', '--explain', '--first']);
const NAMES: ReadonlySet<string> = new Set(['--seed', '--seeds', '--minutes', '--keep', '--shrink']);

/** Reads `3,9-11` as numbers; returns `undefined` for an invalid list. */
export function readList(text: string): number[] | undefined {
  const numbers: number[] = [];
  if (text === '' || text === 'none') return numbers;
  for (const part of text.split(',')) {
    const [, first, last] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
    if (first === undefined) return undefined;
    for (let each = Number(first); each <= Number(last ?? first); each += 1) numbers.push(each);
  }
  return numbers;
}

/** Formats rising numbers as `readList` reads them. */
export function formatList(numbers: readonly number[]): string {
  const parts: string[] = [];
  for (let at = 0; at < numbers.length; ) {
    let end = at;
    while (numbers[end + 1] === (numbers[end] ?? 0) + 1) end += 1;
    parts.push(end > at ? `${numbers[at]}-${numbers[end]}` : `${numbers[at]}`);
    at = end + 1;
  }
  return parts.length === 0 ? 'none' : parts.join(',');
}
