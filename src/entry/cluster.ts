/** The entry `naru/cluster`: one server on all cores of a machine. */
export { ConfigError, UnavailableError } from '../base/errors.js';
export { type Cluster, type ClusterReports, cluster } from '../workers/cluster.js';
export type { ClusterOptions } from '../workers/options.js';
export type { StartWorker, WorkerApp, WorkerServer } from '../workers/worker.js';
