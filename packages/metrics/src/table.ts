/**
 * The table of all metrics. docs/metrics.md has it, which is made from this file. Names in Prometheus have base units,
 * and those in OpenTelemetry have their unit beside them.
 */
import type { Metric } from './metric.js';
import { EVENTS, SESSIONS, SLOW, SOCKETS } from './table/clients.js';
import { CLUSTER, LOG, SERVER } from './table/servers.js';

/** The metrics by topic, in the order of the documents. */
export const TOPICS = {
  sessions: SESSIONS,
  sockets: SOCKETS,
  events: EVENTS,
  'slow-readers': SLOW,
  log: LOG,
  cluster: CLUSTER,
  server: SERVER,
} as const;

/** All metrics. */
export const METRICS: readonly Metric[] = Object.values(TOPICS).flat();
