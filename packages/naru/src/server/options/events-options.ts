/** The options of plain events over HTTP. */
import { count, milliseconds, text } from '../../base/options/kinds.js';
import { type OptionsOf, options, type SettingsOf } from '../../base/options/table.js';

/** The table of `events`. */
export const eventsTable = options('events', {
  /** Path of the requests: `/events/<room>`, `/events/<namespace>/<room>`. @default "/events" */
  path: {
    ...text('/events', 'a path such as "/events"', /^\/[^?#]*[^?#/]\/?$/),
    keep: (path: string) => path.replace(/\/$/, ''),
  },
  /**
   * Time that a client is asked to wait before it opens its stream again. @default 3000 (whole number of milliseconds,
   * 0 or more)
   */
  retry: milliseconds(3_000, { min: 0, isWhole: true }),
  /** Rooms that one request may name. Beyond that, the answer is 400. @default 100 */
  roomsPerRequestMax: count(100),
  /** Events in one POST of lines. Beyond that, the answer is 400. @default 1000 */
  eventsPerRequestMax: count(1_000),
});

/** Options of plain events, as `events` of the server's options. */
export interface EventsOptions extends OptionsOf<typeof eventsTable> {}

/** The options with defaults. The path has no trailing slash. */
export interface EventsSettings extends SettingsOf<typeof eventsTable> {}
