/** Which door each scheme of an endpoint opens, and which doors stand on the HTTP server. */
import type { DoorOpener, HttpDoorOpener } from './door.js';

/** The doors with endpoints of their own, by scheme. */
export const DOOR_OPENERS: Readonly<Record<string, DoorOpener>> = {};

/** The doors on the HTTP server; each looks for its option. */
export const HTTP_DOOR_OPENERS: readonly HttpDoorOpener[] = [];
