/** The options of endpoints for lanes in browsers. */
import { count, list, type OptionsOf, options, type SettingsOf, value } from 'naru/base';
import { isLaneHost } from '../protocol/lane/description.js';

/** The last port that exists. */
export const LAST_PORT = 65_535;

/** The table of `webrtc`. */
export const webrtcTable = options('webrtc', {
  /**
   * Hosts at which browsers reach the endpoint, best first, such as `['203.0.113.7', '2001:db8::7']`. Clients try the
   * first 8.
   * @default the host of the endpoint, or the one to which the page is connected if the endpoint has none
   */
  publicHosts: list(value<string>('an IP address or a host name', isLaneHost), undefined),
  /**
   * Port at which browsers reach the endpoint's port, if something in between changes it. Browsers reach each further
   * port of the range as many ports further on.
   * @default the endpoint's port (positive whole number, at most 65535)
   */
  publicPort: count(undefined, { max: LAST_PORT }),
  /**
   * Last port of a range that begins with the endpoint's port. The endpoint takes the first one that is free, so that
   * each worker gets one.
   * @default only the endpoint's port (positive whole number, at most 65535)
   */
  portLast: count(undefined, { max: LAST_PORT }),
  /** Lanes at once, with those that are opening. Beyond that, clients are refused. @default 10000 */
  lanesMax: count(10_000),
  /**
   * Lanes of one IPv4 address, or of one IPv6 network of 64 bits, at once. Beyond that, clients are refused. @default
   * 1000
   */
  lanesPerAddressMax: count(1_000),
  /** New lanes in one second. Beyond that, clients are refused, and ask again later. @default 100 */
  opensPerSecond: count(100),
  /** Messages of one client in one second, with its signs of life. Beyond that, its lane is closed. @default 1000 */
  messagesPerSecondMax: count(1_000),
});

/** Options of endpoints for lanes in browsers: those of `webrtc`. */
export interface WebRtcOptions extends OptionsOf<typeof webrtcTable> {}

/** The options with defaults. */
export interface WebRtcSettings extends SettingsOf<typeof webrtcTable> {}
