/** Reads where the numbers of an app can be read. */
import { badArgument, type Place, withoutLogin } from '../failure.js';

const PORT_MAX = 65_535;

/**
 * Returns the place that `--metrics` or its variable names, or `undefined` for none. Throws ConfigError for anything
 * but a port, with a host before it.
 */
export function readMetrics(option: string | undefined, variable: string | undefined): Place | undefined {
  const written = option ?? (variable || undefined);
  if (written === undefined) return undefined;
  const [, ipv6, host, digits = ''] = /^(?:\[([\da-f:.]+)\]:|([^\s:[\]/]*):)?(\d{1,5})$/i.exec(written) ?? [];
  const port = digits === '' ? Number.NaN : Number(digits);
  if (port <= PORT_MAX) return { host: (ipv6 ?? host) || undefined, port };
  const name = option === undefined ? 'NARU_METRICS' : '--metrics';
  throw badArgument(
    `${name} is '${withoutLogin(written)}'; it must be a port with or without a host, such as 127.0.0.1:9400 or :9400`,
  );
}
