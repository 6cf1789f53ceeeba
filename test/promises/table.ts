/** The promises of the documents, each with the check that would notice that it is broken. */
import type { Promised } from './promised.js';
import { admission } from './table/admission.js';
import { answersAndWaves } from './table/answers-and-waves.js';
import { boundsOfConnections } from './table/bounds-of-connections.js';
import { bridge } from './table/bridge.js';
import { brokerStates } from './table/broker-states.js';
import { calls } from './table/calls.js';
import { carriers } from './table/carriers.js';
import { clusters } from './table/clusters.js';
import { confirmations } from './table/confirmations.js';
import { confirmationsOnWires } from './table/confirmations-on-wires.js';
import { datagrams } from './table/datagrams.js';
import { drains } from './table/drains.js';
import { erasing } from './table/erasing.js';
import { failingListeners } from './table/failing-listeners.js';
import { gaps } from './table/gaps.js';
import { guards } from './table/guard.js';
import { historyBounds } from './table/history-bounds.js';
import { historyPages } from './table/history-pages.js';
import { historyRequests } from './table/history-requests.js';
import { indexOfRooms } from './table/index-of-rooms.js';
import { lateness } from './table/lateness.js';
import { links } from './table/links.js';
import { linksBetweenMachines } from './table/links-between-machines.js';
import { media } from './table/media.js';
import { moreDelivery } from './table/more-delivery.js';
import { moreOfClusters } from './table/more-of-clusters.js';
import { onceBounds } from './table/once-bounds.js';
import { onceKeys } from './table/once-keys.js';
import { onceMemory } from './table/once-memory.js';
import { order } from './table/order.js';
import { permissions } from './table/permissions.js';
import { plainWires } from './table/plain-wires.js';
import { presenceForClients } from './table/presence-for-clients.js';
import { presenceMembers } from './table/presence-members.js';
import { presenceShared } from './table/presence-shared.js';
import { recovery } from './table/recovery.js';
import { recoveryDetails } from './table/recovery-details.js';
import { recoveryOfRooms } from './table/recovery-of-rooms.js';
import { reloads } from './table/reloads.js';
import { sessions } from './table/sessions.js';
import { slowReaders } from './table/slow-readers.js';
import { stomp } from './table/stomp.js';
import { stompQueues } from './table/stomp-queues.js';
import { times } from './table/times.js';
import { waitingInQueue } from './table/waiting-in-queue.js';
import { waitingInSocket } from './table/waiting-in-socket.js';
import { whileAway } from './table/while-away.js';
import { withoutLog } from './table/without-log.js';
import { workers } from './table/workers.js';

/** Every promise. CONTRIBUTING.md says how to add one. */
export const promises: readonly Promised[] = [
  ...admission,
  ...answersAndWaves,
  ...calls,
  ...carriers,
  ...clusters,
  ...confirmations,
  ...confirmationsOnWires,
  ...datagrams,
  ...erasing,
  ...failingListeners,
  ...gaps,
  ...historyBounds,
  ...historyPages,
  ...historyRequests,
  ...indexOfRooms,
  ...lateness,
  ...links,
  ...media,
  ...moreDelivery,
  ...onceBounds,
  ...onceKeys,
  ...onceMemory,
  ...order,
  ...permissions,
  ...plainWires,
  ...presenceForClients,
  ...presenceMembers,
  ...presenceShared,
  ...recoveryDetails,
  ...recovery,
  ...sessions,
  ...slowReaders,
  ...stompQueues,
  ...stomp,
  ...times,
  ...waitingInQueue,
  ...waitingInSocket,
  ...whileAway,
  ...withoutLog,
  ...workers,
  ...linksBetweenMachines,
  ...reloads,
  ...drains,
  ...bridge,
  ...guards,
  ...brokerStates,
  ...recoveryOfRooms,
  ...boundsOfConnections,
  ...moreOfClusters,
];
