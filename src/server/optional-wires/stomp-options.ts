/** The option of the server for STOMP. `wires/stomp/options.ts` has the options of STOMP itself. */
import { switched } from '../../base/options/kinds.js';
import { options, readOptions, type SettingsOf } from '../../base/options/table.js';
import { type StompOptions, type StompSettings, stompTable } from '../../wires/stomp/options.js';
import type { BaseServerSettings } from '../options/options.js';

/** The table of the server's option for STOMP. */
export const stompServerTable = options('', {
  /** STOMP over WebSockets. The options also apply to `stomp://` endpoints. docs/stomp.md has them. */
  stomp: switched<StompOptions, typeof stompTable>(stompTable, false),
});

/** The settings of STOMP on a server. */
export interface StompServerSettings {
  /** `isMounted` says whether the HTTP server has the STOMP endpoint. */
  readonly stomp: StompSettings & { readonly isMounted: boolean };
}

/** Returns the settings, which apply to `stomp://` endpoints even when the option is off. */
export function completeStomp({
  stomp,
  maxHttpBufferSize,
}: BaseServerSettings & SettingsOf<typeof stompServerTable>): StompServerSettings {
  const given = stomp ?? readOptions(stompTable);
  const bodyBytesMax = given.bodyBytesMax ?? maxHttpBufferSize;
  return { stomp: Object.freeze({ ...given, bodyBytesMax, isMounted: stomp !== undefined }) };
}
