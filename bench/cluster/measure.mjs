/**
 * One measurement of a cluster: a new broker, two new servers and a new loader. The CPU time of the servers and the
 * broker counts.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Broker, whyNoBroker } from '../../test/kit/brokers/broker.mjs';
import { Child } from '../channel.mjs';
import { runLoad } from '../run-load.mjs';

/**
 * The broker of each target. `naru-folder` has none. @type {Record<string,
 * import('../../test/kit/brokers/broker.mjs').BrokerKind>}
 */
const BROKER_OF = {
  'naru-redis': 'redis',
  'naru-nats': 'nats',
  'socket.io-redis': 'redis',
  'socket.io-redis-streams': 'redis',
};

/** The servers of a row that does not say how many. */
const SERVERS = 2;

/**
 * @param {import('../rows.mjs').Row} row
 * @param {string} target
 * @param {import('../measure.mjs').Settings} settings
 */
export async function cluster(row, target, settings) {
  const kind = BROKER_OF[target];
  const why = kind && whyNoBroker(kind);
  if (why) throw new Error(`${why}; nothing is compared`);
  const folder = mkdtempSync(join(tmpdir(), 'naru-bench-'));
  const broker = kind && new Broker(kind, join(folder, 'broker'));
  const servers = Array.from({ length: Number(row.loadOptions?.servers ?? SERVERS) }, (_, place) =>
    startServer(row, target, settings, place),
  );
  const loader = new Child('./loader-child.mjs', { label: 'loader' });
  try {
    await broker?.start();
    const home = broker ? { url: broker.url } : { folder: join(folder, 'log') };
    const options = { ...row.serverOptions, ...home };
    const ports = await Promise.all(servers.map((server) => server.call('start', target, row.app, options)));
    const dialect = target.startsWith('naru') ? 'socket.io-log' : 'socket.io';
    await loader.call('open', row.load, { ...row.loadOptions, ports, dialect });
    return await rates(row, { servers, loader, broker }, settings);
  } finally {
    await Promise.all([...servers, loader].map((child) => child.stop()));
    await broker?.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {import('../rows.mjs').Row} row
 * @param {string} target
 * @param {import('../measure.mjs').Settings} settings
 * @param {number} place
 */
function startServer({ id }, target, { profileDirectory, serverChild }, place) {
  const label = `server ${place + 1} ${target}`;
  const name = `--cpu-prof-name=${id}.${target}.${place + 1}.cpuprofile`;
  const execArgv = profileDirectory ? ['--cpu-prof', `--cpu-prof-dir=${profileDirectory}`, name] : [];
  return new Child(serverChild, { label, execArgv });
}

/**
 * @param {import('../rows.mjs').Row} row
 * @param {{ servers: readonly Child[], loader: Child, broker: Broker | undefined }} parts
 * @param {import('../measure.mjs').Settings} settings
 */
async function rates(row, { servers, loader, broker }, settings) {
  const look = async () => {
    const brokerCpu = { atMs: performance.now(), cpuMs: broker?.cpuMs ?? 0 };
    const snapshots = await Promise.all([...servers, loader].map((child) => child.call('snapshot')));
    return [brokerCpu, ...snapshots];
  };
  await loader.call('run', 'start');
  await runLoad(loader, Math.max(settings.warmupSeconds, row.warmupSeconds ?? 0), settings);
  await loader.call('run', 'resetLatencies');
  const before = await look();
  await runLoad(loader, settings.seconds, settings);
  const after = await look();
  const [near, far] = await loader.call('run', 'latencies');
  await loader.call('run', 'stop');
  const shares = after.map((end, place) => (end.cpuMs - before[place].cpuMs) / (end.atMs - before[place].atMs));
  const [brokerCpu, nearCpu] = shares;
  const loaderCpu = shares.at(-1);
  const farCpu = shares.slice(2, -1).reduce((sum, share) => sum + share, 0);
  const [loaderBefore, loaderAfter] = [before.at(-1), after.at(-1)];
  const perSecond = ((loaderAfter.count - loaderBefore.count) / (loaderAfter.atMs - loaderBefore.atMs)) * 1_000;
  const allCpu = brokerCpu + nearCpu + farCpu;
  const latencies =
    row.loadOptions?.window === 1
      ? { nearMs: near.medianMs, nearLateMs: near.lateMs, farMs: far.medianMs, farLateMs: far.lateMs }
      : {};
  return {
    perSecond,
    perCpuSecond: perSecond / allCpu,
    serverCpu: allCpu,
    brokerCpu,
    nearCpu,
    farCpu,
    loaderCpu,
    ...latencies,
  };
}
