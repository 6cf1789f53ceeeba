/** Gives the numbers of servers to Prometheus and to OpenTelemetry. */
import { ConfigError, readOptions } from 'naru/base';
import { exportToOpenTelemetry } from './opentelemetry.js';
import { type MetricsOptions, metricsTable } from './options.js';
import { loadPromClient } from './prom-client.js';
import { exportToPrometheus, type MetricsRegister } from './prometheus.js';
import { type MeasuredServer, Reader } from './reading.js';
import { Recorder } from './recorder.js';
import { METRICS } from './table.js';

/** The metrics of a process. */
export interface Metrics<Register extends MetricsRegister | undefined = MetricsRegister | undefined> {
  /** The register of `prom-client` that has them. `undefined` if only a meter has them. */
  readonly register: Register;
  /** Removes the metrics from the register, and reads no more for the meter. */
  close(): void;
}

/**
 * Counts from now on, and gives the numbers to a register of `prom-client`, to a meter of OpenTelemetry, or to both.
 * Give it all servers of the process in one call, before clients connect. Throws ConfigError for invalid options, for a
 * register that has the metrics already, and if `prom-client` is needed and missing.
 */
export function metrics(
  io: MeasuredServer | readonly MeasuredServer[],
  given?: MetricsOptions & ({ readonly meter?: undefined } | { readonly register: MetricsRegister }),
): Metrics<MetricsRegister>;
export function metrics(io: MeasuredServer | readonly MeasuredServer[], given: MetricsOptions): Metrics;
export function metrics(io: MeasuredServer | readonly MeasuredServer[], given: MetricsOptions = {}): Metrics {
  const { meter, prefix, ...settings } = readOptions(metricsTable, given);
  const servers = [io].flat();
  if (servers.length === 0 || servers.some((server) => typeof server?.health !== 'function'))
    throw new ConfigError('BAD_ARGUMENT', 'metrics needs a server of Naru, or a list of them, as its first argument.');
  const register = settings.register ?? (meter ? undefined : (loadPromClient().register as object as MetricsRegister));
  const recorder = new Recorder(new Reader(servers), METRICS, servers);
  const ends: (() => void)[] = [() => recorder.close()];
  const close = (): void => {
    for (const end of ends.splice(0)) end();
  };
  try {
    if (register) ends.push(exportToPrometheus(recorder, METRICS, { register, prefix }));
    if (meter) ends.push(exportToOpenTelemetry(recorder, METRICS, meter));
  } catch (error) {
    close();
    throw error;
  }
  return { register, close };
}
