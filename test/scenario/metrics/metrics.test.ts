// needs: modules
/**
 * A Prometheus reads four workers behind one address, and three nodes on one Redis. Each number that it then has must
 * be the one that the clients of the test have counted.
 */
import { beforeAll, expect, it } from 'vitest';
import { describeWith, PROMETHEUS } from '../../conformance/events/programs.js';
import { whyNoBroker } from '../../kit/brokers/broker.mjs';
import { build } from '../../kit/programs/naru.js';
import { endSessions, goTooFar, refuseStrangers, talk } from './course.js';
import { gather } from './crowd.js';
import { comeBack, leave, loseNodes, readSlowly, waitForHome, weigh } from './later.js';
import { startNodes, startWorkers } from './places.js';

const NO_REDIS = whyNoBroker('redis');

describeWith(PROMETHEUS, 'a real Prometheus', () => {
  beforeAll(build);

  it.each([
    { name: 'four workers', start: startWorkers, missing: undefined },
    { name: 'three nodes', start: startNodes, missing: NO_REDIS },
  ])('has the numbers of a checker, of $name', { timeout: 240_000 }, async ({ start, missing }) => {
    if (missing !== undefined) return console.warn(`SKIPPED: ${missing}`);
    const place = await start();
    const { ledger, nodes } = place;
    ledger.add('naru_namespaces', '', 3 * nodes);
    ledger.add('naru_ready', '', nodes);
    ledger.add('naru_backplane_state', 'up', nodes);
    await ledger.agrees('naru_namespaces', 'naru_ready', 'naru_not_ready', 'naru_backplane_state');
    const crowd = await gather(place);
    await ledger.agrees('naru_sessions', 'naru_sessions_opened_total', 'naru_sessions_ended_total');
    await ledger.agrees('naru_upgrades_total', 'naru_upgrades_failed_total', 'naru_sockets_joined_total');
    await ledger.agrees('naru_sockets', 'naru_rooms');
    await talk(place, crowd);
    await refuseStrangers(place);
    await goTooFar(place, crowd);
    await endSessions(place);
    await comeBack(place, crowd);
    await readSlowly(place);
    await waitForHome(place, crowd);
    await leave(place, crowd);
    await weigh(place);
    await loseNodes(place);
    expect(ledger.compared.size).toBeGreaterThan(35);
    return undefined;
  });
});
