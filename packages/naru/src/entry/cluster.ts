/** The entry `naru/cluster`: one server on all cores of a machine. */
export { ConfigError, UnavailableError } from '../base/errors.js';
export { type Cluster, type ClusterReports, cluster } from '../workers/cluster.js';
export { type ClusterOptions, isWorkerCount, WORKERS_MAX } from '../workers/options.js';
export { closeTimeMsMax, endOnSignal } from '../workers/signals.js';
export type { StartWorker, WorkerApp, WorkerServer } from '../workers/worker.js';
