/** Facts about a run that stand beside its results: when and where it ran, and what else the machine had to do. */
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';

/** Other work of more than so many CPUs makes ratios spread. */
export const QUIET_CPUS = 0.3;
/** The ticks of a second in /proc, on every Linux. */
const TICKS = 100;

/** Begins to watch the machine. The function that it returns ends a run, and returns the facts about it. */
export function watchMachine() {
  const date = dateNow();
  const load = loadavg()[0] ?? 0;
  const endOthers = watchOthers();
  return () => ({
    date,
    machine: machineName(),
    kernel: `${process.platform} ${release()}`,
    'load average before the run': load.toFixed(2),
    'other work on the machine during the run': othersText(endOthers()),
  });
}

/** Returns the minute. */
export function dateNow() {
  return `${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** Returns what a rate depends on: the processor, the memory and Node. */
export function machineName() {
  const [cpu] = cpus();
  return `${cpu?.model ?? 'unknown'}, ${cpus().length} CPUs, ${Math.round(totalmem() / 2 ** 30)} GiB, node ${process.version}`;
}

/**
 * Begins to watch what others do. The function that it returns gives the number of CPUs that others have kept busy
 * since. The time of this process and of its ended children does not count. Without /proc the number is NaN.
 */
export function watchOthers() {
  const before = readTimes();
  const from = performance.now();
  return () => {
    const after = readTimes();
    const seconds = (performance.now() - from) / 1000;
    return Math.max(0, (after.all - before.all - (after.own - before.own)) / seconds);
  };
}

/**
 * Says how many CPUs others kept busy.
 * @param {number | null} busyCpus without /proc not a number, and `null` in JSON
 */
export function othersText(busyCpus) {
  if (busyCpus === null || Number.isNaN(busyCpus)) return 'unknown';
  const noise = ' (**not quiet**: ratios spread, and rates per second mean little)';
  return `${busyCpus.toFixed(2)} of ${cpus().length} CPUs${busyCpus > QUIET_CPUS ? noise : ''}`;
}

/** Returns the seconds that the CPUs were busy, for everybody and for this process with its ended children. */
function readTimes() {
  try {
    return parseTimes(readFileSync('/proc/stat', 'utf8'), readFileSync('/proc/self/stat', 'utf8'));
  } catch {
    // Only Linux has /proc.
    return { all: Number.NaN, own: Number.NaN };
  }
}

/**
 * Reads /proc/stat and the file `stat` of a process. The time of software interrupts counts, because the kernel charges
 * it to the process that it interrupts. Stolen time counts too, because another machine had the CPU.
 * @param {string} machine
 * @param {string} own
 */
export function parseTimes(machine, own) {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0, steal = 0] = (machine.split('\n')[0] ?? '')
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  // The name of the program, in parentheses, may have spaces. The state and ten other fields follow.
  const ownTicks = own
    .slice(own.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 15)
    .map(Number);
  return {
    all: (user + nice + system + irq + softIrq + steal) / TICKS,
    own: ownTicks.reduce((sum, ticks) => sum + ticks, 0) / TICKS,
  };
}
