// Summarises a soak in lines for people.

import { boundOf, emptyTimes, returnsOf } from './check/returns.mjs';

const MIB = 1024 * 1024;
/** Slow clients whose steps are printed, the most steps of each, and the most characters of a step. */
const SLOWEST = 4;
const STEPS_MAX = 40;
const STEP_LENGTH_MAX = 60;

export function summarise({
  settings,
  records,
  entries,
  counts,
  fleet,
  visits,
  secrets,
  startedAt,
  callers,
  faults = [],
}) {
  const wires = new Map();
  for (const { wire, seen, connects, lagMaxMs, sure, maybe, gaps } of records) {
    const sums = wires.get(wire) ?? {
      clients: 0,
      got: 0,
      connects: 0,
      recovered: 0,
      lagMaxMs: 0,
      sure: 0,
      maybe: 0,
      gaps: 0,
    };
    sums.clients += 1;
    sums.got += seen.length;
    sums.connects += connects.length;
    sums.recovered += connects.filter(({ goesOn }) => goesOn).length;
    sums.lagMaxMs = Math.max(sums.lagMaxMs, lagMaxMs);
    sums.sure += sure.length;
    sums.maybe += maybe.length;
    sums.gaps += gaps.length;
    wires.set(wire, sums);
  }
  const numbers = new Set(entries.filter(({ n }) => n >= 0).map(({ n }) => n));
  const got = records.reduce((sum, { seen }) => sum + seen.length, 0);
  const rows = [...wires].map(
    ([wire, { clients, got: its, connects, recovered, lagMaxMs, sure, maybe, gaps }]) =>
      `  ${wire.padEnd(16)} ${clients} clients, got ${its}, connects ${connects}, of them recovered ${recovered}, not ${connects - recovered - clients}; said ${sure}, unknown ${maybe}; gaps ${gaps}; lag up to ${lagMaxMs} ms`,
  );
  const versions = new Map();
  for (const { version } of fleet.lives.values()) versions.set(version, (versions.get(version) ?? 0) + 1);
  const builds = [...versions].map(([version, count]) => `${count} of version ${version}`);
  const { questions, sides, fetches } = callers;
  const [whole, named] = [
    questions.filter(({ error }) => !error),
    [...questions, ...sides, ...fetches].filter(({ error, missing = error?.missing }) => missing?.length > 0),
  ];
  const kicks = records.reduce((sum, each) => sum + each.kicks.length, 0);
  return [
    `seed ${settings.seed}, ${((Date.now() - startedAt) / 1_000).toFixed(1)} s: ${numbers.size} messages in the log, ${got} received`,
    ...rows,
    '  until clients were back, in milliseconds since the end of their connection, or of the last fault of their way, of servers or of the home:',
    ...linesOfReturns({ settings, records, fleet, faults, startedAt }),
    `  servers: ${fleet.ended.SIGKILL} times kill -9, ${fleet.ended.SIGTERM} times SIGTERM, ${fleet.ended.SIGHUP} times SIGHUP; at most ${(fleet.rssMax / MIB).toFixed(0)} MiB of its own memory each; ${builds.join(', ')}`,
    `  calls: ${callers.counts.deeds} of joins and leaves, ${callers.counts.kicks} clients disconnected, of them heard ${kicks}; ${questions.length} questions to clients, all answered ${whole.length}; ${sides.length} to processes, ${fetches.length} for sockets; ${named.length} answers named missing processes`,
    ...(secrets ? [`  links: ${secrets.progress} steps to the new secret`] : []),
    `  halls: ${visits.visitors} clients, ${visits.pages} entries with a page, ${visits.older} older pages, ${visits.leaves} leaves, ${visits.words} words of their own, got ${visits.events}`,
    `  broker: ${counts.crashes} times kill -9, ${counts.standstills} standstills, ${counts.promotions} promotions; ${counts.links} faults of links to it; servers noticed ${counts.outages} outages; ${entries.filter(({ isForgotten }) => isForgotten).length} records lost`,
    `  connections: ${counts.cuts} cut, ${counts.silentCuts} cut for the client alone, ${counts.mutes} muted, ${counts.stalls} stalled, ${counts.bitten} cut twice, ${counts.moves} moved`,
  ];
}

/** How long clients took to come back, and which took longer than the bound. */
function linesOfReturns({ settings, records, fleet, faults, startedAt }) {
  const ofServers = [...fleet.vacancies, ...emptyTimes([...fleet.lives.values()])];
  const all = [...faults, ...ofServers].map(({ client, ...fault }) =>
    client === undefined ? fault : { ...fault, clients: [client] },
  );
  const boundMs = boundOf(settings);
  const deaths = [...fleet.lives.values()].map(({ to, goneAt = to }) => goneAt);
  const wires = [...returnsOf(records, all, boundMs, deaths)];
  const late = wires.filter((each) => each[1].late.length > 0);
  const slowest = wires.flatMap(([wire, { slowest: one }]) => (one ? [{ wire, ...one }] : []));
  slowest.sort((one, other) => other.ms - one.ms);
  const second = (time) => ((time - startedAt) / 1_000).toFixed(1);
  return [
    ...wires.map(
      ([wire, { count, median, most99, most, amid, longest }]) =>
        `    ${wire.padEnd(16)} ${count} times, median ${median}, 99th percentile ${most99}, at most ${most}; ${amid} times amid a fault; at most ${longest} since the end of the connection`,
    ),
    `    above ${boundMs}: ${late.map(([wire, { late: its }]) => `${its.length} of ${wire}`).join(', ') || 'none'}`,
    ...late.flatMap(([wire, { late: its }]) =>
      its.map(
        ({ index, from, to, ms }) => `      client ${index}, ${wire}: ${ms}, from ${second(from)} s to ${second(to)} s`,
      ),
    ),
    '    the slowest of the wires:',
    ...slowest.slice(0, SLOWEST).map(({ wire, index, ms, from, to, steps }) => {
      // The way after the last fault, and the step before it.
      const since = steps.findIndex(([at]) => from + at >= to - ms);
      const way = steps.slice(since < 0 ? -1 : Math.max(0, since - 1)).slice(-STEPS_MAX);
      const words = way.map(([at, what]) => `${at} ${what.slice(0, STEP_LENGTH_MAX)}`);
      return `      client ${index}, ${wire}: ${ms}, from ${second(from)} s to ${second(to)} s: ${words.join('; ')}`;
    }),
  ];
}
