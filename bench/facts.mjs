/** Facts about a run that stand beside its results: when and where it ran, and what else the machine had to do. */
import { cpus, loadavg, release, totalmem } from 'node:os';
import { childrenCpuMs } from './measure.mjs';

/** Begins to watch the machine. The function that it returns ends a run, and returns the facts about it. */
export function watchMachine() {
  const started = new Date();
  const load = loadavg()[0] ?? 0;
  const busyBefore = busyMs();
  const [cpu] = cpus();
  const count = cpus().length;
  return () => {
    const seconds = (Date.now() - started.getTime()) / 1000;
    const ours = childrenCpuMs / 1000 + process.cpuUsage().user / 1e6;
    const others = Math.max(0, ((busyMs() - busyBefore) / 1000 - ours) / seconds);
    return {
      date: started.toISOString().slice(0, 16).replace('T', ' ').concat(' UTC'),
      machine: `${cpu?.model ?? 'unknown'}, ${count} CPUs, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${release()}, node ${process.version}`,
      'load average before the run': load.toFixed(2),
      'other work on the machine during the run': `${others.toFixed(2)} of ${count} CPUs${others > 0.3 ? ' (**not quiet**: ratios spread, and rates per second mean little)' : ''}`,
    };
  };
}

/** Returns the milliseconds that all CPUs of the machine were busy since boot. */
function busyMs() {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
}
