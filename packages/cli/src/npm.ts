/**
 * Notices when npm ends that has started this program. `npx` and `npm start` run programs through a shell. On SIGTERM
 * only that shell ends, and on SIGHUP only npm itself, so the program would go on alone and keep its port.
 */
import { execFileSync } from 'node:child_process';
import nodeCluster from 'node:cluster';
import { readFileSync } from 'node:fs';
import { systemClock, unreferenced } from 'naru/base';

/** Milliseconds between two looks. */
const LOOK_MS = 250;

/** A process, as the system shows it. */
interface Shown {
  readonly parent: number;
  readonly title: string;
}

/**
 * Calls `onEnd` once, when npm or its shell has ended. Does nothing in a program that npm has not started, and in
 * workers.
 */
export function watchNpm(env: Readonly<Record<string, string | undefined>>, onEnd: () => void): void {
  const npm = env.npm_lifecycle_event === undefined || nodeCluster.isWorker ? undefined : findNpm();
  if (npm === undefined) return;
  const { ppid } = process;
  const look = (): void => {
    if (process.ppid === ppid && isThere(npm)) wait();
    else onEnd();
  };
  const wait = (): void => void unreferenced(systemClock.setTimeout(look, LOOK_MS, undefined));
  wait();
}

/** Returns the process of npm, if it is the parent of this one, or the parent of its shell. */
function findNpm(): number | undefined {
  const parent = show(process.ppid);
  if (parent === undefined || isNpm(parent)) return parent && process.ppid;
  const grandparent = show(parent.parent);
  return grandparent && isNpm(grandparent) ? parent.parent : undefined;
}

function isNpm({ title }: Shown): boolean {
  return title.startsWith('npm ');
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Returns what the system shows of a process. `undefined` if it shows nothing. */
function show(pid: number): Shown | undefined {
  try {
    if (process.platform !== 'linux') {
      const [, parent = '', title = ''] =
        /^ *(\d+) +(.*)/.exec(execFileSync('ps', ['-o', 'ppid=,args=', '-p', `${pid}`], { encoding: 'utf8' })) ?? [];
      return { parent: Number(parent), title };
    }
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name before this may contain anything.
    const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(parent), title: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ') };
  } catch {
    // The process has ended, or there is no `ps`.
    return undefined;
  }
}
