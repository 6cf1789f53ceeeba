/** The options of the routes by which load balancers and orchestrators ask how a server is. */
import { milliseconds, text } from '../../base/options/kinds.js';
import { type OptionsOf, options, type SettingsOf } from '../../base/options/table.js';

const path = (value: string) => text(value, `a path such as "${value}"`, /^\/[^?#]+$/);

/** The delay of the event loop from which on a server is not ready, unless an option says so, in milliseconds. */
export const DELAY_MAX_MS = 500;

/** The table of `health`. */
export const healthTable = options('health', {
  /** Path that answers 200 as long as the process answers at all. @default "/healthz" */
  live: path('/healthz'),
  /** Path that answers 200 if the server can serve clients, and otherwise 503 with the reasons. @default "/readyz" */
  ready: path('/readyz'),
  /**
   * Delay of the event loop from which on the server is not ready, as the average of about a second. From 200 on, one
   * long turn alone does not count. @default 500 (number of milliseconds from 1 to 900)
   */
  delayMax: milliseconds(DELAY_MAX_MS, { min: 1, max: 900 }),
});

/** Options of the routes, as `health` of the server's options. */
export interface HealthOptions extends OptionsOf<typeof healthTable> {}

/** The options with defaults. */
export interface HealthSettings extends SettingsOf<typeof healthTable> {}
