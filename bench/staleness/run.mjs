/** `node bench/staleness/run.mjs`: how old the positions of other players are, by way and by loss. See README.md. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Network, SERVER_HOST, whyNot } from './network.mjs';
import { report } from './report.mjs';
import { now } from './schedule.mjs';
import { countLarge, stalenessOf, summarise } from './staleness.mjs';
import { WAYS } from './ways.mjs';

/**
 * Bytes of a message and its headers, without the other state. Acknowledgements and checks are smaller than a message.
 */
const LEAST_BYTES = 100;
/** Milliseconds after the first loss that are not looked at. */
const WARM_UP_MS = 3_000;
/** Milliseconds until the last packets have arrived. */
const SETTLE_MS = 3_000;
const LANES_MS = 20_000;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    losses: { type: 'string', default: '0,3,10' },
    'round-trip': { type: 'string', default: '60' },
    players: { type: 'string', default: '4' },
    ticks: { type: 'string', default: '30' },
    moves: { type: 'string', default: '60' },
    bytes: { type: 'string', default: '120' },
    seed: { type: 'string', default: '1' },
    congestion: { type: 'string' },
  },
});

const settings = {
  seconds: Number(values.seconds),
  losses: values.losses.split(',').map(Number),
  roundTripMs: Number(values['round-trip']),
  players: Number(values.players),
  ticksPerSecond: Number(values.ticks),
  movesPerSecond: Number(values.moves),
  /** Other state of a game. It makes the packets of positions larger than those that only acknowledge. */
  otherBytes: Number(values.bytes),
  seed: Number(values.seed),
  congestion: values.congestion,
};

const delay = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

const reason = whyNot();
if (reason === undefined) process.exit(await main());
console.error(reason);
process.exitCode = 1;

/** Returns the exit code. Nothing of the network is left then, whatever happened. */
async function main() {
  const network = new Network(settings.roundTripMs / 2);
  try {
    const results = await Promise.race([measureAll(network), signal()]);
    const out = fileURLToPath(new URL('../out/', import.meta.url));
    mkdirSync(out, { recursive: true });
    writeFileSync(`${out}staleness.json`, `${JSON.stringify(results, undefined, 2)}\n`);
    console.log(report(results));
    return 0;
  } catch (error) {
    console.error(error);
    return 1;
  } finally {
    await network.close();
  }
}

/** Rejects when a signal asks this process to end. @returns {Promise<never>} */
function signal() {
  return new Promise((_resolve, reject) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(name, () => reject(`Ended by ${name}.`));
  });
}

/** @typedef {Awaited<ReturnType<typeof measureAll>>} Results */
/** @typedef {Awaited<ReturnType<typeof measure>>} Measurement */

/** @param {Network} network */
async function measureAll(network) {
  await network.ready();
  const congestion = await network.congestionControl(settings.congestion);
  const server = network.start('server', new URL('./server.mjs', import.meta.url));
  const players = network.start('clients', new URL('./players.mjs', import.meta.url));
  await server('listen', SERVER_HOST);
  const chromium = await players('connect', { host: SERVER_HOST, players: settings.players });
  await lanesAreOpen(server);
  const measurements = [];
  for (const loss of settings.losses) measurements.push(await measure({ network, server, players }, loss));
  return { settings: { ...settings, congestion }, chromium, node: process.version, measurements };
}

/** @param {(command: string) => Promise<any>} server */
async function lanesAreOpen(server) {
  const until = now() + LANES_MS;
  const areOpen = (/** @type {any} */ state) =>
    WAYS.every(({ id, lane }) => lane === undefined || state[id].laneCount === settings.players);
  while (!areOpen(await server('state', undefined))) {
    if (now() > until) throw new Error('the lanes did not open');
    await delay(100);
  }
  // The client's next sign tells the server that the lane works in both directions.
  await delay(1_000);
}

/**
 * Measures all ways at once. Loss begins before the first move and ends after the last, so it does not disturb the
 * opening of connections.
 * @param {{ network: Network, server: any, players: any }} world
 * @param {number} loss in percent
 */
async function measure({ network, server, players }, loss) {
  const { ticksPerSecond, movesPerSecond, otherBytes, seconds, seed } = settings;
  await network.lose(loss / 100, seed);
  const measuredFrom = now() + WARM_UP_MS;
  await server('start', { ticksPerSecond, otherBytes, measuredFrom });
  await players('start', { movesPerSecond, otherBytes, measuredFrom, players: settings.players });
  await delay(WARM_UP_MS + seconds * 1_000);
  const stoppedAt = now();
  const played = await players('stop', undefined);
  await server('stop', undefined);
  await delay(SETTLE_MS);
  const state = await server('state', undefined);
  const { flows, lateMs } = await network.counts();
  await network.lose(0, seed);
  const ways = WAYS.map((way) => {
    const group = /** @type {any[]} */ (played[way.id]);
    const looks = group.flatMap(({ sightings }) =>
      sightings.flatMap((/** @type {any} */ seen) => stalenessOf(seen, measuredFrom, stoppedAt)),
    );
    const { ticks, delays, laneCount, counts } = state[way.id];
    return {
      id: way.id,
      title: way.title,
      isLane: way.lane !== undefined,
      ...summarise(looks),
      laneCount,
      laneCounts: counts,
      up: {
        messages: group.reduce((total, { sent }) => total + sent, 0),
        delays: summarise(delays),
        ...wireOf(way, 'up', flows),
      },
      down: {
        messages: ticks * group.length,
        delays: summarise(group.flatMap((player) => player.delays)),
        ...wireOf(way, 'down', flows),
      },
    };
  });
  return { loss, relayLateMs: lateMs, ways };
}

/**
 * @param {import('./ways.mjs').Way} way @param {'up' | 'down'} direction @param
 * {import('./network.mjs').Counts['flows']} flows
 */
function wireOf({ port, lanePort }, direction, flows) {
  return {
    tcp: countLarge(flows[`${direction} tcp ${port}`] ?? {}, LEAST_BYTES + settings.otherBytes),
    udp: countLarge(flows[`${direction} udp ${lanePort}`] ?? {}, LEAST_BYTES + settings.otherBytes),
  };
}
